"""``python -m bench.stand``: what one practises with, recorded in the real browser.

The player of the page is led into an audio worklet, which keeps every sample that is played, in
real time. Measured are the clicks of count-in and metronome against their beats at three tempi and
while the tempo rises, the silence after a call, and the silence between the tunes of a set of
three. A busy machine may lose samples while it records: then beats are late that the page plays in
time, so measure on one that rests.
"""

import argparse
import base64
import os
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from bench.browsing import browsing, rest, serving
from musicgen.library.book_tune import BookSet, SetTune, make_tune
from musicgen.library.tunebook import Tunebook

SAMPLE_RATE = 44_100
TEMPI = (60, 112, 200)
HEAD = "X:1\nT:{}\nR:reel\nM:4/4\nL:1/8\nQ:1/4=120\nK:D\n"
EIGHTHS = "dfaf dfaf|gbag fedc|"
RECORD = """async ({ selector, seconds }) => {
  const audio = document.querySelector(selector);
  const context = globalThis.benchContext ??= new AudioContext({ sampleRate: 44100 });
  if (!globalThis.benchKeeps) {
    const code = `registerProcessor("keep", class extends AudioWorkletProcessor {
      process([[left]]) { if (left) this.port.postMessage(left.slice()); return true; } });`;
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    await context.audioWorklet.addModule(url);
    globalThis.benchKeeps = new WeakMap();
  }
  await context.resume();
  if (!benchKeeps.has(audio)) {
    const keep = new AudioWorkletNode(context, "keep");
    context.createMediaElementSource(audio).connect(keep).connect(context.destination);
    benchKeeps.set(audio, keep);
  }
  const chunks = [], keep = benchKeeps.get(audio);
  audio.pause();
  audio.currentTime = 0;
  keep.port.onmessage = ({ data }) => chunks.push(data);
  await audio.play();
  const isOver = () => audio.ended || audio.currentTime >= seconds;
  while (!isOver()) await new Promise((wake) => setTimeout(wake, 50));
  audio.pause();
  keep.port.onmessage = null;
  const samples = new Int16Array(chunks.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const chunk of chunks) for (const value of chunk) samples[at++] = Math.round(32767 * value);
  const bytes = new Uint8Array(samples.buffer);
  let text = "";
  for (let from = 0; from < bytes.length; from += 32768) {
    text += String.fromCharCode(...bytes.subarray(from, from + 32768));
  }
  return btoa(text);
}"""

Samples = NDArray[np.float64]


def main() -> None:
    """Records and prints a line for each question."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tempi", type=int, nargs="*", default=TEMPI)
    asked = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with serving() as server, browsing() as browser:
        book = Tunebook(server.home / "tunebook.sqlite")
        names = ("One", "Two", "Three")
        keys = book.add(make_tune(HEAD.format(name) + EIGHTHS + "\n") for name in names)
        book.put_set(BookSet("Three", tuple(SetTune(key, 1) for key in keys)))
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{server.address}/Practise?tune={keys[0][:8]}")
        _wait_for_sound(page, "")
        _set(page, "Who plays", toggles=("Melody",))
        for bpm in asked.tempi:
            _set(page, "How", {"Beats a minute": bpm, "Times": 1})
            print(_tell_clicks(f"{bpm} beats a minute", _record(page, 12 * 60 / bpm), [bpm] * 12))
        _set(page, "How", {"Beats a minute": 120, "Times": 3}, slider=("First pass", 50))
        ramp = [60] * 4 + [60] * 8 + [90] * 8 + [120] * 8
        print(_tell_clicks("60, 90, then 120", _record(page, 8 + 4 + 16 / 3 + 4 + 4), ramp))
        _set(page, "Who plays", toggles=("Melody",))
        wanted = {"Times": 1, "Bars counted before": 0, "Bars to answer": 1}
        _set(page, "How", wanted, toggles=("Metronome",), slider=("First pass", 100))
        print(_tell_answers(_record(page, 8)))
        page.goto(f"{server.address}/Tunebook")
        page.locator(".musicgen-note").first.wait_for()
        rest(page)
        sets = page.get_by_role("combobox", name="Set", exact=True)
        sets.scroll_into_view_if_needed()  # a list that is open closes when the page scrolls
        rest(page)
        sets.click()
        page.get_by_role("option", name="Three", exact=True).click()
        page.get_by_role("button", name="Play the set").click()
        _wait_for_sound(page, "", ".st-key-set_sound audio")
        print(_tell_gaps(_record(page, 12, ".st-key-set_sound audio")))


def _set(
    page: Page,
    popover: str,
    numbers: dict[str, int] | None = None,
    toggles: tuple[str, ...] = (),
    slider: tuple[str, int] | None = None,
) -> None:
    """Sets what is in a popover, and waits for the sound that comes of it."""
    before = page.evaluate("document.querySelector('.st-key-sound audio').src")
    page.get_by_role("button", name=popover, exact=True).click()
    for label, value in (numbers or {}).items():
        field = page.get_by_label(label, exact=True)
        field.fill(str(value))
        field.press("Enter")
        rest(page)
    for label in toggles:
        page.get_by_text(label, exact=True).last.click()
        rest(page)
    if slider:
        thumb = page.get_by_role("slider", name=slider[0])
        key = "Home" if slider[1] < 100 else "End"
        thumb.press(key)
        steps = (slider[1] - 30) // 5 if key == "Home" else 0
        for _step in range(steps):
            thumb.press("ArrowRight")
        rest(page)
    page.keyboard.press("Escape")
    _wait_for_sound(page, before)


def _wait_for_sound(page: Page, before: str, selector: str = ".st-key-sound audio") -> None:
    page.wait_for_function(
        "([selector, before]) => { const one = document.querySelector(selector); "
        "return one && one.src !== before && one.duration > 1; }",
        arg=[selector, before],
    )
    rest(page)


def _record(page: Page, seconds: float, selector: str = ".st-key-sound audio") -> Samples:
    """What sounds in so many seconds from the beginning of the sound."""
    text = page.evaluate(RECORD, {"selector": selector, "seconds": seconds})
    return np.frombuffer(base64.b64decode(text), np.int16).astype(np.float64) / 32767


def find_onsets(samples: Samples) -> Samples:
    """When clicks begin, in seconds: the first sample that is loud after 50 ms that are not."""
    loud = np.flatnonzero(np.abs(samples) > 0.1 * np.abs(samples).max())
    first = np.concatenate(([True], np.diff(loud) > 0.05 * SAMPLE_RATE))
    return loud[first] / SAMPLE_RATE


def find_silence(samples: Samples, depth_db: float = -45.0) -> float:
    """The longest stretch, in seconds, that is so much softer than the loudest, between sounds."""
    window = SAMPLE_RATE // 200
    count = samples.size // window
    levels = np.sqrt((samples[: count * window].reshape(count, window) ** 2).mean(axis=1))
    loud = np.flatnonzero(levels > levels.max() * 10 ** (depth_db / 20))
    return float((np.diff(loud) - 1).max() * window / SAMPLE_RATE) if loud.size > 1 else 0.0


def _tell_clicks(name: str, samples: Samples, bpms: list[int]) -> str:
    """How far the clicks are from their beats; each beat is as long as its tempo says."""
    beats = np.concatenate(([0.0], np.cumsum([60 / bpm for bpm in bpms[:-1]])))
    onsets = find_onsets(samples)
    count = min(onsets.size, beats.size)
    late = (onsets[:count] - onsets[0] - beats[:count]) * 1000
    return (
        f"{name}: {onsets.size} clicks of {beats.size}, at most {np.abs(late).max():.2f} ms from "
        "the beat"
    )


def _tell_answers(samples: Samples) -> str:
    """How loud the bars are that call, and those that are left for an answer."""
    levels = []
    for begin, end in pairwise(range(0, 9, 2)):
        half = samples[round((begin + 1) * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
        levels.append(20 * np.log10(max(1e-6, float(np.sqrt((half**2).mean())))))
    calls, answers = levels[::2], levels[1::2]
    return (
        f"call and response: bars that call at {min(calls):.0f} dB or more, bars to answer at "
        f"{max(answers):.0f} dB or less"
    )


def _tell_gaps(samples: Samples) -> str:
    sounding = samples[: round(11.8 * SAMPLE_RATE)]
    return f"a set of three: the longest silence lasts {1000 * find_silence(sounding):.0f} ms"


if __name__ == "__main__":
    main()
