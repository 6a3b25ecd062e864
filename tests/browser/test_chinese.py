"""Chinese letters on a computer that may have none: the app hands them out itself."""

import time
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Route, expect

from musicgen.config import Paths
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.installation import are_fonts_installed
from musicgen.presets import PRESETS
from musicgen.training.loop.trainer import StepMetrics
from musicgen.training.runs.run import RunStore
from musicgen.ui.base.language import translations
from musicgen.ui.frame.page import CLASS_PAGES, PAGES
from tests.browser.waiting import at_rest
from tests.ui.tiny_model import TUNE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not are_fonts_installed(Paths.default()),
        reason="The Chinese fonts are not here: make setup",
    ),
]

LINKED = [
    name for script, name, _icon in (*PAGES[1:], PAGES[0]) if script not in CLASS_PAGES
]  # fmt: skip
NAMES = [translations("zh").gettext(name) for name in LINKED]

# What a browser draws for a character that no font has looks the same for all: the characters of
# an element that look like one that is not assigned, but for those that are not to be seen.
BOXES = """async ([element, text]) => {
  const look = getComputedStyle(element);
  const font = `${look.fontWeight} 40px ${look.fontFamily}`;
  await document.fonts.load(font, text);
  const canvas = Object.assign(document.createElement("canvas"), { width: 60, height: 60 });
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const draw = (character) => {
    paper.clearRect(0, 0, 60, 60);
    paper.font = font;
    paper.fillText(character, 5, 45);
    return paper.getImageData(0, 0, 60, 60).data.join();
  };
  const box = draw("\\u0378");
  const blank = draw(" ");
  return [...new Set(text)]
    .filter((one) => one.trim() && !/\\p{Cf}/u.test(one) && [box, blank].includes(draw(one)));
}"""


# How wide a text is each time that it is drawn on a canvas, and in which font.
NOTE_WIDTHS = """(text) => {
  globalThis.drawn = [];
  const draw = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (words, ...place) {
    if (words === text) {
      globalThis.drawn.push({ width: this.measureText(words).width, font: this.font });
    }
    return draw.call(this, words, ...place);
  };
}"""

# Whether its letters are here, and it was last drawn as wide as they are.
IS_DRAWN_ANEW = """([text, mustLoad]) => {
  const { width, font } = globalThis.drawn.at(-1);
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.font = font;
  const isHere = !mustLoad || document.fonts.check(font, text);
  return isHere && Math.abs(canvas.measureText(text).width - width) < 0.5;
}"""

ANY_FONT = """() => {
  const element = document.createElement("span");
  element.style.fontFamily = "sans-serif";
  return document.body.appendChild(element);
}"""

# Chinese letters are as wide as they are high, and boxes are narrow. The score may be drawn anew.
IS_WIDE = """() => [...document.querySelectorAll(".musicgen-paper text")]
  .filter((title) => title.textContent.includes("茉莉花"))
  .some((title) => title.getBBox().width > 2.9 * title.getAttribute("font-size"))"""

FETCHED = """[...document.fonts]
  .some((one) => one.family.includes("Noto Sans SC") && one.status === "loaded")"""


def boxes(page: Page, selector: str, text: str = "") -> list[str]:
    """The characters of an element, or of a text in its font, that are drawn as empty boxes."""
    element = page.locator(selector).first
    text = text or element.inner_text()
    assert any("\u4e00" <= one <= "\u9fff" for one in text), text
    return list(page.evaluate(BOXES, [element.element_handle(), text]))


def test_every_page_is_written_in_letters_not_in_boxes(open_page):
    page = open_page("/?lang=zh").page
    for name in NAMES:
        page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        at_rest(page)
        for place in ("[data-testid=stMain]", "[data-testid=stSidebar]", "h1"):
            assert boxes(page, place) == []


def test_the_switch_to_chinese_can_be_read_on_an_english_page(open_page):
    page = open_page("/Endless").page
    expect(page.get_by_text("中文")).to_be_visible()
    assert boxes(page, "[data-testid=stSidebar]", "中文") == []
    family = page.locator("h1").evaluate("element => getComputedStyle(element).fontFamily")
    assert family.startswith('"Source Sans"')  # Latin letters stay in the theme's own


@pytest.fixture
def jasmine(server):
    """A corpus with a tune that has a Chinese title."""
    store = CorpusStore(server.home / "corpora")
    tune = TUNE.replace("The Patient Machine", "茉莉花")
    assert tune != TUNE
    store.create("jasmine", [Upload("jasmine.abc", f"{tune}\n".encode())])
    yield
    store.delete("jasmine")


def test_a_chinese_title_can_be_read_over_the_score(open_page, jasmine):
    page = open_page("/Corpus").page
    page.get_by_role("combobox", name="Corpus").click()
    page.get_by_role("option", name="jasmine").click()
    expect(page.locator(".musicgen-paper text:has-text('茉莉花')").first).to_be_attached()
    at_rest(page)
    page.wait_for_function(IS_WIDE)

    # Another page asks for the letters anew: until it has heard which there are, it knows of none.
    page.route("**/index.css", lambda route: (time.sleep(1), route.continue_()))
    for _again in range(2):
        page.get_by_role("link", name="Practise", exact=True).last.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Practise")
        expect(page.locator(".musicgen-paper text:has-text('茉莉花')").first).to_be_attached()
        at_rest(page)
        page.wait_for_function(IS_WIDE)
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Corpus")
        at_rest(page)


def test_a_title_in_a_table_is_drawn_anew_when_its_letters_arrive(open_page, jasmine):
    page, title = open_page("/Endless").page, "茉莉花"
    held: list[Route] = []
    is_holding = True

    def hold(route: Route) -> None:
        if is_holding:
            held.append(route)
        else:
            route.continue_()

    lacks_font = bool(page.evaluate(BOXES, [page.evaluate_handle(ANY_FONT), title]))
    page.route("**/component/**.woff2", hold)
    page.evaluate(NOTE_WIDTHS, title)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Corpus").click()
    page.get_by_role("combobox", name="Corpus").click()
    page.get_by_role("option", name="jasmine").click()
    page.wait_for_function("drawn.length > 0")
    at_rest(page)
    while lacks_font and not held:
        page.wait_for_timeout(50)
    is_holding = False
    for route in held:
        route.continue_()
    page.wait_for_function(IS_DRAWN_ANEW, arg=[title, lacks_font])


def test_streamlit_speaks_the_language_of_the_reader(open_page):
    say = translations("zh").gettext
    page = open_page("/Corpus?lang=zh").page
    at_rest(page)
    zone = page.get_by_test_id("stFileUploaderDropzone")
    if not zone.is_visible():
        page.get_by_text(say("Bring your own tunes")).click()
    expect(zone).to_contain_text("上传")
    expect(zone).to_contain_text("每个文件最多 20 MB")
    page.get_by_label(say("Name of the corpus")).fill("Upload")
    expect(page.get_by_text("按 Enter 应用")).to_be_visible()
    expect(page.get_by_label(say("Name of the corpus"))).to_have_value("Upload")
    expect(page.get_by_text("Upload", exact=True)).to_have_count(0)
    page = open_page("/Corpus").page
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_contain_text("Upload")


def test_a_saved_picture_of_curves_takes_its_letters_along(open_page, server):
    run = RunStore(server.home / "runs").create("drawn", PRESETS["quick"])
    for step in range(1, 301):
        run.append_metrics(StepMetrics(step, 3.0, 0.5, 1.0, 1e-3, 1e4, step / 10, None, None))
    page = open_page("/Train?lang=zh").page
    page.locator(".st-key-open_drawn button").click()
    opened = page.locator(".st-key-opened")
    opened.locator(".musicgen-chart .main-svg").last.wait_for()
    page.evaluate(
        """() => {
      globalThis.drawn = [];
      const { set, get } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
      Object.defineProperty(HTMLImageElement.prototype, "src", {
        get, set(value) { globalThis.drawn.push(value); set.call(this, value); },
      });
    }"""
    )
    with page.expect_download() as picture:
        opened.get_by_role("button", name="PNG", exact=True).click()
    data = Path(picture.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    drawn = [unquote(one) for one in page.evaluate("drawn") if one.startswith("data:image/svg")]
    assert drawn
    fetched = page.evaluate(FETCHED)
    has_chinese = [one for one in drawn if any("\u4e00" <= letter <= "\u9fff" for letter in one)]
    assert has_chinese
    assert all(("@font-face" in one) == fetched for one in has_chinese)
