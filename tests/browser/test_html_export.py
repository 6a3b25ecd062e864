"""The exported page in a browser: from disk, without a network, wide and on a telephone."""

import io

import mido
import pytest
import soundfile
from playwright.sync_api import Page, expect

from musicgen.config import Paths
from musicgen.export.html_page import html_page
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.playback import played_notes


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    paths = Paths.default()
    file = tmp_path_factory.mktemp("page") / "house.html"
    house = load_checkpoint(find_checkpoint("house", paths).path)
    file.write_text(html_page(house, paths), encoding="utf-8")
    return file.as_uri()


def save(page: Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value.path().read_bytes()


@pytest.mark.parametrize(
    ("width", "locale", "scheme"), [(1440, "en-GB", "light"), (390, "zh-CN", "dark")]
)
def test_the_page_composes_and_sounds_from_disk(browser, address, width, locale, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, locale=locale, color_scheme=scheme, offline=True
    )
    page, wrong, asked = context.new_page(), [], []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    compose = page.locator("#compose")
    expect(compose).to_have_text("Compose" if locale == "en-GB" else "作曲")
    page.locator("#seed").fill("2147483648")
    expect(page.locator("#lock")).to_be_checked()
    compose.click()
    expect(page.locator("#state")).to_contain_text("2147483647")
    expect(page.locator("#tune")).to_be_hidden()
    page.locator("#seed").fill("2")
    compose.click()
    expect(page.locator("body")).to_have_attribute("data-playing", "true")
    expect(page.locator("#paper .is-sounding").first).to_be_visible()
    expect(page.locator("#time")).not_to_have_text("0:00", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tune, problems = read_tune(save(page, "ABC").decode())
    assert not problems
    assert tune.title == page.locator("#title").text_content()
    sound, rate = soundfile.read(io.BytesIO(save(page, "WAV")))
    assert sound.shape[1] == 2 and len(sound) > 10 * rate
    assert abs(sound).mean() > 0.01 and abs(sound).max() < 1
    pitches = [note.pitch for note in played_notes(tune.bars, tune.play_order)]
    played = [one.note for one in mido.MidiFile(file=io.BytesIO(save(page, "MIDI")))
              if one.type == "note_on"]  # fmt: skip
    assert played == pitches
    page.locator("#play").click()
    expect(page.locator("body")).to_have_attribute("data-playing", "false")
    expect(page.locator("body")).to_have_attribute("data-ahead", "true")
    page.locator("#lock").uncheck()
    compose.click()
    expect(page.locator("#seed")).not_to_have_value("2")
    expect(page.locator("#back")).to_be_enabled()
    assert not wrong
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    context.close()
