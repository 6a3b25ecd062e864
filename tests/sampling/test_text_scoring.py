import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from musicgen.config import SampleConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata, load_checkpoint
from musicgen.notation.grammar.masks import get_guide
from musicgen.notation.grammar.rules import Rules
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import ForwardEngine
from musicgen.sampling.text_scoring import drawn_probs, score_text
from tests.examples import ScriptedNetwork, make_tune, write_checkpoint

TUNE = make_tune(7) + "\n"


@pytest.fixture
def small(tmp_path: Path, dataset: Dataset) -> Checkpoint:
    return load_checkpoint(write_checkpoint(tmp_path / "small", dataset.vocabulary))


def test_each_character_has_the_probability_that_stepping_through_gives(small: Checkpoint) -> None:
    seen = score_text(small, SampleConfig(free=True), TUNE)
    engine = ForwardEngine(small.network)
    state = engine.init_state(1)
    ids = small.vocabulary.encode("\n\n" + TUNE)
    for place, (read, following) in enumerate(itertools.pairwise(ids), start=-1):
        logits, state = engine.step(np.array([read]), state)
        if place >= 0:
            prob = torch.softmax(torch.from_numpy(logits).double(), -1)[0, following]
            assert seen.prob(place) == pytest.approx(float(prob), rel=1e-4)


def test_the_probabilities_are_those_the_tune_was_drawn_with(small: Checkpoint) -> None:
    for settings in ({}, {"top_k": 5}, {"top_p": 0.8}, {"temperature": 0.5}, {"free": True}):
        config = SampleConfig(seed=3, max_new_tokens=400, **settings)
        (tune,) = compose(small, config)
        again = drawn_probs(small, config, tune.abc, tune.drawn_start)
        near_limit = 30  # there the composer leads home
        assert again[:near_limit] == pytest.approx(tune.char_probs[:near_limit], rel=1e-4)


def test_a_network_that_knows_the_text_is_never_surprised() -> None:
    vocabulary = Vocabulary.from_text(TUNE + "bXTMLK:|]\n1234567890/^_=z()")
    network = ScriptedNetwork(vocabulary, "\n\n" + TUNE)
    metadata = CheckpointMetadata("s", 1, network.config, TrainingConfig(), vocabulary.characters)
    checkpoint = Checkpoint(network.eval(), metadata, "0123456789ab")
    seen = score_text(checkpoint, SampleConfig(), TUNE)
    assert seen.surprise(0, len(TUNE)) < 1e-6
    assert not seen.alternatives(40)
    other = TUNE.replace("aD3", "bD3")
    place = other.index("bD3")
    assert score_text(checkpoint, SampleConfig(), other).surprise(place, place + 1) > 20


def test_only_what_the_grammar_allowed_is_an_alternative(small: Checkpoint) -> None:
    seen = score_text(small, SampleConfig(), TUNE)
    guide = get_guide(small.vocabulary.characters, Rules())
    state = guide.grammar.start
    asked = 0
    for place, character in enumerate(TUNE):
        allowed = guide.grammar.allowed(state)
        others = seen.alternatives(place, most=len(small.vocabulary), least=0.0)
        usable = [name for name, prob in others if prob > 0]
        assert set(usable) | {character} <= allowed
        probs = [prob for _name, prob in others]
        assert probs == sorted(probs, reverse=True)
        assert sum(probs) + seen.prob(place) == pytest.approx(1, abs=1e-4)
        asked += len(usable)
        following = guide.grammar.feed(state, character)
        assert following is not None
        state = following
    assert asked > 100
    assert np.allclose(seen.probs.sum(-1), 1, atol=1e-4)


def test_a_beginning_the_grammar_cannot_follow_takes_nothing_away(small: Checkpoint) -> None:
    foreign = TUNE.replace("L:1/8\n", "L:1/8\nL:1/8\n", 1)
    seen = score_text(small, SampleConfig(), foreign, drawn_start=foreign.index("K:") + 20)
    assert np.isfinite(seen.surprise(0, len(foreign)))
    assert seen.surprise(5, 5) == 0.0
