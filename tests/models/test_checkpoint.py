import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import CheckpointError, StorageError
from musicgen.models import checkpoint as module
from musicgen.models.checkpoint import (
    find_checkpoint,
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.presets import Preset
from musicgen.training.runs.run import RunStore


def test_weights_and_metadata_survive(checkpoint_folder: Path, dataset: Dataset) -> None:
    loaded = load_checkpoint(checkpoint_folder)
    weights = safetensors.torch.load_file(checkpoint_folder / "model.safetensors")
    for name, value in loaded.network.state_dict().items():
        assert torch.equal(value, weights[name])
    assert loaded.vocabulary == dataset.vocabulary
    assert loaded.metadata.metrics == {"val_loss": 2.0}
    assert not loaded.network.training


def test_half_precision_halves_the_file_and_loads_as_float32(
    checkpoint_folder: Path, tmp_path: Path
) -> None:
    whole = load_checkpoint(checkpoint_folder)
    save_checkpoint(tmp_path / "half", whole.network, whole.metadata, half_precision=True)
    size = (tmp_path / "half" / "model.safetensors").stat().st_size
    assert size < 0.6 * (checkpoint_folder / "model.safetensors").stat().st_size
    weights = load_checkpoint(tmp_path / "half").network.state_dict()
    for name, value in whole.network.state_dict().items():
        assert weights[name].dtype == torch.float32
        torch.testing.assert_close(weights[name], value, atol=1e-3, rtol=1e-3)


def test_the_fingerprint_is_of_the_weights(checkpoint_folder: Path, tmp_path: Path) -> None:
    one = load_checkpoint(checkpoint_folder)
    save_checkpoint(tmp_path / "copy", one.network, one.metadata)
    assert load_checkpoint(tmp_path / "copy").fingerprint == one.fingerprint
    one.network.state_dict()["linear.bias"][0] += 1
    save_checkpoint(tmp_path / "other", one.network, one.metadata)
    assert load_checkpoint(tmp_path / "other").fingerprint != one.fingerprint


@pytest.mark.parametrize("name", ["model.safetensors", "checkpoint.json"])
@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "gone"])
def test_a_damaged_file_is_a_sentence(checkpoint_folder: Path, name: str, damage: str) -> None:
    path = checkpoint_folder / name
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {"empty": b"", "cut": data[: len(data) // 2], "noise": b"\x80\xff" * 99}[damage]
        )
    with pytest.raises(CheckpointError, match="small"):
        load_checkpoint(checkpoint_folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format_version": 99},
        {"vocabulary": "ab"},
        {"vocabulary": 7},
        {"network": {"kind": "lstm", "hidden_size": 10**9}},
        {"network": {"kind": "unknown"}},
        {"network": []},
        {"training": {"colour": 1}},
        {"step": "five"},
        {"name": None},
    ],
)
def test_metadata_that_does_not_hold_is_a_sentence(checkpoint_folder: Path, change: dict) -> None:
    path = checkpoint_folder / "checkpoint.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CheckpointError):
        load_checkpoint(checkpoint_folder)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"', "[" * 100_000])
def test_json_that_is_no_object_is_a_sentence(checkpoint_folder: Path, text: str) -> None:
    (checkpoint_folder / "checkpoint.json").write_text(text)
    with pytest.raises(CheckpointError):
        load_checkpoint(checkpoint_folder)


def test_weights_that_are_not_numbers_are_refused(checkpoint_folder: Path) -> None:
    path = checkpoint_folder / "model.safetensors"
    weights = safetensors.torch.load_file(path)
    weights["linear.bias"][0] = torch.nan
    safetensors.torch.save_file(weights, path)
    with pytest.raises(CheckpointError, match="not numbers"):
        load_checkpoint(checkpoint_folder)


def test_weights_of_another_shape_are_refused(checkpoint_folder: Path) -> None:
    path = checkpoint_folder / "model.safetensors"
    weights = safetensors.torch.load_file(path)
    weights["linear.bias"] = weights["linear.bias"][:-1].clone()
    safetensors.torch.save_file(weights, path)
    with pytest.raises(CheckpointError, match="do not fit"):
        load_checkpoint(checkpoint_folder)


def test_a_network_larger_than_any_machine_is_refused_without_being_built(
    checkpoint_folder: Path,
) -> None:
    path = checkpoint_folder / "checkpoint.json"
    values = json.loads(path.read_text())
    values["network"] |= {"hidden_size": 4096, "num_layers": 8}
    path.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_checkpoint(checkpoint_folder)


def test_a_full_disk_leaves_the_old_checkpoint(
    checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_checkpoint(checkpoint_folder)

    def full(*_: object, **__: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.Path, "write_bytes", full)
    with pytest.raises(StorageError, match="disk is full"):
        save_checkpoint(checkpoint_folder, before.network, before.metadata)
    monkeypatch.undo()
    assert load_checkpoint(checkpoint_folder).fingerprint == before.fingerprint


def test_checkpoints_are_found_by_name_run_and_path(
    checkpoint_folder: Path, paths: Paths, dataset: Dataset
) -> None:
    whole = load_checkpoint(checkpoint_folder)
    for name in ("baseline", "house"):
        save_checkpoint(paths.checkpoints / name, whole.network, whole.metadata)
    names = [(ref.name, ref.origin) for ref in list_checkpoints(paths)]
    assert names == [("house", "bundled"), ("baseline", "bundled"), ("small", "run")]
    assert find_checkpoint("house", paths).path == paths.checkpoints / "house"
    assert find_checkpoint("small", paths).path == checkpoint_folder
    assert find_checkpoint(str(checkpoint_folder), paths).path == checkpoint_folder


def test_a_run_that_has_saved_nothing_says_how_to_go_on(paths: Paths, tiny_preset: Preset) -> None:
    RunStore(paths.runs).create("mine", tiny_preset)
    with pytest.raises(CheckpointError, match=r"no checkpoint yet.*train --run mine --resume"):
        find_checkpoint("mine", paths)


@pytest.mark.parametrize("name", ["nothing", "", "../../etc", "."])
def test_a_checkpoint_that_is_not_there_is_a_sentence(name: str, paths: Paths) -> None:
    with pytest.raises(CheckpointError):
        find_checkpoint(name, paths)
