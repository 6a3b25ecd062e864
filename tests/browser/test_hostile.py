"""What strangers write is read as words: no address is asked, no element comes of it."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WORDS = (
    "![x](http://evil.test/a.png)",
    "[x](http://evil.test)",
    "<img src=http://evil.test/a>",
    "http://evil.test/x",
    "www.evil.test",
    "a@evil.test",
    ":material/delete_forever:",
    ":red[evil]",
    "$evil$",
    "a\u202eb evil",
)
MADE = "a[href*=evil], a[href^=mailto], img[src*=evil], .katex, span[style*=color], h1 ~ code"
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.mark.parametrize("words", WORDS)
def test_a_link_says_words_and_nothing_comes_of_them(open_page, words):
    page = open_page(f"/?model={quote(words)}").page
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("There is no model named")
    text = alert.inner_text().replace("\u2060", "")
    assert words.replace("\u202e", "") in text.replace("\\u202e", "")
    expect(alert.locator(MADE)).to_have_count(0)
    assert "\u202e" not in text
    icons = alert.locator("[data-testid=stIconMaterial]").all_inner_texts()
    assert "delete_forever" not in icons


def test_a_name_that_somebody_gave_a_tune_is_words(open_page):
    page = open_page("/?model=tiny&seed=1").page
    page.get_by_role("button", name="Favourite").click()
    page.get_by_text("Favourites", exact=True).click()
    box = page.locator(".st-key-favourites_box")
    for words in (WORDS[0], "<b>evil</b> http://evil.test www.evil.test :red[x] $x$"):
        page.locator(AT_REST).wait_for()
        box.get_by_role("button", name="Rename").first.click()
        field = page.get_by_label("Name", exact=True)
        field.fill(words)
        field.press("Enter")
        expect(box.get_by_text("evil").first).to_be_visible()
        page.locator(AT_REST).wait_for()
        shown = box.locator("[data-testid=stMarkdownContainer] strong").first
        expect(shown).to_have_text(re.compile("\u2060*".join(map(re.escape, words))))
        expect(box.locator(MADE.replace(", span[style*=color]", ""))).to_have_count(0)
        page.keyboard.press("Escape")


def test_pages_load_nothing_that_a_stranger_names(open_page):
    """Should a picture ever be made, the browser itself does not ask for it."""
    watched = open_page("/")
    page = watched.page
    refused = page.evaluate(
        """() => new Promise(resolve => {
          document.addEventListener("securitypolicyviolation", event =>
            resolve(event.effectiveDirective));
          const picture = new Image();
          picture.onload = () => resolve("loaded");
          picture.src = "data:text/plain,";
          fetch("https://evil.test/").catch(() => {});
        })"""
    )
    assert refused == "connect-src"
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    watched.errors.clear()  # the browser says that it refused
    watched.requests.clear()
