"""Takes the pictures of the README from a running app: python assets/take_screenshots.py ADDRESS.

Needs Chromium and what requirements-dev.txt installs. It trains the quick preset for the picture of
Train; run it on a server whose MUSICGEN_HOME may be thrown away.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TUNE = "/?model=house&temperature=0.7&seed={seed}"
LISTEN_MS = 6_000


def play(browser: Browser, address: str, name: str, seed: int, **options: object) -> None:
    """Takes a picture of Play while a tune sounds."""
    page = browser.new_context(**options).new_page()
    page.goto(address + TUNE.format(seed=seed))
    page.locator(".musicgen-note").first.wait_for(state="attached")
    page.wait_for_timeout(2_000)
    page.evaluate("document.querySelector('audio').play()")
    page.wait_for_timeout(LISTEN_MS)
    save(page, name)


def train(browser: Browser, address: str) -> None:
    """Starts the quick preset, and takes pictures of Train by day and by night half-way through."""
    page = browser.new_context(viewport=DESK, color_scheme="light").new_page()
    night = browser.new_context(viewport=PHONE, color_scheme="dark", locale="zh-CN").new_page()
    page.goto(f"{address}/Train")
    page.get_by_role("button", name="Start training").click()
    night.goto(f"{address}/Train")
    chart = "document.querySelector('.musicgen-chart')"
    page.wait_for_function(f"({chart}?.data?.[0].x.at(-1) ?? 0) > 800", timeout=600_000)
    save(page, "train")
    save(night, "train-phone-zh")


def save(page: Page, name: str) -> None:
    """Keeps what the window shows."""
    page.screenshot(path=HERE / f"{name}.png")
    page.context.close()


def main(address: str) -> None:
    """Takes all pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        play(browser, address, "play", 4711, viewport=DESK, color_scheme="light")
        play(browser, address, "play-dark", 4711, viewport=DESK, color_scheme="dark")
        play(browser, address, "play-zh", 4711, viewport=DESK, locale="zh-CN")
        play(
            browser, address, "play-phone", 4711, viewport=PHONE, color_scheme="dark",
            device_scale_factor=2,
        )  # fmt: skip
        train(browser, address)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
