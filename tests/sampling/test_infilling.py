import itertools
from fractions import Fraction

import pytest

from musicgen.api import load_model
from musicgen.config import SampleConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling import infilling
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.edit_list import Edit, Rewrite, Take
from musicgen.sampling.edits import apply_edits
from musicgen.sampling.infilling import Candidate, rewrite_bars
from tests.examples import write_checkpoint
from tests.notation.abc2midi import is_installed, read_notes

ENDINGS = """X:1
T:Upbeats and endings
M:6/8
L:1/8
K:D Major
A|:DFA dAF|G2d- d2B|1 Ace ecA|d3 d2A:|2 Ace ecA|d3 d2||
K:G
B|"G"f2a (3afd g|G3- G3|G2B d2B|d3 B3|
[1 g2b bge|d3 d2B:|[2 ece gec|d3 d2|]
"""
PLAIN = """X:1
T:Reel
M:C
L:1/8
K:A Minor
|:A2cA eAcA|d2^cd efge|a2ge dBGB|cABG A4:|!
|:e2ae ceae|g2gf gaba|gedB GABd|cABG A4:|!
"""
WARM = SampleConfig(temperature=1.0)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("small") / "small"
    text = ENDINGS + PLAIN + "XTMLKzCDEFGABcdefgab',^_=/|:[]\"0123456789(){}<>-~ \n!"
    return load_checkpoint(write_checkpoint(folder, Vocabulary.from_text(text)))


def rewritten(checkpoint: Checkpoint, abc: str, first: int, last: int) -> list[Candidate]:
    return rewrite_bars(checkpoint, WARM, abc, first, last, seed=7)


def notes_of(abc: str) -> list[list[tuple[object, object]]]:
    tune, _problems = read_tune(abc)
    return [[(note.pitches, note.duration) for note in bar.notes] for bar in tune.bars]


@pytest.mark.parametrize("abc", [ENDINGS, PLAIN])
def test_all_other_bars_stay_to_the_letter_whichever_are_rewritten(
    checkpoint: Checkpoint, abc: str
) -> None:
    tune, _problems = read_tune(abc)
    count = len(tune.bars)
    pairs = [*((n, n) for n in range(1, count + 1, 2)), (2, 5), (count - 1, count)]
    for first, last in pairs:
        before = abc[: tune.bars[first - 1].start]
        behind = abc[tune.bars[last - 1].end :]
        found = rewritten(checkpoint, abc, first, last)
        assert len(found) > 3
        for candidate in found:
            assert candidate.abc.startswith(before) and candidate.abc.endswith(behind)
            old, new = notes_of(abc), notes_of(candidate.abc)
            assert len(new) == len(old)
            assert new[: first - 1] == old[: first - 1] and new[last:] == old[last:]
            assert new[first - 1 : last] != old[first - 1 : last]


@pytest.mark.parametrize("abc", [ENDINGS, PLAIN])
def test_rewritten_bars_keep_time_and_bar_lines(checkpoint: Checkpoint, abc: str) -> None:
    tune, _problems = read_tune(abc)
    for candidate in rewritten(checkpoint, abc, 1, len(tune.bars)):
        other, problems = read_tune(candidate.abc)
        assert not problems
        assert [bar.actual for bar in other.bars] == [bar.actual for bar in tune.bars]
        assert [(bar.closing, bar.ending, bar.key) for bar in other.bars] == [
            (bar.closing, bar.ending, bar.key) for bar in tune.bars
        ]
        assert other.play_order == tune.play_order


def test_an_upbeat_stays_as_short_as_it_is(checkpoint: Checkpoint) -> None:
    for candidate in rewritten(checkpoint, ENDINGS, 1, 1):
        assert read_tune(candidate.abc)[0].bars[0].actual == Fraction(1, 2)


def test_a_bar_out_of_time_comes_into_time(checkpoint: Checkpoint) -> None:
    wrong = PLAIN.replace("a2ge dBGB|", "a2ge dB|")
    assert not check_bars(read_tune(wrong)[0]).is_in_time
    for candidate in rewritten(checkpoint, wrong, 3, 3):
        assert check_bars(read_tune(candidate.abc)[0]).is_in_time


@pytest.mark.skipif(not is_installed(), reason="abc2midi is not installed")
def test_abc2midi_hears_the_other_bars_as_before(checkpoint: Checkpoint) -> None:
    first = rewritten(checkpoint, PLAIN, 5, 6)[0]
    old, new = (
        [(note.pitch, note.onset) for note in read_notes(text.replace("!", ""))[0]]
        for text in (PLAIN, first.abc)
    )
    # Bars of 4 quarters: the first section twice, then two new bars and two old ones, twice.
    kept = [(0, 32), (40, 48), (56, 64)]
    for start, end in kept:
        assert [note for note in old if start <= note[1] < end] == [
            note for note in new if start <= note[1] < end
        ]
    assert old != new


def test_music21_reads_the_other_bars_as_before(checkpoint: Checkpoint) -> None:
    from music21 import converter

    def measures(text: str) -> list[list[tuple[str, float]]]:
        score = converter.parse(text.replace("!", ""), format="abc")
        return [
            [(note.nameWithOctave, float(note.quarterLength)) for note in measure.notes]
            for measure in score.parts[0].getElementsByClass("Measure")
        ]

    old, new = measures(PLAIN), measures(rewritten(checkpoint, PLAIN, 5, 6)[0].abc)
    assert len(old) == len(new) == 8
    assert [n for n in range(8) if old[n] != new[n]] in ([4], [5], [4, 5])


def test_a_tie_into_the_bars_is_answered(checkpoint: Checkpoint) -> None:
    tune, _problems = read_tune(ENDINGS)
    into = next(bar for bar in tune.bars if ENDINGS[bar.start : bar.end].endswith("G3- G3"))
    tied = ENDINGS.replace("G3- G3|G2B", "G3- G3-|G2B")
    for candidate in rewritten(checkpoint, tied, into.index + 2, into.index + 2):
        assert candidate.bars[0].startswith("G") and candidate.bars[0][1:2] not in (",", "'")


def test_candidates_are_distinct_ranked_and_come_again(checkpoint: Checkpoint) -> None:
    found = rewritten(checkpoint, PLAIN, 2, 3)
    assert found == rewritten(checkpoint, PLAIN, 2, 3)
    assert len({one.abc for one in found}) == len(found)
    assert [one.fit for one in found] == sorted((one.fit for one in found), reverse=True)
    assert found != rewrite_bars(checkpoint, WARM, PLAIN, 2, 3, seed=8)


def test_a_network_that_is_sure_of_itself_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    student = load_model("student")
    tune = compose(student, SampleConfig(seed=1, temperature=0.4, candidates=1))[0]
    arguments = (student, tune.config, tune.abc, 7, 8, 0)
    found = rewrite_bars(*arguments)
    monkeypatch.setattr(infilling, "WARMTHS", (1.0,))
    few = rewrite_bars(*arguments)
    assert 0 < len(few) < infilling.ENOUGH <= len(found)
    assert {one.choice: one.bars for one in few}.items() <= {
        one.choice: one.bars for one in found
    }.items()  # a link that was made before finds its drawing again


def test_the_rank_is_how_likely_the_rest_is(checkpoint: Checkpoint) -> None:
    from musicgen.sampling.text_scoring import score_text

    rest = len(PLAIN) - PLAIN.index("|a2ge")
    free = SampleConfig(free=True)

    def surprise(abc: str) -> float:
        return score_text(checkpoint, free, abc).surprise(len(abc) - rest, len(abc))

    for one, other in itertools.pairwise(rewritten(checkpoint, PLAIN, 2, 2)[:5]):
        assert surprise(one.abc) <= surprise(other.abc) + 1e-3


@pytest.mark.parametrize(
    ("abc", "first", "last", "word"),
    [
        (PLAIN, 0, 1, "1 to 8"),
        (PLAIN, 3, 2, "1 to 8"),
        (PLAIN, 8, 9, "1 to 8"),
        (PLAIN.replace("A2cA e", "A2cA[K:D]e"), 1, 1, "change inside"),
        (PLAIN.replace("|a2ge", "|\nL:1/16\na2ge"), 2, 2, "unit length"),
        (PLAIN.replace("A2cA e", "!segno!A2cA e"), 1, 1, "sign to jump"),
        (PLAIN.replace("A2cA", "A5/3c2A").replace("M:C", "M:none"), 1, 1, "length"),
        ("X:1\nM:C\nL:1/8\nK:C\n" + "CDEF GABc|" * 40 + "\n", 1, 30, "too many"),
    ],
)
def test_what_cannot_be_rewritten_is_told(
    checkpoint: Checkpoint, abc: str, first: int, last: int, word: str
) -> None:
    with pytest.raises(CompositionError, match=word):
        rewritten(checkpoint, abc, first, last)


def composed(checkpoint: Checkpoint) -> Composition:
    prompt = "X:1\nT:A\nM:6/8\nL:1/8\nK:D Major\nDFA dAF|G2d d2B|"
    return compose(checkpoint, SampleConfig(prompt=prompt, seed=3))[0]


def test_a_character_taken_stands_and_the_network_goes_on(checkpoint: Checkpoint) -> None:
    tune = composed(checkpoint)
    at = tune.tune.notes[14].start
    other = "e" if tune.abc[at] != "e" else "f"
    changed = apply_edits(checkpoint, tune, [Take(at, other)])
    assert changed.abc.startswith(tune.abc[:at] + other)
    assert changed.is_complete and check_bars(changed.tune).is_in_time
    assert len(changed.char_probs) == len(changed.abc) - changed.drawn_start
    assert changed.config == tune.config and changed.seed == tune.seed


def test_the_same_edits_give_the_same_tune_and_say_so(checkpoint: Checkpoint) -> None:
    tune = composed(checkpoint)
    choice = rewrite_bars(checkpoint, tune.config, tune.abc, 2, 3, 5)[1].choice
    edits: list[Edit] = [Rewrite(2, 3, 5, choice), Take(tune.tune.notes[-3].start, "A")]
    one = apply_edits(checkpoint, tune, edits)
    other = apply_edits(checkpoint, apply_edits(checkpoint, tune, edits[:1]), edits[1:])
    assert one == other
    assert '"edits":[{"rewrite":[2,3,5,' in one.provenance()
    assert one.abc != tune.abc
    assert "edits" not in tune.provenance()


def test_a_tune_can_be_ended_by_hand(checkpoint: Checkpoint) -> None:
    tune = composed(checkpoint)
    ended = apply_edits(checkpoint, tune, [Take(len(tune.abc), "\n")])
    assert (ended.abc, ended.is_complete) == (tune.abc, True)


def test_edits_that_do_not_fit_are_refused(checkpoint: Checkpoint) -> None:
    tune = composed(checkpoint)
    for edit in (Take(len(tune.abc) + 1, "A"), Rewrite(1, 1, 0, 99), Take(0, "é"), Take(3, "?")):
        with pytest.raises(CompositionError):
            apply_edits(checkpoint, tune, [edit])
