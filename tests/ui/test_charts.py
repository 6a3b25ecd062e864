import math

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.training.trainer import StepMetrics
from musicgen.ui.charts import MAX_POINTS, SMOOTHING, loss_figure, running_mean, thinned

NAMES = ("training", "held out", "best {loss:.3f} at {step}")


def metrics(steps, eval_interval=100):
    return [
        StepMetrics(
            step, 1 + 3 * math.exp(-step / 100), 0.5, 1.0, 1e-3, 1e4, step / 10,
            val_loss=1.2 + abs(step - 500) / 1000 if step % eval_interval == 0 else None,
        )
        for step in range(1, steps + 1)
    ]  # fmt: skip


@pytest.mark.parametrize("steps", [0, 1, 99, 100, 1000])
def test_plotly_accepts_the_figure_at_every_stage_of_a_training(steps):
    figure = loss_figure(metrics(steps), "run", NAMES)
    coloured = [trace for trace in figure["data"] if trace["marker"]["color"].startswith("--st-")]
    assert len(coloured) == len(figure["data"])  # colours are looked up in the browser
    for trace in figure["data"]:
        trace["marker"]["color"] = "black"
        trace.get("line", {}).update(color="black")
    go.Figure(figure)


def test_the_best_held_out_loss_is_marked_and_named():
    _training, held_out, best = loss_figure(metrics(1000), "run", NAMES)["data"]
    assert held_out["x"] == list(range(100, 1001, 100))
    assert (best["x"], best["y"]) == ([500], [1.2])
    assert best["name"] == "best 1.200 at 500"


def test_the_curve_is_not_flattened_by_the_fall_of_the_first_steps():
    layout = loss_figure(metrics(1000), "run", NAMES)["layout"]
    low, high = layout["yaxis"]["range"]
    assert low < 1.0 and 1.7 < high < 2.0


def test_zoom_belongs_to_the_run():
    one, other = (loss_figure(metrics(10), name, NAMES)["layout"] for name in ("a", "b"))
    assert one["uirevision"] != other["uirevision"]


@given(st.lists(st.floats(0, 10), max_size=2500))
def test_a_thinned_curve_is_short_keeps_its_end_and_never_leaves_the_range(values):
    steps = list(range(1, len(values) + 1))
    thin_steps, thin_values = thinned(steps, values)
    assert len(thin_steps) == len(thin_values) <= MAX_POINTS
    assert thin_steps == sorted(thin_steps)
    if values:
        assert (thin_steps[-1], thin_values[-1]) == (steps[-1], values[-1])
        assert min(values) - 1e-9 <= min(thin_values) <= max(thin_values) <= max(values) + 1e-9


def test_a_running_mean_begins_at_the_first_value_and_forgets_slowly():
    assert running_mean([]) == []
    assert running_mean([3.0])[0] == pytest.approx(3.0)
    two = running_mean([3.0, 1.0])[1]
    assert two == pytest.approx((3 * SMOOTHING + 1) / (SMOOTHING + 1))
