"""A model is taken away from the page, on a wide screen and on a telephone."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.waiting import at_rest, expect_no_wider

pytestmark = pytest.mark.browser

SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}


@pytest.mark.parametrize("size", SIZES)
def test_a_model_is_compared_and_taken_away(open_page, size: str):
    page = open_page("/Ship?model=house", viewport=SIZES[size]).page
    at_rest(page)
    page.get_by_role("radio", name="NumPy").click()
    at_rest(page)
    page.get_by_role("button", name="Make the file").click()
    download = page.locator(".st-key-ship_download").get_by_role("button")
    expect(download).to_be_visible()
    at_rest(page)
    expect_no_wider(page, SIZES[size]["width"])
    with page.expect_download() as waiting:
        download.click()
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    assert archive.testzip() is None
    assert any(name.endswith(".py") for name in archive.namelist())
