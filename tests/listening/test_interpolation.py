import copy

import pytest
import torch

from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.listening.interpolation import find_share, hold_near, interpolate
from musicgen.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from musicgen.models.registry import build_network
from tests.examples import write_checkpoint


@pytest.fixture
def start(tmp_path, dataset):
    return load_checkpoint(write_checkpoint(tmp_path / "start", dataset.vocabulary))


def away(start: Checkpoint, distance: float) -> Checkpoint:
    """The network with its last layer drawn towards one character, and so a higher loss."""
    network = copy.deepcopy(start.network)
    with torch.no_grad():
        network.linear.bias[3] += distance
    return Checkpoint(network, start.metadata, "away")


def test_weights_lie_on_the_line(start):
    tuned = away(start, 4.0)
    for share in (0.0, 0.25, 1.0):
        found = interpolate(start.network, tuned.network, share).linear.bias
        gone = found - start.network.linear.bias
        assert gone[3].item() == pytest.approx(4.0 * share, abs=1e-5)
        assert gone.abs().sum().item() == pytest.approx(4.0 * share, abs=1e-4)


def test_the_farthest_point_that_costs_little_is_found(start, dataset):
    texts, tuned, most = dataset.texts("val"), away(start, 3.0), 0.05

    def rise(share):
        network = interpolate(start.network, tuned.network, share)
        before, after = (
            compute_loss(one, start.vocabulary, texts).body_loss for one in (start.network, network)
        )
        return after - before

    share = find_share(start, tuned, texts, most)
    assert 0 < share < 1
    assert rise(share) <= most < rise(share + 1 / 32)


def test_what_costs_nothing_goes_the_whole_way(start, dataset):
    assert find_share(start, start, dataset.texts("val")) == 1.0


def test_networks_of_different_shapes_have_no_way_between_them(start, dataset):
    wider = build_network(start.network.config.replace(hidden_size=24), seed=1)
    other = Checkpoint(wider, start.metadata, "wider")
    assert find_share(start, other, dataset.texts("val")) == 1.0


def test_a_checkpoint_says_how_far_it_went(start, tmp_path, dataset):
    path, tuned = tmp_path / "tuned", away(start, 40.0)
    save_checkpoint(path, tuned.network, tuned.metadata, extra_files={"note.txt": b"kept"})
    found = hold_near(start, path, dataset.texts("val"))
    way = found.metadata.corpus["interpolated"]
    assert way["fingerprint"] == start.fingerprint
    assert 0 <= way["share"] < 1
    assert load_checkpoint(path).fingerprint == found.fingerprint
    expected = interpolate(start.network, tuned.network, way["share"])
    assert torch.equal(found.network.linear.bias, expected.linear.bias)
