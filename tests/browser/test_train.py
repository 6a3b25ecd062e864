import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

CHART = "document.querySelector('.musicgen-chart')"
POINTS = f"({CHART}.data?.[0].x.at(-1) ?? 0)"
RANGES = f"[{CHART}.layout.xaxis.range, {CHART}.layout.yaxis.range]"


def fill_in(page: Page, **values: int) -> None:
    page.get_by_text("Settings").click()
    for label, value in values.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(str(value))


def steps_drawn(page: Page) -> int:
    page.locator(".musicgen-chart .main-svg").first.wait_for()
    return int(page.evaluate(POINTS))


def wait_for_more(page: Page, than: int) -> None:
    page.wait_for_function(f"{POINTS} > {than}")


def test_a_name_that_is_taken_is_told_in_a_sentence(open_page):
    page = open_page("/Train").page
    fill_in(page, Name_of_the_run="tiny")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a run named 'tiny' already")


def test_a_training_is_watched_zoomed_refreshed_stopped_and_played(open_page):
    page = open_page("/Train").page
    fill_in(
        page, Name_of_the_run="seen", Steps=100_000, Batch_size=4, Sequence_length=32,
        Validation_interval=50, Save_interval=50, Threads=1, Embedding_size=16, Hidden_size=48,
    )  # fmt: skip
    page.get_by_role("button", name="Start training").click()
    first = steps_drawn(page)
    wait_for_more(page, first)

    # Zoom outlives the ticks.
    box = page.locator(".musicgen-chart .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    page.wait_for_function(f"{CHART}.layout.xaxis.range[0] > 0")
    zoom = page.evaluate(RANGES)
    wait_for_more(page, steps_drawn(page) + 1)
    assert page.evaluate(RANGES) == zoom

    # A second tab composes meanwhile, and its slider answers.
    other = open_page("/?model=tiny", context=page.context).page
    other.get_by_role("slider").press("ArrowRight")
    expect(other.locator("[data-testid=stSliderThumbValue]")).to_have_text("0.85")
    other.get_by_role("button", name="Compose").click()
    expect(other.get_by_text("temperature 0.85")).to_be_visible()
    expect(other.get_by_text("training", exact=False).first).to_be_visible()

    # A refresh loses nothing, and pausing in one tab holds in the other.
    before = steps_drawn(page)
    page.reload()
    assert steps_drawn(page) >= before
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").first.wait_for()
    held = steps_drawn(page)
    third = open_page("/Train", context=page.context).page
    third.get_by_role("button", name="Go on").first.click()
    wait_for_more(page, held)

    # Stopped from the other tab; both show it, and the model plays.
    third.get_by_role("link", name="Play the new model").wait_for()
    third.get_by_role("button", name="Stop and keep").click()
    expect(page.get_by_text("stopped").first).to_be_visible()
    page.get_by_role("button", name="Start training").wait_for()
    page.get_by_role("link", name="Play the new model").click()
    expect(page.get_by_text("model seen")).to_be_visible()
    assert "model=seen" in page.url
