import mido
import numpy as np
import pypdf
import pytest
import soundfile
from playwright.sync_api import Page, expect

from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.files.formats import FORMATS
from musicgen.ui.tune.downloads import AT_ONCE, MEANINGS
from tests.browser.waiting import (
    AT_REST,
    at_rest,
    expect_no_wider,
    expect_text,
    settled,
    text_shown,
    value_of,
)
from tests.ui.tiny_model import TUNE

pytestmark = pytest.mark.browser

TINY = "/?model=tiny&temperature=0.8&seed=4711"
PHONE = {"width": 390, "height": 844}

DECODE = """async () => {
  const data = await (await fetch(document.querySelector(".st-key-sound audio").src)).arrayBuffer();
  const sound = await new AudioContext().decodeAudioData(data);
  const samples = sound.getChannelData(0);
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  return { duration: sound.duration, channels: sound.numberOfChannels, loudness: power ** 0.5 };
}"""

# After the score's own look at the clock, which every frame begins with.
SCORE = """(before) => {
  const score = globalThis.musicgenScores?.get(document.querySelector(".musicgen-score"));
  if (!score || score.current === before) return false;
  return { onsets: score.data.onsets_s, starts: score.layout.starts, current: score.current,
           time: document.querySelector(".st-key-sound audio").currentTime };
}"""

AUDIO = "document.querySelector('.st-key-sound audio')"
LISTENS = f"({AUDIO}?.readyState ?? 0) > 0"
SEED = "new URL(location).searchParams.get('seed')"

SHORTEST_TUNE = 60
"""Characters: a header alone has thirty."""


def compose(page: Page) -> None:
    """Composes with a seed that is drawn; the tune of before stays until the new one is there."""
    before = page.evaluate(SEED)
    page.get_by_role("button", name="Compose").click()
    page.wait_for_function(f"(before) => {SEED} !== before", arg=before)
    page.locator(AT_REST).wait_for()
    page.locator(".st-key-downloads").wait_for()
    settled(page)


def wait_for_score(page: Page) -> None:
    """Waits until the sheet music is drawn and nothing on the page moves any more."""
    page.locator(".musicgen-note").first.wait_for(state="attached")
    at_rest(page)


def test_a_newcomer_hears_a_tune_with_one_click(open_page):
    page = open_page("/").page
    expect(page.get_by_role("slider")).to_have_count(1)
    expect(page.locator("[data-testid=stBaseButton-primary]")).to_have_count(1)
    heard = []
    for _click in range(3):  # the first tune sounds; a short one may have to be followed by another
        compose(page)
        page.wait_for_function(f"{AUDIO}?.currentTime > 0.2")
        heard.append(page.evaluate(DECODE))
        assert heard[-1]["loudness"] > 0.01
        assert heard[-1]["channels"] == 2
        if heard[-1]["duration"] > 10:
            break
    assert heard[-1]["duration"] > 10
    wait_for_score(page)


def test_a_player_that_is_gone_gives_its_connection_back(open_page):
    page = open_page("/?model=tiny").page
    compose(page)
    page.wait_for_function(f"(globalThis.first = {AUDIO}) && {LISTENS}")
    page.wait_for_function("first.networkState !== HTMLMediaElement.NETWORK_EMPTY")
    compose(page)
    page.wait_for_function("!first.isConnected && !first.hasAttribute('src')")
    page.wait_for_function("first.networkState === HTMLMediaElement.NETWORK_EMPTY")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.currentTime > 0.2")


def test_a_sound_that_has_to_be_brought_twice_begins_by_itself(open_page):
    page = open_page("/?model=tiny").page
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.fulfill(status=404)

    page.route("**/media/*.wav", lose_the_first)
    page.get_by_role("button", name="Compose").click()
    page.wait_for_function(f"{AUDIO}?.currentTime > 0.2")
    assert lost


def test_a_double_click_composes_and_keeps_drawing_seeds(open_page):
    page = open_page("/?model=tiny").page
    for _time in range(3):
        page.get_by_role("button", name="Compose").dblclick()
        page.locator(".st-key-downloads").wait_for()
        settled(page)
        page.wait_for_function("document.querySelector('.st-key-sound audio')?.currentTime > 0.2")
    expect(page.get_by_role("button", name="Keep this seed")).to_be_visible()


def test_the_text_is_seen_while_it_is_written(open_page):
    page = open_page("/?model=house").page  # the tiny one is done before a browser draws
    page.evaluate(
        """() => { globalThis.seen = new Set(); new MutationObserver(() => {
          const code = document.querySelector("[data-testid=stMain] .musicgen-text code");
          if (code) globalThis.seen.add(code.innerText.length);
        }).observe(document.body, { childList: true, subtree: true, characterData: true }); }"""
    )
    begun: list[int] = []
    for _click in range(6):  # a busy one draws few
        compose(page)
        begun = [one for one in page.evaluate("[...globalThis.seen]") if 0 < one < SHORTEST_TUNE]
        if begun:
            break
    assert begun


def test_a_link_shows_its_tune_without_making_a_noise_and_a_refresh_keeps_it(open_page):
    page = open_page(TINY).page
    wait_for_score(page)
    expect_text(page, TUNE)
    page.wait_for_function(LISTENS)
    assert page.evaluate(f"{AUDIO}.paused")  # it is all there, and makes no noise
    page.reload()
    wait_for_score(page)
    expect_text(page, TUNE)
    assert "seed=4711" in page.url


def test_the_cursor_stands_on_the_note_that_sounds(open_page):
    page = open_page("/?model=tiny").page
    compose(page)
    wait_for_score(page)
    page.wait_for_function("document.querySelector('audio')?.currentTime > 1")
    page.evaluate(f"{AUDIO}.loop = true")  # a slow machine must not come to the end
    current = -1
    for _look in range(5):
        state = value_of(page, SCORE, arg=current)
        expected = np.searchsorted(state["onsets"], state["time"], side="right") - 1
        assert abs(state["current"] - expected) <= 1  # a frame may lie between the two
        current = state["current"]
    expect(page.locator(".musicgen-sounding")).to_have_count(1)
    expect(page.locator(".musicgen-cursor")).to_be_visible()


def test_a_click_on_a_note_plays_from_there(open_page):
    page = open_page(TINY).page
    wait_for_score(page)
    page.wait_for_function(LISTENS)
    page.evaluate(
        f"{AUDIO}.addEventListener('play', () => {{ globalThis.begun = {AUDIO}.currentTime; }})"
    )
    page.locator(".musicgen-note").nth(30).click(force=True)
    begun = value_of(page, "globalThis.begun")
    state = value_of(page, SCORE, arg=-1)
    onset = state["onsets"][state["starts"].index(sorted(set(state["starts"]))[30])]
    assert onset - 0.01 <= begun < onset + 2


def test_moving_the_slider_does_not_stop_the_sound(open_page):
    page = open_page("/?model=tiny").page
    compose(page)
    page.wait_for_function("document.querySelector('audio')?.currentTime > 0.5")
    page.evaluate(f"Object.assign({AUDIO}, {{ marked: true, loop: true }})")
    page.get_by_role("slider").press("ArrowRight")
    expect(page.locator("[data-testid=stSliderThumbValue]")).to_have_text("0.90")
    at_rest(page)
    before = page.evaluate("document.querySelector('audio').currentTime")
    page.wait_for_function(f"document.querySelector('audio')?.currentTime > {before}")
    assert page.evaluate(f"{AUDIO}.marked")  # the same player as before
    expect(page.locator(".musicgen-cursor")).to_be_visible()


def test_the_text_is_copied_letter_for_letter(open_page):
    page = open_page(TINY, permissions=["clipboard-read", "clipboard-write"]).page
    shown = text_shown(page)
    copy = page.get_by_role("button", name="Copy", exact=True)
    copy.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").strip() == shown == TUNE
    expect(copy).to_be_visible()


def test_each_download_opens_in_another_program(open_page, tmp_path):
    page = open_page(TINY).page
    files = {}
    for name in ("WAV", "MIDI", "ABC"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        files[name] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[name])
    assert [path.suffix for path in files.values()] == [".wav", ".mid", ".abc"]
    assert {path.stem for path in files.values()} == {"The-Patient-Machine"}
    samples, rate = soundfile.read(files["WAV"])
    assert (rate, samples.shape[1]) == (44_100, 2)
    midi = mido.MidiFile(files["MIDI"])
    onsets = [message for track in midi.tracks for message in track if message.type == "note_on"]
    tune, _problems = read_tune(TUNE)
    assert len([message for message in onsets if message.velocity]) == len(tune.performance)
    assert len(samples) / rate == pytest.approx(midi.length + 2, abs=1)
    text = files["ABC"].read_text(encoding="utf-8")
    assert "N:musicgen checkpoint=tiny" in text and '"temperature":0.8' in text


def test_every_other_format_is_behind_one_button_and_opens(open_page, browser, tmp_path):
    page = open_page(TINY).page
    wait_for_score(page)
    page.get_by_role("button", name="More formats").click()
    expect(page.get_by_text("Sheet music to print")).to_be_visible()
    files = {}
    later = [FORMATS[name] for name in MEANINGS if name not in AT_ONCE]
    for name in (*(one.label for one in later), "ZIP"):
        page.locator(".st-key-download_format").get_by_role("radio", name=name, exact=True).click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Save {name}").click()
        files[name] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[name])
    assert {path.name for path in files.values()} == {
        f"The-Patient-Machine.{ending}" for ending in (*(one.suffix for one in later), "zip")
    }
    for name in ("MP3", "OGG", "FLAC"):
        assert soundfile.info(files[name]).duration > 10
    for path in files.values():
        [recipe] = read_recipes(path)
        assert (recipe.checkpoint, recipe.config.seed) == ("tiny", 4711)
    assert "The Patient Machine" in pypdf.PdfReader(files["PDF"]).pages[0].extract_text()
    viewer = browser.new_page()
    viewer.goto(files["SVG"].as_uri())
    drawn = viewer.locator("svg").bounding_box()
    assert drawn
    assert drawn["width"] > 500
    assert viewer.locator("svg path").count() > 100
    viewer.close()


@pytest.mark.parametrize("path", ["/", TINY, "/Train"])
def test_nothing_is_wider_than_a_phone(open_page, path):
    page = open_page(path, viewport=PHONE).page
    expect_no_wider(page, PHONE["width"])


def test_on_a_telephone_the_page_goes_to_what_was_composed(open_page):
    page = open_page("/?model=tiny", viewport=PHONE).page
    compose(page)
    page.wait_for_function(f"{AUDIO}.getBoundingClientRect().top < innerHeight / 4")
    first = page.locator(".musicgen-note").first
    page.wait_for_function(
        "note => note.getBoundingClientRect().bottom < innerHeight", arg=first.element_handle()
    )


def test_a_narrow_score_has_two_bars_a_line_and_a_wide_one_four(open_page):
    page = open_page(TINY).page
    wait_for_score(page)
    expect(page.locator(".musicgen-paper .abcjs-staff")).to_have_count(4)
    page.set_viewport_size(PHONE)
    expect(page.locator(".musicgen-paper .abcjs-staff")).to_have_count(8)


def test_the_score_is_drawn_in_the_colour_of_the_words(open_page):
    colours = []
    for scheme in ("light", "dark"):
        page = open_page(TINY, color_scheme=scheme).page
        wait_for_score(page)
        title = page.get_by_role("heading", level=1)
        colours.append(title.evaluate("element => getComputedStyle(element).color"))
        bar = page.locator(".musicgen-paper .abcjs-bar path").first
        expect(bar).to_have_css("fill", colours[-1])
    assert colours[0] != colours[1]


def test_a_chinese_browser_is_spoken_to_in_chinese_and_can_change_its_mind(open_page):
    page = open_page("/?model=tiny", locale="zh-CN").page
    expect(page.get_by_role("heading", level=1)).to_have_text("演奏")
    page.get_by_role("button", name="作曲").wait_for()
    page.wait_for_function("document.documentElement.lang === 'zh-Hans'")
    page.get_by_text("English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Play")
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")


def test_buttons_without_words_have_names_for_those_who_listen(open_page):
    page = open_page("/?model=tiny").page
    page.get_by_role("button", name="Keep this seed").click()
    page.get_by_role("button", name="Draw a new seed each time").wait_for()
    page.get_by_role("button", name="Throw the dice").click()
    expect(page.get_by_label("Seed", exact=True)).not_to_have_value("")


def test_a_link_to_what_there_is_not_is_told_in_a_sentence(open_page):
    page = open_page("/?model=nobody&seed=1").page
    expect(page.get_by_role("alert")).to_contain_text("There is no model named 'nobody'")
    page.get_by_role("button", name="Compose").wait_for()
