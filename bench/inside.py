"""``python -m bench.inside``: what a reader of the page *Inside* waits for, in the real browser.

Two times run in the page: from the click on *Silence it* to the event ``playing`` of the second
tune, each time with other units switched off; and from Enter behind the number of a unit to the
first change of the coloured text. The memory of the server is told before the page is first opened
and at the end.
"""

import argparse
import os
import random

import psutil
from playwright.sync_api import Page

from bench.browsing import PATIENCE_MS, browsing, rest, serving, told
from musicgen.ui.frame.tidying import TRIM_S

MIB = 2**20

WATCH = """() => {
  globalThis.insideTimes = {};
  document.addEventListener("click", ({ target }) => {
    if (target.closest("button")) globalThis.insideTimes = { click: performance.now() };
  }, true);
  document.addEventListener("playing", ({ target }) => {
    if (target.closest(".st-key-inside_second")) {
      globalThis.insideTimes.playing ??= performance.now();
    }
  }, true);
}"""

# From Enter in the field of the unit until a character of the text changes its colour.
COLOUR = """() => {
  globalThis.colourTimes = {};
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") globalThis.colourTimes = { key: performance.now() };
  }, true);
  new MutationObserver((changes) => {
    const isColour = ({ target }) => target.closest?.(".musicgen-coloured");
    if (globalThis.colourTimes.key && changes.some(isColour)) {
      globalThis.colourTimes.changed ??= performance.now();
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def main() -> None:
    """Silences and colours, and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clicks", type=int, default=20)
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with serving() as server, browsing() as browser:
        process = psutil.Process(server.pid)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.address)
        page.get_by_role("button", name="Compose").click()
        page.locator(".st-key-sound audio").wait_for(state="attached")
        rest(page)
        before = process.memory_info().rss / MIB
        luck = random.Random(1)
        page.goto(f"{server.address}/Inside?view=silence")
        page.locator(".st-key-inside_first audio").wait_for(state="attached")
        rest(page)
        page.evaluate(WATCH)
        _choose(page, "Part of the network", "a list of units")
        silenced = [_silence(page, luck) for _click in range(asked.clicks)]
        print(told("from silence to the second sound", silenced), flush=True)
        page.goto(f"{server.address}/Inside?view=units")
        page.locator(".musicgen-coloured pre > span").first.wait_for()
        rest(page)
        page.evaluate(COLOUR)
        coloured = [_colour(page, luck) for _click in range(asked.clicks)]
        print(told("a tune coloured by another unit", coloured, "units"), flush=True)
        after = process.memory_info().rss / MIB
        page.wait_for_timeout(1000 * (TRIM_S + 10))  # free memory goes back to the system by then
        rested = process.memory_info().rss / MIB
        print(f"the server: {before:.0f} MB before, {after:.0f} MB after, {rested:.0f} at rest")


def _choose(page: Page, label: str, value: str) -> None:
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=value, exact=True).click()
    rest(page)


def _silence(page: Page, luck: random.Random) -> float:
    page.get_by_label("Units").fill(", ".join(str(luck.randrange(512)) for _unit in range(8)))
    page.keyboard.press("Enter")
    rest(page)
    page.get_by_role("button", name="Silence it, and compose again").click()
    page.wait_for_function("globalThis.insideTimes.playing && globalThis.insideTimes.click")
    times = page.evaluate("globalThis.insideTimes")
    page.locator(".st-key-inside_second audio").evaluate("audio => audio.pause()")
    rest(page)
    return float(times["playing"] - times["click"]) / 1000


def _colour(page: Page, luck: random.Random) -> float:
    field = page.get_by_role("spinbutton", name="Unit", exact=True)
    field.fill(str(luck.randrange(512)))
    field.press("Enter")
    page.wait_for_function("globalThis.colourTimes.changed")
    times = page.evaluate("globalThis.colourTimes")
    rest(page)
    return float(times["changed"] - times["key"]) / 1000


if __name__ == "__main__":
    main()
