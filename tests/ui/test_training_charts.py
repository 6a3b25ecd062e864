import math

import plotly.graph_objects as go
import pytest

from musicgen.config import TrainingConfig
from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.components.training_charts import Course, View, training_panels

MAX_SENT_POINTS = 2000


def course(steps, eval_interval=100, is_early=False, **settings):
    metrics = [
        StepMetrics(
            step, 1 + 3 * math.exp(-step / 100), 0.5, 1.0 + step % 7, 1e-3, 1e4, step / 10,
            val_loss=1.2 + abs(step - 500) / 1000 if step % eval_interval == 0 else None,
            val_accuracy=0.6 if step % eval_interval == 0 else None,
        )
        for step in range(1, steps + 1)
    ]  # fmt: skip
    return Course("run", TrainingConfig(**settings), metrics, is_early)


def panels(*args, view=None, **settings):
    found = training_panels(course(*args, **settings), view or View())
    return {panel.name: panel for panel in found}


def without_theme(value):
    """The figure as Plotly gets it: names of the theme's colours are looked up in the browser."""
    if isinstance(value, dict):
        return {name: without_theme(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_theme(part) for part in value]
    return "black" if isinstance(value, str) and value.startswith("--st-") else value


@pytest.mark.parametrize("view", [View(), View(0.0, True, True), View(0.99, False, True)])
@pytest.mark.parametrize("steps", [0, 1, 99, 100, 1000])
def test_plotly_accepts_all_figures_at_every_stage_of_a_training(steps, view):
    found = panels(steps, view=view, is_early=True, grad_clip=1.0)
    assert list(found) == ["loss", "perplexity", "accuracy", "gradient", "rate"]
    for panel in found.values():
        go.Figure(without_theme(panel.figure))


def test_the_best_held_out_loss_is_marked_and_named():
    _faint, _training, held_out, best = panels(1000)["loss"].figure["data"]
    assert held_out["x"] == list(range(100, 1001, 100))
    assert (best["x"], best["y"]) == ([500], [1.2])
    assert best["name"] == "best: 1.200 at step 500"


def test_looks_whose_network_was_kept_are_told_from_the_others():
    held_out = panels(1000)["loss"].figure["data"][2]
    kept = [
        step
        for step, symbol in zip(held_out["x"], held_out["marker"]["symbol"], strict=True)
        if symbol == "circle"
    ]
    assert kept == [100, 200, 300, 400, 500]


def test_perplexity_is_e_to_the_loss_for_both_curves():
    found = panels(300, view=View(smoothing=0.0))
    for loss, perplexity in zip(
        found["loss"].figure["data"][:2], found["perplexity"].figure["data"], strict=True
    ):
        expected = [math.exp(value) for value in loss["y"]]
        assert perplexity["y"] == pytest.approx(expected, rel=1e-3)


def test_smoothing_leaves_the_curve_itself_faint_behind_and_out_of_the_legend():
    faint, smooth, *_rest = panels(1000, view=View(smoothing=0.9))["gradient"].figure["data"]
    assert faint["opacity"] < 1 and not faint["showlegend"]
    assert max(faint["y"]) == 7.0 > max(smooth["y"][100:])
    (only,) = panels(1000, view=View(smoothing=0.0))["gradient"].figure["data"]
    assert only["y"] == faint["y"] and "opacity" not in only


def test_a_long_training_is_drawn_with_few_points():
    for panel in panels(9000).values():
        assert all(len(trace["x"]) <= MAX_SENT_POINTS for trace in panel.figure["data"])


def test_a_training_that_ended_by_itself_has_a_line_at_its_end():
    layout = panels(700, is_early=True)["loss"].figure["layout"]
    assert layout["shapes"][0]["x0"] == 700
    assert layout["annotations"][0]["text"] == "stopped early"
    assert "shapes" not in panels(700)["loss"].figure["layout"]


@pytest.mark.parametrize("steps", [1, 2, 99, 1000, 5000])
@pytest.mark.parametrize("view", [View(), View(0.0), View(0.99), View(0.9, True, True)])
def test_everything_is_shown_from_the_first_step_on(steps, view):
    for panel in panels(steps, view=view, eval_interval=20).values():
        layout = panel.figure["layout"]
        for axis, places in (("xaxis", "x"), ("yaxis", "y")):
            low, high = layout[axis]["range"]
            if layout[axis]["type"] == "log":
                low, high = 10**low, 10**high
            shown = [value for trace in panel.figure["data"] for value in trace[places]]
            assert low <= min(shown) <= max(shown) <= high


def test_the_later_steps_alone_are_drawn_larger():
    layout = panels(1000, view=View(is_end=True))["loss"].figure["layout"]
    low, high = layout["yaxis"]["range"]
    assert low < 1.0 and 1.7 < high < 2.0
    assert layout["xaxis"]["range"][0] == 200


def test_a_chart_without_figures_has_axes_that_make_sense():
    layouts = {name: panel.figure["layout"] for name, panel in panels(0, max_steps=500).items()}
    for layout in layouts.values():
        low, high = layout["yaxis"]["range"]
        assert 0 <= low < high
        assert layout["xaxis"]["range"] == [0, 510]
    assert layouts["accuracy"]["yaxis"]["range"][1] <= 1.02
    assert layouts["loss"]["yaxis"]["range"][1] > math.log(83)


def test_a_share_never_reaches_beyond_all_of_it():
    metrics = [StepMetrics(1, 0.1, 1.0, 1.0, 1e-3, 1e4, 1.0, 0.1, 1.0)]
    (panel,) = (
        one
        for one in training_panels(Course("run", TrainingConfig(), metrics), View())
        if one.name == "accuracy"
    )
    low, high = panel.figure["layout"]["yaxis"]["range"]
    assert 0 <= low < 1.0 < high <= 1.02


def test_a_single_step_is_seen_as_a_point():
    for panel in panels(1, view=View(0.0)).values():
        assert all("markers" in trace["mode"] for trace in panel.figure["data"])


def test_a_loss_that_is_no_number_leaves_the_rest_as_it_is():
    metrics = [
        StepMetrics(step, bad if step == 5 else 2.0, 0.5, bad if step == 6 else 1.0, 1e-3, 1e4,
                    float(step), bad if step == 8 else 1.5 if step % 4 == 0 else None, 0.5)
        for bad in (math.nan, math.inf)
        for step in range(1, 13)
    ]  # fmt: skip
    for some in (metrics[:12], metrics[12:]):
        for panel in training_panels(Course("run", TrainingConfig(), some), View()):
            low, high = panel.figure["layout"]["yaxis"]["range"]
            assert math.isfinite(low) and math.isfinite(high) and high < 20
        held_out = training_panels(Course("run", TrainingConfig(), some), View())[0]
        assert held_out.figure["data"][2]["x"] == [4, 12]


def test_logarithmic_axes_have_their_range_in_powers_of_ten_and_room_for_all_steps():
    layout = panels(1000, view=View(0.0, True, True))["loss"].figure["layout"]
    assert layout["xaxis"]["type"] == layout["yaxis"]["type"] == "log"
    assert layout["xaxis"]["range"] == [0, pytest.approx(math.log10(1020))]
    low, high = (10**power for power in layout["yaxis"]["range"])
    assert low < 1.0 and 4.0 < high < 5.0
    assert panels(1000, view=View(0.0, True))["loss"].figure["layout"]["yaxis"]["range"][1] > 4.0


def test_zoom_belongs_to_the_run_and_to_the_axes():
    zooms = {
        training_panels(one, view)[0].figure["layout"]["uirevision"]
        for one in (course(10), Course("other", TrainingConfig(), ()))
        for view in (View(), View(0.5), View(0.9, True), View(0.9, False, True))
    }
    assert len(zooms) == 2 * 3  # smoothing alone keeps the zoom
