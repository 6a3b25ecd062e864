"""What an exported page composes, held to Python and to abc2midi: ``python -m bench.page``.

The scripts of the page run in Node. Two questions, over as many seeds as one likes: is the text
that the network writes that of ``compose --free --fixed`` to the last character, and is every tune
that is shown complete and in time? The second is asked of abc2midi, which is not ours; the field R:
is left out, for it swings hornpipes by that, and refuses to in some metres.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from musicgen.config import Paths
from musicgen.export.html_page import html_page
from musicgen.export.page_check import compare_page, run_page
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint

_WATCH = """
globalThis.clicked = 0;
globalThis.heard = null;
document.getElementById("compose").addEventListener("click", () => {
  clicked = performance.now();
  heard = null;
  const before = musicgenPage.source;
  const look = () => {
    const { source, context } = musicgenPage;
    if (source && source !== before && context.state === "running") heard = performance.now();
    else setTimeout(look, 5);
  };
  look();
}, true);
"""

_HEARD = """() => new Promise((done) => {
  const look = () => { if (heard === null) setTimeout(look, 5); else done(heard - clicked); };
  look();
})"""

_SAYS = re.compile(r"^(?:Warning|Error).*$", re.MULTILINE)
_RHYTHM = re.compile(r"^R:.*\n", re.MULTILINE)
_HARMLESS = re.compile(r"No key signature|Assuming")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", default="student")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--clicks", type=int, default=0, help="Only time so many in Chromium.")
    options = parser.parse_args()
    checkpoint = load_checkpoint(find_checkpoint(options.checkpoint, Paths.default()).path)
    page = html_page(checkpoint, Paths.default())
    if options.clicks:
        time_clicks(page, options.clicks)
        return
    seeds = list(range(options.first, options.first + options.seeds))
    print(f"{options.checkpoint}: a page of {len(page.encode()):,} bytes, {len(seeds)} seeds")
    (texts,) = compare_page(page, checkpoint, seeds, options.temperature)
    print(f"{texts.characters:,} characters, {texts.largest:.0f} other than Python's")
    request = {"task": "compose", "seeds": seeds, "temperature": options.temperature}
    shown = run_page(page, request)
    at_once = sum(one["drawings"] == 1 for one in shown)
    drawings = [one["drawings"] for one in shown]
    seconds = sorted(one["seconds"] for one in shown)
    print(f"{len(shown)} shown, {at_once} at once, {statistics.mean(drawings):.2f} drawings each, "
          f"at most {max(drawings)}")  # fmt: skip
    print(f"{statistics.median(seconds):.2f} s to compose one, 95 % within "
          f"{seconds[int(0.95 * (len(seconds) - 1))]:.2f} s")  # fmt: skip
    if not shutil.which("abc2midi"):
        print("abc2midi is not installed: nothing was asked of it")
        return
    complaints = {one["seed"]: ask_abc2midi(one["abc"]) for one in shown}
    wrong = {seed: said for seed, said in complaints.items() if said}
    print(f"{len(shown) - len(wrong)} of {len(shown)} are right by abc2midi")
    for seed, said in wrong.items():
        print(f"  seed {seed}: {'; '.join(said)}")


def ask_abc2midi(abc: str) -> list[str]:
    """What abc2midi has to say of a tune: nothing, if every bar is full and it is whole."""
    with tempfile.TemporaryDirectory(prefix="musicgen-page-") as folder:
        file = Path(folder) / "tune.abc"
        file.write_text(_RHYTHM.sub("", abc) + "\n", encoding="utf-8")
        command = ["abc2midi", str(file), "-o", str(Path(folder) / "tune.mid")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = _SAYS.findall(done.stdout + done.stderr)
        found = [line for line in said if not _HARMLESS.search(line)]
        return found if (Path(folder) / "tune.mid").is_file() else [*found, "no MIDI"]


def time_clicks(page: str, clicks: int) -> None:
    """From a click to sound in Chromium, from disk and without a network; 3 s between clicks."""
    with (
        tempfile.TemporaryDirectory(prefix="musicgen-page-") as folder,
        sync_playwright() as player,
    ):
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        browser = player.chromium.launch(executable_path=shutil.which("chromium"))
        for width in (1440, 390):
            context = browser.new_context(viewport={"width": width, "height": 844}, offline=True)
            shown = context.new_page()
            shown.goto(file.as_uri())
            shown.evaluate(_WATCH)
            times = []
            for _ in range(clicks):
                shown.locator("#compose").click()
                times.append(shown.evaluate(_HEARD) / 1000)
                shown.wait_for_timeout(3000)
            first, *others = times
            print(
                f"{width} px wide: {first:.2f} s from the first click to sound, then "
                f"{statistics.median(others):.2f} s, {max(others):.2f} s at most of {len(others)}"
            )
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
