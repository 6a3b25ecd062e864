import io

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from musicgen.lessons.course import LESSONS
from musicgen.lessons.worksheet import render_worksheet
from tests.browser.waiting import at_rest, expect_no_wider, settled

pytestmark = pytest.mark.browser

SOUNDS = """selector => { const audio = document.querySelector(selector);
  return !!audio && !audio.paused && audio.currentTime > 0.2; }"""
FIRST_TUNE = ".st-key-lessons_temperature_hear_tune_0 audio"


def test_a_tune_of_a_lesson_is_heard_after_the_question(open_page):
    page = open_page("/Lessons?lesson=temperature", viewport={"width": 390, "height": 844}).page
    button = page.get_by_role("button", name="Compose all three")
    expect(button).to_be_disabled()
    page.get_by_text("at 0.8", exact=True).click()
    expect(button).to_be_enabled()
    at_rest(page)
    button.click()
    page.locator(FIRST_TUNE).wait_for(state="attached")
    page.locator(FIRST_TUNE).evaluate("audio => audio.play()")
    page.wait_for_function(SOUNDS, arg=FIRST_TUNE)
    expect(page.get_by_text("You expected: at 0.8.")).to_be_visible()
    settled(page)
    expect_no_wider(page, 390)


def test_trainings_of_a_lesson_are_watched_and_stopped(open_page):
    page = open_page("/Lessons?lesson=memory").page
    page.get_by_text("the one that carries on", exact=True).click()
    at_rest(page)
    page.get_by_role("button", name="Train both").click()
    for key in ("apart", "carried"):
        stop = page.locator(f".st-key-lessons_memory_train_{key}_stop button")
        stop.click()
        expect(stop).to_have_count(0)
    expect(page.get_by_text("stopped").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()


def test_the_worksheet_and_the_notebook_are_taken_away(open_page):
    page = open_page("/Lessons?lesson=dropout").page
    for name, ending in (("Worksheet", ".html"), ("Notebook", ".ipynb")):
        with page.expect_download() as taken:
            page.get_by_role("button", name=name).click()
        assert taken.value.suggested_filename == f"musicgen-dropout{ending}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_worksheet_is_one_page_of_paper(browser, lesson):
    page = browser.new_page()
    try:
        page.set_content(render_worksheet(lesson))
        printed = page.pdf(prefer_css_page_size=True)
    finally:
        page.close()
    assert len(PdfReader(io.BytesIO(printed)).pages) == 1
