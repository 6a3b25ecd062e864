import math

import pytest
import torch

from musicgen.listening.gate import (
    FEWEST_PAIRS,
    Evidence,
    find_margins,
    judge_version,
)
from musicgen.listening.verdict import GateVerdict, lowest_share
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.training.preference_pairs import PreferencePair
from tests.examples import make_tune, write_checkpoint


@pytest.fixture
def old(tmp_path, dataset):
    return load_checkpoint(write_checkpoint(tmp_path / "old", dataset.vocabulary))


def moved(checkpoint: Checkpoint, scale: float) -> Checkpoint:
    """The same network with its last layer turned up."""
    import copy

    network = copy.deepcopy(checkpoint.network)
    with torch.no_grad():
        network.linear.weight.mul_(scale)
    return Checkpoint(network, checkpoint.metadata, "moved")


PAIRS = [PreferencePair(make_tune(n), make_tune(n + 1)) for n in range(1, 31)]


def test_the_same_network_passes_all_but_preference(old, dataset):
    evidence = Evidence(
        dataset.texts("val"), PAIRS, (), lambda _text: 5.0, tunes=12, on_step=lambda: None
    )
    verdict = judge_version(old, old, evidence)
    failed = [check.name for check in verdict.checks if not check.is_passed]
    assert failed == ["preference"] and not verdict.is_accepted
    assert [check.name for check in verdict.checks][:2] == ["loss", "judge"]
    rows = verdict.to_list()
    assert [check.name for check in GateVerdict.from_list(rows).checks] == [
        check.name for check in verdict.checks
    ]


def test_a_network_that_got_worse_is_turned_away(old, dataset):
    verdict = judge_version(old, moved(old, 30.0), Evidence(dataset.texts("val"), tunes=12))
    checks = {check.name: check for check in verdict.checks}
    assert not checks["loss"].is_passed and not verdict.is_accepted
    assert checks["loss"].after > checks["loss"].before + 0.02


def test_margins_are_what_the_new_network_raised(old):
    assert find_margins(old, old, PAIRS) == pytest.approx([0.0] * len(PAIRS), abs=1e-6)
    there = find_margins(old, moved(old, 2.0), PAIRS)
    back = find_margins(moved(old, 2.0), old, PAIRS)
    assert there == pytest.approx([-one for one in back], abs=1e-5)
    assert any(abs(one) > 1e-4 for one in there)


def test_new_tunes_must_have_been_learned(old, dataset):
    verdict = judge_version(
        old, old, Evidence(dataset.texts("val"), new_tunes=[make_tune(3)], tunes=10)
    )
    assert [check.name for check in verdict.checks if not check.is_passed] == ["new tunes"]


def test_the_bound_of_a_share_turns_noise_away_nineteen_times_in_twenty():
    # 59 of 100 is the first count whose one-sided probability under a half is below 5 %.
    assert lowest_share(0.58, 100) < 0.5 < lowest_share(0.59, 100)
    chance = sum(math.comb(100, n) for n in range(59, 101)) / 2**100
    assert chance < 0.05
    assert FEWEST_PAIRS >= 20
