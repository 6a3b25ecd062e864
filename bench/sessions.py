"""``python -m bench.sessions --sessions 8 --minutes 10``: many people composing at once.

So many browsers with sessions of their own click Compose again and again, each with a temperature
of its own: all at the same moment, or with ``--listen 20`` each by itself, after listening for so
many seconds on average (exponentially distributed). Prints the times from click to sound, the
server's memory as it goes, and whether any session ever saw a tune or a setting of another. Exit
status 1 if one did.
"""

import argparse
import os
import random
import re
import sys
import time
from collections.abc import Sequence

import psutil
from playwright.sync_api import Page

from bench.browsing import browsing, click_to_sound, open_play, rest, serving, told

MIB = 2**20
FACTS = re.compile(r"seed (\d+) · temperature ([\d.]+)")

START = "document.querySelector('.st-key-compose button').click()"
IS_SOUNDING = "globalThis.benchTimes.playing && globalThis.benchTimes.click"


def main() -> int:
    """Clicks until the minutes are over."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sessions", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--listen", type=float, default=0.0, help="seconds; 0: all at once")
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    seconds: list[float] = []
    mixed, seen = 0, set[str]()
    with serving() as server, browsing() as browser:
        process = psutil.Process(server.pid)
        pages = [
            open_play(browser, f"{server.address}/?temperature={temperature_of(number)}")
            for number in range(asked.sessions)
        ]
        for page in pages:  # what a server does once: models, soundfont, what a model learned from
            warm_up(page)
        start, turn = time.monotonic(), 0
        while time.monotonic() - start < 60 * asked.minutes:
            turn += 1
            seconds += listened(pages, asked.listen) if asked.listen else one_turn(pages)
            mixed += count_mixed(pages, seen)
            memory = process.memory_info().rss / MIB
            elapsed_s = time.monotonic() - start
            if turn in (1, 2, 5) or turn % 10 == 0:
                print(
                    f"{elapsed_s:5.0f} s, turn {turn}: the server has {memory:.0f} MiB", flush=True
                )
        print(told(f"click to sound, {asked.sessions} sessions at once", seconds))
        print(f"turns in which a session saw another's: {mixed}")
    return min(1, mixed)


def warm_up(page: Page) -> None:
    """One tune, and what follows from it."""
    click_to_sound(page)
    rest(page)
    page.get_by_text("Reading what the model learned from").wait_for(state="hidden")


def listened(pages: Sequence[Page], mean_s: float) -> list[float]:
    """Seconds of each session, each clicked once, when it has listened for a while."""
    waits = sorted((random.expovariate(1 / mean_s), number) for number in range(len(pages)))
    start = time.monotonic()
    for wait_s, number in waits:
        left_s = start + min(wait_s, 3 * mean_s) - time.monotonic()
        pages[number].wait_for_timeout(1000 * max(0.0, left_s))
        pages[number].evaluate(START)
    return [sounded(page) for page in pages]


def sounded(page: Page) -> float:
    """Waits for the sound of the last click, and gives the seconds it took."""
    page.wait_for_function(IS_SOUNDING)
    times = page.evaluate("globalThis.benchTimes")
    page.evaluate("document.querySelector('.st-key-sound audio').pause()")
    return float(times["playing"] - times["click"]) / 1000


def one_turn(pages: Sequence[Page]) -> list[float]:
    """Seconds of each session, all clicked as nearly at once as one thread can."""
    for page in pages:
        page.wait_for_function("!document.querySelector('[data-stale=true]')")
    for page in pages:
        page.evaluate(START)
    return [sounded(page) for page in pages]


def count_mixed(pages: Sequence[Page], seen: set[str]) -> int:
    """Sessions that show another's temperature, a seed not their own, or one seen elsewhere."""
    wrong = 0
    for number, page in enumerate(pages):
        page.wait_for_function("!document.querySelector('[data-stale=true]')")
        fact = page.locator("[data-testid=stCaptionContainer]").filter(has_text="seed").last
        shown = FACTS.search(fact.inner_text())
        field = page.get_by_label("Seed", exact=True).input_value()
        is_own = shown and float(shown[2]) == temperature_of(number)
        is_one = shown and f"seed={shown[1]}" in page.url and field == shown[1]
        is_new = shown and shown[1] not in seen
        wrong += not (is_own and is_one and is_new)
        seen.add(shown[1] if shown else "")
    return wrong


def temperature_of(number: int) -> float:
    """The setting by which a session is told from the others."""
    return round(0.6 + 0.05 * number, 2)


if __name__ == "__main__":
    sys.exit(main())
