import pytest
from playwright.sync_api import expect

from tests.browser.test_score import drag
from tests.browser.waiting import at_rest, type_into

pytestmark = pytest.mark.browser

TUNE = "X:1\nT:On the Stand\nM:6/8\nL:1/8\nK:D\n" + "|:DFA dAF|GBd gdB|AFA d2A|d3 d3:|\n" * 6
FIRST_LINE = "document.querySelector('.abcjs-staff')?.getBoundingClientRect().top"


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_a_tune_is_put_on_the_stand_and_played_by_keys(open_page, size):
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
    expect(page.get_by_text("You play", exact=True)).to_be_visible()
    page.locator("body").press("Space")
    expect(page.get_by_text("You play", exact=True)).to_be_hidden()

    page.get_by_role("button", name="The whole tune").click()
    expect(page.locator(".is-selected")).to_have_count(0)
    expect(page.get_by_text("Bars 2–3", exact=True)).to_be_hidden()


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
