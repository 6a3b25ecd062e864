"""Tunes whose header says first what one may wish for: book, rhythm, meter, form and key.

Each tunebook has a header of its own, with people and numbers in it that a network cannot use, and
the rhythm often behind the title. Here all are alike::

    X:1
    B:lab
    R:reel
    M:C
    L:1/8
    N:8 8 b
    K:D Major

``B:`` is the corpus, with a ``+`` behind it where the tune was moved to another key than it has
there; ``N:`` is the form, the bars of each section and one of `LIKENESS` for what the later ones
take from the first. What is not known is left out, and the form of held-out tunes, too, because it
is not the tunebook that says it. The title is left out: it says little of the music, and is found
afterwards. The body stays character by character as it was, so that losses over bodies can be
compared.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from musicgen.notation.analysis.sections import section_lengths, section_likeness
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune

MAX_SECTIONS = 8
"""Of longer forms only so many are written."""

LIKENESS = {"a": "none", "b": "little", "c": "some", "d": "much", "e": "most"}
"""Marks for the share of bars behind the first section that are taken from it, and their names: no
bar, up to a quarter, up to a half, up to three quarters, more."""

MOVED = "+"
"""Stands behind the book of a tune that was moved to another key."""

RHYTHM_NAMES = {
    "slip jig": "slip jig",
    "slipjig": "slip jig",
    "jig": "jig",
    "reel": "reel",
    "hornpipe": "hornpipe",
    "clog": "hornpipe",
    "polka": "polka",
    "slide": "slide",
    "waltz": "waltz",
    "strathspey": "strathspey",
    "fling": "strathspey",
    "barndance": "barndance",
    "mazurka": "mazurka",
    "march": "march",
    "setdance": "set dance",
    "set dance": "set dance",
    "ocarolan": "air",
    "air": "air",
}
"""Rhythms by the words that tunebooks have for them; of several in a text the first here counts.

A clog is a hornpipe in other shoes, and a highland fling goes to strathspeys (F. Breathnach, Folk
Music and Dances of Ireland, 1971). O'Carolan's tunes are for listening, as airs are.
"""

_LAB_NUMBER = re.compile(r"^Z: *id:dc-([a-z]+)-\d+", re.MULTILINE)
_FIELD = re.compile(r"([A-Za-z]):[ \t]*(.*)")
_FORM = re.compile(r"((?:\d{1,2} ?){0,8})([a-e]?)")
_FORM_LINE = re.compile(r"^N:.*\n", re.MULTILINE)
_BOOK_LINE = re.compile(r"^B:(.+)$", re.MULTILINE)
_SPELLED = {"ionian": "Major", "aeolian": "Minor"}


@dataclass(frozen=True, slots=True)
class Description:
    """What a described header says. Empty fields are not written.

    `form` has the bars of each section, `likeness` one of `LIKENESS` or nothing.
    """

    book: str = ""
    rhythm: str = ""
    meter: str = ""
    unit: str = ""
    form: tuple[int, ...] = ()
    likeness: str = ""
    key: str = ""

    def header(self) -> str:
        """The lines of the header, up to the end of that of the key."""
        values = {
            "X": "1",
            "B": self.book,
            "R": self.rhythm,
            "M": self.meter,
            "L": self.unit,
            "N": " ".join([*map(str, self.form), *self.likeness]),
        }
        lines = [f"{letter}:{value}" for letter, value in values.items() if value]
        return "\n".join([*lines, f"K:{self.key}"]) + "\n"


def find_rhythm(text: str, rhythm: str) -> str:
    """The rhythm of a tune by one of the names in `RHYTHM_NAMES`; empty where nothing says it.

    Args:
        text: The tune; the lab's book has the rhythm in ``Z:``.
        rhythm: What its ``R:`` says.
    """
    numbered = _LAB_NUMBER.search(text)
    words = (numbered[1] if numbered else rhythm).lower()
    return next((name for word, name in RHYTHM_NAMES.items() if word in words), "")


def describe(tune: Tune, book: str, rhythm: str, with_form: bool = True) -> Description:
    """What can be said of a tune before its music; of its form only where that is asked for."""
    mode = _SPELLED.get(tune.key.mode, tune.key.mode.capitalize())
    return Description(
        book,
        rhythm,
        tune.meter.text,
        str(tune.unit_quarters / 4),
        section_lengths(tune)[:MAX_SECTIONS] if with_form else (),
        grade_likeness(section_likeness(tune)) if with_form else "",
        f"{tune.key.tonic} {mode}" if tune.key.tonic else "",
    )


def grade_likeness(share: float | None) -> str:
    """The mark of a share, 0..1, of bars that are taken from the first section; empty of None."""
    if share is None:
        return ""
    return "abcde"[0 if not share else min(4, math.ceil(4 * share))]


def write_described(text: str, book: str, rhythm: str, with_form: bool = True) -> str:
    """The tune with a header of this kind and the body that it has."""
    tune, _ = read_tune(text)
    return describe(tune, book, rhythm, with_form).header() + text[tune.body_start :]


def hide_form(text: str) -> str:
    """A described tune without its form."""
    return _FORM_LINE.sub("", text, count=1)


def mark_moved(text: str) -> str:
    """A described tune that says it was moved to another key."""
    return _BOOK_LINE.sub(rf"B:\1{MOVED}", text, count=1)


def read_header(text: str) -> Description:
    """What a header says, described or not; empty where it says nothing."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        field = _FIELD.match(line)
        if field is None:
            break
        values.setdefault(field[1], field[2].strip())
        if field[1] == "K":
            break
    form = _FORM.fullmatch(values.get("N", ""))
    return Description(
        values.get("B", ""),
        values.get("R", "").lower(),
        values.get("M", ""),
        values.get("L", ""),
        tuple(map(int, form[1].split())) if form else (),
        form[2] if form else "",
        values.get("K", ""),
    )


def count_headers(texts: Iterable[str]) -> dict[str, int]:
    """How many described tunes have which header, the commonest first."""
    headers = Counter(read_header(text).header() for text in texts)
    return dict(sorted(headers.items(), key=lambda item: (-item[1], item[0])))
