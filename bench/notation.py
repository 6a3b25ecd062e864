"""``python -m bench.notation``: the reader of ABC beside abc2midi, and how long it takes.

For every tunebook that is there, and for 200 synthetic tunes: the share of tunes whose notes
(pitch, onset, duration) are those of abc2midi, as the text is and with ``|:`` written wherever
repeats go back to; the median and the worst time to read a tune. Where the two differ is told in
docs/notation.md.
"""

import statistics
import time

from musicgen.config import Paths
from musicgen.corpus.sources import SOURCES, is_available, read_source_text
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from tests.notation.synthetic import make_tunes
from tests.notation.test_agreement import agrees

SYNTHETIC = 200
ESSEN_SAMPLE = 10
LONG_CHARACTERS = 200_000
REPEATS = 3
"""Times a tune is read: the fastest counts, so that other work on the machine does not."""


def main() -> None:
    """A line for each tunebook, and the time of a very long text."""
    print(f"{'':<14}{'tunes':>7}{'agree':>8}{'as it is':>10}{'median ms':>11}{'worst ms':>10}")
    for name, texts in _books():
        rows = [(agrees(text), agrees(text, write_repeats=False)) for text in texts]
        times = [min(_read_ms(text) for _ in range(REPEATS)) for text in texts]
        written, raw = (sum(column) for column in zip(*rows, strict=True))
        print(f"{name:<14}{len(texts):>7}{written / len(texts):>8.1%}{raw / len(texts):>10.1%}"
              f"{statistics.median(times):>11.2f}{max(times):>10.2f}", flush=True)  # fmt: skip
    body = "ABcd efga|" * (LONG_CHARACTERS // 10)
    time_ms = min(_read_ms("X:1\nK:D\n" + body) for _ in range(REPEATS))
    print(f"one tune of {LONG_CHARACTERS:,} characters: {time_ms:.0f} ms")


def _books() -> list[tuple[str, list[str]]]:
    books = []
    for source in SOURCES.values():
        if is_available(source, Paths.default()):
            files = read_source_text(source, Paths.default())
            tunes = [tune.text for file in files for tune in split_tunebook(file.text)]
            books.append((source.name, tunes[::ESSEN_SAMPLE] if source.name == "essen" else tunes))
    return [*books, ("synthetic", make_tunes(SYNTHETIC))]


def _read_ms(text: str) -> float:
    start = time.perf_counter()
    read_tune(text)
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
