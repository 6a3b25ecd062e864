"""A version that learned, and costs too much, is tried nearer to its start."""

import copy

import pytest
import torch

from musicgen.listening import candidates
from musicgen.listening.candidates import judge_nearer
from musicgen.listening.gate import Evidence
from musicgen.listening.verdict import Check, GateVerdict
from musicgen.models.checkpoint import load_checkpoint, save_checkpoint
from tests.examples import write_checkpoint


@pytest.fixture
def start(tmp_path, dataset):
    return load_checkpoint(write_checkpoint(tmp_path / "start", dataset.vocabulary))


@pytest.fixture
def tuned(start, tmp_path):
    """A folder with the start's network, one of whose biases went from 0 to 0.01."""
    network = copy.deepcopy(start.network)
    with torch.no_grad():
        network.linear.bias[3] += 0.01
    save_checkpoint(tmp_path / "tuned", network, start.metadata)
    return tmp_path / "tuned"


def judge(monkeypatch, start, tuned, evidence, farthest, is_learned=True):
    """What is found where the gate lets through what went no farther, of the whole way, and how
    far what it was asked about had gone.
    """
    asked = []

    def gate(old, new, _evidence, before=()):
        share = (new.network.linear.bias - old.network.linear.bias)[3].item() / 0.01
        asked.append(round(share, 3))
        return GateVerdict((
            Check("novelty", 1, 1, 1, is_passed=share <= farthest + 1e-3),
            Check("preference", 0.5, 0.6, 0.55, is_passed=is_learned),
        ))  # fmt: skip

    monkeypatch.setattr(candidates, "judge_version", gate)
    return judge_nearer(start, tuned, evidence), asked


@pytest.fixture
def evidence(dataset):
    return Evidence(dataset.texts("val"))


@pytest.mark.parametrize(
    ("farthest", "asked", "held"),
    [(1.0, [1], 1), (0.7, [1, 0.6], 0.6), (0.4, [1, 0.6, 0.36], 0.36), (0.2, [1, 0.6, 0.36], 1)],
)
def test_the_farthest_of_some_points_that_passes_is_kept(
    monkeypatch, start, tuned, evidence, farthest, asked, held
):
    (version, verdict), seen = judge(monkeypatch, start, tuned, evidence, farthest)
    assert seen == asked
    assert verdict.is_accepted == (farthest >= 0.36)
    kept = load_checkpoint(tuned)
    gone = (kept.network.linear.bias - start.network.linear.bias)[3].item() / 0.01
    assert gone == pytest.approx(held, abs=1e-3)
    assert kept.fingerprint == version.fingerprint
    told = kept.metadata.corpus.get("interpolated", {"share": 1.0})["share"]
    assert told == pytest.approx(held)


def test_what_did_not_learn_is_not_tried_twice(monkeypatch, start, tuned, evidence):
    (_version, verdict), seen = judge(monkeypatch, start, tuned, evidence, 0.5, is_learned=False)
    assert seen == [1]
    assert not verdict.is_accepted
