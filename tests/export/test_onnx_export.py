import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.errors import ExportError
from musicgen.export import onnx_export
from musicgen.export.comparison import compare, read_own_texts, step_through
from musicgen.export.formats import EXPORT_FORMATS, Agreement, get_format, require_agreement
from musicgen.export.onnx_export import INT8_FILE, SEQUENCE_FILE, STEP_FILE, write_onnx
from musicgen.sampling.engine import build_engine
from tests.export.networks import make_checkpoint
from tests.random_checkpoints import SHAPES, build_checkpoint

PAGE = Path(__file__).parents[2] / "docs" / "shipping.md"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_all_models_say_what_engine_and_torch_say(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **shape)
    agreements = write_onnx(checkpoint, tmp_path / "out")
    assert all(one.is_within for one in agreements)
    assert sum(one.tolerance == 0.0 for one in agreements) == 4  # the steps, to the last bit
    for name in (STEP_FILE, INT8_FILE, SEQUENCE_FILE):
        model = onnx.load(tmp_path / "out" / name)
        is_standard = name != INT8_FILE
        assert {one.domain for one in model.opset_import} == (
            {""} if is_standard else {"", "com.microsoft"}
        )
        assert next(one.version for one in model.opset_import if not one.domain) == 21
        if is_standard:
            onnx.checker.check_model(model, full_check=True)
        texts = {one.key: one.value for one in model.metadata_props}
        assert tuple(json.loads(texts["musicgen.vocabulary"])) == dataset.vocabulary.characters
        assert json.loads(texts["musicgen.network"])["kind"] == shape["kind"]
        assert texts["musicgen.fingerprint"] == checkpoint.fingerprint
        batch = model.graph.input[1].type.tensor_type.shape.dim[0]
        assert batch.dim_param == "B"


def test_the_example_of_the_documentation_composes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_onnx(make_checkpoint(kind="lstm"), tmp_path / "baseline-onnx")
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102 - our own documentation
    assert capsys.readouterr().out.startswith("X:1\n")


def test_what_does_not_agree_is_not_written(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset)
    right = onnx_export.make_sequence

    def make_wrong(weights, metadata=None):  # type: ignore[no-untyped-def]
        arrays = dict(weights.arrays) | {"linear.bias": weights.arrays["linear.bias"] + 0.01}
        return right(type(weights)(weights.config, arrays), metadata)

    monkeypatch.setattr(onnx_export, "make_sequence", make_wrong)
    with pytest.raises(ExportError, match=r"sequence.* differ by 0\.01 .*Nothing was written"):
        write_onnx(checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("largest", [0.2, float("nan"), float("inf")])
def test_an_agreement_needs_a_difference_within_its_tolerance(largest: float) -> None:
    require_agreement("It", [Agreement("logits", 10, 1, 0.1, 0.1)])
    with pytest.raises(ExportError, match="logits differ"):
        require_agreement("It", [Agreement("logits", 10, 1, largest, 0.1)])
    with pytest.raises(ExportError, match="nothing was compared"):
        require_agreement("It", [])


def test_a_network_that_is_no_lstm_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, kind="hawk", num_layers=1)
    with pytest.raises(ExportError, match=r"kind 'hawk'.*lstm, echo"):
        write_onnx(checkpoint, tmp_path / "out")


def test_texts_are_drawn_by_the_logits_that_are_compared(tmp_path: Path, dataset: Dataset) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset)
    texts = read_own_texts(checkpoint)
    again = step_through(build_engine(checkpoint), texts.ids)
    np.testing.assert_array_equal(again, texts.logits)
    assert len({row.tobytes() for row in texts.ids}) == len(texts.ids)
    assert compare("it", texts.logits, texts.logits[:, :5], 1.0).largest == float("inf")


def test_the_command_writes_once_and_says_what_was_compared(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    build_checkpoint(tmp_path / "runs" / "some" / "best", dataset)
    command = ["export", "--checkpoint", "some", "--format", "onnx", "--out", str(tmp_path / "out")]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    files = [tmp_path / "out" / name for name in (STEP_FILE, INT8_FILE, SEQUENCE_FILE)]
    assert found["size_bytes"] == sum(path.stat().st_size for path in files)
    assert found["agreements"][0]["characters"] > 1000
    assert main(command) == 2
    assert "there already" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0
    assert "the same bits" in capsys.readouterr().out
    assert main(["export", "--checkpoint", "some", "--format", "vinyl"]) == 2
    assert "no export format 'vinyl'" in capsys.readouterr().err


@pytest.mark.parametrize("key", EXPORT_FORMATS)
def test_every_format_has_words_and_a_writer(key: str) -> None:
    form = get_format(key)
    module, _, function = form.place.partition(":")
    assert module.startswith("musicgen.export.") and function
    assert form.label and form.meaning.endswith(".")
