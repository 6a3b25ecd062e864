import math
import re

import plotly.graph_objects as go
import pytest

from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.compare.comparison_charts import (
    AXES,
    MAX_POINTS,
    compute_curves,
    curves_figure,
)


def run(name, steps, every=100, per_step=64):
    return compute_curves(
        name,
        per_step,
        [
            StepMetrics(
                step, 1 + 3 * math.exp(-step / 100), 0.5, 1.0, 1e-3, 1e4, step / 4,
                val_loss=1.2 if step % every == 0 else None,
            )
            for step in range(1, steps + 1)
        ],
    )  # fmt: skip


def with_colours(figure):
    """The figure as the browser fills in the theme's colours."""
    for trace in figure["data"]:
        for part in ("line", "marker", "textfont"):
            if "color" in trace.get(part, {}):
                assert re.fullmatch(r"--st-[a-z-]+(\[\d+\])?", trace[part]["color"])
                trace[part] = trace[part] | {"color": "black"}
        if "colorscale" in trace:
            trace["colorscale"] = "Greens"
    return figure


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("steps", [0, 1, 99, 500])
def test_plotly_accepts_the_curves_at_every_stage(axis, is_log, steps):
    runs = [run("one", steps), run("two", 300)]
    go.Figure(with_colours(curves_figure(runs, axis, ("x", "y"), is_log=is_log)))


def test_curves_lie_over_steps_time_or_characters():
    curves = [run("one", 200, per_step=64)]
    ends = {axis: curves_figure(curves, axis, ("", ""))["data"][1]["x"][-1] for axis in AXES}
    assert ends == {"steps": 200, "time": 50.0, "characters": 12_800}


def test_many_long_runs_stay_light():
    curves = run("long", 30_000, every=10)
    for curve in (curves.training, curves.held_out):
        assert len(curve.steps) == len(curve.losses) == len(curve.elapsed_s)
        assert MAX_POINTS / 2 < len(curve.steps) <= MAX_POINTS
    assert curves.training.steps[-1] == 30_000
    assert curves.held_out.elapsed_s[-1] == 7_500
    sent = curves_figure([curves] * 10, "steps", ("", ""))["data"]
    assert sum(len(trace["x"]) for trace in sent) <= 20 * MAX_POINTS


def test_a_run_has_one_colour_and_one_entry_in_the_legend():
    first, second = run("one", 200), run("two", 200)
    traces = curves_figure([first, second], "steps", ("", ""))["data"]
    assert [trace["name"] for trace in traces if trace["showlegend"]] == ["one", "two"]
    colours = [trace["line"]["color"] for trace in traces]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    alone = curves_figure([first, second], "steps", ("", ""), has_training=False)["data"]
    assert len(alone) == 2


def test_zoom_belongs_to_what_is_drawn():
    curves = [run("one", 200)]
    names = {
        curves_figure(curves, axis, ("", ""), is_log=is_log)["layout"]["uirevision"]
        for axis in AXES
        for is_log in (False, True)
    }
    assert len(names) == 6


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("steps", [1, 99, 1000])
def test_everything_is_shown_from_the_first_step_on(steps, axis):
    figure = curves_figure([run("one", steps), run("two", 300)], axis, ("", ""))
    for name, places in (("xaxis", "x"), ("yaxis", "y")):
        low, high = figure["layout"][name]["range"]
        shown = [value for trace in figure["data"] for value in trace[places]]
        assert low <= min(shown) <= max(shown) <= high
    assert curves_figure([], "steps", ("", ""))["layout"]["yaxis"]["range"] is None


def test_the_later_part_alone_is_drawn_larger():
    layout = curves_figure([run("one", 1000)], "steps", ("", ""), is_end=True)["layout"]
    low, high = layout["yaxis"]["range"]
    assert low < 1.0 < 1.4 < high < 2.0
    assert layout["xaxis"]["range"][0] == 200


def test_a_run_of_one_step_is_seen_as_a_point():
    for trace in curves_figure([run("one", 1, every=1)], "steps", ("", ""))["data"]:
        assert "markers" in trace["mode"]


def test_a_loss_that_is_no_number_leaves_the_range_as_it_is():
    metrics = [
        StepMetrics(step, math.nan if step == 5 else 2.0, 0.5, 1.0, 1e-3, 1e4, float(step),
                    math.inf if step == 8 else None)
        for step in range(1, 13)
    ]  # fmt: skip
    curves = compute_curves("one", 64, metrics)
    low, high = curves_figure([curves], "steps", ("", ""))["layout"]["yaxis"]["range"]
    assert 1.5 < low < 2.0 < high < 2.5
