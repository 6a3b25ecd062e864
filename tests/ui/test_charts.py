import math

import plotly.graph_objects as go
import pytest

from musicgen.config import TrainingConfig
from musicgen.training.metrics import StepMetrics
from musicgen.ui.charts import Course, View, training_panels

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


def test_the_curve_is_not_flattened_by_the_fall_of_the_first_steps():
    low, high = panels(1000)["loss"].figure["layout"]["yaxis"]["range"]
    assert low < 1.0 and 1.7 < high < 2.0


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
