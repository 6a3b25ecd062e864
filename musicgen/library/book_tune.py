"""What a tunebook holds: a tune with what is known of it, and sets of tunes."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from musicgen.errors import NotationError, TunebookError
from musicgen.notation.analysis.incipit import MelodyText, melody_text
from musicgen.notation.model import Key, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.text_strings import encode_text_string
from musicgen.notation.writing.transposition import transpose

MAX_TITLE = 80
"""Characters of the title of a tune or the name of a set."""

MAX_TAG = 40
MAX_TAGS = 20
"""Characters of a tag, and tags of a tune."""

MAX_ABC = 50_000
"""Characters of a tune: a hundred times the usual."""

REPEATS = (1, 9)
"""How often a tune of a set is played, least and most."""

MOST_SEMITONES = 12
"""By which a tune of a set can be moved, up or down."""

_TITLE_LINE = re.compile(r"^T:[^\n]*", re.MULTILINE)
_NUMBER_LINE = re.compile(r"^X:[^\n]*\n?", re.MULTILINE)
_ASIDE = re.compile(r"^(?:[NX]:|%)[^\n]*\n?", re.MULTILINE)


@dataclass(frozen=True)
class BookTune:
    """A tune of a tunebook.

    `key` are 16 hexadecimal digits by which it is known, `music_key` is its key for people
    (``E dorian``), `created` a moment as ISO 8601 has it. `is_composed` says that the book knows
    how it was composed, `likeness` how well its melody fits what was looked for, 0..1. `melody` is
    that of `write_melody` in a tune that is to be added, and empty in one that was read.
    """

    key: str
    title: str
    abc: str
    created: str = ""
    rhythm: str = ""
    meter: str = ""
    music_key: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    is_composed: bool = False
    likeness: float = 1.0
    melody: str = ""

    @cached_property
    def words(self) -> str:
        """All that can be looked for by words, in small letters."""
        fields = re.findall(r"^[TCOABSDH]:[^\n]*", self.abc, re.MULTILINE)
        parts = (self.title, self.note, *self.tags, *(field[2:] for field in fields))
        return " ".join(parts).casefold()

    @cached_property
    def text(self) -> str:
        """Its ABC under the title that the book gives it."""
        return with_title(self.abc, self.title)

    @cached_property
    def tune(self) -> Tune:
        """The same, read."""
        return read_tune(self.text)[0]

    @property
    def stem(self) -> str:
        """A name for its files, without an ending."""
        return to_file_name(self.title)


@dataclass(frozen=True, slots=True)
class SetTune:
    """A tune of a set: the key it is known by, how often it is played, semitones it is moved by.

    Raises:
        TunebookError: it is played or moved beyond what is possible.
    """

    key: str
    repeats: int = 1
    transpose: int = 0

    def __post_init__(self) -> None:
        low, high = REPEATS
        if not low <= self.repeats <= high or abs(self.transpose) > MOST_SEMITONES:
            raise TunebookError(
                "A tune of a set is played {low} to {high} times, and moved by at most {most} "
                "semitones.",
                low=low,
                high=high,
                most=MOST_SEMITONES,
            )


@dataclass(frozen=True, slots=True)
class BookSet:
    """Tunes in the order in which they are played, one after the other."""

    name: str
    tunes: tuple[SetTune, ...]
    created: str = ""


def make_tune(abc: str, title: str = "", key: str = "") -> BookTune:
    """A tune for the book.

    Args:
        abc: The text of one tune.
        title: What it is called; its own title if empty.
        key: What it is known by; made of its text if empty.

    Raises:
        NotationError: there are no notes in it, or it is too long.
    """
    if len(abc) > MAX_ABC:
        raise NotationError("A tune of a tunebook has at most {most:,} characters.", most=MAX_ABC)
    tune, _problems = read_tune(abc)
    if not any(note.pitches for note in tune.notes):
        raise NotationError("There is no tune in this text: it has no notes.")
    return BookTune(
        key or text_key(abc),
        clean_title(title or tune.title),
        abc.strip("\n") + "\n",
        rhythm=_one_line(tune.rhythm)[:MAX_TITLE],
        meter=f"{tune.meter.numerator}/{tune.meter.denominator}" if tune.meter.numerator else "",
        music_key=name_key(tune.key),
        melody=write_melody(tune),
    )


def moved(tune: BookTune, semitones: int) -> Tune:
    """The tune in another key; as it is by no semitones.

    Raises:
        NotationError: it cannot be spelled there.
    """
    return read_tune(transpose(tune.text, semitones))[0] if semitones else tune.tune


def key_of(tune: BookTune, semitones: int) -> str:
    """The key in which a tune is when it is moved, for people; as it is where it cannot be."""
    try:
        return name_key(moved(tune, semitones).key)
    except NotationError:
        return name_key(tune.tune.key)


def name_key(key: Key) -> str:
    """A key for people: ``E dorian``, ``D major``; empty for none."""
    mode = {"ionian": "major", "aeolian": "minor"}.get(key.mode, key.mode)
    return f"{key.tonic} {mode}" if key.tonic else ""


def text_key(abc: str) -> str:
    """16 hexadecimal digits of a text, its number in a book, remarks and layout left aside."""
    bare = " ".join(_ASIDE.sub("", abc.replace("\r\n", "\n").replace("\r", "\n")).split())
    return hashlib.sha256(bare.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def with_title(abc: str, title: str) -> str:
    """The text with a title in place of its first one, behind its number where it has none."""
    line = f"T:{' ' if title[:1] in ('|', ':') else ''}{encode_text_string(title)}"
    if _TITLE_LINE.search(abc):
        return _TITLE_LINE.sub(lambda _found: line, abc, count=1)
    number = _NUMBER_LINE.search(abc)
    if number is None:
        return f"X:1\n{line}\n{abc}"
    head = number[0] if number[0].endswith("\n") else f"{number[0]}\n"
    return f"{abc[: number.start()]}{head}{line}\n{abc[number.end() :]}"


def clean_title(text: str) -> str:
    """A title of one line without control characters; ``–`` if nothing is left."""
    return _one_line(text[: 10 * MAX_TITLE])[:MAX_TITLE].strip() or "–"


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags of one line each, none twice, commas left out, by the alphabet."""
    lines = (_one_line(tag[:400].replace(",", " "))[:MAX_TAG].strip() for tag in tags)
    return tuple(sorted({line for line in lines if line}))[:MAX_TAGS]


def to_file_name(name: str) -> str:
    """A name for a file: letters and digits of the title, with hyphens between."""
    kept = "".join(c if c.isalnum() else "-" for c in name)
    return "-".join(filter(None, kept.split("-")))[:60] or "tune"


def _one_line(text: str) -> str:
    seen = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(seen.split())


def write_melody(tune: Tune) -> str:
    """The melody of a tune as the book keeps it, to be read by `parse_melody`."""
    melody = melody_text(tune)
    return json.dumps([melody.pitches, melody.letters, melody.tonic], separators=(",", ":"))


def parse_melody(kept: str) -> MelodyText:
    """A melody that `write_melody` wrote down.

    Raises:
        ValueError: it is something else.
    """
    pitches, letters, tonic = json.loads(kept)
    return MelodyText(tuple(pitches), tuple(letters), int(tonic))
