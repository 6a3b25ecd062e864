"""The score one can touch, with real sound in a real browser."""

import re
from statistics import median
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.parsing.reader import read_tune
from tests.browser.test_play import LISTENS, PHONE, TINY, compose, wait_for_score
from tests.browser.waiting import (
    at_rest,
    expect_text,
    held_value,
    settled,
    text_shown,
    type_into,
    value_of,
)

pytestmark = pytest.mark.browser

HOUSE = "/?model=house&temperature=0.9&seed=4712"

LOOK = """() => {
  const score = globalThis.musicgenScores.get(document.querySelector(".musicgen-score"));
  const audio = document.querySelector(".st-key-sound audio");
  const { loop, touch } = score.data;
  return { time: audio.currentTime, paused: audio.paused, loop,
           selection: score.touch.selection, bits: touch?.bits, alternatives: touch?.alternatives };
}"""

FOLLOW = """async (seconds) => {
  const score = globalThis.musicgenScores.get(document.querySelector(".musicgen-score"));
  const audio = document.querySelector(".st-key-sound audio");
  const seen = [];
  const end = performance.now() + 1000 * seconds;
  let last;
  while (performance.now() < end || (seen.length < 10 && performance.now() < end + 60_000)) {
    await new Promise(requestAnimationFrame); // the score looked at the clock in the same frame
    const lit = document.querySelector(".musicgen-sounding");
    if (!lit || score.current === last) continue;
    const time = audio.currentTime;
    const onset = score.data.onsets_s[score.current];
    const next = Math.min(...score.data.onsets_s.filter((one) => one > onset));
    if (last !== undefined) seen.push({
      early: onset - time,
      late: time - next, // beyond the note that is lit; how slow the frames come is the machine's
      isUnder: score.elements.get(score.layout.starts[score.current]).includes(lit),
    });
    last = score.current;
  }
  return seen;
}"""

# After the score's own look at the clock, which every frame begins with: it sends the sound back.
TIME_IN_FRAME = """async () => {
  await new Promise(requestAnimationFrame);
  return document.querySelector(".st-key-sound audio").currentTime;
}"""

NOTE_AT = """(number) => {
  const score = globalThis.musicgenScores.get(document.querySelector(".musicgen-score"));
  const [element] = score.elements.get(score.layout.notes[number]);
  element.style.scrollMargin = "90px"; // clear of the head of the page, which stays where it is
  element.scrollIntoView({ block: "nearest" });
  const box = (element.querySelector("[data-name]") ?? element).getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}"""


def note_at(page: Page, number: int) -> tuple[float, float]:
    """Where on the screen a note is, in written order."""
    x, y = page.evaluate(NOTE_AT, number)
    return x, y


def drag(page: Page, first: int, last: int) -> None:
    """Drags from one note to another, both in view."""
    note_at(page, first)
    page.mouse.move(*note_at(page, first))
    page.mouse.down()
    page.mouse.move(*note_at(page, last), steps=6)
    page.mouse.up()


def bars(text: str) -> list[list[tuple[object, object]]]:
    tune, _problems = read_tune(text + "\n")
    return [[(note.pitches, note.duration) for note in bar.notes] for bar in tune.bars]


def state_with(page: Page, name: str) -> dict:
    """The state of the score and its sound, as soon as it has a part that may come later."""
    return value_of(page, f"() => {{ const state = ({LOOK})(); return state.{name} && state; }}")


def rare_note(page: Page, behind: int) -> int:
    """The first note after the one of that number for which the network had other ideas."""
    alternatives = state_with(page, "alternatives")["alternatives"]
    return next(number for number, rows in enumerate(alternatives) if number > behind and rows)


def test_the_cursor_keeps_within_50_ms_of_the_sound(open_page):
    page = open_page("/?model=tiny").page
    compose(page)
    wait_for_score(page)
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.currentTime > 0.5")
    seen = page.evaluate(FOLLOW, 5)
    assert len(seen) > 8
    assert all(one["isUnder"] for one in seen)
    assert all(one["early"] < 0.001 for one in seen)
    assert median(one["late"] for one in seen) < 0.05


def test_bars_are_chosen_by_dragging_and_go_round(open_page):
    page = open_page(TINY).page
    wait_for_score(page)
    drag(page, 7, 14)
    expect(page.get_by_role("button", name="Bars 2–3")).to_be_visible()
    assert state_with(page, "selection")["selection"] == [1, 2]
    assert page.evaluate(LOOK)["paused"]  # a drag is no click on a note
    page.get_by_text("Loop", exact=True).click()
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.paused === false")
    ((start, end), *others) = state_with(page, "loop")["loop"]
    assert len(others) == 1  # the section is repeated
    assert end - start == pytest.approx(float(others[0][1] - others[0][0]), abs=0.01)
    page.evaluate(
        "(end) => { document.querySelector('.st-key-sound audio').currentTime = end - 0.3; }", end
    )
    page.wait_for_function(
        "([start, end]) => { const now = document.querySelector('.st-key-sound audio').currentTime;"
        " return now >= start - 0.05 && now < end - 0.5; }",
        arg=[start, end],
    )
    for _look in range(8):
        page.wait_for_timeout(150)
        assert start - 0.15 <= page.evaluate(TIME_IN_FRAME) <= end + 0.15
    page.get_by_role("button", name="Let go").click()
    expect(page.get_by_role("button", name="Choose bars", exact=True)).to_be_visible()
    expect(page.locator(".is-selected")).to_have_count(0)


def test_an_alternative_is_taken_and_a_link_brings_it_back(open_page):
    page = open_page(HOUSE).page
    wait_for_score(page)
    before = text_shown(page)
    number = rare_note(page, 20)
    page.mouse.move(*note_at(page, number))
    alternatives = page.get_by_role("dialog", name=re.compile("bits of surprise"))
    expect(alternatives).to_be_visible()
    button = alternatives.get_by_role("button").first
    character = button.get_attribute("data-character")
    button.click()
    expect(page.get_by_text("1 change by hand")).to_be_visible()
    after = text_shown(page, other_than=before)
    same = next(
        at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]
    )
    assert after[same] == character or character == "\n"
    page.wait_for_function("decodeURIComponent(location.search).includes('\"take\"')")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.paused === false")
    address = urlsplit(page.url)
    again = open_page(f"{address.path}?{address.query}").page
    wait_for_score(again)
    expect_text(again, after)
    page.get_by_role("button", name="Undo the change").click()
    expect(page.get_by_text("1 change by hand")).to_have_count(0)
    settled(page)
    expect_text(page, before)


def test_bars_5_and_6_are_rewritten_and_all_others_stay(open_page):
    page = open_page(HOUSE).page
    wait_for_score(page)
    before = text_shown(page)
    page.get_by_role("button", name="Choose bars", exact=True).click()
    type_into(page.get_by_role("spinbutton", name="From bar"), "5")
    page.get_by_role("spinbutton", name="From bar").press("Enter")
    expect(page.get_by_role("button", name="Bar 5")).to_be_visible()
    type_into(page.get_by_role("spinbutton", name="To bar"), "6")
    page.get_by_role("spinbutton", name="To bar").press("Enter")
    page.get_by_role("button", name="Bars 5–6").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Rewrite").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep").first).to_be_visible()
    dialog.get_by_role("button", name="Hear").nth(1).click()
    page.wait_for_function("document.querySelector('.st-key-preview audio')?.currentTime > 0.1")
    dialog.get_by_role("button", name="Keep").nth(1).click()
    expect(page.get_by_text("1 change by hand")).to_be_visible()
    after = text_shown(page, other_than=before)
    old, new = bars(before), bars(after)
    assert len(old) == len(new)
    numbers = number_bars(read_tune(before + "\n")[0].bars)
    assert {numbers[n] for n in range(len(old)) if old[n] != new[n]} <= {5, 6}
    assert old != new


def test_bars_chosen_by_keys_outlast_a_run_that_comes_before_they_are_told(open_page):
    page = open_page(HOUSE).page
    page.add_init_script(  # keys rest for longer, so that the run below certainly comes before
        "{ const wait = setTimeout;"
        "window.setTimeout = (call, ms, ...more) => wait(call, ms === 600 ? 6000 : ms, ...more); }"
    )
    page.reload()
    wait_for_score(page)
    at_rest(page)
    page.get_by_role("application", name="Sheet music of the tune").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_text("中文", exact=True).click()  # the score is told other words
    expect(page.get_by_role("heading", name="演奏")).to_be_visible()
    at_rest(page)
    expect(page.locator(".st-key-bars_popover")).to_contain_text(re.compile(r"\d+–\d+"))


def test_the_score_answers_to_keys(open_page):
    page = open_page(HOUSE).page
    wait_for_score(page)
    score = page.get_by_role("application", name="Sheet music of the tune")
    score.focus()
    for _note in range(3):
        page.keyboard.press("ArrowRight")
    teller = page.locator(".musicgen-teller")
    expect(teller).to_have_text(re.compile(r"^bar [01], [A-G]"))  # an upbeat is bar 0
    bar = int(teller.inner_text()[4])
    page.keyboard.press("ArrowDown")
    alternatives = page.get_by_role("dialog", name=re.compile("bits of surprise"))
    expect(alternatives.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(alternatives).to_be_hidden()
    expect(score).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.paused === false")
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.paused")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("button", name=f"Bars {bar}–{bar + 1}")).to_be_visible()


# The page is busy from just after the finger has come until after it has gone.
BUSY = """() => void setTimeout(() => {
  const end = performance.now() + 1500;
  while (performance.now() < end);
}, 150)"""


@pytest.mark.parametrize("is_busy", [False, True], ids=["at rest", "busy"])
def test_a_finger_held_on_a_note_shows_what_else_it_might_have_been(open_page, is_busy):
    page = open_page(HOUSE, viewport=PHONE, has_touch=True).page
    wait_for_score(page)
    number = rare_note(page, 4)
    x, y = note_at(page, number)
    hand = page.context.new_cdp_session(page)
    point = {"touchPoints": [{"x": x, "y": y}]}
    if is_busy:
        page.evaluate(BUSY)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", **point})
    page.wait_for_timeout(800)
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    alternatives = page.get_by_role("dialog", name=re.compile("bits of surprise"))
    expect(alternatives).to_be_visible()
    for _look in range(100):  # found anew each time: it may be drawn anew meanwhile
        box = alternatives.bounding_box()
        if box and box["x"] >= 0 and box["width"] and box["x"] + box["width"] <= PHONE["width"]:
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError(f"the alternatives stand beside the screen: {box}")
    page.wait_for_timeout(1200)  # the finger is long gone, and the page may tick
    expect(alternatives).to_be_visible()
    assert page.evaluate(LOOK)["paused"]
    page.touchscreen.tap(*note_at(page, number + 12))
    expect(alternatives).to_be_hidden()


def scroll_by_finger(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger goes up or down, as a screen reports it, and the page goes with it."""
    hand = page.context.new_cdp_session(page)
    for share in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        kind = "touchMove" if share else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        if share:
            page.wait_for_timeout(16)
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    hand.detach()


def swipe(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger goes aside; the browser itself moves it, in its own time.

    Moves that a test sends one by one come late on a busy machine: the finger then rests, and a
    finger that rests asks for something else.
    """
    hand = page.context.new_cdp_session(page)
    (x, y), (to_x, to_y) = start, end
    gesture = {"x": x, "y": y, "xDistance": to_x - x, "yDistance": to_y - y, "speed": 1200}
    hand.send("Input.synthesizeScrollGesture", {"gestureSourceType": "touch", **gesture})
    hand.detach()


# Where the page is when the finger leaves it; what was chosen may then change what stands above.
WHERE_IT_LEAVES = """() => addEventListener("pointerup", () => {
  globalThis.underFinger = document.querySelector('[data-testid=stMain]').scrollTop;
}, { capture: true, once: true })"""
SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


@pytest.mark.parametrize("aside", [0, 25, -25])
def test_a_finger_that_goes_up_scrolls_and_one_that_goes_aside_chooses_bars(open_page, aside):
    page = open_page(TINY, viewport=PHONE, has_touch=True, is_mobile=True).page
    wait_for_score(page)
    settled(page)
    x, y = note_at(page, 30)
    before = page.evaluate(SCROLLED)
    for _time in range(2):
        scroll_by_finger(page, (x, y), (x + aside, y - 220))
    page.wait_for_function(f"{SCROLLED} > {before} + 60")
    settled(page)
    assert page.evaluate(LOOK)["selection"] is None
    expect(page.get_by_role("button", name="Choose bars", exact=True)).to_be_visible()
    assert page.evaluate(LOOK)["paused"]
    held_value(page, SCROLLED)  # a swipe lets the page go on for a while
    start, end = [note_at(page, number) for number in (7, 11)]
    scrolled = held_value(page, SCROLLED)
    page.evaluate(WHERE_IT_LEAVES)
    swipe(page, start, end)
    expect(page.get_by_role("button", name=re.compile(r"^Bars? \d"))).to_be_visible()
    assert page.evaluate("globalThis.underFinger") == scrolled


def test_the_keys_are_told_to_the_eye_and_to_the_ear(open_page):
    page = open_page(TINY + "&lang=zh").page
    wait_for_score(page)
    score = page.locator(".musicgen-score").first
    expect(score.get_by_text("Shift")).to_be_visible()
    told = score.evaluate(
        "(score) => document.getElementById(score.getAttribute('aria-describedby')).textContent"
    )
    assert "小节" in told
    keys = str(score.get_attribute("aria-keyshortcuts")).split()
    assert {"ArrowRight", "Shift+ArrowRight", "Enter", "Space", "Escape"} <= set(keys)


def test_the_tint_can_be_turned_off_and_the_notes_named(open_page):
    page = open_page(HOUSE).page
    wait_for_score(page)
    expect(page.locator(".musicgen-tinted").nth(10)).to_be_attached()
    page.get_by_role("button", name="View").click()
    page.get_by_text("What surprised the network").click()
    expect(page.locator(".musicgen-tinted")).to_have_count(0)
    page.get_by_text("Names of the notes").click()
    expect(page.locator(".abcjs-lyric").first).to_be_attached()
    notes = page.evaluate(LOOK)
    assert notes["bits"] is None


def test_the_piano_roll_follows_the_sound(open_page):
    page = open_page(TINY).page
    wait_for_score(page)
    page.get_by_role("button", name="View").click()
    page.get_by_text("Piano roll").click()
    page.locator(".musicgen-roll .bars path").first.wait_for(state="attached")
    page.keyboard.press("Escape")
    page.wait_for_function(LISTENS)
    page.evaluate(
        "() => { const audio = document.querySelector('.st-key-sound audio'); audio.muted = true;"
        " audio.currentTime = 5; return audio.play(); }"
    )
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.currentTime > 6")
    apart = page.evaluate(
        """async () => {
      await new Promise(requestAnimationFrame); // the roll looks at the clock before, in this frame
      const roll = globalThis.musicgenRolls.get(document.querySelector(".musicgen-roll"));
      const { xaxis } = roll.chart._fullLayout;
      const line = parseFloat(roll.line.style.left) - xaxis._offset;
      return roll.player.currentTime - xaxis.p2l(line);
    }"""
    )
    assert abs(apart) < 0.25  # a frame, on a busy machine
    expect(page.locator(".musicgen-roll-line")).to_be_visible()
