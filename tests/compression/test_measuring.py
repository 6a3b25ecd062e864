import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from musicgen.__main__ import main
from musicgen.compression import measuring
from musicgen.compression.dynamic_quantization import DYNAMIC, open_engine
from musicgen.compression.measuring import VariantFigures, find_variants
from musicgen.compression.report_page import draw_points, render_report
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.export.comparison import step_through
from tests.examples import stand_in
from tests.random_checkpoints import SHAPES, build_checkpoint


def figures(name: str, **changes: object) -> VariantFigures:
    values = {
        "name": name, "made": "", "precision": "float32", "size_bytes": 1_000_000,
        "parameters": 500_000, "zero_share": 0.0, "memory_bytes": 9_000_000, "start_s": 0.3,
        "loss": 0.6, "body_loss": 0.7, "tunes": 50, "in_time_share": 0.6,
        "auc": Estimate(0.7, 0.6, 0.8, 40),
        "character_us": (100.0, 20.0),
    } | changes  # fmt: skip
    return VariantFigures(**values)


def test_a_report_measures_a_model_and_all_that_was_made_of_it(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.setattr(measuring, "load_dataset", stand_in(dataset))
    build_checkpoint(tmp_path / "runs/some/best", dataset, kind="echo", hidden_size=32)
    build_checkpoint(tmp_path / "runs/other/best", dataset, kind="echo", hidden_size=24)
    assert main(["compress", "units", "some", "--name", "less", "--share", "0.5"]) == 0
    assert main(["compress", "int8", "less", "--name", "least"]) == 0
    names = [one.name for one in find_variants(["some"], Paths.default())]
    assert names == ["some", "least", "less"]  # int8 before units
    capsys.readouterr()
    page = tmp_path / "report.html"
    command = ["compress", "report", "some", "--tunes", "2", "--html", str(page)]
    assert main([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 7
    by_name = {(one["name"], one["precision"]): one for one in rows}
    some, less, least = (by_name[one, "float32"] for one in ("some", "less", "least"))
    assert some["parameters"] > less["parameters"] == least["parameters"]
    assert some["size_bytes"] > less["size_bytes"] > least["size_bytes"]
    assert [one["made"] for one in (some, less, least)] == ["", "units 0.5", "int8"]
    dynamic = by_name["some", "dynamic"]
    assert dynamic["size_bytes"] < 0.6 * some["size_bytes"]
    assert dynamic["body_loss"] != some["body_loss"]
    assert all(one["auc"] is None for one in rows)  # of two tunes nobody judges
    for one in rows:
        assert one["start_s"] > 0 and 0 <= one["in_time_share"] <= 1
        assert len(one["character_us"]) == 2 and min(one["character_us"]) > 0
        assert one["loss"] == pytest.approx(by_name[one["name"], "float32"]["loss"], rel=0.05)
    text = page.read_text("utf-8")
    assert text.count("<tr>") == 8 and text.count("<svg") == 2
    assert main(command) == 2
    assert "there already" in capsys.readouterr().err


def test_the_page_says_how_well_tunes_are_told_from_real_ones() -> None:
    page = render_report([figures("x"), figures("y", auc=None, precision="dynamic")], "now")
    assert "<td>0.70 (0.60–0.80)</td>" in page
    assert page.count("<td>–</td>") == 3  # two are not made of another, one is not judged


def test_what_the_network_wrote_itself_is_told_from_what_it_did_not(dataset: Dataset) -> None:
    real = [text for side in ("train", "val", "test") for text in dataset.texts(side)]
    silly = [f"X:1\nT:x\nM:4/4\nL:1/8\nK:D\n{'DD' * n}EFG ABcd|\n" for n in range(1, 40)]
    found = measuring._judge(silly, real)
    assert found is None or found.value > 0.9


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dynamic_quantisation_steps_as_the_network_does(
    tmp_path: Path, dataset: Dataset, shape: dict[str, object]
) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, **shape)
    engine, plain = (open_engine(checkpoint, one) for one in (DYNAMIC, "float32"))
    ids = dataset.vocabulary.encode(dataset.texts("train")[0])[:60]
    ours, theirs = (step_through(one, np.stack([ids, ids[::-1]])) for one in (plain, engine))
    assert 0 < np.abs(ours - theirs).max() < 2
    assert (ours.argmax(-1) == theirs.argmax(-1)).mean() > 0.8
    _, state = engine.read(ids)
    _, other = engine.read(ids[:7])
    both = engine.select(engine.join([state, other]), [1, 0])
    logits, _ = engine.step(ids[:2], both)
    alone, _ = engine.step(ids[:1], other)
    np.testing.assert_allclose(logits[:1], alone, atol=0.5)


def test_names_of_strangers_stay_text_on_the_page() -> None:
    page = render_report([figures("<b>x</b>", made="<i>"), figures("y")], "<u>now</u>")
    assert "<b>" not in page and "<i>" not in page and "<u>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_points_stand_where_their_figures_put_them() -> None:
    drawing = draw_points([(1.0, 0.5, "small"), (100.0, 0.4, "large"), (10.0, 0.45, "mid")], "MB")
    places = [one.split('"')[0] for one in drawing.split('cx="')[1:]]
    assert float(places[0]) < float(places[2]) < float(places[1])
    assert float(places[2]) == pytest.approx((float(places[0]) + float(places[1])) / 2)
    assert draw_points([], "MB") == draw_points([(1.0, float("nan"), "x")], "MB") == ""
    assert "only" in draw_points([(1.0, 0.5, "only")], "MB")


def test_names_do_not_lie_on_one_another_and_all_are_told() -> None:
    """Forty points on one spot, of which few can have their names written."""
    points = [(1.0 + 0.001 * n, 0.5 + 0.001 * n, f"version-{n}") for n in range(40)]
    drawing = ElementTree.fromstring(draw_points([*points, (50.0, 0.9, "far")], "MB"))  # noqa: S314 - ours
    written = [one for one in drawing.iter("text") if str(one.text).startswith("version-")]
    assert 0 < len(written) < 20
    boxes = [(float(one.get("x")), float(one.get("y"))) for one in written]
    for at, (x, y) in enumerate(boxes):
        assert not [1 for a, b in boxes[:at] if abs(x - a) < 50 and abs(y - b) < 12]
    assert "far" in [one.text for one in drawing.iter("text")]
    assert len(list(drawing.iter("title"))) == 41
    assert {"1", "2", "5", "10", "20", "50"} <= {one.text for one in drawing.iter("text")}
