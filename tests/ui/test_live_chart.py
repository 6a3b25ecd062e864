import json
import math

import pytest

from musicgen.ui.components import live_chart as module
from musicgen.ui.components.live_chart import Panel, live_charts


@pytest.fixture
def sent(monkeypatch):
    """What the browser is given, by key."""
    given = {}
    monkeypatch.setattr(
        module, "_charts", lambda: lambda *, key, data: given.__setitem__(key, data)
    )
    return given


def draw(sent, traces, **layout):
    live_charts([Panel("one", {"data": traces, "layout": layout}, "label")], "key")
    (panel,) = sent["key"]["panels"]
    json.dumps(sent["key"], allow_nan=False)
    return panel["figure"]


@pytest.mark.parametrize(
    "traces",
    [[], [{"x": [], "y": []}], [{"x": [1.0], "y": [math.nan]}], [{"z": [[None, math.inf]]}]],
)
def test_a_chart_without_figures_says_so_and_has_no_axes_of_plotlys_own(sent, traces):
    figure = draw(sent, traces, yaxis={"tickformat": ".0%"})
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["no figures yet"]
    assert figure["layout"]["yaxis"]["range"] == [0, 1]
    assert figure["layout"]["yaxis"]["showticklabels"]
    assert not figure["layout"]["xaxis"]["showticklabels"]


def test_a_range_of_its_own_stays_on_an_empty_chart(sent):
    figure = draw(sent, [], yaxis={"range": [0.0, 5.0]})
    assert figure["layout"]["yaxis"]["range"] == [0.0, 5.0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_gap(sent, bad):
    figure = draw(sent, [{"x": [1, 2, 3], "y": [1.0, bad, 0.5]}], yaxis={"type": "log"})
    assert figure == {
        "data": [{"x": [1, 2, 3], "y": [1.0, None, 0.5]}], "layout": {"yaxis": {"type": "log"}},
    }  # fmt: skip
