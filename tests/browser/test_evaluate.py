import json

import pytest
from playwright.sync_api import expect

from tests.browser.waiting import at_rest, expect_no_wider, type_into

pytestmark = pytest.mark.browser


REPORT_MS = 240_000
"""Composing and measuring take their time where others work, too."""


def ask_for(page, count, *temperatures):
    """A report on the tiny model, at 1 and more: what it learned from is read in a moment."""
    at_rest(page)
    models = page.get_by_role("combobox", name="Models")
    models.click()
    models.press("Backspace")
    models.fill("tiny")
    models.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove tiny")).to_be_visible()
    expect(page.get_by_role("button", name="Remove house")).to_have_count(0)
    at_rest(page)
    for one in temperatures:
        field = page.get_by_role("combobox", name="Temperatures")
        field.fill(one)
        field.press("Enter")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name=f"Remove {one}")).to_be_visible()
        at_rest(page)
    field = page.get_by_role("spinbutton", name="Tunes of each set")
    type_into(field, str(count))
    page.keyboard.press("Tab")
    expect(field).to_have_value(str(count))
    wanted = count * (1 + len(temperatures))
    expect(page.get_by_text("tunes to compose")).to_have_text(f"{wanted:,} tunes to compose")
    page.get_by_role("button", name="Make the report").click()


def test_a_report_is_watched_reloaded_and_cancelled(open_page):
    page = open_page("/Evaluate").page
    ask_for(page, 1000, "0.6", "0.8")  # a minute's work: on a busy machine, reloading is slow
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.reload()  # the report is the server's, not the tab's
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Go on").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("button", name="Go on")).to_have_count(0)


def test_a_report_is_read_played_and_taken_away(open_page, tmp_path):
    page = open_page("/Evaluate").page
    ask_for(page, 2)
    page.get_by_role("heading", name="What they compose").wait_for(timeout=REPORT_MS)
    table = page.locator(".st-key-report_table table")
    expect(table).to_contain_text("Real tunes")
    expect(table).to_contain_text("tiny · 1")
    row = table.locator("tr").filter(has_text="Readable")
    expect(row).to_contain_text("100\u00a0%")

    audio = page.locator(".st-key-report_sound audio")
    expect(page.locator(".musicgen-paper svg")).to_have_count(1)
    audio.evaluate("audio => audio.play()")
    page.locator(".musicgen-sounding").first.wait_for(state="attached")
    page.get_by_text("Worst", exact=True).click()
    expect(page.locator(".musicgen-paper svg")).to_have_count(1)
    expect(page.locator(".musicgen-chart .main-svg").first).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert json.loads(download.value.path().read_bytes())["sets"][0]["tunes"] == 2
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    download.value.save_as(tmp_path / "report.html")
    taken = page.context.new_page()
    requests = []
    taken.on("request", lambda request: requests.append(request.url))
    taken.goto((tmp_path / "report.html").as_uri())
    expect(taken.locator("svg").first).to_be_visible()
    taken.wait_for_load_state("networkidle")
    assert len(requests) == 1

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="What they compose")).to_have_count(0)


def test_the_page_fits_a_phone(open_page):
    page = open_page("/Evaluate", viewport={"width": 390, "height": 844}).page
    page.get_by_text("New report").wait_for()
    expect_no_wider(page, 390)
