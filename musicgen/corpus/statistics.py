"""What is in a corpus: a line for each tune, counts of keys and meters, and the report as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from musicgen.corpus.cleaning import CorpusTune, Finding
from musicgen.notation.model import Key
from musicgen.notation.parsing.reader import read_tune

_MODES = {"ionian": "major", "aeolian": "minor"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class TuneFacts:
    """What a list says of a tune.

    `key` is such as ``E dorian``, empty where there is none; `bars` counts them as written, `notes`
    without rests.
    """

    title: str
    key: str
    meter: str
    bars: int
    notes: int
    characters: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How often each key and meter occurs, the most frequent first, and all numbers of bars."""

    keys: tuple[tuple[str, int], ...]
    meters: tuple[tuple[str, int], ...]
    bars: tuple[int, ...]


def describe_tunes(tunes: Iterable[CorpusTune]) -> list[TuneFacts]:
    """One line for each tune, in order."""
    return [_facts(tune) for tune in tunes]


def _facts(clean: CorpusTune) -> TuneFacts:
    tune, _ = read_tune(clean.text)
    notes = sum(not note.is_rest for note in tune.notes)
    return TuneFacts(
        tune.title, key_name(tune.key), tune.meter.text, len(tune.bars), notes, len(clean.text)
    )


def key_name(key: Key) -> str:
    """Tonic and mode, ``D major``; the old names of major and minor are those."""
    return f"{key.tonic} {_MODES.get(key.mode, key.mode)}" if key.tonic else ""


def count_figures(facts: Sequence[TuneFacts]) -> Figures:
    """Figures over all tunes; empty for none."""
    return Figures(
        tuple(Counter(fact.key for fact in facts if fact.key).most_common()),
        tuple(Counter(fact.meter for fact in facts).most_common()),
        tuple(fact.bars for fact in facts),
    )


def find_tunes(facts: Sequence[TuneFacts], words: str) -> list[int]:
    """Places of the tunes whose title, key or meter hold every word, case ignored."""
    wanted = words.casefold().split()
    return [
        place
        for place, fact in enumerate(facts)
        if all(word in f"{fact.title} {fact.key} {fact.meter}".casefold() for word in wanted)
    ]


def write_csv(findings: Iterable[Finding]) -> bytes:
    """The findings as a table that spreadsheets open: UTF-8 with a mark, a line for each.

    What a spreadsheet would take for a formula has an apostrophe before it.
    """
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("file", "line", "title", "kind", "reason"))
    for found in findings:
        row = (found.file, found.line, found.title, found.kind, found.detail)
        table.writerow([_harmless(str(cell)) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
