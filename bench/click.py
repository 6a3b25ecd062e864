"""``python -m bench.click --clicks 50 --training``: from a click to sound, in the real browser.

The time runs in the page: from the click on Compose to the event ``playing`` of the audio element.
The next click comes when the page is at rest, and after ``--listen`` more seconds, in which the
next tune is composed ahead; after that as many come as soon as the tune before
sounds, while its score is still being drawn. With ``--training`` both are measured again while a
training of the quick preset runs in the app.
"""

import argparse
import os

from playwright.sync_api import Page

from bench.browsing import browsing, click_to_sound, open_play, rest, serving, told


def main() -> None:
    """Clicks, and prints a line for each way of clicking."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clicks", type=int, default=50)
    parser.add_argument("--listen", type=float, default=0.0, help="seconds between two clicks")
    parser.add_argument("--training", action="store_true")
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with serving() as server, browsing() as browser:
        page = open_play(browser, server.address)
        print(told("the first click on a fresh server", [click_to_sound(page)]), flush=True)
        print(told("while it reads what the model learned from", read(page)), flush=True)
        report(page, asked.clicks, asked.listen)
        if asked.training:
            trainer = browser.new_context().new_page()
            trainer.goto(f"{server.address}/Train")
            trainer.get_by_role("button", name="Start training").click()
            trainer.locator(".musicgen-chart").first.wait_for(timeout=120_000)
            trainer.wait_for_timeout(10_000)
            print("while it trains:")
            report(page, asked.clicks, asked.listen)
            is_training = trainer.get_by_role("button", name="Stop and keep").is_visible()
            print("the training ran to the last click:", "yes" if is_training else "NO")


def read(page: Page) -> list[float]:
    """Seconds for each click until the index of novelty is there, as once on every machine."""
    times = [click_at_rest(page)]
    while True:
        rest(page)
        if not page.get_by_text("Reading what the model learned from").is_visible():
            return times
        times.append(click_to_sound(page))


def report(page: Page, clicks: int, listen_s: float) -> None:
    """Clicks so many times in each way, and prints a line for each."""
    times = [click_at_rest(page, listen_s) for _click in range(clicks)]
    print(told("click to sound", times), flush=True)
    hurried = [click_to_sound(page) for _click in range(clicks)]
    print(told("clicked again as soon as it sounds", hurried), flush=True)


def click_at_rest(page: Page, listen_s: float = 0.0) -> float:
    """Seconds from a click to the sound, when the page has nothing left to do."""
    rest(page)
    page.wait_for_timeout(1000 * listen_s)
    return click_to_sound(page)


if __name__ == "__main__":
    main()
