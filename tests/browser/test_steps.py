"""Back, forward and loading again, with the browser's own buttons; and a stopped program."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PROJECT, _free_port, _wait_until_up
from tests.browser.test_play import PHONE

pytestmark = pytest.mark.browser

AT_REST = """document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
  && !document.querySelector("[data-stale=true]")"""


def seed_in_address(page: Page) -> str:
    return str(page.evaluate("new URL(location).searchParams.get('seed')"))


def compose(page: Page) -> str:
    """Composes another tune; its seed."""
    before = seed_in_address(page)
    page.get_by_role("button", name="Compose").click()
    page.wait_for_function(
        "(before) => !['null', before].includes(`${new URL(location).searchParams.get('seed')}`)",
        arg=before,
    )
    seed = seed_in_address(page)
    see(page, seed)
    return seed


def see(page: Page, seed: str) -> None:
    """Waits until the tune of a seed is on the screen and in the address."""
    page.wait_for_function(
        "(seed) => new URL(location).searchParams.get('seed') === seed", arg=seed
    )
    facts = page.locator("[data-testid=stCaptionContainer]").filter(has_text="every bar in time")
    expect(facts.filter(has_text=f"seed {seed} ")).to_be_visible()
    page.wait_for_function(AT_REST)


def history(page: Page) -> list[str]:
    page.get_by_role("button", name="History").click()
    rows = page.locator("[class*=st-key-history_] button")
    expect(rows.first).to_be_visible()
    texts = [row.inner_text().rpartition(" ")[2] for row in rows.all()]
    page.keyboard.press("Escape")
    return texts


@pytest.mark.parametrize("path", ["/?model=tiny", "/?model=tiny&lang=en"])
def test_back_goes_back_one_tune_every_time_and_forward_too(open_page, path):
    page = open_page(path).page
    page.wait_for_function("!!globalThis.musicgenSteps")
    seeds = [compose(page) for _time in range(4)]
    for seed in reversed(seeds[:-1]):
        page.go_back()
        see(page, seed)
    for seed in seeds[1:]:
        page.go_forward()
        see(page, seed)
    page.go_back()
    see(page, seeds[2])
    assert history(page) == seeds[::-1]  # a step changes nothing in it
    newest = compose(page)
    page.go_back()
    see(page, seeds[2])
    page.go_forward()
    see(page, newest)


def test_another_sound_is_no_step(open_page):
    page = open_page("/?model=tiny").page
    page.wait_for_function("!!globalThis.musicgenSteps")
    first, second = compose(page), compose(page)
    page.get_by_role("button", name="Sound").click()
    page.get_by_text("Bodhrán").click()
    page.wait_for_function("new URL(location).searchParams.has('drum')")
    page.keyboard.press("Escape")
    page.wait_for_function(AT_REST)
    page.go_back()
    see(page, first)
    page.go_forward()
    see(page, second)
    assert page.evaluate("new URL(location).searchParams.has('drum')")


def test_a_page_loaded_again_keeps_its_tunes_and_a_copy_of_the_tab_has_its_own(open_page):
    page = open_page("/?model=tiny").page
    page.wait_for_function("!!globalThis.musicgenSteps")
    seeds = [compose(page) for _time in range(3)]
    page.go_back()
    see(page, seeds[1])
    page.reload()
    see(page, seeds[1])
    page.wait_for_function("document.querySelector('.st-key-play_redo button:enabled')")
    assert history(page) == seeds[::-1]
    page.get_by_role("button", name="The tune after").click()
    see(page, seeds[2])
    page.go_back()
    see(page, seeds[1])

    # A copied tab begins with what the first keeps, and what it composes is its own.
    kept = page.evaluate("sessionStorage.getItem('musicgen-visit')")
    other = open_page("/Endless", context=page.context).page
    other.evaluate("(kept) => sessionStorage.setItem('musicgen-visit', kept)", kept)
    other.goto(page.url)
    see(other, seeds[1])
    other.wait_for_function("document.querySelector('.st-key-play_redo button:enabled')")
    more = compose(other)
    page.reload()
    see(page, seeds[1])
    page.wait_for_function("document.querySelector('.st-key-play_redo button:enabled')")
    assert more not in history(page)
    stranger = open_page("/?model=tiny", viewport=PHONE).page
    compose(stranger)
    assert len(history(stranger)) == 1


STOPPED = {
    "en": ("The program has stopped", "no longer answers"),
    "zh": ("程序已停止", "没有响应"),
}
"""What a page whose program was stopped says, in its title and below."""


def test_pages_whose_program_was_stopped_say_so(browser, tmp_path):
    port = _free_port()
    log = tmp_path / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=PROJECT,
            env=os.environ | {"MUSICGEN_HOME": str(tmp_path)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    pages = {language: browser.new_page() for language in STOPPED}
    try:
        _wait_until_up(f"http://localhost:{port}/_stcore/health", process, log)
        for language, page in pages.items():
            page.goto(f"http://localhost:{port}/?lang={language}")
            page.wait_for_function("!!globalThis.musicgenConnection?.data")
    finally:
        process.terminate()
        process.wait(120)
    for language, page in pages.items():
        title, word = STOPPED[language]
        page.bring_to_front()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(word)
        expect(dialog).to_contain_text("make run")
        expect(dialog.get_by_role("heading", name=title)).to_be_visible()
        expect(dialog.get_by_text("yourscript")).to_be_hidden()
        page.close()
