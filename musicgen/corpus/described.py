"""Tunes whose header says first what one may wish for: book, rhythm, meter, form and key.

Each tunebook has a header of its own, with people and numbers in it that a network cannot use, and
the rhythm often behind the title. Here all are alike::

    X:1
    B:lab
    R:reel
    M:C
    L:1/8
    N:8 8
    K:D Major

``B:`` is the corpus, ``N:`` the bars of each section. What is not known is left out. The title is
left out, too: it says little of the music, and is found afterwards. The body stays character by
character as it was, so that losses over bodies can be compared.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from musicgen.notation.analysis.sections import section_lengths
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune

MAX_SECTIONS = 8
"""Of longer forms only so many are written."""

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
_FORM = re.compile(r"\d{1,2}( \d{1,2}){0,7}")
_SPELLED = {"ionian": "Major", "aeolian": "Minor"}


@dataclass(frozen=True, slots=True)
class Description:
    """What a described header says. Empty fields are not written; `form` has bars of sections."""

    book: str = ""
    rhythm: str = ""
    meter: str = ""
    unit: str = ""
    form: tuple[int, ...] = ()
    key: str = ""

    def header(self) -> str:
        """The lines of the header, up to the end of that of the key."""
        values = {
            "X": "1",
            "B": self.book,
            "R": self.rhythm,
            "M": self.meter,
            "L": self.unit,
            "N": " ".join(map(str, self.form)),
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


def describe(tune: Tune, book: str, rhythm: str) -> Description:
    """What can be said of a tune before its music."""
    mode = _SPELLED.get(tune.key.mode, tune.key.mode.capitalize())
    return Description(
        book,
        rhythm,
        tune.meter.text,
        str(tune.unit_quarters / 4),
        section_lengths(tune)[:MAX_SECTIONS],
        f"{tune.key.tonic} {mode}" if tune.key.tonic else "",
    )


def write_described(text: str, book: str, rhythm: str) -> str:
    """The tune with a header of this kind and the body that it has."""
    tune, _ = read_tune(text)
    return describe(tune, book, rhythm).header() + text[tune.body_start :]


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
    form = values.get("N", "")
    return Description(
        values.get("B", ""),
        values.get("R", "").lower(),
        values.get("M", ""),
        values.get("L", ""),
        tuple(map(int, form.split())) if _FORM.fullmatch(form) else (),
        values.get("K", ""),
    )


def count_headers(texts: Iterable[str]) -> dict[str, int]:
    """How many described tunes have which header, the commonest first."""
    headers = Counter(read_header(text).header() for text in texts)
    return dict(sorted(headers.items(), key=lambda item: (-item[1], item[0])))
