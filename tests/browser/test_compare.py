import io
import zipfile

import pytest
from playwright.sync_api import expect

from musicgen.presets import PRESETS
from musicgen.training.runs.run import RunStore
from tests.browser.waiting import at_rest, settled, type_into, value_of
from tests.ui.tiny_model import write_tiny_model

pytestmark = pytest.mark.browser

CHART = "document.querySelector('.musicgen-chart')"
FILLED = f"({CHART}?.data?.[1]?.z.flat().filter((one) => one !== null).length ?? 0)"


def test_a_sweep_fills_its_map_is_stopped_and_goes_on(open_page):
    page = open_page("/Compare?view=sweep").page
    page.get_by_label("Name of the sweep").fill("seen")
    type_into(page.get_by_role("spinbutton", name="Steps in each cell"), "40")
    page.keyboard.press("Tab")
    page.get_by_text("9 trainings").wait_for()
    page.get_by_role("button", name="Start the sweep").click()
    page.get_by_role("button", name="Stop and keep").wait_for()
    page.wait_for_function(f"{FILLED} >= 1")
    page.get_by_role("button", name="Stop and keep").click()
    page.get_by_role("button", name="Go on").wait_for()
    filled = value_of(page, FILLED)  # more than none: a map drawn anew has none for a moment
    assert 1 <= filled < 9
    page.reload()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function(f"{FILLED} > {filled}")
    page.get_by_role("button", name="Stop and keep").click()
    page.get_by_role("button", name="Go on").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_role("button", name="Start the sweep").wait_for()


def test_two_models_sound_side_by_side(open_page):
    page = open_page("/Compare?view=pair").page
    page.get_by_role("button", name="Compose with both").click()
    expect(page.locator("audio")).to_have_count(2)
    expect(page.locator(".musicgen-paper svg")).to_have_count(2)
    page.locator(".st-key-sound_right audio").evaluate("audio => audio.play()")
    page.locator(".st-key-tune_right .musicgen-sounding").first.wait_for(state="attached")
    expect(page.locator(".st-key-tune_left .musicgen-sounding")).to_have_count(0)


def test_a_run_is_exported_and_taken_in_again_and_a_hostile_file_is_told(open_page, server):
    run = RunStore(server.home / "runs").create("mine", PRESETS["quick"])
    write_tiny_model(run.path / "best", "mine")
    page = open_page("/Compare").page
    page.locator(".musicgen-chart .main-svg").first.wait_for()  # what lies below moves with it
    settled(page)
    at_rest(page)
    page.get_by_text("Rename, delete, export, import").click()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as a file").click()
    data = download.value.path().read_bytes()
    page.keyboard.press("Escape")
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "mine.zip", "mimeType": "application/zip", "buffer": data})
    expect(page.get_by_text("Taken in as mine-2.")).to_be_visible()
    at_rest(page)  # the field of before goes after this was said
    expect(upload).to_have_count(1)

    hostile = io.BytesIO()
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("musicgen-run.json", "{}")
        archive.writestr("../../escape.txt", "x")
    upload.set_input_files(
        {"name": "bad.zip", "mimeType": "application/zip", "buffer": hostile.getvalue()}
    )
    expect(page.get_by_role("alert").filter(has_text="no file of a run")).to_be_visible()
    assert not list(server.home.rglob("escape.txt"))
    assert not list((server.home / "runs").glob(".*"))
