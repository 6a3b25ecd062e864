"""A server and a browser for the benches that measure what a person meets."""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as NoAnswer

from musicgen.config import Paths

START_S = 120
PATIENCE_MS = 120_000
PAUSE_MS = 300
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Puts down when the next sound begins, by the clock of the page.
LISTEN = """() => {
  globalThis.benchTimes = {};
  document.addEventListener("click", ({ target }) => {
    if (target.closest(".st-key-compose")) globalThis.benchTimes = { click: performance.now() };
  }, true);
  document.addEventListener("playing", ({ target }) => {
    if (target.closest(".st-key-sound")) globalThis.benchTimes.playing ??= performance.now();
  }, true);
}"""


@dataclass(frozen=True)
class Server:
    """A running app: address, process number, and its folder."""

    address: str
    pid: int
    home: Path


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """The real app with the bundled models and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        home = Path(folder)
        (home / "data").symlink_to(Paths.default().data.resolve())
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
        probe.close()
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=Paths.default().project,
            env=os.environ | {"MUSICGEN_HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(f"http://localhost:{port}/_stcore/health")
            yield Server(f"http://localhost:{port}", process.pid, home)
        finally:
            process.terminate()
            process.wait(60)


def _wait(address: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own server
            return
        time.sleep(0.2)
    raise SystemExit("The server did not start.")


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, in which sound may begin without a click."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"],
        )
        yield browser
        browser.close()


def open_play(browser: Browser, address: str) -> Page:
    """Play in a browser of its own, ready to be clicked."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("button", name="Compose").wait_for()
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
    page.evaluate(LISTEN)
    return page


def rest(page: Page) -> None:
    """Waits as whoever listens to a tune does: until the page has drawn all of it."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_timeout(PAUSE_MS)


def click_to_sound(page: Page) -> float:
    """Seconds from a click on Compose to the first sound of the new tune."""
    page.get_by_role("button", name="Compose").click()
    try:
        page.wait_for_function("globalThis.benchTimes.playing && globalThis.benchTimes.click")
    except NoAnswer as error:
        words = page.locator("[data-testid=stMain]").inner_text()
        state = page.evaluate("[globalThis.benchTimes, document.querySelector('audio')?.paused]")
        raise SystemExit(f"No sound came of a click ({state}). The page says:\n{words}") from error
    times = page.evaluate("globalThis.benchTimes")
    page.evaluate("document.querySelector('.st-key-sound audio').pause()")
    return (times["playing"] - times["click"]) / 1000


def told(name: str, seconds: Sequence[float], unit: str = "clicks") -> str:
    """Median, 95th percentile and largest of some times, in words; `unit` is what was counted."""
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"{name:<44} median {statistics.median(ordered):.2f} s, 95th percentile {high:.2f} s, "
        f"longest {ordered[-1]:.2f} s ({len(ordered)} {unit})"
    )
