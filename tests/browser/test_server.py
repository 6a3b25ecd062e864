"""The owner's page in a real browser: figures, chart and switch, wide and on a telephone."""

import pytest
from playwright.sync_api import expect

from musicgen.watching import COMPOSE, SOUND, Watch
from tests.browser.accessibility import violations
from tests.browser.conftest import Server
from tests.browser.waiting import at_rest, expect_no_wider, wait_until

pytestmark = pytest.mark.browser


def test_waits_are_shown_to_the_owner_and_can_be_turned_off(open_page, server: Server):
    for number in range(1, 21):
        for kind in (COMPOSE, SOUND):
            Watch(server.home / "waits").note(kind, number / 10, "waited", "Play")
    page = open_page("/Server").page
    own = page.get_by_role("row").filter(has=page.get_by_role("cell", name="waited", exact=True))
    expect(own.get_by_role("cell", name="1.90 s", exact=True)).to_be_visible()
    expect(page.locator(".musicgen-chart .scatterlayer .trace").nth(2)).to_be_attached()
    at_rest(page)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    at_rest(page)
    expect_no_wider(page, 390)
    switch = page.get_by_text("Note how long people wait")
    switch.click()
    wait_until(page, lambda: not Watch(server.home / "waits").is_on)
    at_rest(page)
    switch.click()
    wait_until(page, lambda: Watch(server.home / "waits").is_on)
