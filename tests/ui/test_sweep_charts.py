import math
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from musicgen.jobs.sweep_axes import Axis
from musicgen.jobs.sweep_plan import Search, SweepCell, SweepPlan, grid_plan
from musicgen.jobs.sweep_results import gather_points
from musicgen.presets import PRESETS
from musicgen.ui.compare.sweep_charts import (
    SweepWords,
    heat_map_figure,
    importance_figure,
    parallel_figure,
    scatter_figure,
)
from tests.ui.test_comparison_charts import with_colours

WORDS = SweepWords(
    {"failed": "diverged", "running": "training"},
    {"batch_size": "Batch size", "dropout": "Dropout"},
    "held-out loss",
    "nats per character",
)
PLAN = grid_plan("s", PRESETS["quick"], (8, 16), (0.001, 0.01, 0.1), 50)
SIZES, RATES = PLAN.axes
RANGES = SweepPlan(
    "r",
    PRESETS["quick"],
    (Axis("learning_rate", (), 1e-4, 1e-2, is_log=True), Axis("kind", ("lstm", "echo")),
     Axis("dropout", (), 0.0, 0.5)),
    50,
    search=Search("tpe", 6),
)  # fmt: skip


def points(*cells):
    """Combinations of a size, a rate, a loss, and perhaps a status."""
    return gather_points(
        [
            SweepCell(number, {"batch_size": size, "learning_rate": rate}, 0, f"s-{number}",
                      status[0] if status else "finished", 50, loss)
            for number, (size, rate, loss, *status) in enumerate(cells, 1)
        ]
    )  # fmt: skip


def searched(count):
    return gather_points(
        [
            SweepCell(
                n, {"learning_rate": 1e-4 * 10 ** (n / 3), "kind": "echo", "dropout": n / 20}, 0,
                f"r-{n}", "finished", 50, 2.0 + (n - 3) ** 2,
            )
            for n in range(1, count + 1)
        ]
    )  # fmt: skip


def drawn(figure):
    """The figure as Plotly takes it: it knows none of the theme's colours."""
    for trace in figure["data"]:
        marker = trace.get("marker", {})
        trace["marker"] = {
            name: "Greens" if name == "colorscale" else {} if name == "line" else value
            for name, value in marker.items()
            if not (name == "color" and isinstance(value, str | list))
        }
    figure = with_colours(figure)
    layout = {name: value for name, value in figure["layout"].items()
              if name not in ("annotations", "shapes")}  # fmt: skip
    return go.Figure({"data": figure["data"], "layout": layout})


def test_the_heat_map_has_batch_sizes_upwards_and_rates_across():
    found = points((8, 0.001, 2.0), (16, 0.01, 1.5), (16, 0.1, 3.0, "failed"))
    figure = heat_map_figure(PLAN, found, WORDS, RATES, SIZES)
    _field, losses = figure["data"]
    assert losses["z"] == [[2.0, None, None], [None, 1.5, 3.0]]
    assert losses["text"] == [["2.000", "", ""], ["", "<b>1.500</b>", "3.000<br>diverged"]]
    assert (losses["x"], losses["y"]) == (["0.001", "0.01", "0.1"], ["8", "16"])
    assert losses["customdata"] == [[1, 0, 0], [0, 2, 3]]
    assert "held-out loss: 1.5000 nats per character" in losses["hovertext"][1][1]
    go.Figure({"data": with_colours(figure)["data"]})


def test_cells_without_a_loss_say_what_they_do():
    found = points((8, 0.001, None, "running"), (8, 0.01, None, "empty"))
    field, losses = heat_map_figure(PLAN, found, WORDS, RATES, SIZES)["data"]
    assert field["text"] == [["training", "", ""], ["", "", ""]]
    assert losses["z"] == [[None] * 3] * 2
    assert heat_map_figure(PLAN, [], WORDS, RATES, SIZES)["data"][1]["z"] == [[None] * 3] * 2


def test_seeds_are_told_by_mean_and_deviation_and_one_setting_makes_one_row():
    cells = [SweepCell(1, {"batch_size": 8}, seed, f"s-{seed}", "finished", 50, loss)
             for seed, loss in ((0, 2.0), (1, 2.2))]  # fmt: skip
    (losses,) = heat_map_figure(PLAN, gather_points(cells), WORDS, SIZES, None)["data"][1:]
    assert losses["z"] == [[pytest.approx(2.1), None]]
    assert losses["text"] == [["<b>2.100</b><br>± 0.141", ""]]


def test_a_search_is_drawn_as_points_coloured_by_their_loss():
    figure = scatter_figure(RANGES, searched(6), WORDS, RANGES.axes[0], RANGES.axes[2])
    (trace,) = figure["data"]
    assert trace["customdata"] == [1, 2, 3, 4, 5, 6]
    losses = trace["marker"]["color"]
    assert losses[2] == min(losses)
    assert trace["marker"]["symbol"].index("star") == 2
    assert figure["layout"]["xaxis"]["type"] == "log"
    drawn(figure)
    alone = scatter_figure(RANGES, searched(6), WORDS, RANGES.axes[2], None)
    assert alone["data"][0]["y"] == losses


def test_a_line_of_parallel_coordinates_goes_through_all_settings_to_the_loss():
    figure = parallel_figure(RANGES, searched(6), WORDS)
    assert len(figure["data"]) == 6
    best = figure["data"][-1]
    assert best["customdata"] == [3] * 4
    assert best["y"] == [pytest.approx(0.5, abs=1e-3), 1.0, pytest.approx(0.3), 0.0]
    assert figure["data"][0]["y"][-1] == 1.0
    assert all(0 <= y <= 1 for trace in figure["data"] for y in trace["y"])
    texts = [mark["text"] for mark in figure["layout"]["annotations"]]
    assert texts == ["0.0001", "0.01", "lstm", "echo", "0", "0.5", "2.000", "11.000"]
    drawn(figure)
    assert parallel_figure(RANGES, [], WORDS)["data"] == []


def test_a_lone_value_and_equal_losses_lie_in_the_middle():
    one = replace(RANGES, axes=(Axis("kind", ("echo",)),))
    found = searched(2)
    flat = gather_points([replace(point.cells[0], best_val_loss=2.0) for point in found])
    for trace in parallel_figure(one, flat, WORDS)["data"]:
        assert trace["y"] == [0.5, 0.5]


def test_the_weights_of_settings_are_bars_with_the_longest_on_top():
    figure = importance_figure({"dropout": 0.75, "batch_size": 0.25}, WORDS)
    (trace,) = figure["data"]
    assert trace["y"] == ["Batch size", "Dropout"]
    assert math.isclose(sum(trace["x"]), 100)
    drawn(figure)
