"""Waiting for a page: what a test looks at must have come to rest, however busy the machine is."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
"""The app while no script runs: what is pressed while a page is drawn anew may be lost."""

_STILL = """() => {
  const now = performance.now();
  if (globalThis.stillSince === undefined) {
    globalThis.stillSince = now;
    for (const kind of ["pointerdown", "pointerup", "keydown", "keyup", "input", "change"])
      addEventListener(kind, () => { globalThis.stillSince = performance.now(); }, true);
  }
  if (document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
  if (!document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]"))
    return false;
  const where = [...document.querySelectorAll("[data-testid=stElementContainer]")]
    .map((element) => { const { left, top, width, height } = element.getBoundingClientRect();
                        return [left, top, width, height].map(Math.round); }).join();
  if (where !== globalThis.whereAllWas) {
    globalThis.whereAllWas = where;
    globalThis.stillSince = now;
  }
  return now - globalThis.stillSince > 400;
}"""
"""Nothing has moved for a while, nor since the last press or key: what that opens begins to move a
moment later, and a click upon what moves is none."""

PATIENCE_S = 120
_OFTEN_MS = 100
"""Between two looks at all of a page: with every frame, looking would be most of its work."""

_TEXT = "The text the network wrote"


def settled(page: Page) -> None:
    """Waits until nothing on the page is of an earlier run."""
    page.wait_for_function("!document.querySelector('[data-stale=true]')", polling=_OFTEN_MS)


def at_rest(page: Page) -> None:
    """Waits until no script runs and nothing on the page moves any more."""
    page.locator(AT_REST).wait_for()
    page.wait_for_function(_STILL, polling=_OFTEN_MS)


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Waits for what a page changes outside the browser, such as a file of the server."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "What was waited for did not happen."
        page.wait_for_timeout(_OFTEN_MS)


def type_into(field: Locator, text: str) -> None:
    """Types in place of what stands in a field: again, where the page drew the field meanwhile."""
    end = time.monotonic() + PATIENCE_S
    field.fill(text)
    while field.input_value() != text:
        assert time.monotonic() < end, f"The field holds {field.input_value()!r}, not {text!r}."
        field.page.wait_for_timeout(_OFTEN_MS)
        field.fill(text)


def value_of(page: Page, expression: str, **arguments: Any) -> Any:
    """What an expression gives as soon as it gives something true."""
    return page.wait_for_function(expression, **arguments).json_value()


def held_value(page: Page, expression: str) -> Any:
    """What an expression gives as soon as it has given the same for a second."""
    watch = f"""() => {{
      const value = {expression};
      const now = performance.now();
      if (value === undefined || value !== globalThis.heldValue) {{
        globalThis.heldValue = value;
        globalThis.heldSince = now;
      }}
      return now - globalThis.heldSince > 1000;
    }}"""
    page.evaluate("delete globalThis.heldValue")
    page.wait_for_function(watch, polling=_OFTEN_MS)
    return page.evaluate(expression)


def text_shown(page: Page, other_than: str = "") -> str:
    """The text of the tune on the page, as soon as it is another than `other_than`."""
    details = page.locator("[data-testid=stExpander] details").filter(has_text=_TEXT)
    code = details.locator("code")
    settled(page)
    if details.get_attribute("open") is None:
        page.get_by_text(_TEXT).click()
    expect(code).to_contain_text("X:")
    if other_than:
        expect(code).not_to_have_text(other_than)
    settled(page)
    return code.inner_text().strip()


def expect_text(page: Page, text: str) -> None:
    """Waits until the page shows a text of a tune."""
    text_shown(page)
    details = page.locator("[data-testid=stExpander] details").filter(has_text=_TEXT)
    expect(details.locator("code")).to_have_text(text)


def expect_no_wider(page: Page, width: int) -> None:
    """Waits until the page is at rest, and fails where it is wider than the screen."""
    at_rest(page)
    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    main: Locator = page.locator("[data-testid=stMain]")
    page.wait_for_function(
        "main => main.scrollWidth - main.clientWidth <= 0", arg=main.element_handle()
    )
