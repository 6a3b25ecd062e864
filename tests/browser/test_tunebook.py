import io
import re

import pypdf
import pytest
from playwright.sync_api import expect

from tests.browser.test_play import PHONE
from tests.browser.waiting import at_rest, expect_no_wider

pytestmark = pytest.mark.browser

TUNES = (
    "X:1\nT:The Kettle {0}\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DFA dAF|GBd gdB|AFA d2A|d3 d3:|\n\n"
    "X:2\nT:<img src=x onerror=alert(1)> {0}\nR:reel\nM:4/4\nL:1/8\nK:G\n|:GABc d2B2|G4 G4:|\n"
)

PLAYER_IN_SIGHT = """() => {
  const player = document.querySelector(".st-key-set_sound audio");
  const { left, top, width, height } = player.getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + height / 2) === player;
}"""


def test_a_tune_is_found_by_playing_its_beginning_in_another_key(open_page):
    page = open_page("/Tunebook", viewport=PHONE, has_touch=True, is_mobile=True).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill("X:1\nT:Sought\nM:3/4\nL:1/8\nK:D\nA2dcBA|F6|]\n")
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_text("1 new tune.")).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Play a melody").click()
    keys, field = (
        page.get_by_role("group", name="Piano keys"),
        page.get_by_label("Melody", exact=True),
    )
    for name in ("B4", "E5", "D5"):
        keys.get_by_role("button", name=name, exact=True).click()
    expect(field).to_have_value("=B e d")
    page.get_by_role("button", name="Take back a note").click()
    expect(field).to_have_value("=B e")
    for name in ("D♯5", "C♯5", "B4", "G♯4"):
        keys.get_by_role("button", name=name, exact=True).click()
    expect(field).to_have_value("=B e ^d ^c B ^G")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Sought")).to_be_visible()
    page.get_by_role("button", name="Play a melody").click()
    page.get_by_role("button", name="Begin anew").click()
    expect(field).to_have_value("")
    expect_no_wider(page, 390)


def test_a_long_title_stands_whole_above_its_score(open_page):
    page = open_page("/Tunebook", viewport={"width": 390, "height": 844}).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    title = "The Humours of a Very Long Title That No Telephone Has Room For in One Line"
    page.get_by_label("Or paste ABC here").fill(f"X:1\nT:{title}\nM:3/4\nL:1/8\nK:D\nA2dcBA|F6|]\n")
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    drawn = page.locator(".musicgen-paper text.abcjs-title").first
    expect(drawn).to_have_text(title)
    at_rest(page)
    box = drawn.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_click_on_a_title_opens_its_tune(open_page):
    page = open_page("/Tunebook").page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(TUNES.format("in a list"))
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_text("2 new tunes.")).to_be_visible()
    page.get_by_label("Words", exact=True).fill("in a list")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^2 tunes ·"))).to_be_visible()  # and not 12
    first, second = "<img src=x onerror=alert(1)> in a list", "The Kettle in a list"
    for row, title in ((1, second), (0, first), (1, second)):
        at_rest(page)
        table = page.locator("[data-testid=stDataFrame]").first
        table.scroll_into_view_if_needed()
        table.click(position={"x": 140, "y": 52 + 35 * row})
        expect(page.get_by_role("heading", name=title)).to_be_visible()


BUSY_FOR_A_WHILE = """() => setTimeout(() => {
  const until = performance.now() + 2500;
  while (performance.now() < until);  // the part that ticks each second is overdue
})"""


def test_a_press_is_done_once_however_busy_the_browser_is(open_page):
    page = open_page("/Tunebook").page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill("X:1\nT:Once\nM:3/4\nL:1/8\nK:D\nA2dcBA|F6|]\n")
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name="Once")).to_be_visible()
    for count in (1, 2, 3):
        at_rest(page)
        button = page.get_by_role("button", name="Add to the set")
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box
        page.evaluate(BUSY_FOR_A_WHILE)
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(
            page.get_by_text(re.compile(rf"^The set below has {count} tunes?\.$"))
        ).to_be_visible()
        at_rest(page)
        expect(page.get_by_label("Times")).to_have_count(count)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_tunes_are_pasted_found_put_in_a_set_and_printed(open_page, size):
    page = open_page("/Tunebook", viewport=dict(zip(("width", "height"), size, strict=True))).page
    name = f"at {size[0]}"
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(TUNES.format(name))
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_text("2 new tunes.")).to_be_visible()
    at_rest(page)

    page.get_by_label("Melody", exact=True).fill("1 3 5 1 5 3")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^\d+ tunes? ·"))).to_be_visible()
    at_rest(page)
    page.get_by_label("Words", exact=True).fill(f"kettle {name}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"The Kettle {name}")).to_be_visible()
    expect(page.locator(".musicgen-paper svg").first).to_be_visible()
    page.wait_for_function("document.querySelector('audio')?.duration > 1")
    at_rest(page)

    page.get_by_role("button", name="Add to the set").click()
    page.get_by_label("Times").first.wait_for()
    at_rest(page)
    expect(page.get_by_label("Times")).to_have_value("3")
    at_rest(page)
    page.get_by_label("Name of the set").fill(f"Friday {name}")
    page.get_by_role("button", name="Keep the set").click()
    expect(page.get_by_role("button", name="Remove the set")).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Play the set").click()
    page.wait_for_function("document.querySelector('.st-key-set_sound audio')?.duration > 1")
    expect(page.locator(".st-key-set_score_0 .musicgen-sounding").first).to_be_attached()
    page.get_by_role("button", name="Close the player").click()
    expect(page.locator(".st-key-set_score_0 .musicgen-score")).to_have_count(0)
    at_rest(page)

    page.get_by_text("Print, share, back up").click()
    at_rest(page)
    page.get_by_role("button", name="Make the PDF").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save Tunebook.pdf").click()
    with open(download.value.path(), "rb") as file:  # noqa: PTH123 - playwright gives a path
        text = pypdf.PdfReader(io.BytesIO(file.read())).pages[0].extract_text()
    assert f"The Kettle {name}" in text
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


IN_THE_LAST_LINE = """(cursor) => {
  const { bottom, height } = cursor.getBoundingClientRect();
  return height > 0 && bottom > cursor.parentElement.getBoundingClientRect().bottom - 2 * height;
}"""


def test_pages_of_a_set_turn_from_tune_to_tune_for_those_who_read_along(open_page):
    page = open_page("/Tunebook", viewport={"width": 390, "height": 844}).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(
        "X:1\nT:Long Way\nM:6/8\nL:1/8\nK:D\n" + "DFA dAF|GBd gdB|AFA d2A|d3 d3|\n" * 8
        + "\nX:2\nT:Way Home\nM:6/8\nL:1/8\nK:G\n" + "GBd gdB|AFA d2A|d3 d3|G6|\n" * 8
    )  # fmt: skip
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_text("2 new tunes.")).to_be_visible()
    for title in ("Long Way", "Way Home"):
        at_rest(page)
        page.get_by_label("Words", exact=True).fill(title)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        at_rest(page)
        page.get_by_role("button", name="Add to the set").click()
    expect(page.get_by_label("Times")).to_have_count(2)
    at_rest(page)
    page.get_by_role("button", name="Play the set").click()
    page.wait_for_function("document.querySelector('.st-key-set_sound audio')?.duration > 60")
    first, second = (page.locator(f".st-key-set_score_{place}") for place in (0, 1))
    expect(second.locator(".musicgen-paper svg").first).to_be_visible()
    at_rest(page)

    # Into the last bar of the last pass, where somebody reads along.
    page.evaluate("document.querySelector('.st-key-set_sound audio').pause()")
    cursor = second.locator(".musicgen-cursor")
    half = "document.querySelector('.st-key-set_sound audio').duration / 2"
    page.evaluate(f"document.querySelector('.st-key-set_sound audio').currentTime = {half} - 1.5")
    page.wait_for_function(IN_THE_LAST_LINE, arg=first.locator(".musicgen-cursor").element_handle())
    first.locator(".musicgen-cursor").scroll_into_view_if_needed()
    expect(first.locator(".musicgen-cursor")).to_be_in_viewport()
    page.evaluate("document.querySelector('.st-key-set_sound audio').play()")
    expect(cursor).to_be_in_viewport()
    expect(first.locator(".musicgen-sounding")).to_have_count(0)


def test_the_player_of_a_set_stays_in_sight_above_its_scores(open_page):
    page = open_page("/Tunebook", viewport=PHONE, has_touch=True, is_mobile=True).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    bars = 12 * "|:DFA dAF|GBd gdB|AFA d2A|d3 d3:|\n"
    page.get_by_label("Or paste ABC here").fill(f"X:1\nT:Long\nM:6/8\nL:1/8\nK:D\n{bars}")
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name="Long", exact=True)).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Add to the set").click()
    page.get_by_label("Times").first.wait_for()
    at_rest(page)
    page.get_by_role("button", name="Play the set").click()
    page.wait_for_function("document.querySelector('.st-key-set_sound audio')?.duration > 1")
    last = page.locator(".st-key-set_score_0 .musicgen-note").last
    last.wait_for(state="attached")
    at_rest(page)
    page.evaluate("document.querySelector('.st-key-set_sound audio').pause()")
    last.evaluate("note => note.scrollIntoView({ block: 'center' })")
    page.wait_for_function(PLAYER_IN_SIGHT)
