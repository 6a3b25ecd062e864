import pytest
from playwright.sync_api import expect

from tests.browser.waiting import at_rest, expect_no_wider, settled

pytestmark = pytest.mark.browser

SOUNDS = """selector => { const audio = document.querySelector(selector);
  return !!audio && !audio.paused && audio.currentTime > 0.2; }"""


def test_a_layer_is_silenced_and_both_tunes_are_heard(open_page):
    page = open_page("/Inside?view=silence").page
    choose(page, "Model", "tiny")
    page.locator(".st-key-inside_first audio").wait_for(state="attached")
    expect(page.locator(".st-key-inside_second audio")).to_have_count(0)
    choose(page, "Part of the network", "a list of units")
    page.get_by_label("Units").fill(", ".join(map(str, range(60))))
    page.keyboard.press("Enter")
    at_rest(page)
    page.get_by_role("button", name="Silence it, and compose again").click()
    page.wait_for_function(SOUNDS, arg=".st-key-inside_second audio")  # it starts by itself
    expect(page.get_by_text("switched off")).to_be_visible()
    page.locator(".st-key-inside_first audio").evaluate("audio => audio.play()")
    page.wait_for_function(SOUNDS, arg=".st-key-inside_first audio")
    assert page.locator(".st-key-inside_second audio").evaluate("audio => audio.paused")
    expect(page.locator(".musicgen-paper svg").first).to_be_visible()


def test_each_character_has_its_colour_and_a_click_chooses_a_place(open_page):
    page = open_page("/Inside?view=expect", viewport={"width": 390, "height": 844}).page
    spans = page.locator(".musicgen-coloured pre > span")
    spans.nth(20).wait_for()
    text = page.locator(".musicgen-coloured pre").inner_text().replace("⏎", "")
    expect(spans).to_have_count(len(text))
    spans.nth(20).click()
    expect(spans.nth(20)).to_have_class("is-high is-chosen")
    expect(page.get_by_text("character 20").first).to_be_visible()
    settled(page)
    expect_no_wider(page, 390)


def choose(page, label, value):
    """A value of a list."""
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=value, exact=True).click()
    at_rest(page)
