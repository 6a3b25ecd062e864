"""To open a popover changes nothing: its fields show what is kept, and tell nothing back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import at_rest

pytestmark = pytest.mark.browser

TUNE = (
    "X:1\nT:Left As It Was\nC:A. Player\nR:jig\nM:6/8\nL:1/8\nQ:3/8=100\nK:D\n|:DFA dAF|d3 d3:|\n"
)
BEATS = "100 beats a minute"


OTHER = TUNE.replace("Left As It Was", "As It Sounds").replace("d3 d3", "A3 d3")


def bring(page: Page, text: str, title: str) -> None:
    at_rest(page)
    if not page.get_by_label("Or paste ABC here").is_visible():
        page.get_by_text("Bring tunes").click()
    page.get_by_label("Or paste ABC here").fill(text)
    page.get_by_role("button", name="Add to the tunebook").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    at_rest(page)


def open_and_close(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()
    page.locator("[data-testid=stPopoverBody]").locator("visible=true").first.wait_for()
    at_rest(page)


def shut(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stPopoverBody]").locator("visible=true")).to_have_count(0)
    at_rest(page)


def test_the_fields_of_a_tune_show_what_is_kept(open_page):
    page = open_page("/Tunebook").page
    bring(page, TUNE, "Left As It Was")
    for _again in range(2):
        open_and_close(page, "Title, tempo, tags")
        expect(page.get_by_label("Title", exact=True)).to_have_value("Left As It Was")
        expect(page.get_by_label("Composer", exact=True)).to_have_value("A. Player")
        expect(page.get_by_label("Rhythm", exact=True).first).to_have_value("jig")
        expect(page.get_by_label("Beats a minute", exact=True)).to_have_value("100")
        shut(page)
        expect(page.get_by_role("heading", name="Left As It Was")).to_be_visible()
        expect(page.get_by_text(BEATS)).to_be_visible()
    open_and_close(page, "ABC")
    text = page.get_by_label("The text of the tune")
    expect(text).to_have_value(TUNE)
    shut(page)

    # And what is typed is kept.
    open_and_close(page, "Title, tempo, tags")
    page.get_by_label("Title", exact=True).fill("Mended")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mended")).to_be_visible()
    at_rest(page)
    expect(page.get_by_label("Beats a minute", exact=True)).to_have_value("100")


def test_ones_instrument_stays_as_it_was_chosen(open_page):
    page = open_page("/Tunebook").page
    bring(page, OTHER, "As It Sounds")
    for address in ("/Tunebook", "/Practise", "/"):
        page.goto(page.url.rsplit("/", 1)[0] + address)
        at_rest(page)
        for name in ("View", "My instrument"):
            button = page.get_by_role("button", name=name, exact=True).locator("visible=true")
            if not button.count():
                continue
            open_and_close(page, name)
            for octave in page.get_by_role("combobox", name="Octave").locator("visible=true").all():
                expect(octave).to_have_value("as written")
            shown = page.get_by_role("radiogroup", name="Shown as").locator("visible=true")
            for one in shown.all():
                expect(one.get_by_role("radio", checked=True)).to_have_count(1)
            shut(page)
