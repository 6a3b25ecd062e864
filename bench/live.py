"""``python -m bench.live``: does the face stay quick while ``improved`` trains?

Starts the app in folders of its own, presses Start with the preset ``improved``, and measures in a
real browser how often the curves of Train tick, and how long Play takes to answer a move of the
temperature slider: from the key to the end of the script run that it starts. Needs Chromium and
Playwright (``make setup-dev``).
"""

import argparse
import itertools
import os

from playwright.sync_api import Browser, Page

from bench.browsing import PATIENCE_MS, browsing, rest, serving, told
from musicgen.presets import get_preset

TICKS = """
window.ticks = [];
let last = -1;
setInterval(() => {
  const chart = document.querySelector(".musicgen-chart");
  const step = chart?.data?.[0]?.x?.at(-1) ?? -1;
  if (step !== last) { last = step; window.ticks.push(performance.now()); }
}, 20);
"""
WATCH = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const state = () => app.getAttribute("data-test-script-state");
  window.answer = new Promise((resolve) => {
    let start = 0, ran = false;
    const begin = () => { start = performance.now(); };
    document.addEventListener("keydown", begin, { once: true, capture: true });
    const watch = new MutationObserver(() => {
      if (start && state() === "running") ran = true;
      if (!ran || state() !== "notRunning") return;
      watch.disconnect();
      resolve(performance.now() - start);
    });
    watch.observe(app, { attributes: true });
  });
}"""


def main() -> None:
    """Prints the intervals between ticks and the times of the slider's answers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="improved")
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long ticks are counted")
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with serving() as server, browsing() as browser:
        train = _open(browser, f"{server.address}/Train")
        train.get_by_role("radio", name=asked.preset, exact=True).click()
        train.get_by_text(get_preset(asked.preset).meaning).wait_for()
        train.get_by_text("Estimated on this machine").wait_for()
        train.get_by_role("button", name="Start training").click()
        train.wait_for_function("document.querySelector('.musicgen-chart')?.data?.[0].x.at(-1) > 1")
        _report("ticks of Train, between two", _ticks(train, asked.seconds))
        play = _open(browser, server.address)
        _report("slider of Play, to its answer", _answers(play, asked.moves))
        train.bring_to_front()
        _report("ticks of Train once more", _ticks(train, asked.seconds))


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    return page


def _ticks(page: Page, seconds: float) -> list[float]:
    page.evaluate(TICKS)
    page.wait_for_timeout(seconds * 1000)
    ticks = page.evaluate("window.ticks")
    return [(after - before) / 1000 for before, after in itertools.pairwise(ticks)]


def _answers(page: Page, moves: int) -> list[float]:
    slider = page.get_by_role("slider").first
    slider.wait_for(state="attached")
    times = []
    for key in itertools.islice(itertools.cycle(("ArrowRight", "ArrowLeft")), moves):
        rest(page)
        page.evaluate(WATCH)
        slider.focus()
        page.keyboard.press(key)
        times.append(page.evaluate("window.answer") / 1000)
    return times


def _report(name: str, times: list[float]) -> None:
    print(told(name, times, "times"), flush=True)


if __name__ == "__main__":
    main()
