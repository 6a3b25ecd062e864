from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from musicgen.corpus.dataset import Dataset
from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import (
    INT4,
    WEIGHTS_FILE,
    load_checkpoint,
    read_metadata,
    save_checkpoint,
)
from musicgen.models.int4_weights import GROUP, dequantize, quantize
from tests.random_checkpoints import SHAPES, build_checkpoint

NAME = "layers.0.weight_hh_l0"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_weights_come_back_within_a_step_of_their_group(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    """A hidden size that fills no group: what is added to it is gone again."""
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **shape | {"hidden_size": 40})
    save_checkpoint(tmp_path / "low", checkpoint.network, checkpoint.metadata, weights=INT4)
    low = load_checkpoint(tmp_path / "low")
    assert (low.metadata.weights, low.metadata.to_dict()["format_version"]) == ("int4", 3)
    assert low.fingerprint != checkpoint.fingerprint
    weights, found = checkpoint.network.state_dict(), low.network.state_dict()
    for name in (NAME, "layers.0.weight_ih_l0"):
        ours, theirs = weights[name].numpy(), found[name].numpy()
        for start in range(0, ours.shape[1], GROUP):
            group, other = (one[:, start : start + GROUP] for one in (ours, theirs))
            largest = np.abs(group).max(1, keepdims=True)
            # No further than half a step, or, of the longest, what a shorter scale leaves of it.
            assert (np.abs(group - other) <= 0.45 * largest).all()
            assert np.abs(group - other).mean() < 0.06 * largest.mean()
            assert max(len(np.unique(row)) for row in other) <= 16
    for name in ("linear.bias", "layers.0.bias_ih_l0"):
        np.testing.assert_array_equal(weights[name].numpy(), found[name].numpy())
    save_checkpoint(tmp_path / "float", low.network, low.metadata)
    assert read_metadata(tmp_path / "float").weights == "float"


def test_a_group_lies_on_its_longer_side_and_two_numbers_share_a_byte() -> None:
    row = np.linspace(-0.5, 1.0, GROUP, dtype=np.float32)
    kept = quantize({NAME: np.tile(row, (64, 2))})
    assert kept[f"{NAME}.four"].shape == (64, GROUP)
    assert kept[f"{NAME}.scales"].shape == (64, 2)
    assert (kept[f"{NAME}.scales"] < 0).all()  # so that 1.0, the longest, is -8 of it
    (restored,) = dequantize(kept).values()
    assert restored.shape == (64, 2 * GROUP)
    assert np.abs(restored[0, :GROUP] - row).max() < 0.5 * 1.0 / 7
    exact = np.tile(np.arange(-8, 8, dtype=np.float32) * 0.25, (64, 2))
    np.testing.assert_array_equal(dequantize(quantize({NAME: exact}))[NAME], exact)


def test_zeros_and_what_is_nearly_zero_are_no_trouble() -> None:
    arrays = {NAME: np.zeros((64, 32), np.float32)}
    arrays[NAME][0, 0] = 1e-30
    np.testing.assert_array_equal(dequantize(quantize(arrays))[NAME], 0.0)


DAMAGES = {
    "no scales": lambda kept: kept.pop(f"{NAME}.scales"),
    "no width": lambda kept: kept.pop(f"{NAME}.width"),
    "another width": lambda kept: kept[f"{NAME}.width"].fill(99),
    "a width below zero": lambda kept: kept[f"{NAME}.width"].fill(-1),
    "not finite": lambda kept: kept[f"{NAME}.scales"].fill(np.nan),
    "fewer rows": lambda kept: kept.update({f"{NAME}.scales": kept[f"{NAME}.scales"][:3]}),
    "other numbers": lambda kept: kept.update({f"{NAME}.four": kept[f"{NAME}.four"].view(np.int8)}),
    "flat": lambda kept: kept.update({f"{NAME}.four": kept[f"{NAME}.four"].ravel()}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_numbers_are_a_sentence(tmp_path: Path, dataset: Dataset, damage: str) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, hidden_size=32)
    save_checkpoint(tmp_path / "low", checkpoint.network, checkpoint.metadata, weights=INT4)
    file = tmp_path / "low" / WEIGHTS_FILE
    tensors = {key: one.copy() for key, one in safetensors.numpy.load(file.read_bytes()).items()}
    DAMAGES[damage](tensors)
    file.write_bytes(safetensors.numpy.save(tensors))
    with pytest.raises(CheckpointError, match="low is damaged"):
        load_checkpoint(tmp_path / "low")
