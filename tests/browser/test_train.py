import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from musicgen.presets import PRESETS
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.samples import Sample, append_sample
from tests.browser.waiting import at_rest, held_value, settled, type_into, value_of
from tests.ui.tiny_model import TUNE

pytestmark = pytest.mark.browser

CHART = "document.querySelector('.musicgen-chart')"
OPENED = "document.querySelector('.st-key-opened .musicgen-chart')"
SMALL = "document.querySelectorAll('.musicgen-chart')[3]"
POINTS = f"({CHART}?.data?.[0].x.at(-1) ?? 0)"  # a tick may be drawing it anew
RANGES = f"{CHART}?.layout && [{CHART}.layout.xaxis.range, {CHART}.layout.yaxis.range]"
GO_ON = ".st-key-train_resume button"  # of what trains now: runs that were stopped have one, too


def fill_in(page: Page, **values: int) -> None:
    page.get_by_text("Settings").click()
    fill_fields(page, **values)


def fill_fields(page: Page, **values: int) -> None:
    """Types into fields; those that are not in sight stand under *Steps and looks*."""
    for label, value in values.items():
        name = label.replace("_", " ")
        if name in ("Validation interval", "Save interval", "Threads", "Seed"):
            at_rest(page)  # a click on what is drawn anew at that moment may be lost
            page.get_by_role("tab", name="Steps and looks").click()
        type_into(page.get_by_label(name, exact=True), str(value))


def start_training(page: Page) -> None:
    """Presses Start where all that was typed has arrived: what a field changes moves the button."""
    page.keyboard.press("Tab")
    at_rest(page)
    page.get_by_role("button", name="Start training").click()


def steps_drawn(page: Page) -> int:
    page.locator(".musicgen-chart .main-svg").first.wait_for()
    return int(page.evaluate(POINTS))


def wait_for_more(page: Page, than: int) -> None:
    page.wait_for_function(f"{POINTS} > {than}")


def drag_over_plot(page: Page) -> None:
    plot = page.locator(".musicgen-chart .nsewdrag").first
    plot.scroll_into_view_if_needed()
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()


def test_a_name_that_is_taken_is_told_in_a_sentence(open_page):
    page = open_page("/Train").page
    fill_in(page, Name_of_the_run="tiny")
    start_training(page)
    expect(page.get_by_role("alert")).to_contain_text("There is a run named 'tiny' already")


def test_what_is_wrong_is_told_as_long_as_it_is_wrong(open_page):
    page = open_page("/Train").page
    alert = page.get_by_role("alert")
    fill_in(page, Name_of_the_run="a/b", Batch_size=999_999)
    start_training(page)
    expect(alert).to_contain_text("'a/b' cannot name a run")
    page.get_by_label("Name of the run", exact=True).fill("小调-1")
    page.keyboard.press("Tab")
    expect(alert).to_contain_text("batch_size is 999999")
    fill_fields(page, Batch_size=8)
    page.keyboard.press("Tab")
    expect(alert).to_have_count(0)
    expect(page.get_by_text("The settings were changed")).to_be_visible()
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_text("Estimated on this machine")).to_be_visible()
    page.get_by_text("improved", exact=True).click()
    expect(page.get_by_text("3,742,035 parameters")).to_be_visible()
    expect(page.get_by_text("Estimated on this machine")).to_have_count(1)


def test_the_curves_stay_where_they_are_when_a_training_ends(open_page):
    page = open_page("/Train").page
    fill_in(
        page, Name_of_the_run="小调", Steps=300, Batch_size=4, Sequence_length=32,
        Validation_interval=50, Save_interval=50, Threads=1, Embedding_size=16, Hidden_size=48,
    )  # fmt: skip
    start_training(page)
    live = page.locator(".st-key-live")
    expect(live).to_contain_text("小调")  # not the training before
    steps_drawn(page)
    expect(live.get_by_role("progressbar")).to_be_visible()
    settled(page)  # until its run ends, the page still has the form that was above
    before = held_value(page, f"{CHART}?.getBoundingClientRect().top")
    expect(live).to_contain_text("finished · step 300 of 300")
    page.get_by_role("button", name="Start training").wait_for()
    page.wait_for_function(f"{POINTS} === 300")
    after = held_value(page, f"{CHART}?.getBoundingClientRect().top")
    assert abs(after - before) < 4
    low, high = value_of(page, f"{CHART}?.layout?.yaxis.range")
    shown = value_of(page, f"{CHART}?.data?.flatMap((trace) => trace.y)")
    assert low <= min(shown) <= max(shown) <= high
    page.reload()  # whoever comes later begins at the form
    page.get_by_role("button", name="Start training").wait_for()
    steps_drawn(page)
    form = page.locator(".st-key-start").bounding_box()
    assert form["y"] < page.locator(".st-key-live").bounding_box()["y"]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_a_training_is_watched_zoomed_refreshed_stopped_and_played(open_page, width, height):
    page = open_page("/Train", viewport={"width": width, "height": height}).page
    run = f"seen-{width}"
    fill_in(
        page, Name_of_the_run=run, Steps=100_000, Batch_size=4, Sequence_length=32,
        Validation_interval=50, Save_interval=50, Threads=1, Embedding_size=16, Hidden_size=48,
    )  # fmt: skip
    start_training(page)
    expect(page.locator(".st-key-live")).to_contain_text(run)  # not the training before
    first = steps_drawn(page)
    wait_for_more(page, first)

    # Zoom outlives the ticks.
    drag_over_plot(page)
    page.wait_for_function(f"{CHART}?.layout?.xaxis.range[0] > 0")
    zoom = value_of(page, RANGES)
    page.wait_for_function(f"{SMALL}?.layout?.xaxis.range[0] > 0")  # along the steps it is shared
    wait_for_more(page, steps_drawn(page) + 1)
    assert value_of(page, RANGES) == zoom
    assert value_of(page, f"{SMALL}?.layout?.xaxis.range") == zoom[0]

    # A second tab composes meanwhile, and its slider answers.
    other = open_page("/?model=tiny", context=page.context).page
    other.get_by_role("slider").press("ArrowRight")
    expect(other.locator("[data-testid=stSliderThumbValue]")).to_have_text("0.90")
    other.get_by_role("button", name="Compose").click()
    expect(other.get_by_text("temperature 0.9")).to_be_visible()
    expect(other.get_by_text("training", exact=False).first).to_be_visible()

    # What it composed on the way is heard without a reload, and stays while newer ones come.
    first = page.get_by_role("radio", name="50", exact=True)
    expect(first).to_be_visible()
    first.click()
    heard = page.get_by_text("step 50 ·")
    expect(heard).to_be_visible()
    expect(page.locator(".st-key-live_hear .musicgen-paper svg")).to_be_visible()
    expect(page.get_by_role("radio", name="200", exact=True)).to_be_visible()
    expect(heard).to_be_visible()

    # A refresh loses nothing, and pausing in one tab holds in the other. The clocks of a tab that
    # nobody sees tick once a minute in Chromium: the one that is looked at comes to the front.
    page.bring_to_front()
    before = steps_drawn(page)
    page.reload()
    page.wait_for_function(f"{POINTS} >= {before}")
    page.get_by_role("button", name="Pause").click()
    page.locator(GO_ON).wait_for()
    held = steps_drawn(page)
    third = open_page("/Train", context=page.context).page
    third.locator(GO_ON).click()
    page.bring_to_front()
    wait_for_more(page, held)

    # Stopped from the other tab; both show it, and the model plays.
    third.bring_to_front()
    third.get_by_role("link", name="Play the new model").wait_for()
    at_rest(third)  # what was held back while nobody saw the tab is drawn now
    third.get_by_role("button", name="Stop and keep").click()
    expect(third.locator(".st-key-live").get_by_text("stopped")).to_be_visible()
    page.bring_to_front()
    expect(page.locator(".st-key-live").get_by_text("stopped")).to_be_visible()
    page.get_by_role("button", name="Start training").wait_for()
    page.get_by_role("link", name="Play the new model").click()
    expect(page.get_by_text(f"model {run}")).to_be_visible()
    expect(page).to_have_url(re.compile(f"model={run}"))


@pytest.fixture
def past_run(server):
    """A long run of an earlier day, with a tune and a text without notes."""
    run = RunStore(server.home / "runs").create("past", PRESETS["quick"])
    for step in range(1, 3001):
        look = 2.0 - step / 3000 if step % 100 == 0 else None
        run.append_metrics(
            StepMetrics(step, 4.0 - step / 1000, 0.5, 1.0, 1e-3, 1e4, step / 10, look, look and 0.6)
        )
    for step, text in ((100, "X:1\nT:mumble\n"), (200, f"{TUNE}\n")):
        append_sample(run.path / "samples.jsonl", Sample(step, text, 2.0))
    return run


def test_a_past_run_is_looked_at_heard_and_taken_away(open_page, past_run, tmp_path):
    page = open_page("/Train").page
    page.locator(".st-key-open_past button").click()
    opened = page.locator(".st-key-opened")
    opened.locator(".musicgen-chart .main-svg").last.wait_for()
    at_rest(page)
    assert value_of(page, f"Math.max(...{OPENED}.data.map((trace) => trace.x.length))") <= 2000
    page.wait_for_function(f"{OPENED}?.layout?.yaxis.type === 'linear'")

    titles = opened.locator(".modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")
    assert "Zoom" in titles and not [title for title in titles if "Share" in title]

    opened.get_by_role("button", name="View").click()
    page.get_by_text("Logarithmic values").click()
    page.wait_for_function(f"{OPENED}?.layout?.yaxis.type === 'log'")
    page.keyboard.press("Escape")

    with page.expect_download() as table:
        opened.get_by_role("button", name="CSV").click()
    assert table.value.suggested_filename == "past-metrics.csv"
    text = Path(table.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 3001)]

    with page.expect_download() as picture:
        opened.get_by_role("button", name="PNG", exact=True).click()
    assert picture.value.suggested_filename == "past-curves.png"
    data = Path(picture.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) > 20_000

    hear = page.locator(".st-key-opened_hear")
    expect(hear.locator(".musicgen-paper svg")).to_be_visible()
    audio = hear.locator("audio")
    page.wait_for_function("document.querySelector('.st-key-opened_sound audio')?.duration > 5")
    hear.get_by_role("radio", name="100", exact=True).click()
    expect(hear.get_by_text("No notes yet")).to_be_visible()
    expect(audio).to_have_count(0)
    hear.get_by_role("radio", name="200", exact=True).click()
    page.wait_for_function("document.querySelector('.st-key-opened_sound audio')?.currentTime > 0")
