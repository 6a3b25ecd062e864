import numpy as np
import pytest
import torch

from musicgen.config import SampleConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ConfigError, GrammarError
from musicgen.interpretation.expectation import find_expectation, find_stages
from musicgen.models.network import Network
from musicgen.sampling.decoding import compute_probs
from tests.interpretation.conftest import TUNE, VOCABULARY, make_checkpoint, make_network


def test_expectation_is_the_softmax_of_the_logits(network: Network) -> None:
    found = find_expectation(make_checkpoint(network), TUNE)
    ids = torch.from_numpy(VOCABULARY.encode(SEPARATOR + TUNE)[None])
    with torch.no_grad():
        probs = network(ids)[0][0, 1:-1].double().softmax(1).numpy()
    np.testing.assert_allclose(found.probs, probs, atol=1e-5)
    chosen = probs[np.arange(len(TUNE)), ids[0, 2:].numpy()]
    np.testing.assert_allclose(found.surprise, -np.log2(chosen), atol=1e-3)
    np.testing.assert_allclose(found.entropy, -(probs * np.log2(probs)).sum(1), atol=1e-3)
    (best,) = found.likeliest(9, 1)
    assert best[0] == VOCABULARY.characters[probs[9].argmax()]
    assert found.is_first[9] == (best[0] == TUNE[9])


def test_a_network_that_knows_nothing_expects_all_alike() -> None:
    network = make_network("lstm")
    network.linear.weight.zero_()
    network.linear.bias.zero_()
    found = find_expectation(make_checkpoint(network), TUNE)
    assert found.entropy == pytest.approx(np.log2(len(VOCABULARY)), abs=1e-4)
    assert found.surprise == pytest.approx(np.log2(len(VOCABULARY)), abs=1e-4)


def test_each_stage_is_what_composing_makes_of_it() -> None:
    network = make_network("lstm")
    network.linear.weight.mul_(12.0)
    checkpoint = make_checkpoint(network)
    config = SampleConfig(temperature=0.7, top_k=9, top_p=0.8)
    place = TUNE.index("|") + 1
    stages = find_stages(checkpoint, config, TUNE, place)
    assert [one.name for one in stages] == ["network", "grammar", "temperature", "top_k", "top_p"]
    assert stages[2].label == "temperature 0.7"
    own = find_expectation(checkpoint, TUNE).probs[place]
    np.testing.assert_allclose(stages[0].probs, own, atol=1e-6)
    is_left = stages[1].probs > 0
    np.testing.assert_allclose(stages[1].probs, own * is_left / own[is_left].sum(), atol=1e-6)
    assert not is_left[VOCABULARY.ids["X"]]
    assert is_left[VOCABULARY.ids["A"]]
    for stage, (top_k, top_p) in zip(stages[2:], ((0, 1.0), (9, 1.0), (9, 0.8)), strict=True):
        with np.errstate(divide="ignore"):
            logits = np.where(is_left, np.log(own), -np.inf)[None]
        expected = compute_probs(logits, 0.7, top_k, top_p)[0]
        np.testing.assert_allclose(stage.probs, expected, atol=1e-6)
        assert stage.count == (expected > 0).sum()
        assert sum(stage.probs) == pytest.approx(1.0)
        assert stage.likeliest(1)[0][1] == pytest.approx(expected.max())
    assert stages[3].count == 9
    assert stages[2].entropy < stages[1].entropy


def test_what_limits_nothing_is_no_stage() -> None:
    checkpoint = make_checkpoint(make_network("lstm"))
    stages = find_stages(checkpoint, SampleConfig(free=True), TUNE)
    assert [one.name for one in stages] == ["network", "temperature"]
    np.testing.assert_allclose(
        find_stages(checkpoint, SampleConfig(free=True, temperature=1.0), TUNE)[1].probs,
        stages[0].probs,
    )


def test_places_and_texts_that_are_none_are_refused() -> None:
    checkpoint = make_checkpoint(make_network("lstm"))
    with pytest.raises(ConfigError):
        find_stages(checkpoint, SampleConfig(), TUNE, len(TUNE) + 1)
    with pytest.raises(ConfigError):
        find_expectation(checkpoint, "")
    with pytest.raises(GrammarError):
        find_stages(checkpoint, SampleConfig(), "X:1\nM:C\nL:1/8\nK:D Major\nA9c|")
