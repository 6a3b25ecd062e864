"""Takes the pictures of the README from a running app.

``python assets/take_screenshots.py ADDRESS [MODEL [SEED]]`` needs Chromium, fonts for Chinese, and
what requirements-dev.txt installs. It trains the quick preset for the pictures of Train: run it on
a server whose MUSICGEN_HOME may be thrown away.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LISTEN_MS = 6_000
CHART = "document.querySelector('.musicgen-chart')"
TALL = {"width": 1440, "height": 1010}
PATIENCE_MS = 120_000
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


def silence(browser: Browser, address: str) -> None:
    """Takes a picture of both tunes once the echoes are off, while the second sounds."""
    page = browser.new_context(viewport=DESK, color_scheme="light").new_page()
    page.goto(f"{address}/Inside?view=silence")
    page.get_by_role("button", name="No echoes").click()
    page.locator(".st-key-inside_second audio").wait_for(state="attached")
    settle(page)
    show(page, ".st-key-inside_first", 110)
    save(page, "inside-silence")


def look(browser: Browser, address: str) -> None:
    """Takes a picture of what a network was offered by its echoes, over text and score."""
    page = browser.new_context(viewport=TALL, color_scheme="dark").new_page()
    page.goto(f"{address}/Inside?view=look")
    page.locator(".musicgen-paper svg").first.wait_for(state="attached")
    settle(page)
    show(page, ".musicgen-coloured", 36)
    save(page, "inside-look")


def lesson(browser: Browser, address: str) -> None:
    """Takes a picture of a lesson on a telephone."""
    page = browser.new_context(
        viewport=PHONE, device_scale_factor=2, color_scheme="light", locale="zh-CN"
    ).new_page()
    page.goto(f"{address}/Lessons?lesson=temperature")
    page.locator(".musicgen-chart .main-svg").first.wait_for(state="attached")
    settle(page)
    show(page, ".st-key-lessons_step_1", 80)
    save(page, "lesson-phone")


def practise(browser: Browser, tune: str) -> None:
    """Takes a picture of the music stand with the holes of a whistle, while the tune sounds."""
    page = browser.new_context(
        viewport={"width": 1280, "height": 800}, device_scale_factor=1.5, color_scheme="light"
    ).new_page()
    page.goto(tune)
    page.locator(".musicgen-note").first.wait_for(state="attached")
    settle(page)
    page.get_by_role("link", name="Practise", exact=True).last.click()
    page.locator(".musicgen-paper svg").first.wait_for(state="attached")
    page.get_by_role("button", name="My instrument").click()
    page.get_by_role("combobox", name="My instrument").click()
    page.get_by_role("option", name="whistle in D").click()
    settle(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.wait_for_timeout(LISTEN_MS)
    Image.open(io.BytesIO(page.screenshot())).save(HERE / "practise.webp", quality=70)
    page.context.close()


def settle(page: Page) -> None:
    """Waits until nothing runs, and what was drawn has come to rest."""
    expect(page.locator("[data-testid=stSpinner]")).to_have_count(0, timeout=PATIENCE_MS)
    page.wait_for_timeout(4_000)


def show(page: Page, selector: str, above: int) -> None:
    """Scrolls something to the upper edge, with so many pixels of what is above it."""
    page.locator(selector).first.evaluate(
        "(one, above) => { one.style.scrollMarginTop = `${above}px`; one.scrollIntoView(); }", above
    )
    page.wait_for_timeout(500)


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
        for picture in (silence, look, lesson):
            picture(browser, address)
        practise(browser, tune)
        train(browser, address)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
