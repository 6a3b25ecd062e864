import math

import numpy as np
import pytest
import torch

from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ConfigError
from musicgen.interpretation.attention_view import look
from musicgen.interpretation.gradient_reach import measure_reach
from musicgen.interpretation.recording import record
from musicgen.interpretation.saliency import find_saliency, rank_correlation
from musicgen.interpretation.sites import find_entry
from musicgen.models.network import Network
from tests.interpretation.conftest import TUNE, VOCABULARY, make_network

PLACE = 60


def log_prob(network: Network, text: str, target: str) -> float:
    ids = torch.from_numpy(VOCABULARY.encode(SEPARATOR + text)[None])
    with torch.no_grad():
        logits, _ = network(ids)
    return float(logits[0, -1].log_softmax(0)[VOCABULARY.ids[target]])


def test_deletion_is_what_the_network_says_of_the_shorter_text(network: Network) -> None:
    found = find_saliency(network, VOCABULARY, TUNE, PLACE, reach=12)
    assert (found.start, len(found.left_out)) == (PLACE - 12, 12)
    whole = log_prob(network, TUNE[:PLACE], TUNE[PLACE])
    assert found.log_prob == pytest.approx(whole, abs=1e-5)
    for number in (0, 5, 11):
        place = found.start + number
        shorter = TUNE[:place] + TUNE[place + 1 : PLACE]
        lost = whole - log_prob(network, shorter, TUNE[PLACE])
        assert found.left_out[number] == pytest.approx(lost, abs=1e-4)


def test_gradients_are_those_of_small_steps(network: Network) -> None:
    """All of one character, made a little weaker: what the log probability loses."""
    found = find_saliency(network, VOCABULARY, TUNE, PLACE, reach=8)
    ids = torch.from_numpy(VOCABULARY.encode(SEPARATOR + TUNE[:PLACE])[None])
    step = 2e-2

    def weaken(place: int, by: float) -> float:
        def turn(_module, inputs):
            values = inputs[0].clone()
            values[0, place] *= 1.0 - by
            return (values, *inputs[1:])

        hook = find_entry(network).register_forward_pre_hook(turn)
        with torch.no_grad():
            logits, _ = network(ids)
        hook.remove()
        return float(logits[0, -1].double().log_softmax(0)[VOCABULARY.ids[TUNE[PLACE]]])

    for number in (1, 4, 7):
        place = len(SEPARATOR) + found.start + number
        slope = (weaken(place, -step) - weaken(place, step)) / (2 * step)
        assert found.gradient[number] == pytest.approx(slope, abs=2e-4)


def test_both_ways_agree_where_a_network_is_nearly_linear() -> None:
    network = make_network("lstm", num_layers=1)
    network.embedding.weight.mul_(0.05)
    found = find_saliency(network, VOCABULARY, TUNE, PLACE, reach=20)
    assert found.agreement > 0.98
    np.testing.assert_allclose(found.gradient, found.zeroed, atol=2e-3)


def test_a_character_that_the_network_cannot_see_moves_nothing() -> None:
    network = make_network("lstm")
    network.embedding.weight[VOCABULARY.ids[" "]] = 0.0
    found = find_saliency(network, VOCABULARY, TUNE, PLACE, reach=30)
    spaces = [at for at in range(30) if TUNE[found.start + at] == " "]
    assert spaces
    assert (found.gradient[spaces] == 0).all()
    assert (np.abs(found.zeroed[spaces]) < 1e-6).all()
    near = [at for at in range(24, 30) if at not in spaces]
    assert (np.abs(found.zeroed[near]) > 1e-5).all()


def test_ranks_are_correlated_as_spearman_has_it() -> None:
    assert rank_correlation([1, 2, 3], [10, 20, 1000]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1.0)
    # 1 - 6 · (1 + 1 + 1 + 1 + 4) / (5 · 24)
    assert rank_correlation([1, 2, 3, 4, 5], [2, 1, 4, 50, 3]) == pytest.approx(0.6)
    assert rank_correlation([1, 1, 2], [1, 1, 5]) == pytest.approx(1.0)
    assert math.isnan(rank_correlation([1, 1], [1, 2]))
    assert math.isnan(rank_correlation([1], [1]))


def test_the_first_places_have_little_before_them_and_none_is_refused() -> None:
    network = make_network("lstm")
    found = find_saliency(network, VOCABULARY, TUNE, 1)
    assert (found.start, len(found.gradient), len(found.left_out)) == (0, 1, 1)
    lost = found.log_prob - log_prob(network, "", TUNE[1])
    assert found.left_out[0] == pytest.approx(lost, abs=1e-5)
    for place in (0, -1, len(TUNE)):
        with pytest.raises(ConfigError):
            find_saliency(network, VOCABULARY, TUNE, place)


def test_a_network_in_training_is_looked_at_without_a_trace(network: Network) -> None:
    network.train().requires_grad_(True)
    find_saliency(network, VOCABULARY, TUNE, PLACE, reach=5)
    measure_reach(network, VOCABULARY, [TUNE], 5)
    record(network, VOCABULARY, TUNE)
    look(network, VOCABULARY, TUNE)
    assert network.training
    for parameter in network.parameters():
        assert parameter.requires_grad
        assert parameter.grad is None
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in network.modules())
