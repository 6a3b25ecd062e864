"""Every page on a telephone with real contents, and that no tool of an element covers a control."""

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLate

from musicgen.config import Paths
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.report_service import ReportService
from musicgen.jobs.sweep_plan import SweepStore, grid_plan
from musicgen.presets import PRESETS
from musicgen.training.loop.trainer import StepMetrics
from musicgen.training.runs.run import Progress, RunStore
from musicgen.ui.base.language import LANGUAGES
from tests.browser.conftest import PROJECT, Server
from tests.pages import OTHER_PAGES
from tests.ui.tiny_model import TUNE, write_tiny_model

pytestmark = [pytest.mark.browser, pytest.mark.survey]

NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1440, "height": 900}
REPORT_S = 240
REST_MS = 20_000
LONG_NAME = "a-rather-long-name-of-a-run-with-曲-in-it-as-people-give-them"

SETTLED = """() => {
  const charts = [...document.querySelectorAll('.musicgen-chart')];
  return document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
    && charts.every((one) => one.querySelector('.main-svg'));
}"""

# What reaches over the right edge, unless a box that lies inside the screen lets it be scrolled to.
OVERHANGING = """() => {
  const edge = innerWidth + 1;
  const isHeld = (part) => {
    const isScreen = (box) => !box || box.dataset.testid === 'stMain';
    for (let box = part.parentElement; !isScreen(box); box = box.parentElement) {
      const { overflowX } = getComputedStyle(box);
      if (overflowX !== 'visible' && box.getBoundingClientRect().right <= edge) return true;
    }
    return false;
  };
  return [...document.querySelectorAll('[data-testid=stMain] *')]
    .filter((part) => part.getBoundingClientRect().width)
    .filter((part) => part.getBoundingClientRect().right > edge)
    .filter((part) => !isHeld(part))
    .map((part) => `${part.tagName} ${part.className} ${part.textContent.slice(0, 40)}`);
}"""

# Controls under a tool bar, as the pair of both; a bar's own buttons are no such controls.
COVERED = """([bars, controls]) => {
  const boxes = (selector) => [...document.querySelectorAll(selector)]
    .map((part) => [part, part.getBoundingClientRect()])
    .filter(([part, box]) => box.width && box.height && part.checkVisibility());
  const meet = (one, other) => one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom;
  return boxes(bars).flatMap(([bar, one]) => boxes(controls)
    .filter(([control, other]) => !bar.contains(control) && meet(one, other))
    .map(([control]) => `${control.tagName} ${control.textContent.slice(0, 40)}`));
}"""
# Pixels from the end of a table to what comes next.
GAP_BELOW = """(table) => {
  const next = table.closest("[data-testid=stElementContainer]").nextElementSibling;
  return next ? next.getBoundingClientRect().top - table.getBoundingClientRect().bottom : 0;
}"""
CONTROLS = "[data-testid=stMain] :is(button, input, textarea, select, a, summary, [role=radio])"

PATHS = (
    *(f"/{name}" for name in OTHER_PAGES),
    *(f"/Compare?view={view}" for view in ("pair", "study", "sweep")),
    *(f"/{name}?lang={code}" for code in LANGUAGES if code != "en" for name in OTHER_PAGES),
)


@pytest.fixture(scope="module")
def contents(server: Server) -> Iterator[Server]:
    """Runs, a sweep, a corpus and a report on the server's disk; the sweep goes with these tests.

    Where there is none, its form is open, and so do others of these tests find it.
    """
    runs = RunStore(server.home / "runs")
    for name in (LONG_NAME, "second"):
        run = runs.create(name, PRESETS["quick"])
        for step in range(1, 201):
            look = 3.0 - step / 100 if step % 20 == 0 else None
            run.append_metrics(
                StepMetrics(
                    step, 4.4 - step / 100, 0.5, 1.0, 1e-3, 1e4, step / 10, look, look and 0.6
                )
            )
        write_tiny_model(run.path / "best", name)
        run.write_status("finished", "", 200, Progress(1.0, 200))
    plan = grid_plan("map", PRESETS["quick"], (8, 16, 32), (1e-3, 3e-3, 1e-2), 50)
    sweeps = SweepStore(server.home / "sweeps", runs)
    sweeps.create(plan)
    for number, cell in enumerate(plan.cells()):
        run = runs.create(cell.run_id, plan.cell_preset(cell.settings), sweep=plan.name)
        run.write_status("finished", "", 50, Progress(2.0 + number / 10, 50))
    corpus = CorpusStore(server.home / "corpora")
    corpus.create("我的曲子", [Upload("a.abc", f"{TUNE}\n\nX:2\nT:nothing\nK:D\n".encode())])
    service = ReportService(ReportStore(server.home / "reports"), Paths(PROJECT, server.home))
    service.start(ReportPlan(("second",), 2, (0.5, 1.0), (False, True)))
    assert service.wait(REPORT_S)
    assert service.snapshot().status is TaskStatus.FINISHED, service.snapshot().error
    yield server
    sweeps.delete(plan.name)


def settle(page: Page) -> None:
    page.wait_for_function(SETTLED)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_a_telephone_and_no_tools_cover_a_control(open_page, contents, path):
    page = open_page(path, viewport=NARROW).page
    settle(page)
    assert page.evaluate(OVERHANGING) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    look_under_tools(page)


@pytest.mark.parametrize("path", ["/Compare", "/Evaluate", "/Corpus"])
def test_no_tools_cover_a_control_on_a_wide_screen(open_page, contents, path):
    page = open_page(path, viewport=WIDE).page
    settle(page)
    look_under_tools(page)


def look_under_tools(page: Page) -> None:
    """Points at every table and chart in turn: its tools must lie over nothing to press."""
    for table in page.get_by_test_id("stDataFrame").all():
        table.scroll_into_view_if_needed()
        assert table.evaluate(GAP_BELOW) >= 0
        table.hover()
        bar = table.get_by_test_id("stElementToolbar")
        bar.wait_for()
        expect_uncovered(page, "[data-testid=stElementToolbar]", CONTROLS)
    for chart in page.locator(".musicgen-chart").all():
        if not chart.locator(".modebar-btn").count():  # its axes stay as they are
            continue
        chart.scroll_into_view_if_needed()
        chart.hover()
        chart.locator(".modebar").wait_for()
        expect_uncovered(page, ".musicgen-chart .modebar", ".legendtoggle")


def expect_uncovered(page: Page, tools: str, controls: str) -> None:
    """Tools come moving: where they come to rest counts."""
    with contextlib.suppress(TooLate):
        page.wait_for_function(
            f"(given) => !({COVERED})(given).length", arg=[tools, controls], timeout=REST_MS
        )
    assert page.evaluate(COVERED, [tools, controls]) == []
