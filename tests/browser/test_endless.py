import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import at_rest, expect_no_wider, value_of

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
MAX_GAP_S = 0.05
SOURCES = ".st-key-endless_sources audio"

RADIO = """() => {
  const radio = globalThis.musicgenRadios?.get(document.querySelector(".musicgen-radio"));
  return radio?.current && {
    now: radio.context.currentTime, state: radio.context.state, current: radio.current.number,
    start: radio.current.start, log: radio.log,
    ready: [...radio.tracks.values()].filter((track) => track.source).map((track) => track.number),
    kept: radio.tracks.size,
  };
}"""

# Presses "The tune before", and "Next tune" as soon as it sounds; the page hears of both at once.
BACK_AND_ON = """async () => {
  const radio = globalThis.musicgenRadio, from = radio.current.number, begun = performance.now();
  radio.tellPlaying = () => {};
  radio.askForBefore();
  const show = () => {
    const { data, current, jump, jumped, made, before, patience, context } = radio;
    const tracks = [...radio.tracks.values()].map((one) => [one.number, Boolean(one.buffer)]);
    return JSON.stringify(
      [from, current.number, tracks, data, jump, jumped, made, before, patience, context.state]);
  };
  while (radio.current.number >= from || !radio.following()?.buffer) {
    if (performance.now() - begun > 240_000) throw new Error(`It did not come: ${show()}`);
    await new Promise((done) => setTimeout(done, 10));
  }
  radio.skip();
  delete radio.tellPlaying;
  radio.tellPlaying();
}"""

# Listens to what leaves the player: when each block of samples was silent, on the audio clock.
LISTEN = """() => {
  const radio = globalThis.musicgenRadios.get(document.querySelector(".musicgen-radio"));
  const tap = radio.context.createScriptProcessor(256, 2, 1);
  globalThis.blocks = [];
  tap.onaudioprocess = ({ inputBuffer, playbackTime }) => {
    const samples = inputBuffer.getChannelData(0);
    let power = 0;
    for (const value of samples) power += value * value;
    globalThis.blocks.push([playbackTime, Math.sqrt(power / samples.length)]);
  };
  radio.output.connect(tap);
  tap.connect(radio.context.destination);
}"""

# Brings the end of the tune near, as waiting for it would: what follows is moved along with it.
NEAR_THE_END = """() => {
  const radio = globalThis.musicgenRadios.get(document.querySelector(".musicgen-radio"));
  const next = radio.following();
  radio.silence(next);
  radio.silence(radio.current);
  const { context, current } = radio;
  current.gain = context.createGain();
  current.gain.connect(radio.output);
  current.source = context.createBufferSource();
  current.source.buffer = current.buffer;
  current.source.connect(current.gain);
  const now = context.currentTime + 0.1;
  const skipped = current.duration - 4;
  current.source.start(now, skipped);
  current.start = now - skipped;
  radio.log.push([current.number, current.start, current.start + current.duration]);
  radio.schedule();
}"""


def start(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(f"({RADIO})()?.ready.length > 1")


def test_one_tune_follows_the_other_without_a_gap(open_page):
    page = open_page("/Endless").page
    start(page)
    page.evaluate(LISTEN)
    page.evaluate(NEAR_THE_END)
    first = value_of(page, RADIO)
    page.wait_for_function(f"({RADIO})()?.current > {first['current']}")
    page.wait_for_function(f"blocks.at(-1)?.[0] > ({RADIO})()?.start + 1.5")
    state = value_of(page, RADIO)
    before, after = (row for row in state["log"] if row[0] in (first["current"], state["current"]))
    assert abs(after[1] - before[2]) <= MAX_GAP_S
    heard = [block for block in page.evaluate("blocks") if abs(block[0] - after[1]) < 1]
    assert heard[0][0] < after[1] < heard[-1][0]
    assert longest_silence(heard) <= MAX_GAP_S


def longest_silence(blocks: list[list[float]]) -> float:
    """Seconds of the longest run of blocks below -60 dB of full scale."""
    longest, begun = 0.0, None
    for when, loudness in blocks:
        if loudness > 0.001:
            begun = None
            continue
        begun = when if begun is None else begun
        longest = max(longest, when - begun)
    return longest


def test_score_and_cursor_follow_the_tune_that_sounds(open_page):
    page = open_page("/Endless").page
    start(page)
    page.locator(".musicgen-note").first.wait_for(state="attached")
    expect(page.locator(".musicgen-sounding")).to_have_count(1)
    expect(page.locator(".musicgen-cursor")).to_be_visible()


def test_the_link_of_the_tune_that_sounds_opens_it_on_play(open_page):
    page = open_page("/Endless", permissions=["clipboard-read", "clipboard-write"]).page
    start(page)
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(page.url.split("/Endless")[0] + "/?model=")
    seed = re.search(r"seed=(\d+)", link)[1]
    other = open_page(link.partition("/?")[1] + link.partition("/?")[2]).page
    other.locator(".musicgen-note").first.wait_for(state="attached")
    expect(other.get_by_text(f"seed {seed}").first).to_be_visible()


def test_skip_pause_and_stop(open_page):
    page = open_page("/Endless").page
    start(page)
    current = value_of(page, RADIO)["current"]
    page.get_by_role("button", name="Next tune").click()
    page.wait_for_function(f"({RADIO})()?.current > {current}")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"({RADIO})()?.state === 'suspended'")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function(f"({RADIO})()?.state === 'running'")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("globalThis.musicgenRadio.isSilent")
    expect(page.locator(".musicgen-note").first).to_be_visible()  # the tune stays to be seen
    page.get_by_role("button", name="Play this tune again").click()
    page.wait_for_function(f"({RADIO})()?.state === 'running'")
    page.get_by_role("button", name="Stop").wait_for()


def test_the_music_goes_on_over_other_pages_and_one_sounds_at_a_time(open_page):
    page = open_page("/Endless").page
    start(page)
    page.evaluate("globalThis.before = globalThis.musicgenRadio")
    for name in ("Train", "Corpus", "Play"):
        page.get_by_role("link", name=name).first.click()
        page.get_by_role("heading", level=1, name=name).wait_for()
        bar = page.locator(".st-key-on_air")
        expect(bar.get_by_role("button", name="Pause")).to_be_visible()
        expect(bar.get_by_role("link")).to_be_visible()
        page.wait_for_function(f"({RADIO})()?.state === 'running'")
    assert page.evaluate("globalThis.before === globalThis.musicgenRadio")
    current = value_of(page, RADIO)["current"]
    for _skip in range(3):  # more than was ready: it is fed from here
        page.wait_for_function(f"({RADIO})()?.ready.some((number) => number > {current})")
        page.get_by_role("button", name="Next tune").click()
        page.wait_for_function(f"({RADIO})()?.current > {current}")
        current = value_of(page, RADIO)["current"]
    page.get_by_role("button", name="Compose").click()
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.currentTime > 0.2")
    page.wait_for_function(f"({RADIO})()?.state === 'suspended'")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function("document.querySelector('.st-key-sound audio').paused")
    page.wait_for_function(f"({RADIO})()?.state === 'running'")


def test_the_tune_before_comes_again_and_what_was_heard_can_be_kept(open_page):
    page = open_page("/Endless").page
    start(page)
    first = value_of(page, RADIO)["current"]
    title = str(page.locator(".abcjs-title").text_content())
    page.get_by_role("button", name="Next tune").click()
    page.wait_for_function(f"({RADIO})()?.current > {first}")
    page.get_by_role("button", name="The tune before").click()
    page.wait_for_function(f"({RADIO})()?.current === {first}")
    expect(page.locator(".abcjs-title")).to_have_text(title)
    page.get_by_role("button", name="Next tune").click()
    page.wait_for_function(f"({RADIO})()?.current > {first}")
    page.get_by_text("Tunes before").click()
    row = page.locator(f".st-key-before_{first}")
    with page.expect_download() as download:
        row.get_by_role("button", name="ABC").click()
    assert f"T:{title}" in download.value.path().read_text(encoding="utf-8")
    row.get_by_role("button", name="Favourite").click()
    expect(row.get_by_role("button", name="Kept")).to_be_visible()
    page.get_by_role("button", name="More formats").click()
    page.locator(".st-key-download_format").get_by_role("radio", name="MP3").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MP3").click()
    assert download.value.path().stat().st_size > 10_000
    page.keyboard.press("Escape")
    # Back and on again at once: the page hears of both as of one.
    page.evaluate(BACK_AND_ON)
    expect(row).to_be_visible()
    row.get_by_role("link", name="Open in Play").click()
    page.get_by_role("heading", level=1, name="Play").wait_for()
    expect(page.locator(".abcjs-title").first).to_have_text(title)


def test_a_page_that_does_not_answer_is_asked_less_and_less_often(open_page):
    page = open_page("/Endless").page
    start(page)
    page.evaluate(
        """() => {
          const radio = globalThis.musicgenRadio;
          globalThis.asks = [];
          radio.update = () => {};
          radio.send = { state() {}, trigger: (name) => name === "before" && asks.push(name) };
          radio.askForBefore();
          setTimeout(() => { globalThis.isOver = true; }, 7000);
        }"""
    )
    page.wait_for_function("globalThis.isOver")
    assert 2 <= page.evaluate("asks.length") <= 3  # at once, after 2 s, after 4 more


def test_a_sound_that_could_not_be_fetched_is_fetched_again(open_page):
    page = open_page("/Endless").page
    start(page)
    page.wait_for_function(  # all that the page gives for now
        "[...musicgenRadio.tracks.values()].filter((track) => track.buffer).length > 2"
    )
    at_rest(page)
    lost = value_of(
        page,
        """() => {
          const radio = globalThis.musicgenRadio, next = radio.following();
          radio.drop(next);
          return String(next.number);
        }""",
    )
    page.wait_for_function(f"({RADIO})()?.ready.includes({lost})")


def test_few_tunes_are_kept_however_many_were_heard(open_page):
    page = open_page("/Endless").page
    start(page)
    for _skip in range(4):
        current = value_of(page, RADIO)["current"]
        page.wait_for_function(f"({RADIO})()?.ready.some((number) => number > {current})")
        page.get_by_role("button", name="Next tune").click()
        page.wait_for_function(f"({RADIO})()?.current > {current}")
    page.wait_for_function(f"({RADIO})()?.kept <= 4")
    page.wait_for_function(f"document.querySelectorAll('{SOURCES}').length <= 4")


def test_nothing_is_wider_than_a_phone(open_page):
    page = open_page("/Endless", viewport=PHONE).page
    start(page)
    expect_no_wider(page, PHONE["width"])
