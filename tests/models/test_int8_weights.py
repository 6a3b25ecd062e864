from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from musicgen.corpus.dataset import Dataset
from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import (
    INT8,
    WEIGHTS_FILE,
    load_checkpoint,
    read_metadata,
    save_checkpoint,
)
from musicgen.models.int8_weights import dequantize, quantize
from tests.random_checkpoints import SHAPES, build_checkpoint


@pytest.mark.parametrize("shape", [*SHAPES, {"kind": "hawk"}, {"kind": "attention"}], ids=str)
def test_weights_come_back_within_half_a_step_and_twice_the_same(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **shape | {"hidden_size": 32})
    save_checkpoint(tmp_path / "low", checkpoint.network, checkpoint.metadata, weights=INT8)
    low = load_checkpoint(tmp_path / "low")
    assert low.metadata.weights == "int8"
    assert low.metadata.to_dict()["format_version"] == 2
    assert checkpoint.metadata.to_dict()["format_version"] == 1
    assert low.fingerprint != checkpoint.fingerprint
    halves = 0
    weights = checkpoint.network.state_dict()
    for name, value in weights.items():
        ours, theirs = value.numpy(), low.network.state_dict()[name].numpy()
        pair = {name.replace("_ih_", "_hh_"), name.replace("_hh_", "_ih_")}  # may share scales
        step = max(float(weights[one].abs().max()) for one in pair) / 127
        assert np.abs(ours - theirs).max() <= 0.51 * step, name
        halves += not np.array_equal(ours, theirs)
    assert halves >= 3
    save_checkpoint(tmp_path / "again", low.network, low.metadata, weights=INT8)
    first, second = ((tmp_path / one / WEIGHTS_FILE).read_bytes() for one in ("low", "again"))
    once, twice = (safetensors.numpy.load(data) for data in (first, second))
    for name, value in once.items():
        if value.dtype == np.int8:
            np.testing.assert_array_equal(value, twice[name])
    # What is trained on, or copied, is kept in floats again unless somebody says otherwise.
    save_checkpoint(tmp_path / "float", low.network, low.metadata)
    assert read_metadata(tmp_path / "float").weights == "float"


def test_a_row_is_scaled_by_its_largest_and_the_higher_layers_share_it() -> None:
    arrays = {
        "layers.1.weight_ih_l0": np.full((4, 256), 0.5, np.float32),
        "layers.1.weight_hh_l0": np.full((4, 256), -1.0, np.float32),
        "layers.0.weight_ih_l0": np.full((4, 256), 0.5, np.float32),
        "bias": np.array([0.3], np.float32),
    }
    kept = quantize(arrays)
    assert kept["layers.0.weight_ih_l0"].max() == 127
    assert kept["layers.1.weight_ih_l0"].max() == 64
    assert kept["layers.1.weight_hh_l0"].min() == -127
    np.testing.assert_allclose(kept["layers.1.weight_ih_l0.scale"], 1 / 127)
    assert kept["bias"].dtype == np.float32
    np.testing.assert_allclose(dequantize(kept)["layers.0.weight_ih_l0"], 0.5, rtol=1e-6)


@pytest.mark.parametrize("damage", ["no scale", "wrong scale", "not finite", "floats"])
def test_damaged_scales_are_a_sentence(tmp_path: Path, dataset: Dataset, damage: str) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, hidden_size=32)
    save_checkpoint(tmp_path / "low", checkpoint.network, checkpoint.metadata, weights=INT8)
    file = tmp_path / "low" / WEIGHTS_FILE
    tensors = safetensors.numpy.load(file.read_bytes())
    name = "layers.0.weight_hh_l0"
    changed = {
        "no scale": lambda: tensors.pop(name + ".scale"),
        "wrong scale": lambda: tensors.update({name + ".scale": np.ones(3, np.float32)}),
        "not finite": lambda: tensors[name + ".scale"].fill(np.inf),
        "floats": lambda: tensors.update({name + ".scale": np.ones(128, np.float64)}),
    }
    changed[damage]()
    file.write_bytes(safetensors.numpy.save(tensors))
    with pytest.raises(CheckpointError, match="low is damaged"):
        load_checkpoint(tmp_path / "low")
