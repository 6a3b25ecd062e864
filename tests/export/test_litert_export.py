"""LiteRT models in LiteRT's own interpreter; skipped where that is not installed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.errors import ExportError
from musicgen.export import litert_export
from musicgen.export.comparison import read_own_texts
from musicgen.export.litert_export import INT8_FILE, STEP_FILE, read_texts, write_litert
from musicgen.models.lstm_weights import LSTMWeights
from tests.random_checkpoints import SHAPES, build_checkpoint


@pytest.fixture
def litert() -> object:
    return pytest.importorskip("ai_edge_litert.interpreter")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_both_models_say_what_the_engine_says(
    litert: object, tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **shape)
    exact, low, loss = write_litert(checkpoint, tmp_path / "out")
    assert exact.largest < 1e-4 and 0 < low.largest < low.tolerance and loss.is_within
    assert {one.name for one in (tmp_path / "out").iterdir()} == {STEP_FILE, INT8_FILE}


def test_a_model_can_be_run_by_the_names_of_its_signature(
    litert: object, tmp_path: Path, dataset: Dataset
) -> None:
    """As on a telephone: nothing but the file, with vocabulary and settings in it."""
    from ai_edge_litert import schema_py_generated as schema

    checkpoint = build_checkpoint(tmp_path / "some", dataset, kind="lstm", hidden_size=32)
    write_litert(checkpoint, tmp_path / "out")
    data = (tmp_path / "out" / STEP_FILE).read_bytes()
    step = litert.Interpreter(model_content=data).get_signature_runner("step")
    zeros = np.zeros((1, 32), np.float32)
    texts = read_own_texts(checkpoint)
    said = step(ids=texts.ids[0, :1].astype(np.int32), h0=zeros, c0=zeros)
    assert sorted(said) == ["c0_new", "h0_new", "logits"]
    np.testing.assert_allclose(said["logits"][0], texts.logits[0, 0], atol=1e-4)
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    told = {one.name.decode(): bytes(model.buffers[one.buffer].data) for one in model.metadata}
    vocabulary = json.loads(told["musicgen.vocabulary"])
    assert tuple(vocabulary) == dataset.vocabulary.characters
    assert told["musicgen.fingerprint"].decode() == checkpoint.fingerprint


def test_what_does_not_agree_is_not_written(
    litert: object, tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, kind="echo")
    right = litert_export.make_step

    def make_wrong(weights, **options):  # type: ignore[no-untyped-def]
        wrong = {"linear.bias": weights.arrays["linear.bias"] + np.float32(0.01)}
        return right(LSTMWeights(weights.config, dict(weights.arrays) | wrong), **options)

    monkeypatch.setattr(litert_export, "make_step", make_wrong)
    with pytest.raises(ExportError, match=r"step differ by 0\.01 .*Nothing was written"):
        write_litert(checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ExportError, match="LiteRT does not take the model"):
        read_texts(b"no model" * 9, litert_export.require_lstm(checkpoint), np.zeros((1, 2), int))


def test_without_litert_it_is_a_sentence(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    build_checkpoint(tmp_path / "runs" / "some" / "best", dataset)
    place = tmp_path / "out"
    assert main(["export", "--checkpoint", "some", "--format", "tflite", "--out", str(place)]) == 2
    assert "pip install -r requirements-litert.txt" in capsys.readouterr().err
    assert not place.exists()
