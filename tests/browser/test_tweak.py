import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_play import PHONE, compose, wait_for_score
from tests.browser.waiting import AT_REST, expect_no_wider, expect_text, text_shown
from tests.ui.tiny_model import TUNE

pytestmark = pytest.mark.browser

TAKES = "/?model=tiny&temperature=0.9&seed=4711&count=3&take=2"
AUDIO = "document.querySelector('.st-key-sound audio')"


def facts(page: Page):
    return page.locator("[data-testid=stCaptionContainer]").filter(has_text="temperature ").last


def open_beginning(page: Page):
    page.get_by_role("button", name="Beginning").click()
    box = page.get_by_role("textbox", name="Beginning")
    box.wait_for()
    return box, page.locator(".musicgen-beginning [role=status]")


def test_a_beginning_is_checked_while_it_is_typed(open_page):
    page = open_page("/?model=tiny").page
    box, verdict = open_beginning(page)
    expect(verdict).to_have_text("The network begins by itself.")
    box.press_sequentially("X:1\nM:6/8\nL:1/8\nK:D Major\nDFA dAF|GB", delay=20)
    expect(verdict).to_have_text("6/8, D Major, 1 bar so far, in time, goes on inside a bar.")
    box.press_sequentially("d gdBe")
    expect(verdict).to_contain_text("line 5, column 16")
    box.press("Backspace")
    expect(verdict).to_have_text("6/8, D Major, 1 bar so far, in time, goes on inside a bar.")
    box.press_sequentially("ü")
    expect(verdict).to_contain_text("never saw 'ü'")
    expect(box).to_have_value(
        re.compile("DFA dAF[|]GBd gdBü$")
    )  # nothing typed was lost on the way


def test_what_was_typed_last_counts_when_the_button_is_clicked(open_page):
    page = open_page("/?model=tiny").page
    box, _verdict = open_beginning(page)
    box.fill(TUNE[:70])
    page.get_by_role("button", name="Compose").click()
    page.locator(".st-key-downloads").wait_for()
    page.wait_for_function("new URL(location.href).searchParams.get('prompt')?.length > 60")
    assert text_shown(page).startswith(TUNE[:70])


def test_examples_and_the_tune_on_the_screen_fill_the_box(open_page):
    page = open_page(TAKES).page
    wait_for_score(page)
    box, verdict = open_beginning(page)
    page.get_by_role("button", name="Its first 2 bars").click()
    expect(verdict).to_have_text("6/8, D Major, 2 bars so far, in time.")
    expect(box).not_to_have_value("")
    assert TUNE.startswith(box.input_value())
    page.get_by_role("button", name="Clear").click()
    expect(box).to_have_value("")


def test_the_link_brings_the_same_take_to_another_browser(open_page, browser):
    page = open_page(TAKES, permissions=["clipboard-read", "clipboard-write"]).page
    wait_for_score(page)
    page.locator(".st-key-play_take button").nth(2).click()
    page.wait_for_function("location.search.includes('take=3')")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    expect(facts(page)).to_contain_text("seed 4713")
    told, text = facts(page).inner_text(), text_shown(page)
    other = open_page(link.partition(page.url.split("/?")[0])[2]).page
    wait_for_score(other)
    expect(facts(other)).to_have_text(told)
    expect_text(other, text)


def test_takes_and_steps_sound_at_once(open_page):
    page = open_page("/?model=tiny&count=2").page
    compose(page)
    page.wait_for_function(f"{AUDIO}?.currentTime > 0.2")
    first = facts(page).inner_text()
    page.locator(".st-key-play_take button").nth(1).click()
    expect(facts(page)).not_to_have_text(first)
    page.wait_for_function(f"{AUDIO}?.paused === false && {AUDIO}.currentTime > 0.2")
    before = page.url
    page.get_by_role("button", name="Compose").click()
    page.wait_for_function("before => location.href !== before", arg=before)
    page.locator(AT_REST).wait_for()
    page.get_by_role("button", name="The tune before").click()
    page.wait_for_function("location.search.includes('take=2')")
    page.wait_for_function(f"{AUDIO}?.paused === false && {AUDIO}.currentTime > 0.2")


def test_with_a_locked_seed_the_slider_composes(open_page):
    page = open_page("/?model=tiny").page
    compose(page)
    page.get_by_role("button", name="Keep this seed").click()
    page.get_by_text("Hear changes at once").wait_for()
    page.get_by_role("slider", name="Temperature").press("ArrowRight")
    page.wait_for_function("location.search.includes('temperature=0.9')")
    expect(facts(page)).to_contain_text("temperature 0.9")
    page.wait_for_function(f"{AUDIO}?.paused === false")


def test_the_chart_of_temperature_moves_with_the_slider(open_page):
    page = open_page("/?model=tiny&seed=4").page
    wait_for_score(page)
    page.get_by_text("What temperature does").click()
    chart = "[...document.querySelectorAll('.st-key-temperature_box .musicgen-chart')][0]"
    page.wait_for_function(f"{chart}?.data?.length === 2")
    page.get_by_role("slider", name="Temperature").press("End")
    page.wait_for_function(f"{chart}?.data?.[1]?.name === 'as chosen: 2'")
    expect(page.get_by_text("bits of entropy")).to_contain_text("at 2 (")


def test_the_temperature_comparison_plays_one_tune_at_a_time(open_page):
    page = open_page("/?model=tiny&seed=4").page
    wait_for_score(page)
    page.get_by_text("One seed at four temperatures").click()
    page.get_by_role("button", name="Compose all four").click()
    page.locator(".st-key-rung_3 .musicgen-note").first.wait_for(state="attached")
    page.evaluate(f"{AUDIO}.play()")
    page.locator(".st-key-rung_1").get_by_role("button", name="Listen").click()
    page.wait_for_function(
        "document.querySelector('.st-key-sound_ladder audio')?.currentTime > 0.2"
    )
    page.wait_for_function(f"{AUDIO}.paused")


def test_two_browsers_see_nothing_of_each_other(open_page):
    one = open_page("/?model=tiny").page
    other = open_page("/?model=tiny&seed=99").page
    compose(one)
    wait_for_score(other)
    its_seed = re.compile(r"seed 99\b")  # one drawn at random may begin with 99
    expect(facts(other)).to_contain_text(its_seed)
    one.reload()
    wait_for_score(one)
    expect(facts(one)).not_to_contain_text(its_seed)
    other.get_by_role("button", name="History").click()
    expect(other.locator("[class*=st-key-history_] button")).to_have_count(1)


@pytest.mark.parametrize("opened", ["What temperature does", "One seed at four temperatures"])
def test_nothing_of_it_is_wider_than_a_phone(open_page, opened):
    page = open_page(TAKES, viewport=PHONE).page
    wait_for_score(page)
    page.get_by_text(opened).click()
    if opened.startswith("One"):
        page.get_by_role("button", name="Compose all four").click()
        page.locator(".st-key-rung_3 .musicgen-note").first.wait_for(state="attached")
    else:
        page.locator(".st-key-temperature_box .musicgen-chart svg").first.wait_for()
    expect_no_wider(page, PHONE["width"])
