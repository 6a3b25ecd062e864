"""Bars of tunes from elsewhere: only they change, whatever notation the tune is written in."""

import pytest

from musicgen.config import SampleConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.foreign_infilling import rewrite_any_bars, write_as_learned
from tests.examples import write_checkpoint

WARM = SampleConfig(temperature=1.0)
ORNATE = """%abc-2.1
X:7
T:Ännchen's Fancy
C:somebody
R:jig
M:6/8
L:1/16
Q:3/8=110
K:Edor
|:"Em"~E4G2 B4e2|{f}e2d2c2 "Bm"B6|(3A2B2c2 d2f2 e2d2|1 [EB]6 E6:|2 "^end"E12||
w: some words for the tune
|:"D"d3e f2 !trill!a6|g2f2e2 d2c2B2|A2B2c2 d2e2f2|e6- e6:|
"""
REEL = "X:1\nT:Reel\nM:C|\nL:1/8\nK:A Minor\nA2cA eAcA|d2^cd efge|a2ge dBGB|cABG A4|]\n"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    text = REEL + "XTMLKBRNzCDEFGABcdefgab',^_=/|:[]\"0123456789(){}<>-~ \n!"
    text += "".join(map(chr, range(65, 123)))
    folder = tmp_path_factory.mktemp("small") / "small"
    return load_checkpoint(write_checkpoint(folder, Vocabulary.from_text(text)))


def bars_of(text: str) -> list[list[tuple[object, object]]]:
    return [
        [(note.pitches, note.duration) for note in bar.notes] for bar in read_tune(text)[0].bars
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [(ORNATE, 2, 3), (ORNATE, 7, 8), (ORNATE, 5, 5), (REEL, 1, 4),
     (REEL.replace("\n", "\r\n"), 2, 2)],
    ids=["upbeats", "second part", "an ending", "all of it", "other line ends"],
)  # fmt: skip
def test_only_the_bars_that_were_chosen_change(
    checkpoint: Checkpoint, text: str, first: int, last: int
) -> None:
    ways = rewrite_any_bars(checkpoint, WARM, text, first, last, seed=7)
    before, tune = bars_of(text), read_tune(text)[0]
    assert len({one.bars for one in ways}) == len(ways) >= 2
    for way in ways:
        after, made = bars_of(way.abc), read_tune(way.abc)[0]
        assert [bar for n, bar in enumerate(after, 1) if not first <= n <= last] == [
            bar for n, bar in enumerate(before, 1) if not first <= n <= last
        ]
        assert after != before
        assert [bar.actual for bar in made.bars] == [bar.actual for bar in tune.bars]
        assert check_bars(made).is_in_time
        assert made.titles == tune.titles and made.fields == tune.fields
        assert made.play_order == tune.play_order
    again = rewrite_any_bars(checkpoint, WARM, text, first, last, seed=7)
    assert [one.abc for one in again] == [one.abc for one in ways]


def test_what_stands_around_the_bars_stays_to_the_letter(checkpoint: Checkpoint) -> None:
    [way, *_others] = rewrite_any_bars(checkpoint, WARM, ORNATE, 2, 2, seed=1)
    start, end = ORNATE.index("{f}e2"), ORNATE.index("|(3A2")
    assert way.abc.startswith(ORNATE[:start]) and way.abc.endswith(ORNATE[end:])


def test_the_text_that_the_network_reads_has_the_same_bars(checkpoint: Checkpoint) -> None:
    written = write_as_learned(checkpoint, read_tune(ORNATE)[0])
    assert written.startswith("X:7\nT:Tune\nM:6/8\nL:1/8\nK:E Dorian\n")
    assert len(read_tune(written)[0].bars) == len(read_tune(ORNATE)[0].bars)


@pytest.mark.parametrize(
    ("text", "word"),
    [(REEL.replace("|a2", "|[K:D]a2é"), "cannot read the tune"),
     (REEL.replace("M:C|", "M:7/8").replace("cABG A4", "cAB §A4"), "cannot read the tune"),
     (REEL.replace("d2^cd", "[L:1/4]d2^cd"), "unit length")],
)  # fmt: skip
def test_a_tune_that_the_network_cannot_read_is_a_sentence(
    checkpoint: Checkpoint, text: str, word: str
) -> None:
    with pytest.raises(CompositionError, match=word):
        rewrite_any_bars(checkpoint, WARM, text, 2, 2, seed=1)


def test_a_tune_in_two_keys_is_read_as_it_is_where_its_signs_are_known(
    checkpoint: Checkpoint,
) -> None:
    text = REEL.replace("T:Reel", "T:Ännchen\nC:émigré").replace("|a2", "|[K:D]a2")
    ways = rewrite_any_bars(checkpoint, WARM, text, 2, 2, seed=1)
    assert all("[K:D]a2ge dBGB|" in way.abc and "T:Ännchen" in way.abc for way in ways)


def test_bars_that_are_not_there_are_a_sentence(checkpoint: Checkpoint) -> None:
    with pytest.raises(CompositionError, match="not among them"):
        rewrite_any_bars(checkpoint, WARM, REEL, 4, 9, seed=1)
