import dataclasses
import math

import numpy as np
import pytest

from musicgen.errors import ConfigError
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.interpretation.anatomy import describe_parts
from musicgen.interpretation.development import (
    PROBED,
    Moment,
    find_histograms,
    find_learned,
    find_paths,
    look_at_moment,
    take_weights,
    thin,
)
from musicgen.models.network import Network
from tests.examples import make_tune
from tests.interpretation.conftest import VOCABULARY, make_checkpoint, make_network

TEXTS = [make_tune(number) + "\n" for number in range(41, 45)]


def test_a_moment_of_each_kind_of_network_has_all_its_figures(network: Network) -> None:
    moment = look_at_moment(make_checkpoint(network), TEXTS, tunes=2)
    assert moment.step == 1
    assert 0 <= moment.bar_lines <= 1 and 0 <= moment.in_time <= 1
    assert set(moment.probes) == set(moment.baselines) <= set(PROBED)
    assert "place" in moment.probes
    assert all(0 <= value <= 1 for value in moment.probes.values())
    assert list(moment.weights) == [part.name for part in describe_parts(network).parts]
    assert all(np.isfinite(values).all() for values in moment.activations.values())
    assert moment.vectors.shape == tuple(network.embedding.weight.shape)
    assert moment.size_bytes > moment.vectors.nbytes


def test_its_loss_is_that_of_evaluation_but_for_the_first_character_and_the_end() -> None:
    """One text so long that its first character and its blank line hardly count."""
    network = make_network("lstm")
    text = "X:1\nK:C\n" + "CDEF GABc|" * 60 + "\n"
    moment = look_at_moment(make_checkpoint(network), [text, text], tunes=1)
    assert moment.loss == pytest.approx(compute_loss(network, VOCABULARY, [text]).loss, rel=0.02)


def test_bar_lines_are_counted_where_a_network_that_always_says_them_says_them() -> None:
    network = make_network("lstm")
    network.linear.bias[VOCABULARY.ids["|"]] = 50.0
    assert look_at_moment(make_checkpoint(network), TEXTS, tunes=1).bar_lines == 1.0
    network.linear.bias[VOCABULARY.ids["|"]] = -50.0
    assert look_at_moment(make_checkpoint(network), TEXTS, tunes=1).bar_lines == 0.0


def test_nothing_to_read_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="nothing to measure"):
        look_at_moment(make_checkpoint(make_network("lstm")), [])


def test_weights_are_taken_evenly_from_each_part() -> None:
    network = make_network("lstm")
    weights = take_weights(network, kept=10)
    assert all(len(values) <= 10 for values in weights.values())
    whole = take_weights(network, kept=10**9)
    total = sum(len(values) for values in whole.values())
    assert total == sum(one.numel() for one in network.parameters())
    assert thin(np.arange(101, dtype=np.float32), 3).tolist() == [0, 50, 100]


def test_histograms_have_the_same_bins_and_all_numbers() -> None:
    generator = np.random.default_rng(1)
    narrow, wide = (generator.normal(0, size, 5000).astype(np.float32) for size in (0.1, 1.0))
    found = find_histograms([narrow, wide], bins=21)
    assert found.shares.shape == (2, 21) and found.edges.shape == (22,)
    assert found.shares.sum(1) == pytest.approx([1, 1])
    assert found.edges[0] == -found.edges[-1]
    spread = [(shares > 0.001).sum() for shares in found.shares]
    assert spread[0] < spread[1]
    flat = find_histograms([np.zeros(4, np.float32)], bins=3)
    assert flat.shares.tolist() == [[0, 1, 0]]


def test_paths_end_on_the_map_of_the_last_moment_and_stand_still_where_nothing_moves() -> None:
    generator = np.random.default_rng(2)
    last = generator.normal(size=(30, 8)).astype(np.float32)
    paths = find_paths([last, last, last + 5.0])  # a shift of all is no movement on the map
    assert paths.shape == (3, 30, 2)
    np.testing.assert_allclose(paths[0], paths[1])
    np.testing.assert_allclose(paths[0], paths[2], atol=1e-5)
    spread = paths[-1].var(0)
    assert spread[0] >= spread[1] > 0
    moved = last.copy()
    moved[3] = 0.0
    paths = find_paths([moved, last])
    gaps = np.linalg.norm(paths[1] - paths[0], axis=1)
    assert gaps.argmax() == 3


def make_moment(step: int, accuracy: float | None) -> Moment:
    moment = look_at_moment(make_checkpoint(make_network("lstm")), TEXTS[:2], tunes=1)
    probes = {} if accuracy is None else {"key": accuracy}
    baselines = {} if accuracy is None else {"key": 0.4}
    return dataclasses.replace(moment, step=step, probes=probes, baselines=baselines)


def test_something_is_learned_when_half_of_it_is_known() -> None:
    accuracies = {0: 0.4, 50: 0.5, 100: 0.62, 200: 0.8}
    moments = [make_moment(step, accuracy) for step, accuracy in accuracies.items()]
    assert find_learned(moments, "key") == 100
    assert find_learned(moments, "key", share=0.2) == 50
    assert find_learned(moments, "place") is None
    assert find_learned([make_moment(0, 0.3)], "key") is None
    assert find_learned([make_moment(0, None)], "key") is None
    assert not math.isnan(moments[0].loss)
