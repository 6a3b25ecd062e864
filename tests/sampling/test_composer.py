import dataclasses
import itertools
from pathlib import Path

import pytest
import torch

from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata, load_checkpoint
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.registry import build_network
from musicgen.notation.reader import read_tune
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import ForwardEngine, LSTMEngine, build_engine
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


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_the_engine_says_what_the_network_says(layer_norm: bool, num_layers: int) -> None:
    config = NetworkConfig(
        vocab_size=13, embedding_dim=6, hidden_size=10, num_layers=num_layers, layer_norm=layer_norm
    )
    network = build_network(config, 0).eval().requires_grad_(False)
    engine, plain = build_engine(network), ForwardEngine(network)
    assert isinstance(network, LSTMNetwork)
    assert isinstance(engine, LSTMEngine)
    state, expected_state = engine.init_state(4), plain.init_state(4)
    for _ in range(20):
        ids = torch.randint(13, (4,))
        logits, state = engine.step(ids, state)
        expected, expected_state = plain.step(ids, expected_state)
        torch.testing.assert_close(logits, expected)


def test_compositions_are_values(scripted: Checkpoint) -> None:
    (tune,) = compose(scripted, SampleConfig())
    with pytest.raises(dataclasses.FrozenInstanceError):
        tune.abc = ""  # type: ignore[misc]
