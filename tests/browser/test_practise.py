import pytest
from playwright.sync_api import Page, expect

from musicgen.library.favourites import BOOK_NAME
from musicgen.library.tunebook import Tunebook
from musicgen.ui.tune import viewing
from tests.browser.test_play import PHONE
from tests.browser.test_score import SCROLLED, drag
from tests.browser.waiting import at_rest, held_value, type_into

pytestmark = pytest.mark.browser

TUNE = "X:1\nT:On the Stand\nM:6/8\nL:1/8\nK:D\n" + "|:DFA dAF|GBd gdB|AFA d2A|d3 d3:|\n" * 12
FIRST_LINE = "document.querySelector('.abcjs-staff')?.getBoundingClientRect().top"
TOUCH = "Input.dispatchTouchEvent"
SCORE = "globalThis.musicgenScores.get(document.querySelector('.musicgen-score'))"

# The player is the uppermost thing where it stands, and the line that sounds begins below it.
PLAYER_IN_SIGHT = """() => {
  const player = document.querySelector(".st-key-sound audio");
  const { left, top, bottom, width } = player.getBoundingClientRect();
  const line = document.querySelector(".musicgen-cursor").getBoundingClientRect();
  const uppermost = document.elementFromPoint(left + width / 2, (top + bottom) / 2);
  return uppermost === player && line.height > 0 && line.top >= bottom;
}"""

# Sends the sound to the first note of a line of the score.
TO_LINE = """(number) => {
  const score = globalThis.musicgenScores.get(document.querySelector(".musicgen-score"));
  const line = document.querySelectorAll(".abcjs-staff-wrapper")[number];
  const isOn = (start) => score.elements.get(start)?.some((drawn) => line.contains(drawn));
  const time = score.data.onsets_s[score.layout.starts.findIndex(isOn)];
  document.querySelector(".st-key-sound audio").currentTime = time + 0.01;
}"""
IS_ON_LINE = """(number) => {
  const line = document.querySelectorAll(".abcjs-staff-wrapper")[number].getBoundingClientRect();
  const cursor = document.querySelector(".musicgen-cursor").getBoundingClientRect();
  return cursor.height > 0 && Math.abs(cursor.top - line.top) < 3;
}"""

A_LINE_BEGINS_BELOW_THE_PLAYER = """() => {
  const { bottom } = document.querySelector(".st-key-sound audio").getBoundingClientRect();
  const lines = [...document.querySelectorAll(".abcjs-staff-wrapper")];
  return lines.some((line) => {
    const { top } = line.getBoundingClientRect();
    return top >= bottom && top < bottom + 40;
  });
}"""


def put_on_the_stand(page: Page, title: str) -> None:
    """Brings a tune into the tunebook and opens it on Practise."""
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(TUNE.replace("On the Stand", title))
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    at_rest(page)
    page.locator(".st-key-link_practise a").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Practise")).to_be_visible()
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.duration > 5")
    expect(page.locator(".abcjs-staff").first).to_be_visible()
    at_rest(page)


def pull(page: Page, distance: int) -> None:
    """A finger pulls the page down, or up where it is negative, and rests before it leaves."""
    hand = page.context.new_cdp_session(page)
    start = 420 - distance // 2
    hand.send(TOUCH, {"type": "touchStart", "touchPoints": [{"x": 200, "y": start}]})
    for step in (*range(1, 11), 10, 10, 10):
        point = {"x": 200, "y": start + distance * step // 10}
        hand.send(TOUCH, {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(30)
    hand.send(TOUCH, {"type": "touchEnd", "touchPoints": []})
    hand.detach()


def go_to_line(page: Page, number: int) -> None:
    page.evaluate(TO_LINE, number)
    page.wait_for_function(IS_ON_LINE, arg=number)


@pytest.fixture
def sheet_music(server):
    """What is read is remembered: other tests begin with sheet music, whatever happens here."""
    yield
    Tunebook(server.home / BOOK_NAME).choose(viewing.NOTATION, viewing.SCORE)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_a_tune_is_put_on_the_stand_and_played_by_keys(open_page, sheet_music, size):
    page = open_page("/Tunebook", viewport=dict(zip(("width", "height"), size, strict=True))).page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(TUNE.replace("Stand", f"Stand {size[0]}"))
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_text("1 new tune.")).to_be_visible()
    expect(page.locator(".musicgen-paper svg").first).to_be_visible()
    at_rest(page)
    page.locator(".st-key-link_practise a").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Practise")).to_be_visible()
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.duration > 5")
    expect(page.locator(".abcjs-staff").first).to_be_visible()
    at_rest(page)

    # Player and first line of music are seen without scrolling.
    assert 0 < page.evaluate(FIRST_LINE) < size[1] - 60
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.locator("body").press("Space")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.currentTime > 0.3")
    page.wait_for_function("document.documentElement.dataset.musicgenAwake === 'true'")
    page.locator("body").press("Space")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.paused")
    page.wait_for_function("document.documentElement.dataset.musicgenAwake === 'false'")
    if size[0] == 1440:
        reads_numbers(page)
    before = page.evaluate(FIRST_LINE)
    page.locator("body").press("PageDown")
    page.wait_for_function(f"{FIRST_LINE} < {before} - 50")
    held_value(page, FIRST_LINE)
    assert page.evaluate(A_LINE_BEGINS_BELOW_THE_PLAYER)


def test_bars_are_dragged_over_and_answered_and_the_score_says_whose_turn_it_is(open_page):
    page = open_page("/Tunebook").page
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    bars = "DFA dAF|GBd gdB|AFA d2A|d3 d3|"
    page.get_by_label("Or paste ABC here").fill(f"X:1\nT:Answered\nM:6/8\nL:1/8\nK:D\n{bars}\n")
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    at_rest(page)
    page.locator(".st-key-link_practise a").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Practise")).to_be_visible()
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.duration > 5")
    expect(page.locator(".abcjs-staff").first).to_be_visible()
    at_rest(page)
    length = page.evaluate("document.querySelector('.st-key-sound audio').duration")

    drag(page, 7, 13)
    expect(page.get_by_text("Bars 2–3", exact=True)).to_be_visible()
    expect(page.locator(".is-selected")).not_to_have_count(0)
    page.wait_for_function(
        "length => document.querySelector('.st-key-sound audio')?.duration < 0.8 * length",
        arg=length,
    )
    at_rest(page)
    page.get_by_role("button", name="How").click()
    type_into(page.get_by_role("spinbutton", name="Bars to answer"), "1")
    page.keyboard.press("Enter")
    at_rest(page)
    page.keyboard.press("Escape")
    at_rest(page)
    page.evaluate("document.activeElement.blur()")
    page.locator("body").press("Home")
    page.get_by_text("You play", exact=True).wait_for()  # it is there for a bar at a time
    page.locator("body").press("Space")
    expect(page.get_by_text("You play", exact=True)).to_be_hidden()

    page.get_by_role("button", name="The whole tune").click()
    expect(page.locator(".is-selected")).to_have_count(0)
    expect(page.get_by_text("Bars 2–3", exact=True)).to_be_hidden()


def test_the_player_stays_in_sight_and_what_lies_under_it_is_not_seen(open_page):
    page = open_page("/Tunebook", viewport=PHONE, has_touch=True, is_mobile=True).page
    put_on_the_stand(page, "Below the player")
    for line in range(8):
        go_to_line(page, line)
        held_value(page, SCROLLED)
        page.wait_for_function(PLAYER_IN_SIGHT)
    assert page.evaluate(SCROLLED) > 200
    assert page.evaluate(f"{SCORE}.inView()")
    go_to_line(page, 2)
    held_value(page, SCROLLED)
    page.evaluate("""() => {
      const line = document.querySelector(".musicgen-cursor").getBoundingClientRect();
      const player = document.querySelector(".st-key-sound audio").getBoundingClientRect();
      document.querySelector("[data-testid=stMain]").scrollBy(0, line.top - player.top - 10);
    }""")
    assert not page.evaluate(f"{SCORE}.inView()")


def test_who_scrolls_up_by_hand_is_left_there_until_they_come_back(open_page):
    page = open_page("/Tunebook", viewport=PHONE, has_touch=True, is_mobile=True).page
    put_on_the_stand(page, "Left in peace")
    line = 0
    while not page.evaluate(SCROLLED):
        line += 1
        go_to_line(page, line)
        held_value(page, SCROLLED)
    turned = page.evaluate(SCROLLED)
    pull(page, 200)
    page.wait_for_function(f"{SCROLLED} < {turned} - 100")
    scrolled = held_value(page, SCROLLED)
    assert page.evaluate(f"{SCORE}.inView()")  # so the next page is turned for those who read along
    go_to_line(page, line + 8)
    assert held_value(page, SCROLLED) == scrolled
    assert not page.evaluate(f"{SCORE}.inView()")

    go_to_line(page, line)
    pull(page, -200)
    page.wait_for_function(f"{SCROLLED} > {scrolled} + 100")
    back = held_value(page, SCROLLED)
    go_to_line(page, line + 8)
    page.wait_for_function(f"{SCROLLED} > {back} + 100")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_big_notes_are_bigger_on_every_screen(open_page, size):
    page = open_page("/Tunebook", viewport=dict(zip(("width", "height"), size, strict=True))).page
    put_on_the_stand(page, f"Read from afar {size[0]}")
    height = "document.querySelector('.abcjs-staff').getBoundingClientRect().height"
    before = page.evaluate(height)
    page.get_by_role("button", name="View").click()
    page.get_by_text("Big notes", exact=True).click()
    page.wait_for_function(f"{height} > 1.5 * {before}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def reads_numbers(page):
    """The same tune in numbered notation, with the cursor on its digits, and back."""
    page.get_by_role("button", name="View").click()
    page.get_by_text("Numbered notation (jianpu)", exact=True).click()
    expect(page.locator(".musicgen-line").first).to_be_visible()
    expect(page.locator(".musicgen-numbered").first).to_contain_text("1=D 6/8")
    at_rest(page)
    digits = page.locator(".musicgen-line [data-start].fj").all_text_contents()
    assert "".join(digits[:12]) == "135153461416"
    page.keyboard.press("Escape")
    at_rest(page)
    page.evaluate("document.activeElement.blur()")
    page.locator("body").press("Home")
    page.wait_for_function("document.querySelector('.musicgen-sounding.fj')?.textContent === '3'")
    page.locator("body").press("Space")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.paused")
    page.get_by_role("button", name="View").click()
    page.get_by_text("Sheet music", exact=True).click()
    expect(page.locator(".abcjs-staff").first).to_be_visible()
    at_rest(page)
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
