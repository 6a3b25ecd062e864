"""The report as a page, and its drawings."""

import math
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from musicgen.evaluation.measure_labels import LOSSES, write_interval, write_value
from musicgen.evaluation.report.drawing import Line, draw_bars, draw_lines
from musicgen.evaluation.report.figures import find_names, find_sweep, has_sweep, share_out
from musicgen.evaluation.report.html import render_html
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.result import Example, LossRow, Report, TuneSet
from musicgen.evaluation.statistics.estimate import NOTHING, Estimate

EVIL = '<script>alert("x")</script>&"\''
ONE = Estimate(0.5, 0.25, 0.75, 4)


def make(name="mine", temperatures=(0.5, 1.0)):
    plan = ReportPlan((name,), 4, temperatures)
    estimates = {"readable": ONE, "bars": Estimate(12.0, 10.0, 14.0, 4), "repetition": NOTHING}
    counts = {"pitches": {"0": 3, "7": 1}, "intervals": {"-2": 1, "+2": 2, "0": 1}}
    example = Example(f"X:1\nT:{EVIL}\nK:D\nD4|]", EVIL, 7, 0.5)
    sets = tuple(
        TuneSet(cell.key, cell, 4, estimates, counts, example, example) for cell in plan.cells()
    )
    losses = tuple(
        LossRow(name, "f", temperature, dict.fromkeys(LOSSES, ONE), 0, is_own=False)
        for temperature in temperatures
    )
    real = TuneSet("real", None, 4, estimates, counts)
    return Report(plan, "2026-01-01T00:00:00+00:00", EVIL, "lab", 2, real, sets, losses)


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    return reader


def test_a_page_runs_nothing_and_asks_for_nothing():
    page = read(render_html(make(EVIL)))
    assert not {"script", "link", "img", "iframe", "object", "form", "a"} & set(page.tags)
    assert not [name for name, _value in page.attributes
                if name.startswith("on") or name in ("src", "href", "action")]  # fmt: skip
    assert "url(" not in render_html(make())
    assert "@import" not in render_html(make())
    assert 'alert("x")' in page.text


def test_a_page_has_figures_intervals_and_drawings():
    page = read(render_html(make()))
    for words in ("50.0 %", "25.0 – 75.0", "12.0", "10.0 – 14.0", "0.500", "seed 7", "mine · 0.5"):
        assert words in page.text
    assert page.tags.count("svg") == 3
    assert page.tags.count("pre") == 4


def test_a_page_speaks_the_language_it_is_given():
    page = render_html(make(), lambda text: {"Readable": "可读"}.get(text, text), "zh-Hans")
    assert '<html lang="zh-Hans">' in page
    assert "可读" in page


def test_a_page_of_tunes_alone_has_no_curves():
    report = make(temperatures=(1.0,))
    assert not has_sweep(report)
    assert "Over the temperature" not in render_html(report)


def test_drawings_are_whole_and_escape_what_they_are_given():
    drawn = [
        draw_bars([EVIL, "b"], [("x", [0.25, 0.5])], EVIL, EVIL),
        draw_lines([Line(EVIL, (0.5, 1.0), (ONE, ONE))], ONE, EVIL, EVIL),
        draw_lines([Line("flat", (1.0,), (Estimate(1.0, 1.0, 1.0, 1),))], None, "a", "b"),
    ]
    for text in drawn:
        ElementTree.fromstring(text)  # noqa: S314 - our own drawing


def test_a_bar_is_as_high_as_its_share():
    drawn = ElementTree.fromstring(  # noqa: S314 - our own drawing
        draw_bars(["a", "b"], [("x", [0.25, 0.5])], "l", "a")
    )
    low, high = (float(bar.get("height")) for bar in drawn.iter("rect"))
    assert high == pytest.approx(2 * low, abs=0.2)


def test_nothing_is_drawn_of_nothing():
    assert draw_bars([], [], "l", "a") == ""
    assert draw_lines([Line("a", (1.0,), (NOTHING,))], NOTHING, "l", "a") == ""


def test_names_of_a_figure_are_in_the_order_of_music():
    report = make()
    assert find_names("intervals", report.sets) == ["-2", "0", "+2"]
    assert find_names("pitches", report.sets) == [str(n) for n in range(12)]
    assert find_names("lengths", report.sets) == []
    assert share_out(report.sets[0], "pitches") == {"0": 0.75, "7": 0.25}


def test_a_sweep_has_its_temperatures_in_order():
    (line,) = find_sweep(make(temperatures=(1.0, 0.5)), "readable")
    assert line.places == (0.5, 1.0)
    cells = [Cell("a", 1.0, False), Cell("a", 1.0, True)]
    assert len({cell.key for cell in cells}) == 2


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.954, "share", "95.4 %"),
        (1.0, "share", "100 %"),
        (0.0, "share", "0 %"),
        (12.34, "number", "12.3"),
        (0.12345, "bits", "0.123"),
        (math.nan, "nats", "–"),
    ],
)
def test_figures_are_written_in_their_form(value, form, text):
    assert write_value(value, form) == text


def test_an_interval_is_written_without_its_unit():
    assert write_interval(Estimate(0.5, 0.25, 1.0, 3), "share") == "25.0 – 100"
    assert write_interval(NOTHING, "share") == ""
