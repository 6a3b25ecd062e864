"""Information fields of a tune put in, changed or taken away; everything else stays as written."""

import re
from fractions import Fraction

from musicgen.errors import NotationError
from musicgen.notation.model import Tune
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.fields import write_tempo
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.text_strings import TEXT_FIELDS, encode_text_string

MAX_VALUE = 80
"""Characters of a field that is written."""

TEMPI = (20.0, 400.0)
"""Beats a minute that can be asked for, least and most."""


def with_field(text: str, letter: str, value: str) -> str:
    """The first tune of a text with another value of a field in its header.

    Args:
        text: The tune.
        letter: Of the field; only its first line counts, further ones stay.
        value: Cut to one line of `MAX_VALUE` characters; the field is taken away if empty.
    """
    text = plain_lines(text)
    end = read_tune(text)[0].body_start
    head, body = text[:end], text[end:]
    line = re.compile(rf"^{letter}:[^\n]*\n?", re.MULTILINE)
    written = _line(letter, value)
    if line.search(head):
        return line.sub(lambda _found: written, head, count=1) + body
    key = re.search(r"^K:", head, re.MULTILINE)
    at = key.start() if key else len(head)
    before = head[:at] if not at or head[at - 1] == "\n" else f"{head[:at]}\n"
    return before + written + head[at:] + body


def field_of(tune: Tune, letter: str) -> str:
    """The first value of a field of a tune; empty for none."""
    return next((value for name, value in tune.fields if name == letter and value), "")


def with_tempo(text: str, bpm: float | None, beat: Fraction) -> str:
    """The first tune of a text at so many beats a minute; as fast as its dance is usually for None.

    Args:
        text: The tune.
        bpm: Within `TEMPI`.
        beat: The beat in quarter notes.

    Raises:
        NotationError: no tune goes so fast or so slowly.
    """
    if bpm is None:
        return with_field(text, "Q", "")
    low, high = TEMPI
    if not low <= bpm <= high:
        raise NotationError(
            "A tune can have {low:.0f} to {high:.0f} beats a minute.", low=low, high=high
        )
    meter = read_tune(text)[0].meter
    return with_field(text, "Q", write_tempo(Fraction(bpm).limit_denominator(100) * beat, meter))


def _line(letter: str, value: str) -> str:
    value = " ".join(value.split())[:MAX_VALUE].strip()
    if not value:
        return ""
    if letter in TEXT_FIELDS:
        value = encode_text_string(value)
    return f"{letter}:{' ' if value[0] in '|:' else ''}{value}\n"
