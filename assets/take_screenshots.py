"""Takes the pictures of the README from a running app.

``python assets/take_screenshots.py ADDRESS [MODEL [SEED]]`` needs Chromium, fonts for Chinese, and
what requirements-dev.txt installs. It trains the quick preset for the pictures of Train: run it on
a server whose MUSICGEN_HOME may be thrown away.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LISTEN_MS = 6_000
CHART = "document.querySelector('.musicgen-chart')"
STEPS = 900
"""Steps of the quick preset after which its curves are worth a picture."""


def play(browser: Browser, address: str, name: str, **options: object) -> None:
    """Takes a picture of Play while a tune sounds."""
    page = browser.new_context(**options).new_page()
    page.goto(address)
    page.locator(".musicgen-note").first.wait_for(state="attached")
    page.wait_for_timeout(2_000)
    page.evaluate("document.querySelector('audio').play()")
    page.wait_for_timeout(LISTEN_MS)
    save(page, name)


def train(browser: Browser, address: str) -> None:
    """Starts the quick preset, and takes pictures of Train while it learns."""
    english = browser.new_context(viewport=DESK, color_scheme="light").new_page()
    chinese = browser.new_context(viewport=DESK, color_scheme="dark", locale="zh-CN").new_page()
    english.goto(f"{address}/Train")
    english.get_by_role("button", name="Start training").click()
    chinese.goto(f"{address}/Train")
    english.wait_for_function(f"({CHART}?.data?.[0].x.at(-1) ?? 0) > {STEPS}", timeout=900_000)
    save(chinese, "train-zh")
    save(english, "train")


def save(page: Page, name: str) -> None:
    """Keeps what the window shows."""
    page.screenshot(path=HERE / f"{name}.png")
    page.context.close()


def main(address: str, model: str = "house", seed: str = "4711") -> None:
    """Takes all pictures."""
    tune = f"{address}/?model={model}&temperature=0.7&seed={seed}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        play(browser, tune, "play", viewport=DESK, color_scheme="light")
        play(browser, tune, "play-zh", viewport=DESK, color_scheme="dark", locale="zh-CN")
        phone = {"viewport": PHONE, "device_scale_factor": 2}
        play(browser, tune, "play-phone", color_scheme="dark", **phone)
        train(browser, address)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
