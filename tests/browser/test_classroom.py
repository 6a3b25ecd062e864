"""A class in a real browser: the form at the door, a pupil, and the teacher's board."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from musicgen.classroom.roster import ClassStore
from musicgen.config import Paths
from musicgen.ui.base import membership
from tests.browser.accessibility import violations
from tests.browser.conftest import PATIENCE_MS, PROJECT, _free_port, _wait_until_up
from tests.browser.waiting import at_rest, expect_no_wider
from tests.ui.tiny_model import write_tiny_model

pytestmark = pytest.mark.browser

TELEPHONE = {"width": 390, "height": 844}


class School:
    def __init__(self, address: str, codes: dict[str, str]) -> None:
        self.address = address
        self.codes = codes


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, tunebook: str) -> Iterator[School]:
    """A server of a class with a teacher and a pupil."""
    home = tmp_path_factory.mktemp("class")
    (home / "data").mkdir()
    (home / "data" / "irish.abc").write_text(tunebook, encoding="utf-8")
    write_tiny_model(home / "runs" / "tiny" / "best")
    store = ClassStore(Paths(PROJECT, home))
    made = [store.create("5b", "Ms Wu"), *store.add(["Anna"])]
    port = _free_port()
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=PROJECT,
            env=os.environ | {"MUSICGEN_HOME": str(home), membership.SWITCH: "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://localhost:{port}"
        _wait_until_up(f"{address}/_stcore/health", process, home / "server.log")
        yield School(address, {one.member.name: one.code for one in made})
    finally:
        process.kill()
        process.wait(60)


def sign_in(page: Page, name: str, code: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()


def open_door(browser: Browser, address: str, **options: object) -> Page:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    return page


def test_a_pupil_signs_in_works_and_signs_out(browser: Browser, school: School):
    page = open_door(browser, f"{school.address}/Train", viewport=TELEPHONE, locale="en-GB")
    expect(page.get_by_role("heading", name="5b")).to_be_visible()
    assert violations(page, "body") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sign_in(page, "Anna", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    sign_in(page, "anna", school.codes["Anna"])
    page.wait_for_url(re.compile("/Train$"))
    at_rest(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(school.address)
    at_rest(page)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Signed in as Anna")).to_be_visible()
    expect(sidebar.get_by_role("link", name="Server")).to_have_count(0)
    assert membership.COOKIE not in page.evaluate("document.cookie")
    sidebar.get_by_role("link", name="Sign out").click()
    expect(page.get_by_label("Your name")).to_be_visible()
    page.goto(school.address)
    expect(page.get_by_label("Your name")).to_be_visible()
    page.context.close()


def test_the_teacher_has_a_board_on_a_screen_and_on_a_telephone(browser: Browser, school: School):
    page = open_door(browser, school.address, viewport={"width": 1280, "height": 900})
    sign_in(page, "Ms Wu", school.codes["Ms Wu"])
    page.get_by_role("link", name="Classroom").locator("visible=true").click()
    expect(page.get_by_role("cell", name="Anna")).to_be_visible()
    at_rest(page)
    assert violations(page) == []
    page.set_viewport_size(TELEPHONE)
    at_rest(page)
    expect_no_wider(page, 390)
    page.goto(f"{school.address}/Classroom?lang=zh")
    expect(page.get_by_role("heading", name="班级")).to_be_visible()
    page.context.close()


def test_a_link_in_chinese_asks_in_chinese(browser: Browser, school: School):
    page = open_door(browser, f"{school.address}/?lang=zh", locale="zh-CN", color_scheme="dark")
    expect(page.get_by_label("登录码")).to_be_visible()
    assert violations(page, "body") == []
    page.context.close()
