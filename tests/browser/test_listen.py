"""A study in a real browser: by keyboard alone, on a telephone, and on after the browser closed."""

import pytest
from playwright.sync_api import Page, expect

from musicgen.listening.plan import StudyPlan, StudySettings, Version
from musicgen.listening.sound import blind_sound
from musicgen.listening.store import StudyStore, StudyTune
from musicgen.listening.trials import NOISE
from musicgen.notation.parsing.reader import read_tune
from tests.browser.conftest import Server
from tests.browser.waiting import at_rest, expect_no_wider
from tests.ui.tiny_model import TUNE

pytestmark = pytest.mark.browser

PLAYS = "side => { const a = document.querySelector(side); return !!a && !a.paused; }"


@pytest.fixture
def study(server: Server) -> str:
    """A study of four pairs."""
    settings = StudySettings(tunes=3, pairs=3, listeners=2, checks=0, break_after=2)
    plan = StudyPlan("A test of ears", (Version(label="zz-one"), Version(label="zz-two")), settings)
    sound = blind_sound(read_tune(TUNE)[0], 5)
    tunes = [  # what follows the sound keeps files, and so their addresses, apart
        StudyTune(slot, version, TUNE, "zz-origin", sound + bytes([slot, version + 1]))
        for slot in range(plan.slots)
        for version in (NOISE, 0, 1)
    ]
    return StudyStore(server.home / "listening").add(plan, tunes)


def answer(page: Page, key: str, number: str) -> None:
    """Plays both tunes and answers, with keys alone."""
    expect(page.get_by_text(number, exact=True)).to_be_visible()
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


def test_a_study_by_keyboard_goes_on_in_a_new_window_and_ends_with_a_code(
    open_page, server: Server, study: str
):
    page = open_page(f"/Listen?study={study}").page
    begin = page.get_by_role("button", name="I agree: begin")
    begin.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This one is for practice")).to_be_visible()
    assert "zz-" not in page.content()
    expect(page.get_by_role("button", name="The first")).to_be_disabled()
    answer(page, "1", "1 of 4")
    answer(page, "0", "2 of 4")
    expect(page.get_by_text("3 of 4", exact=True)).to_be_visible()
    context = page.context
    page.close()
    phone = {"width": 390, "height": 844}
    page = open_page(f"/Listen?study={study}", context=context, viewport=phone).page
    answer(page, "2", "3 of 4")
    expect_no_wider(page, 390)
    page.get_by_role("button", name="Go on").click()
    answer(page, "1", "4 of 4")
    expect(page.get_by_text("all your answers are kept")).to_be_visible()
    found = [one.answer for one in StudyStore(server.home / "listening").ballots(study)]
    assert found == ["left", "tie", "right", "left"]


def test_whoever_made_it_sees_the_link_and_the_count(open_page, study: str):
    page = open_page("/Listen").page
    expect(page.get_by_text(f"/Listen?study={study}")).to_be_visible()
    expect(page.get_by_text("0 of 6 ballots")).to_be_visible()
