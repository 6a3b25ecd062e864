import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from musicgen.__main__ import main
from musicgen.compression.pruning import (
    UnitActivity,
    observe_units,
    prune_units,
    prune_weights,
    remove_units,
    require_lstm_weights,
)
from musicgen.compression.variants import METHODS, compress
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import CheckpointError, RunError
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.sampling.engine import build_engine
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer
from musicgen.training.runs.run import RunStore
from tests.random_checkpoints import SHAPES, build_checkpoint


def logits_of(weights: LSTMWeights, ids: torch.Tensor) -> torch.Tensor:
    network = build_network(weights.config).eval()
    network.load_state_dict({key: torch.from_numpy(one) for key, one in weights.arrays.items()})
    with torch.no_grad():
        return network(ids)[0]


@pytest.mark.parametrize("shape", [one for one in SHAPES if "layer_norm" not in one], ids=str)
def test_units_that_say_always_the_same_can_go_without_a_trace(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    """Half of the units are made dumb: closed gates, so that their output is always zero."""
    weights = require_lstm_weights(build_checkpoint(tmp_path / "some", dataset, **shape))
    arrays = {name: value.copy() for name, value in weights.arrays.items()}
    dumb = np.arange(0, 16, 2)
    for layer in range(weights.config.num_layers):
        arrays[f"layers.{layer}.bias_ih_l0"][48 + dumb] = -1e9  # the output gate
    told = LSTMWeights(weights.config, arrays)
    activity = [
        UnitActivity(np.where(np.arange(16) % 2, 0.4, 0).astype(np.float32),
                     np.where(np.arange(16) % 2, 0.3, 0).astype(np.float32))
    ] * weights.config.num_layers  # fmt: skip
    smaller = prune_units(told, 0.5, activity)
    assert smaller.config.hidden_size == 8
    ids = torch.from_numpy(dataset.vocabulary.encode(dataset.texts("train")[0]))[None]
    torch.testing.assert_close(logits_of(smaller, ids), logits_of(told, ids), atol=1e-5, rtol=1e-5)


def test_what_a_unit_said_on_average_is_still_said(tmp_path: Path, dataset: Dataset) -> None:
    """A unit whose output never changes: its constant goes into the biases of what read it."""
    weights = require_lstm_weights(
        build_checkpoint(tmp_path / "some", dataset, kind="echo", num_layers=2)
    )
    arrays = {name: value.copy() for name, value in weights.arrays.items()}
    for rows, value in ((0, -1e9), (16, -1e9), (48, 1e9)):  # it takes nothing in, keeps nothing
        arrays["layers.0.bias_ih_l0"][rows + 5] = value
    told = LSTMWeights(weights.config, arrays)
    kept = np.delete(np.arange(16), 5)
    activity = UnitActivity(np.zeros(16, np.float32), np.ones(16, np.float32))
    ids = torch.from_numpy(dataset.vocabulary.encode(dataset.texts("train")[0]))[None]
    smaller = remove_units(told, [kept, kept], [activity, activity])
    assert smaller.config.hidden_size == 15
    shifted = UnitActivity(np.full(16, 0.5, np.float32), activity.deviation)
    moved = remove_units(told, [kept, kept], [shifted, shifted])
    for name in ("layers.0.bias_hh_l0", "layers.1.bias_ih_l0", "layers.1.bias_hh_l0",
                 "linear.bias", "trust"):  # fmt: skip
        assert not np.allclose(moved.arrays[name], smaller.arrays[name]), name
    by_hand = 0.5 * arrays["linear.weight"][:, 5]
    np.testing.assert_allclose(
        moved.arrays["linear.bias"] - smaller.arrays["linear.bias"], by_hand, rtol=1e-4, atol=1e-6
    )
    assert logits_of(smaller, ids).shape == logits_of(told, ids).shape


def test_activity_is_that_of_the_layers(tmp_path: Path, dataset: Dataset) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **SHAPES[3])
    lower, upper = observe_units(checkpoint)
    assert lower.mean.shape == upper.deviation.shape == (16,)
    assert np.abs(lower.mean).max() < 1 and (upper.deviation > 0).all()
    assert not np.allclose(lower.mean, upper.mean)


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_the_smallest_weights_become_zero(tmp_path: Path, dataset: Dataset, share: float) -> None:
    weights = require_lstm_weights(build_checkpoint(tmp_path / "some", dataset, hidden_size=32))
    pruned = prune_weights(weights, share)
    for name, value in weights.arrays.items():
        found = pruned.arrays[name]
        if value.ndim < 2 or value.size < 1024:
            np.testing.assert_array_equal(found, value)
            continue
        assert (found == 0).mean() == pytest.approx(share, abs=1e-3)
        assert np.abs(value[found == 0]).max() <= np.abs(value[found != 0]).min()
        np.testing.assert_array_equal(found[found != 0], value[found != 0])


def test_zeros_stay_zero_while_a_pruned_network_learns(
    tmp_path: Path, dataset: Dataset, tiny_preset: Preset
) -> None:
    weights = require_lstm_weights(build_checkpoint(tmp_path / "some", dataset, hidden_size=32))
    pruned = prune_weights(weights, 0.5)

    def learn(**changes: object) -> np.ndarray:
        network = build_network(pruned.config)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in pruned.arrays.items()})
        training = tiny_preset.training.replace(weight_decay=0.0, average=0.9, **changes)
        preset = dataclasses.replace(tiny_preset, network=pruned.config, training=training)
        preset = fit_preset(preset, dataset.vocabulary)
        trainer = Trainer(preset, dataset.vocabulary, dataset.texts("train"), [], network)
        for _ in range(3):
            trainer.train_step()
        return trainer.trained.state_dict()["layers.0.weight_hh_l0"].numpy()

    before = pruned.arrays["layers.0.weight_hh_l0"]
    after = learn(keep_zeros=True)
    assert (after[before == 0] == 0).all()
    assert (after[before != 0] != before[before != 0]).mean() > 0.9
    assert (learn()[before == 0] != 0).mean() > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_a_version_plays_says_where_it_is_from_and_is_trained_on(
    home: Path, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    share = ["--share", "0.5"] if METHODS[method].has_share else []
    assert main(["compress", method, "some", "--name", "less", *share, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    less = load_checkpoint(find_checkpoint("less", Paths.default()).path)
    some = load_checkpoint(find_checkpoint("some", Paths.default()).path)
    origin = less.metadata.corpus["compressed_from"]
    assert (origin["name"], origin["fingerprint"], origin["method"]) == (
        "some", some.fingerprint, method
    )  # fmt: skip
    assert (told["size_bytes"] < 0.8 * (home / "runs/some/best/model.safetensors").stat().st_size
            ) == (method != "weights")  # fmt: skip
    assert told["parameters"] == less.network.num_parameters
    assert (told["parameters"] < some.network.num_parameters) == (method == "units")
    assert ("share" in origin) == METHODS[method].has_share
    logits, _ = build_engine(less).step(np.zeros(1, np.int64), build_engine(less).init_state(1))
    assert np.isfinite(logits).all()
    assert main(["runs", "list"]) == 0
    assert "less" in capsys.readouterr().out


def test_what_cannot_be_made_smaller_is_a_sentence(
    home: Path, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    hawk = build_checkpoint(home / "runs" / "bird" / "best", dataset, kind="hawk", num_layers=1)
    store = RunStore(home / "runs")
    with pytest.raises(CheckpointError, match="kind 'hawk'"):
        compress(hawk, "units", "less", store)
    with pytest.raises(CheckpointError, match="kind 'hawk'"):
        compress(hawk, "int4", "less", store)
    assert not (home / "runs" / "less").exists()
    some = load_checkpoint(home / "runs" / "some" / "best")
    for method, share, name, error in (
        ("boiling", 0.4, "less", CheckpointError),
        ("units", 1.5, "less", CheckpointError),
        ("units", float("nan"), "less", CheckpointError),
        ("units", 0.4, "some", RunError),
        ("units", 0.4, "../x", RunError),
    ):
        with pytest.raises(error):
            compress(some, method, name, store, share)
    assert main(["compress", "int8", "nobody", "--name", "less"]) == 2
    assert "no checkpoint named 'nobody'" in capsys.readouterr().err


def test_a_kind_without_an_engine_is_kept_in_8_bits_all_the_same(
    home: Path, dataset: Dataset
) -> None:
    hawk = build_checkpoint(home / "runs" / "bird" / "best", dataset, kind="hawk", num_layers=1)
    run = compress(hawk, "int8", "less", RunStore(home / "runs"))
    less = load_checkpoint(run.path / "best")
    assert less.network.config == hawk.network.config


@pytest.fixture
def home(tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    build(tmp_path / "runs" / "some" / "best", dataset)
    return tmp_path


def build(folder: Path, dataset: Dataset) -> Checkpoint:
    return build_checkpoint(folder, dataset, kind="echo", num_layers=2, hidden_size=32)
