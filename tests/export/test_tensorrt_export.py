"""TensorRT needs an NVIDIA GPU; what is told without one, and what a plan is held to with one."""

from pathlib import Path

import pytest
import torch

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.export.tensorrt_export import write_tensorrt
from tests.random_checkpoints import SHAPES, build_checkpoint


@pytest.mark.parametrize("has_gpu", [False, True], ids=["no GPU", "no TensorRT"])
def test_what_is_missing_is_a_sentence(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, capsys, has_gpu: bool
) -> None:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "tensorrt", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    build_checkpoint(tmp_path / "runs" / "some" / "best", dataset)
    command = ["export", "--checkpoint", "some", "--format", "tensorrt", "--out"]
    assert main([*command, str(tmp_path / "some.plan")]) == 2
    told = capsys.readouterr().err
    assert ("pip install tensorrt" if has_gpu else "trtexec --onnx=step.onnx") in told
    assert not (tmp_path / "some.plan").exists()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_plan_says_what_the_engine_says(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    pytest.importorskip("tensorrt")
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **shape)
    together, alone = write_tensorrt(checkpoint, tmp_path / "some.plan")
    assert together.is_within and alone.is_within
    assert (tmp_path / "some.plan").stat().st_size > 1000
