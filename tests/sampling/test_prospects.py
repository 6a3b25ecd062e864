import numpy as np
import pytest

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import load_checkpoint
from musicgen.sampling.composer import compose
from musicgen.sampling.prospects import (
    Prospects,
    compute_effect,
    compute_entropy,
    count_choices,
    find_open_place,
    read_end,
    read_prospects,
)
from tests.examples import write_checkpoint

CHARACTERS = tuple("abcd")


def prospects(*rows):
    return Prospects(CHARACTERS, 5, np.log(np.array(rows, dtype=np.float32)))


@pytest.mark.parametrize("free", [False, True])
def test_the_probabilities_are_those_the_tune_was_drawn_with(knowing, tmp_path, dataset, free):
    untrained = load_checkpoint(write_checkpoint(tmp_path / "small", dataset.vocabulary))
    for checkpoint in (knowing, untrained):
        config = SampleConfig(temperature=0.9, top_k=12, seed=2, free=free, max_new_tokens=400)
        (tune,) = compose(checkpoint, config)
        text = tune.abc.rstrip("\n")
        found = read_prospects(checkpoint, tune.config, text)
        assert found.start == tune.drawn_start
        assert len(found.logits) == len(text) - tune.drawn_start + 1
        for offset in range(tune.drawn_start, min(len(text), 250)):
            effect = compute_effect(found, offset, config, most=99)
            drawn = effect.characters.index(text[offset])
            prob = tune.char_probs[offset - tune.drawn_start]
            assert effect.after[drawn] == pytest.approx(prob, abs=2e-4)


def test_the_place_behind_an_example_is_read_without_settings(knowing):
    text = "X:1\nT:The Patient Machine\nM:6/8\nL:1/8\nK:D Major\nDFA dAF|GBd gd"
    found = read_end(knowing, SampleConfig(), text)
    assert found.logits.shape == (1, len(knowing.vocabulary))
    effect = compute_effect(found, len(text), SampleConfig(temperature=0.1))
    assert effect.characters[0] == "B"


def test_low_temperatures_sharpen_and_high_ones_flatten():
    # By hand: squares of 1/2, 1/4, 1/8, 1/8 over their sum 11/32 at temperature 1/2.
    found = prospects([0.5, 0.25, 0.125, 0.125])
    cold = compute_effect(found, 5, SampleConfig(temperature=0.5))
    assert cold.before == pytest.approx((0.5, 0.25, 0.125, 0.125), rel=1e-5)
    assert cold.after == pytest.approx((8 / 11, 2 / 11, 1 / 22, 1 / 22), rel=1e-5)
    assert cold.entropy_before == pytest.approx(1.75, rel=1e-5)
    hot = compute_effect(found, 5, SampleConfig(temperature=2.0))
    assert cold.entropy_after < cold.entropy_before < hot.entropy_after


def test_entropy_is_that_of_shannon():
    assert compute_entropy(np.full(8, 1 / 8)) == pytest.approx(3)
    assert compute_entropy(np.array([1.0, 0.0])) == 0
    assert count_choices(3) == 8


def test_the_open_place_is_where_the_network_is_least_sure():
    found = prospects([0.97, 0.01, 0.01, 0.01], [0.25] * 4, [0.5, 0.5, 1e-9, 1e-9])
    assert find_open_place(found, 0) == 6
    assert find_open_place(found, 7) == 7
