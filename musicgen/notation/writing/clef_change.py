"""A tune in another clef: its notes stay where they are in the text."""

from musicgen.notation.parsing.fields import without_clef
from musicgen.notation.writing.movable import MovableText


def with_clef(text: str, name: str) -> str:
    """The first tune of a text with a clef in its key.

    Args:
        text: The tune.
        name: One of `notation.analysis.clefs.CLEFS`; as it is where empty.
    """
    if not name:
        return text
    movable = MovableText(text)
    written, start = movable.written, movable.tune.body_start
    for (begin, end), value in movable.key_fields:
        if begin < start:
            return f"{written[:begin]}{without_clef(value)} clef={name}".rstrip() + written[end:]
    at, before, behind = movable.place_of_key
    return f"{written[:at]}{before}none clef={name}{behind}{written[at:]}"
