"""``python -m bench.fuzz_notation``: damaged tunes and noise for the reader of ABC.

Every text must be read without an exception, in less than a second of processor time, and what was
read must be writable: the written text sounds the same when read again. Prints the slowest time and
every failure; exit status 1 if there is any.
"""

import argparse
import collections
import random
import string
import sys
import time

from musicgen.config import Paths
from musicgen.corpus.sources import SOURCES, is_available, read_source_text
from musicgen.notation.display.layout import break_lines
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from musicgen.notation.writing.abc_writer import write_abc

SLOWEST_S = 1.0
SPLINTERS = [
    "|:", ":|", "::", "[1", "[2", "|1", "(3", "(5:4:6", ">", "<<", "[M:3/4]", "[K:Bb]", "[L:3/8]",
    "P:A\n", "{", "}", '"', "!D.C.!", "!segno!", "Z4", "-", "[", "]", "^^", "M:6/8\n", "\nX:2\n",
    "C999999999", "C/////////", "C1/99999", "&", "V:2\n", "\\\n", "%%begintext\n", "=3D",
]  # fmt: skip


def main() -> int:
    """Runs both kinds of texts and prints what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutated", type=int, default=10_000)
    parser.add_argument("--noise", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=10.0, help="stop after so long")
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    tunes = _tunes()
    end = time.monotonic() + 60 * arguments.minutes
    texts = {
        "noise": (make_noise(generator) for _ in range(arguments.noise)),
        "mutated": (mutate(generator, tunes) for _ in range(arguments.mutated)),
    }
    failures = 0
    for name, stream in texts.items():
        failures += _run(name, stream, end)
    return min(failures, 1)


def mutate(generator: random.Random, tunes: list[str]) -> str:
    """A tune in which 1 to 10 % of the characters are changed, cut, doubled or spliced."""
    text = list(generator.choice(tunes))
    alphabet = generator.choice(tunes) + string.printable + "é\0"
    for _ in range(max(1, len(text) * generator.randint(1, 10) // 100)):
        at, size = generator.randrange(len(text) + 1), generator.randint(1, 8)
        match generator.randrange(5):
            case 0:
                text[at : at + 1] = generator.choice(alphabet)
            case 1:
                del text[at : at + size]
            case 2:
                text[at:at] = text[at : at + size]
            case 3:
                other = generator.choice(tunes)
                start = generator.randrange(len(other))
                text[at:at] = other[start : start + 4 * size]
            case _:
                text[at:at] = generator.choice(SPLINTERS)
    return "".join(text)


def make_noise(generator: random.Random) -> str:
    """Up to 2,000 characters of chance: of ABC's own, of print, or of all of Unicode."""
    alphabet = generator.choice(["ABcdefg|:[]()<>-123/'^=_,{}\"!~ \n%", string.printable, None])
    length = generator.randrange(2_000)
    if alphabet is None:
        points = (generator.randrange(0x11000) for _ in range(length))
        return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)
    return "".join(generator.choices(alphabet, k=length))


def check(text: str) -> str:
    """What is wrong with reading and writing a text; empty if nothing is."""
    try:
        tune, _ = read_tune(text)
        break_lines(tune)
        again, _ = read_tune(write_abc(tune))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return repr(error)
    pitches = [note.pitch for note in tune.performance]
    return "" if pitches == [note.pitch for note in again.performance] else "sounds different"


def _tunes() -> list[str]:
    books = [source for source in SOURCES.values() if is_available(source, Paths.default())]
    return [
        tune.text
        for source in books
        for file in read_source_text(source, Paths.default())
        for tune in split_tunebook(file.text)
        if tune.text
    ] or ["X:1\nM:6/8\nL:1/8\nK:D\n|:ABc def|(3ABc d>e {g}f2:|\n"]


def _run(name: str, texts, end: float) -> int:
    count, slowest, failures = 0, 0.0, collections.Counter()
    for text in texts:
        if time.monotonic() > end:
            break
        start = time.process_time()
        read_tune(text)
        slowest = max(slowest, time.process_time() - start)
        wrong = check(text)
        if wrong:
            failures[wrong] += 1
            print(f"{wrong}: {text!r}")
        count += 1
    print(f"{name}: {count} texts, {sum(failures.values())} failures, slowest {slowest:.3f} s")
    return sum(failures.values()) + (slowest > SLOWEST_S)


if __name__ == "__main__":
    sys.exit(main())
