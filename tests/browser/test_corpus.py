import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_train import fill_fields, start_training, wait_for_more
from tests.browser.waiting import AT_REST, at_rest

pytestmark = pytest.mark.browser

JIGS = "\n\n".join(
    f"X:{number}\nT:Jig {number}\nM:6/8\nL:1/8\nK:{key}\n"
    f"DFA dAF|G{note}d gdB|Ace ecA|d3 d2A|DFA dAF|G{note}d gdB|Ace ecA|d3 d3:|"
    for number, (key, note) in enumerate(
        ((key, note) for key in ("D", "G", "Amix", "Edor") for note in "ABcde"), start=1
    )
)
SCRIPT = "X:90\nT:<img src=x onerror=alert(1)>\nM:4/4\nL:1/8\nK:G\nGABc d2B2|G4 G4|]"
BROKEN_MIDI = b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x00\x60MTrk\x00\x00\x00\x20\x00\x90"
NAMES_ARE = """
[...document.querySelectorAll("[aria-label='Name of the corpus']")]
  .map(field => field.value).join() === "{}"
"""
"""The field that was there before the file stays for a moment beside the new one."""


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_own_tunes_are_brought_heard_and_trained_on(open_page, size):
    page = open_page("/Corpus", viewport=dict(zip(("width", "height"), size, strict=True))).page
    name = f"brought-{size[0]}"
    uploader = page.locator("[data-testid=stFileUploader] input[type=file]")
    uploader.wait_for(state="attached")
    at_rest(page)
    if not page.get_by_role("button", name="Read and keep").is_visible():
        page.get_by_text("Bring your own tunes").click()  # folded where there is a corpus already

    # What is no tune is a sentence, and the form stays as it was.
    uploader.set_input_files(
        [{"name": "noise.mid", "mimeType": "audio/midi", "buffer": BROKEN_MIDI}]
    )
    field = page.get_by_label("Name of the corpus")
    page.wait_for_function(NAMES_ARE.format("noise"))
    page.get_by_role("button", name="Read and keep").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).not_to_contain_text("Traceback")

    text = f"{JIGS}\n\n{SCRIPT}\n".encode("latin-1")
    uploader.set_input_files([{"name": "jigs.abc", "mimeType": "text/plain", "buffer": text}])
    expect(page.get_by_text("jigs.abc")).to_be_visible()
    page.wait_for_function(NAMES_ARE.format("noise"))
    page.locator(AT_REST).wait_for()  # what is pressed while a page is drawn anew may be lost
    field.fill(name)
    page.get_by_role("button", name="Read and keep").click()
    expect(page.get_by_text(re.compile(r"\d+ tunes kept\."))).to_be_visible()

    # One is looked at and heard; a title is never more than words.
    expect(page.locator(".musicgen-paper svg").first).to_be_visible()
    page.wait_for_function("document.querySelector('audio')?.duration > 1")
    page.get_by_placeholder("title, key or meter").fill("onerror")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 tune ·")).to_be_visible()
    expect(page.locator(".musicgen-paper svg").first).to_be_visible()
    expect(page.locator("img[src=x]")).to_have_count(0)

    # And a network learns from them.
    page.get_by_role("link", name="Train on it").click()
    expect(page.get_by_role("combobox", name="Corpus")).to_have_value(name)
    fill_fields(
        page, Name_of_the_run=f"on-{name}", Steps=120, Batch_size=4, Sequence_length=32,
        Validation_interval=50, Save_interval=50, Threads=1, Embedding_size=16, Hidden_size=32,
    )  # fmt: skip
    start_training(page)
    page.locator(".musicgen-chart .main-svg").first.wait_for()
    wait_for_more(page, 0)
    expect(page.locator(".st-key-live")).to_contain_text(f"on-{name}")  # not a run of before
    expect(page.locator(".st-key-live").get_by_text("finished")).to_be_visible()
    page.locator(AT_REST).wait_for()
    page.wait_for_timeout(1_000)  # sound that is on its way is there before the page is left
    page.get_by_role("link", name="Play the new model").click()
    expect(page.get_by_text(f"model on-{name}")).to_be_visible()
    page.wait_for_function("document.querySelector('.st-key-sound audio')?.duration > 1")
