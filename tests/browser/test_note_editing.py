"""Notes changed in the score with a mouse and keys, and heard as they are then."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_play import PHONE
from tests.browser.waiting import at_rest

pytestmark = pytest.mark.browser

TUNE = "X:1\nT:Edited {0}\nR:jig\nM:6/8\nL:1/8\nK:D\n" + 8 * ("|:DFA dAF|GBd gdB|AFA d2A|d3 d3:|\n")
TOOLS_IN_SIGHT = """() => {
  const { top, bottom } = document.querySelector(".st-key-note_tools").getBoundingClientRect();
  return top >= 0 && bottom < innerHeight / 2;
}"""
PLACE = re.compile(r"^Note \d+ of \d+")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_a_note_is_chosen_moved_made_longer_and_taken_back(open_page, size):
    page = open_page("/Tunebook", viewport=dict(zip(("width", "height"), size, strict=True))).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(TUNE.format(size[0]))
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_text("1 new tune.")).to_be_visible()
    at_rest(page)
    page.get_by_text("Change the notes").click()
    place = page.get_by_text(PLACE)
    expect(place).to_contain_text("Note 1 of 152, bar 1: D")
    at_rest(page)

    page.locator(".musicgen-note").nth(1).click(force=True)
    expect(place).to_contain_text("Note 2 of 152, bar 1: F")
    at_rest(page)
    host = page.locator(".musicgen-score")
    for key in ("ArrowUp", "ArrowUp", "ArrowDown"):  # told at once, each is made
        host.press(key)
    expect(place).to_contain_text("Note 2 of 152, bar 1: G")
    host.press("+")
    expect(place).to_contain_text("Note 2 of 151, bar 1: G")
    expect(page.locator(".musicgen-note")).to_have_count(151)
    host.press("ArrowRight")
    expect(place).to_contain_text("Note 3 of 151, bar 1: D")
    for _step in range(4):
        host.press("Control+z")
    expect(place).to_contain_text(re.compile(r"Note \d+ of 152"))
    at_rest(page)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Take it away").click()
    expect(place).to_contain_text("of 151")
    at_rest(page)
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.duration > 1")
    last = page.locator(".musicgen-note").last
    last.evaluate("note => note.scrollIntoView({ block: 'center' })")
    page.wait_for_function(TOOLS_IN_SIGHT)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Words that are only for those who listen to the page are a pixel wide.
WORDS_SHOWN = """() => [...document.querySelectorAll(
  ".st-key-note_bar button [data-testid=stMarkdownContainer]")]
  .map((words) => ({ width: words.getBoundingClientRect().width,
                     isWhole: words.scrollWidth <= words.closest("button").clientWidth }))
  .filter(({ width, isWhole }) => width > 15 && isWhole).length"""


def test_the_tools_say_what_they_do_on_a_telephone(open_page):
    page = open_page("/Tunebook", viewport=PHONE, has_touch=True, is_mobile=True).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(TUNE.format("with a thumb"))
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name="Edited with a thumb")).to_be_visible()
    at_rest(page)
    page.get_by_text("Change the notes").click()
    expect(page.get_by_role("button", name="Semitone up")).to_be_visible()
    at_rest(page)
    assert page.evaluate(WORDS_SHOWN) == 12
    bar = page.locator(".st-key-note_bar").bounding_box()
    assert bar
    assert bar["height"] < 130  # two rows
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
