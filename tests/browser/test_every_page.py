"""What holds of every page: things open together, names and contrast of all that is drawn.

What can be opened is found on the page itself, so a new expander, popover, switch or choice of
views is covered without a word here. Everything that folds is opened one after the other from the
top, and again from the bottom, and stays open: so every pair is open together, opened in either
order. With all of it open every popover is opened behind every other one, and every switch and view
is turned.
"""

import contextlib
import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from musicgen.config import Paths
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.report_service import ReportService
from musicgen.lessons.course import LESSONS
from musicgen.library.favourites import FavouriteStore
from musicgen.presets import PRESETS
from musicgen.training.runs.run import RunStore
from tests.browser.conftest import PROJECT, Server
from tests.browser.test_novelty import copyist  # noqa: F401 - a fixture
from tests.pages import OTHER_PAGES
from tests.ui.tiny_model import write_tiny_model

pytestmark = [pytest.mark.browser, pytest.mark.survey]

PAGES = {
    "play": "/?model=zz-copyist&temperature=0.8&seed=1",
    **{name.lower(): f"/{name}" for name in OTHER_PAGES},
    **{view: f"/Compare?view={view}" for view in ("pair", "study", "sweep")},
    **{
        view: f"/Inside?view={view}"
        for view in ("silence", "look", "expect", "embedding", "anatomy")
    },
    **{f"lesson {lesson.name}": f"/Lessons?lesson={lesson.name}" for lesson in LESSONS[1:]},
}
LOOKS: dict[str, dict[str, Any]] = {
    "wide light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "phone dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
SOMETHING_TO_SEE = {"play": ".st-key-novelty summary", "evaluate": ".st-key-report_table"}
REPORT_S = 200
SLOW_MS = 120_000
CLOSING_MS = 10_000
REST_S = 20
MAX_VIEWS = 4
"""A choice of more values than this is no choice of views."""

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")

AT_REST = """document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
  && !document.querySelector("[data-stale=true]")"""

BROKEN = (
    "[data-testid=stException], [data-testid=stAlertContentError], [data-testid=stErrorElement]"
)
EXPANDERS = "[data-testid=stMain] [data-testid=stExpander] > details"
POPOVERS = "[data-testid=stMain] [data-testid=stPopoverButton]:enabled"
POPOVER_BODY = "[data-testid=stPopoverBody]"
SWITCHES = "[data-testid=stMain] [data-testid=stCheckbox] label"
VIEWS = "[data-testid=stMain] [data-testid=stButtonGroup]"

NAMED = {
    "button", "link", "slider", "textbox", "combobox", "spinbutton", "checkbox", "switch", "radio",
    "radiogroup", "tab", "progressbar", "image", "img", "Audio", "audio", "Iframe", "dialog",
    "application", "searchbox",
}  # fmt: skip
"""Roles that mean nothing to a listener without a name."""


@pytest.fixture
def furnished(server: Server, copyist: str) -> Iterator[Server]:  # noqa: F811 - the fixture
    """The server with runs, a report, and a model whose tunes are compared with what it learned."""
    runs = RunStore(server.home / "runs")
    made = [runs.create(name, PRESETS["quick"]).path for name in ("every-one", "every-two")]
    for path in made:
        write_tiny_model(path / "best", path.name)
    where = Paths(PROJECT, server.home)
    service = ReportService(ReportStore(where.reports), where)
    made.append(where.reports / service.start(ReportPlan(("tiny",), 2, (0.8,), (False,))))
    assert service.wait(REPORT_S)
    yield server
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
    favourites = FavouriteStore(where.favourites)
    for one in favourites.list():
        favourites.remove(one.key)


def settle(page: Page) -> None:
    page.wait_for_function(AT_REST)
    expect(page.locator(BROKEN)).to_have_count(0)


def is_open(details: Locator) -> bool:
    return bool(details.evaluate("element => element.open"))


def press(page: Page, target: Locator) -> None:
    target.scroll_into_view_if_needed()
    target.click()
    settle(page)


def fold_out(page: Page, *, is_upward: bool) -> int:
    """Opens everything that folds, also what appears by it, in one order; all stays open."""
    count = 0
    while True:
        places = range(page.locator(EXPANDERS).count())
        for place in reversed(places) if is_upward else places:
            details = page.locator(EXPANDERS).nth(place)
            if details.is_visible() and not is_open(details):
                press(page, details.locator("> summary"))
                expect(details).to_have_attribute("open", "")
                count += 1
                break
        else:
            return count


def fold_in(page: Page) -> None:
    for details in reversed(page.locator(EXPANDERS).all()):
        if details.is_visible() and is_open(details):
            press(page, details.locator("> summary"))
            expect(details).not_to_have_attribute("open", "")  # it is, as long as it moves


def close_popover(page: Page) -> None:
    """Closes what is open, as people do who see that it still is.

    Streamlit opens a popover again that is closed while the page draws its opening, where the
    server is told of both.
    """
    for _time in range(3):
        page.keyboard.press("Escape")
        with contextlib.suppress(AssertionError):
            expect(page.locator(POPOVER_BODY)).to_have_count(0, timeout=CLOSING_MS)
            return
    pytest.fail("A popover does not close.")


def open_popovers(page: Page) -> int:
    """Opens every popover behind every other one: the one before closes as the next one opens."""
    count = page.locator(POPOVERS).count()
    for one, other in itertools.combinations(range(count), 2):
        for place in (one, other):
            button = page.locator(POPOVERS).nth(place)
            if button.is_visible():
                close_popover(page)
                press(page, button)
                expect(page.locator(POPOVER_BODY)).to_have_count(1)
    page.keyboard.press("Escape")
    return count


def turn_switches(page: Page) -> None:
    """Turns every switch of the page itself, and turns it back."""
    for place in range(page.locator(SWITCHES).count()):
        for _turn in range(2):
            switch = page.locator(SWITCHES).nth(place)
            if switch.count() and switch.is_visible():
                press(page, switch)


def look_at_views(page: Page) -> None:
    """Chooses every value of what may be a choice of views, and the first one again."""
    for place in range(page.locator(VIEWS).count()):
        count = page.locator(VIEWS).nth(place).get_by_role("radio").count()
        if not 2 <= count <= MAX_VIEWS:
            continue
        for value in (*range(count), 0):
            radio = page.locator(VIEWS).nth(place).get_by_role("radio").nth(value)
            if radio.count() and radio.is_visible() and radio.is_enabled():
                press(page, radio)


def wait_for_none(page: Page, find: Callable[[Page], list[str]]) -> list[str]:
    """What is still found when all has come to rest: styles and names come a moment after all."""
    end = time.monotonic() + REST_S
    while (found := find(page)) and time.monotonic() < end:
        page.wait_for_timeout(200)
    return found


def faint_texts(page: Page) -> list[str]:
    """Texts that are hard to read on what is behind them."""
    found: list[str] = page.evaluate(CONTRAST)
    return found


def badly_named(page: Page) -> list[str]:
    """Controls without a name, and such that say theirs twice, as screen readers get them."""
    session = page.context.new_cdp_session(page)
    found = []
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value", "")
        name = " ".join(str(node.get("name", {}).get("value", "")).split())
        if node.get("ignored") or role not in NAMED:
            continue
        if not name or re.fullmatch(r"(\w.*) \1", name):
            dom = session.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})
            attributes = dom["node"].get("attributes", [])
            found.append(f"{role} {name!r} {dom['node']['nodeName']} {attributes}")
    session.detach()
    return found


@pytest.mark.parametrize("look", LOOKS)
def test_whatever_is_open_together_nothing_breaks_and_all_can_be_read(open_page, furnished, look):
    folded = popovers = 0
    for name, path in PAGES.items():
        page = open_page(path, locale="en-GB", **LOOKS[look]).page
        if name in SOMETHING_TO_SEE:
            page.locator(SOMETHING_TO_SEE[name]).first.wait_for(timeout=SLOW_MS)
        settle(page)
        if name == "play":
            press(page, page.get_by_role("button", name="Favourite"))
        fold_out(page, is_upward=True)
        fold_in(page)
        folded += fold_out(page, is_upward=False)
        popovers += open_popovers(page)
        page.wait_for_function("() => !document.querySelector('audio:not([aria-label])')")
        assert not wait_for_none(page, badly_named), path
        assert not wait_for_none(page, faint_texts), path
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        look_at_views(page)
        fold_out(page, is_upward=False)
        turn_switches(page)
        page.close()
    log = (furnished.home / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert folded >= 8
    assert popovers >= 8
