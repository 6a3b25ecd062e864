"""Traces of electronic mail in tunes that were sent by it (quoted-printable, RFC 2045 §6.7)."""

import re

_FIELD = re.compile(r"[ \t\ufeff]*(?:[A-Za-z+]:(?![|:])|%)")
_CODE = re.compile(r"=(?:20|3D)|=[ \t]*$")


def undo_mail_encoding(text: str) -> str:
    """The text with ``=20`` and ``=3D`` in its music read as a space and as ``=``.

    The answer is as long as the text, so offsets stay. Only lines of music are changed, and only
    what cannot be music: an accidental is followed by a letter, never by a digit or the line's end.
    Other codes stay as they are, since they may be music: ``=B4`` is a natural of four units.
    """
    if "=20" not in text and "=3D" not in text:
        return text
    return "\n".join(
        line if _FIELD.match(line) else _CODE.sub(_plain, line) for line in text.split("\n")
    )


def _plain(code: re.Match[str]) -> str:
    return "  =" if code[0] == "=3D" else " " * len(code[0])
