"""Where composing pauses for its critic: at the end of each line of music before the last one.

A line of the tunebooks known here has four bars, a phrase. Which of several lines is the most
likely one to be real is seen better than which of several tunes: what went wrong in the first
phrase is not carried through the tune.
"""

import re
from collections.abc import Sequence

_LINE = re.compile(r"[^\n]*\|[^\n]*\n")
_KEY_LINE = re.compile(r"^K:.*\n", re.MULTILINE)
_FIELD = re.compile(r"[A-Za-z+]:(?![|:])|%")


def is_pause(text: str) -> bool:
    """Whether a tune that was drawn so far has just ended a line of music, and goes on."""
    if not text.endswith("\n") or text.endswith("\n\n"):
        return False
    line = text[text.rfind("\n", 0, len(text) - 1) + 1 :]
    return bool(_LINE.fullmatch(line)) and not _FIELD.match(line) and bool(_KEY_LINE.search(text))


def find_pauses(text: str) -> Sequence[int]:
    """The offsets in a whole tune where composing would have paused, in ascending order."""
    whole = text.rstrip("\n")
    ends = [match.end() for match in re.finditer("\n", whole)]
    return [end for end in ends if is_pause(whole[:end])]
