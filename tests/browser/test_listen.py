"""A study in a real browser: by keyboard alone, on a telephone, and on after the browser closed."""

import pytest
from playwright.sync_api import Page, expect

from musicgen.listening.plan import StudyPlan, StudySettings, Version
from musicgen.listening.sound import blind_sound
from musicgen.listening.store import StudyStore, StudyTune
from musicgen.listening.trials import NOISE
from musicgen.notation.parsing.reader import read_tune
from tests.browser.accessibility import violations
from tests.browser.conftest import Server
from tests.browser.waiting import at_rest, expect_no_wider
from tests.thorough import IS_THOROUGH
from tests.ui.tiny_model import TUNE

pytestmark = pytest.mark.browser

SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
FOCUSED = """() => document.activeElement?.matches("button")
  ? document.activeElement.textContent.trim() : ""
"""
PLAYS = "side => { const a = document.querySelector(side); return !!a && !a.paused; }"


def make_study(server: Server, pairs: int, **settings: int | str) -> str:
    """A study of so many pairs and one for practice."""
    settings = {"tunes": pairs, "pairs": pairs, "listeners": 2, "checks": 0} | settings
    plan = StudyPlan(
        "A test of ears",
        (Version(label="zz-one"), Version(label="zz-two")),
        StudySettings.from_dict(settings),
    )
    sound = blind_sound(read_tune(TUNE)[0], 5)
    tunes = [  # what follows the sound keeps files, and so their addresses, apart
        StudyTune(slot, version, TUNE, "zz-origin", sound + bytes([slot, version + 1]))
        for slot in range(plan.slots)
        for version in (NOISE, 0, 1)
    ]
    return StudyStore(server.home / "listening").add(plan, tunes)


@pytest.fixture
def study(server: Server) -> str:
    """A study of six pairs, with a break after the second that counts."""
    return make_study(server, 5, break_after=2)


def answer(page: Page, key: str, number: str) -> None:
    """Plays both tunes and answers, with keys alone."""
    expect(page.get_by_text(f"Pair {number}", exact=True)).to_be_visible()
    at_rest(page)
    for play, side in (("a", "first"), ("b", "second")):
        page.keyboard.press(play)
        page.wait_for_function(PLAYS, arg=f".st-key-listen_{side} audio")
        page.wait_for_function(
            "side => document.querySelector(side).currentTime > 3.1",
            arg=f".st-key-listen_{side} audio",
        )
    expect(page.get_by_role("button", name="The first")).to_be_enabled()
    at_rest(page)
    page.keyboard.press(key)


def press_by_keyboard(page: Page, name: str) -> None:
    """Goes to a button with the tabulator alone, and presses Enter."""
    for _ in range(60):
        if page.evaluate(FOCUSED).endswith(name):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"The tabulator never comes to {name}.")


def test_a_study_by_keyboard_goes_on_in_a_new_window_and_ends_with_a_code(
    open_page, server: Server, study: str
):
    page = open_page(f"/Listen?study={study}").page
    at_rest(page)
    assert violations(page) == []
    press_by_keyboard(page, "I agree: begin")
    expect(page.get_by_text("This one is for practice")).to_be_visible()
    at_rest(page)
    assert "zz-" not in page.content()
    assert violations(page) == []
    expect(page.get_by_role("button", name="The first")).to_be_disabled()
    answer(page, "1", "1 of 6")
    answer(page, "0", "2 of 6")
    expect(page.get_by_text("Pair 3 of 6", exact=True)).to_be_visible()
    context = page.context
    page.close()
    phone = {"width": 390, "height": 844}
    page = open_page(f"/Listen?study={study}", context=context, viewport=phone).page
    answer(page, "2", "3 of 6")
    expect_no_wider(page, 390)
    page.get_by_role("button", name="Go on").click()
    for number in (4, 5, 6):  # and no break before the last
        answer(page, "1", f"{number} of 6")
    expect(page.get_by_text("all your answers are kept")).to_be_visible()
    found = [one.answer for one in StudyStore(server.home / "listening").ballots(study)]
    assert found == ["left", "tie", "right", "left", "left", "left"]


def test_tunes_are_rated_by_digits(open_page, server: Server):
    study = make_study(server, 2, design="ratings", scales="liked,machine")
    page = open_page(f"/Listen?study={study}", viewport=SIZES["narrow"]).page
    at_rest(page)
    press_by_keyboard(page, "I agree: begin")
    for number in (1, 2, 3):
        expect(page.get_by_text(f"Tune {number} of 3", exact=True)).to_be_visible()
        at_rest(page)
        page.keyboard.press("a")
        page.wait_for_function(
            "side => document.querySelector(side)?.currentTime > 3.1",
            arg=".st-key-listen_first audio",
        )
        for digit in "42":
            at_rest(page)
            page.keyboard.press(digit)
            expect(page.get_by_role("radio", name=digit, checked=True)).to_have_count(1)
        expect(page.get_by_role("button", name="Next")).to_be_enabled()
        at_rest(page)
        assert violations(page) == []
        page.keyboard.press("Enter")
    expect(page.get_by_text("all your answers are kept")).to_be_visible()
    ballots = StudyStore(server.home / "listening").ballots(study)
    assert [one.answer for one in ballots] == [{"liked": 4, "machine": 2}] * 3


@pytest.mark.skipif(not IS_THOROUGH, reason="takes some minutes: make survey")
@pytest.mark.parametrize("size", SIZES)
def test_twenty_pairs_by_keyboard_alone(open_page, server: Server, size: str):
    study = make_study(server, 20)
    page = open_page(f"/Listen?study={study}", viewport=SIZES[size]).page
    at_rest(page)
    press_by_keyboard(page, "I agree: begin")
    keys = ("1", "2", "0")
    for number in range(1, 22):
        answer(page, keys[number % 3], f"{number} of 21")
        if number == 11:
            expect(page.get_by_text("Take a break if you like")).to_be_visible()
            at_rest(page)
            page.keyboard.press("Enter")
    expect(page.get_by_text("all your answers are kept")).to_be_visible()
    at_rest(page)
    assert violations(page) == []
    expect_no_wider(page, SIZES[size]["width"])
    found = [one.answer for one in StudyStore(server.home / "listening").ballots(study)]
    assert found == [{"1": "left", "2": "right", "0": "tie"}[keys[n % 3]] for n in range(1, 22)]


def test_whoever_made_it_sees_the_link_and_the_count(open_page, study: str):
    page = open_page("/Listen").page
    expect(page.get_by_text(f"/Listen?study={study}")).to_be_visible()
    expect(page.get_by_text("0 of 10 ballots")).to_be_visible()
