"""Takes the moving pictures of the README from a running app: play.webp and train.webp.

``python assets/record_clips.py ADDRESS [MODEL [SEED]]`` needs what take_screenshots.py needs, and a
machine that does nothing else: the pictures are taken one by one while the page runs. It trains the
quick preset: run it on a server whose MUSICGEN_HOME may be thrown away.
"""

import io
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
WINDOW = {"width": 1200, "height": 750}
WIDTH = 900
"""Of the moving pictures, in pixels."""
MAX_BYTES = 1_000_000
"""Of each file: what the tests allow a file of the repository."""
QUALITIES = (80, 65, 50, 35, 20)

BEFORE_S, LISTEN_S, END_S = 1.0, 9.0, 1.5
PLAY_INTERVAL_S = 0.2
STEPS, FRAMES, TRAIN_FRAME_S = 900, 45, 0.15
CHART = "document.querySelector('.musicgen-chart')"
SEEN_STEPS = f"({CHART}?.data?.[0].x.at(-1) ?? 0)"


class Film:
    """Pictures of a page in order, each with the time for which it is shown."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._durations_s: list[float] = []

    def take(self, duration_s: float) -> None:
        """Adds what the window shows; a picture like the one before makes that one longer."""
        taken = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        frame = taken.resize((WIDTH, WIDTH * taken.height // taken.width), Image.Resampling.LANCZOS)
        if self._frames and not ImageChops.difference(self._frames[-1], frame).getbbox():
            self._durations_s[-1] += duration_s
            return
        self._frames.append(frame)
        self._durations_s.append(duration_s)

    def follow(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Takes pictures at the pace of the page, for some seconds or until something is so."""
        start = last = time.monotonic()
        while last - start < seconds and not until():
            self.take(0)
            self._page.wait_for_timeout(max(0, PLAY_INTERVAL_S - (time.monotonic() - last)) * 1000)
            now = time.monotonic()
            self._durations_s[-1] += now - last
            last = now

    def save(self, path: Path) -> None:
        """Writes an animated WebP in the best quality of which the file is small enough."""
        durations_ms = [round(1000 * seconds) for seconds in self._durations_s]
        for quality in QUALITIES:
            buffer = io.BytesIO()
            self._frames[0].save(
                buffer, "WEBP", save_all=True, append_images=self._frames[1:],
                duration=durations_ms, loop=0, quality=quality, method=4,
            )  # fmt: skip
            if buffer.tell() <= MAX_BYTES:
                path.write_bytes(buffer.getvalue())
                return
        raise SystemExit(f"{path.name} has more than {MAX_BYTES:,} bytes: take fewer pictures.")


def to_the_top(page: Page, selector: str) -> None:
    """Scrolls so that something stands at the top of the window, and all below it is seen."""
    page.locator(selector).first.evaluate(
        "(element) => { element.style.scrollMarginTop = '70px'; element.scrollIntoView(); }"
    )
    page.wait_for_timeout(500)


def play(browser: Browser, address: str, tune: str) -> None:
    """Composes a tune, and follows the cursor while it sounds."""
    page = browser.new_context(viewport=WINDOW, color_scheme="light").new_page()
    page.goto(f"{address}/{tune}")
    page.locator(".musicgen-note").first.wait_for(state="attached")
    page.wait_for_timeout(2_000)
    film = Film(page)
    film.follow(BEFORE_S)
    before = page.url
    page.get_by_role("button", name="Compose").click()
    film.follow(60, until=lambda: page.url != before)
    page.wait_for_timeout(2_000)  # the score and the sound of the new tune
    page.locator(".musicgen-note").first.wait_for(state="attached")
    film.take(END_S)
    to_the_top(page, ".st-key-sound")
    page.evaluate("document.querySelector('audio').play()")
    film.follow(LISTEN_S)
    page.context.close()
    film.save(HERE / "play.webp")


def train(browser: Browser, address: str) -> None:
    """Starts the quick preset, and follows its curves."""
    page = browser.new_context(viewport=WINDOW, color_scheme="light").new_page()
    page.goto(f"{address}/Train")
    start = page.get_by_role("button", name="Start training")
    start.wait_for()
    page.wait_for_timeout(2_000)
    film = Film(page)
    film.take(END_S)
    start.click()
    page.locator(".musicgen-chart").first.wait_for()
    to_the_top(page, "[data-testid=stProgress]")
    for step in range(STEPS // FRAMES, STEPS + 1, STEPS // FRAMES):
        page.wait_for_function(f"{SEEN_STEPS} >= {step}", timeout=900_000)
        film.take(TRAIN_FRAME_S)
    film.take(END_S)
    page.context.close()
    film.save(HERE / "train.webp")


def main(address: str, model: str = "house", seed: str = "4711") -> None:
    """Takes both."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        play(browser, address, f"?model={model}&temperature=0.7&seed={seed}")
        train(browser, address)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
