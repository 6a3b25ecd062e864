import dataclasses
import functools
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from musicgen.config import SampleConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata, load_checkpoint
from musicgen.notation.analysis.bars import check_bars, is_in_time
from musicgen.notation.parsing.barlines import is_closing
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import compose
from tests.examples import ScriptedNetwork, make_tune, write_checkpoint

TUNE = make_tune(7) + "\n\n"


@pytest.fixture
def scripted() -> Checkpoint:
    vocabulary = Vocabulary.from_text(TUNE + "ABCDEFGabcdefg:|1234567890!TMLK")
    network = ScriptedNetwork(vocabulary, "\n\n" + TUNE)
    metadata = CheckpointMetadata(
        "scripted", 1, network.config, TrainingConfig(), vocabulary.characters
    )
    return Checkpoint(network.eval(), metadata, "0123456789ab")


@pytest.fixture
def small(tmp_path: Path, dataset: Dataset) -> Checkpoint:
    return load_checkpoint(write_checkpoint(tmp_path / "small", dataset.vocabulary))


def test_a_tune_stops_by_itself_at_the_blank_line(scripted: Checkpoint) -> None:
    (tune,) = compose(scripted, SampleConfig())
    assert tune.abc == TUNE[:-1]
    assert tune.is_complete
    assert tune.tune.title == "Tune 7"
    assert tune.drawn_start == len("X:")
    assert len(tune.char_probs) == len(tune.abc) - len("X:")
    assert all(0.99 < prob <= 1.0 for prob in tune.char_probs)


def test_a_tune_that_does_not_end_is_cut_and_says_so(scripted: Checkpoint) -> None:
    (tune,) = compose(scripted, SampleConfig(max_new_tokens=10))
    assert not tune.is_complete
    assert tune.abc.rstrip("\n") == TUNE[:12].rstrip("\n")


def test_a_prompt_is_continued(scripted: Checkpoint) -> None:
    (tune,) = compose(scripted, SampleConfig(prompt=TUNE[:30]))
    assert tune.abc == TUNE[:-1]
    assert tune.drawn_start == 30


def test_a_tune_is_the_same_alone_in_a_batch_and_again(small: Checkpoint) -> None:
    config = SampleConfig(count=5, seed=10, max_new_tokens=80, temperature=1.2)
    batch = compose(small, config)
    again = compose(small, config)
    for number, (one, other) in enumerate(zip(batch, again, strict=True)):
        (alone,) = compose(small, config.replace(count=1, seed=10 + number))
        assert one.abc == other.abc == alone.abc
        assert one.config == alone.config
    assert len({tune.abc for tune in batch}) == 5


def test_a_composition_says_how_to_make_it_again(small: Checkpoint) -> None:
    first = compose(small, SampleConfig(count=3, seed=4, max_new_tokens=60))[2]
    (second,) = compose(small, first.config)
    assert (second.abc, second.tune, second.config) == (first.abc, first.tune, first.config)
    assert second.char_probs == pytest.approx(first.char_probs, rel=1e-5)
    assert f"seed={first.seed}" in first.provenance()
    assert first.fingerprint in first.provenance()


def test_the_provenance_in_the_abc_changes_nothing_that_sounds(scripted: Checkpoint) -> None:
    (tune,) = compose(scripted, SampleConfig())
    noted, problems = read_tune(tune.to_abc())
    assert not problems
    assert ("N", tune.provenance()) in noted.fields
    assert [n.pitches for n in noted.notes] == [n.pitches for n in tune.tune.notes]


def test_text_streams_as_it_is_written(scripted: Checkpoint) -> None:
    texts: list[str] = []
    compose(scripted, SampleConfig(), lambda all_texts: texts.append(all_texts[0]))
    assert len(texts) > 3
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
    assert texts[-1].rstrip("\n") == TUNE.rstrip("\n")


def test_more_tunes_than_a_batch_holds(small: Checkpoint) -> None:
    tunes = compose(small, SampleConfig(count=70, max_new_tokens=5))
    assert [tune.seed for tune in tunes] == list(range(70))


def test_seeds_go_round_at_their_end(small: Checkpoint) -> None:
    tunes = compose(small, SampleConfig(count=2, seed=2**31 - 1, max_new_tokens=5))
    assert [tune.seed for tune in tunes] == [2**31 - 1, 0]


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [("X:1\n\nabc", "blank line"), ("X:1\nT:漢", "never saw '漢'"), ("A" * 5001, "Shorten")],
)
def test_a_prompt_that_cannot_be_read_is_a_sentence(
    scripted: Checkpoint, prompt: str, sentence: str
) -> None:
    with pytest.raises(CompositionError, match=sentence):
        compose(scripted, SampleConfig(prompt=prompt))


def test_compositions_are_values(scripted: Checkpoint) -> None:
    (tune,) = compose(scripted, SampleConfig())
    with pytest.raises(dataclasses.FrozenInstanceError):
        tune.abc = ""  # type: ignore[misc]


MUSIC = (
    "X:MLKTZRQ 0123456789/|!\n:[]-(>^=,'\""
    + "ABCDEFGabcdefgz"
    + "jigrelMajorMinorDorianMixolydianFlC#b"
)


@pytest.fixture
def untrained(tmp_path: Path) -> Checkpoint:
    vocabulary = Vocabulary.from_text(MUSIC)
    return load_checkpoint(write_checkpoint(tmp_path / "untrained", vocabulary))


def test_even_an_untrained_network_writes_complete_tunes_in_time(untrained: Checkpoint) -> None:
    for tune in compose(untrained, SampleConfig(count=4, temperature=1.5)):
        assert tune.is_complete
        assert not tune.problems
        assert is_in_time(tune.tune)
        assert tune.mask_interventions > 0
        assert 0 < tune.intervention_share <= 1
        assert len(tune.char_probs) == len(tune.abc) - tune.drawn_start
        assert all(prob > 0 for prob in tune.char_probs)


def test_the_limit_brings_a_tune_to_its_end(untrained: Checkpoint) -> None:
    for tune in compose(untrained, SampleConfig(count=4, max_new_tokens=150)):
        assert tune.is_complete
        assert is_in_time(tune.tune)


def test_free_composing_is_as_it_was_without_the_grammar(untrained: Checkpoint) -> None:
    (tune,) = compose(untrained, SampleConfig(free=True, max_new_tokens=100))
    assert not tune.is_complete
    assert tune.mask_interventions == 0
    assert '"free":true' in tune.provenance()


def test_the_arithmetic_is_part_of_what_makes_a_tune(untrained: Checkpoint) -> None:
    config = SampleConfig(count=3, temperature=1.5, precision="int8", sections=2, bars=4)
    tunes, plain = (
        compose(untrained, config),
        compose(untrained, config.replace(precision="float32")),
    )
    assert [tune.abc for tune in compose(untrained, config)] == [tune.abc for tune in tunes]
    for tune, other in zip(tunes, plain, strict=True):
        (alone,) = compose(untrained, tune.config)
        assert (alone.abc, alone.char_probs) == (tune.abc, tune.char_probs)
        assert '"precision":"int8"' in tune.provenance()
        assert "precision" not in other.provenance()
        assert is_in_time(tune.tune)
        assert tune.char_probs != other.char_probs


def test_sessions_that_compose_at_once_do_not_disturb_each_other(untrained: Checkpoint) -> None:
    wishes = [
        SampleConfig(seed=seed, temperature=1.2, precision=precision, sections=2, bars=4)
        for seed in range(2)
        for precision in ("float32", "int8")
    ]
    expected = [compose(untrained, config)[0].abc for config in wishes]
    with ThreadPoolExecutor(len(wishes)) as pool:
        found = [tunes[0].abc for tunes in pool.map(functools.partial(compose, untrained), wishes)]
    assert found == expected


def test_fast_arithmetic_where_there_is_none_is_a_sentence(scripted: Checkpoint) -> None:
    with pytest.raises(CompositionError, match="Turn it off"):
        compose(scripted, SampleConfig(precision="int8"))


def test_what_is_asked_for_is_composed(untrained: Checkpoint) -> None:
    config = SampleConfig(
        meter="6/8", key="E dorian", unit="1/8", rhythm="jig", sections=3, bars=4, range="D-b",
        count=3,
    )  # fmt: skip
    for tune in compose(untrained, config):
        report = check_bars(tune.tune)
        assert tune.tune.meter.text == "6/8"
        assert (tune.tune.key.tonic, tune.tune.key.mode) == ("E", "dorian")
        assert tune.tune.rhythm == "jig"
        assert report.is_in_time
        assert sum(is_closing(bar.closing) and not bar.ending for bar in tune.tune.bars) <= 3
        assert report.lowest is None or report.lowest >= 62
        assert report.highest is None or report.highest <= 83
        assert '"key":"E dorian"' in tune.provenance()


def test_a_beginning_inside_a_bar_is_completed(untrained: Checkpoint) -> None:
    begun = "X:1\nM:C|\nL:1/8\nK:D Major\nAG|FAdA FAdA|GB"
    (tune,) = compose(untrained, SampleConfig(prompt=begun, bars=8))
    assert tune.abc.startswith(begun)
    assert is_in_time(tune.tune)
    assert tune.tune.bars[0].actual == 1


def test_music_without_a_header_gets_the_one_that_is_asked_for(untrained: Checkpoint) -> None:
    config = SampleConfig(prompt="DFA dAF|GB", meter="6/8", key="D Major")
    (tune,) = compose(untrained, config)
    assert "K:D Major\nDFA dAF|GB" in tune.abc
    assert is_in_time(tune.tune)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"meter": "7/5"}, "no meter"),
        ({"key": "H"}, "no key"),
        ({"rhythm": "tango"}, "no rhythm"),
        ({"range": "kazoo"}, "no range"),
        ({"bars": 1}, "two bars"),
        ({"free": True, "key": "D"}, "freely"),
        ({"prompt": "X:1\nM:C\nK:D Major\nAAAAAAAAA"}, "line 4"),
        ({"prompt": "AAAA"}, "header"),
    ],
)
def test_what_cannot_be_kept_is_a_sentence(
    untrained: Checkpoint, settings: dict, words: str
) -> None:
    with pytest.raises(CompositionError, match=words):
        compose(untrained, SampleConfig(**settings))


def test_a_network_that_knows_no_music_says_so(tmp_path: Path) -> None:
    letters = load_checkpoint(write_checkpoint(tmp_path / "words", Vocabulary.from_text("hjk\nX:")))
    with pytest.raises(CompositionError, match="cannot write ABC"):
        compose(letters, SampleConfig())
    (tune,) = compose(letters, SampleConfig(free=True, max_new_tokens=5))
    assert tune.abc.startswith("X:")
