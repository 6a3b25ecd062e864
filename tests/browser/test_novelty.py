"""Is it copied? The line under the score and the marks in it, in a real browser."""

import json
import shutil

import pytest
from playwright.sync_api import expect

from musicgen.corpus.user_corpora import CorpusStore, Upload
from tests.browser.waiting import at_rest
from tests.ui.tiny_model import TUNE, write_tiny_model

pytestmark = pytest.mark.browser

SAME_SOUND = "(audio => audio === globalThis.heard && !audio.paused && audio.currentTime > 0.2)"


@pytest.fixture
def copyist(server, tunebook):
    """A model that says it learned from a corpus of one's own, which holds its very tune."""
    store, folder = CorpusStore(server.home / "corpora"), server.home / "runs" / "zz-copyist"
    store.create("patient", [Upload("patient.abc", f"{TUNE}\n\n{tunebook}".encode())])
    write_tiny_model(folder / "best")
    file = folder / "best" / "checkpoint.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    corpus = {"corpus": {"source": "own:patient"}}
    file.write_text(json.dumps(values | corpus), encoding="utf-8")
    yield "zz-copyist"
    shutil.rmtree(folder)
    store.delete("patient")


def test_a_copy_is_told_and_marked_while_the_sound_goes_on(open_page, copyist):
    page = open_page(f"/?model={copyist}&temperature=0.8&seed=1").page
    page.locator(".st-key-downloads").wait_for()
    audio = page.locator(".st-key-sound audio")
    audio.evaluate("audio => { globalThis.heard = audio; audio.loop = true; audio.play(); }")
    line = page.locator(".st-key-novelty summary")
    expect(line).to_contain_text("Known: this is The Patient Machine", timeout=120_000)
    page.locator(".is-marked").first.wait_for(state="attached")
    at_rest(page)
    lines = page.locator(".abcjs-staff-wrapper").count()
    assert lines >= 2
    expect(page.locator(".is-marked")).to_have_count(lines)
    page.wait_for_function(f"{SAME_SOUND}(document.querySelector('.st-key-sound audio'))")
    line.click()
    expect(page.locator(".st-key-novelty_theirs .musicgen-note").first).to_be_attached()
    expect(page.locator(".st-key-novelty .js-plotly-plot")).to_have_count(2)
    page.wait_for_function(f"{SAME_SOUND}(document.querySelector('.st-key-sound audio'))")
