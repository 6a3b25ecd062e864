"""Where composing pauses for its critic: behind each line of music after which a tune goes on.

A line of the tunebooks known here has four bars, a phrase. Which of several lines is the most
likely one to be real is seen better than which of several tunes: what went wrong in the first
phrase is not carried through the tune. Behind the last line the whole tune is looked at.
"""

import re

_LINE = re.compile(r"[^\n]*\|[^\n]*\n")
_KEY_LINE = re.compile(r"^K:.*\n", re.MULTILINE)
_FIELD = re.compile(r"[A-Za-z+]:(?![|:])|%")


def is_pause(text: str) -> bool:
    """Whether a tune that was drawn so far has ended a line of music and begun another one.

    It has with the first character of the other one: a blank line would end the tune.
    """
    return not text.endswith("\n") and _ends_line(text[:-1])


def take_lines(text: str) -> str:
    """The whole lines of a tune that pauses."""
    return text[: text.rfind("\n") + 1]


def find_pauses(text: str) -> list[int]:
    """The offsets in a whole tune of the ends of lines behind which composing would have paused."""
    whole = text.rstrip("\n")
    ends = [match.end() for match in re.finditer("\n", whole)]
    return [end for end in ends if _ends_line(whole[:end])]


def _ends_line(text: str) -> bool:
    if not text.endswith("\n"):
        return False
    line = text[text.rfind("\n", 0, len(text) - 1) + 1 :]
    return bool(_LINE.fullmatch(line)) and not _FIELD.match(line) and bool(_KEY_LINE.search(text))
