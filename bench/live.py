"""``python -m bench.live``: does the face stay quick while ``improved`` trains?

Starts the app in folders of its own, presses Start with the preset ``improved``, and measures in a
real browser how often the curves of Train tick, and how long Play takes to answer a move of the
temperature slider: from the key to the end of the script run that it starts. Needs Chromium and
Playwright (``make setup-dev``).
"""

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from musicgen.config import Paths
from musicgen.presets import get_preset

PORT = 8650
TICKS = """
window.ticks = [];
let last = -1;
setInterval(() => {
  const chart = document.querySelector(".musicgen-chart");
  const step = chart?.data?.[0]?.x?.at(-1) ?? -1;
  if (step !== last) { last = step; window.ticks.push(performance.now()); }
}, 20);
"""
ANSWER = """
() => new Promise((resolve) => {
  const app = document.querySelector("[data-testid=stApp]");
  const state = () => app.getAttribute("data-test-script-state");
  const thumb = document.querySelector("[data-testid=stSlider] [role=slider]");
  const start = performance.now();
  let ran = false;
  const watch = new MutationObserver(() => {
    if (state() === "running") ran = true;
    if (ran && state() === "notRunning") { watch.disconnect(); resolve(performance.now() - start); }
  });
  watch.observe(app, { attributes: true });
  thumb.focus();
  for (const type of ["keydown", "keyup"])
    thumb.dispatchEvent(new KeyboardEvent(type, { key: window.direction, bubbles: true }));
  window.direction = window.direction === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
})
"""


def main() -> None:
    """Prints the intervals between ticks and the times of the slider's answers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="improved")
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long ticks are counted")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").symlink_to(Paths.default().data)
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={PORT}"],
            env=os.environ | {"MUSICGEN_HOME": folder},
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_until_up()
            _measure(asked.preset, asked.moves, asked.seconds)
        finally:
            server.terminate()
            server.wait()


def _measure(preset: str, moves: int, seconds: float) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        train = context.new_page()
        train.set_default_timeout(120_000)
        train.goto(f"http://localhost:{PORT}/Train")
        train.get_by_role("radio", name=preset, exact=True).click()
        train.get_by_text(get_preset(preset).meaning).wait_for()
        train.get_by_text("Estimated on this machine").wait_for()
        train.get_by_role("button", name="Start training").click()
        train.wait_for_function("document.querySelector('.musicgen-chart')?.data?.[0].x.at(-1) > 1")
        _report("ticks of Train, between two", _ticks(train, seconds))
        play = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        play.set_default_timeout(120_000)
        play.goto(f"http://localhost:{PORT}/")
        _report("slider of Play, to its answer", _answers(play, moves))
        train.bring_to_front()
        _report("ticks of Train once more", _ticks(train, seconds))


def _ticks(page: Page, seconds: float) -> list[float]:
    page.evaluate(TICKS)
    page.wait_for_timeout(seconds * 1000)
    ticks = page.evaluate("window.ticks")
    return [(after - before) / 1000 for before, after in itertools.pairwise(ticks)]


def _answers(page: Page, moves: int) -> list[float]:
    page.get_by_role("slider").first.wait_for()
    page.evaluate("window.direction = 'ArrowRight'")
    times = []
    for _ in range(moves):
        page.wait_for_timeout(400)
        times.append(page.evaluate(ANSWER) / 1000)
    return times


def _report(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    print(
        f"{name:<32} median {statistics.median(ordered):.2f} s, 95th percentile {high:.2f} s, "
        f"longest {ordered[-1]:.2f} s ({len(ordered)})",
        flush=True,
    )


def _wait_until_up() -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://localhost:{PORT}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.4)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
