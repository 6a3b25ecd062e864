"""Text from strangers without the characters that do something instead of being read.

Titles, names and file names come from tunebooks, links and archives. In a terminal a control
character moves the cursor, recolours or retitles the window; anywhere, a bidirectional control
(Unicode Standard Annex 9) shows a name in another order than it is stored, and an invisible
character makes two names look the same. Joiners and variation selectors are kept: Persian, Indic
scripts and emoji are wrong without them.
"""

import re

_INVISIBLE = (
    "\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
)
_BREAKS = re.compile("[\t-\r\x1c-\x1e\x85\u2028\u2029]+")
_UNSAFE = re.compile(f"[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")
_UNSAFE_BUT_LAYOUT = re.compile(f"[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")


def remove_controls(text: str) -> str:
    """The text on one line, for a page: line breaks become spaces, other controls are left out."""
    return _UNSAFE.sub("", _BREAKS.sub(" ", text))


def escape_controls(text: str, *, is_layout_kept: bool = False) -> str:
    r"""The text for a terminal: each control is written as an escape, such as ``\x1b``.

    Args:
        text: Any text, lone surrogates of undecodable file names included.
        is_layout_kept: Line feeds and tabs stay, for text that was laid out by the program.
    """
    unsafe = _UNSAFE_BUT_LAYOUT if is_layout_kept else _UNSAFE
    return unsafe.sub(lambda found: _escape(found[0]), text)


def escape_json(text: str) -> str:
    r"""JSON that means the same, with each such character as ``\u202e`` is written in JSON."""
    return _UNSAFE_BUT_LAYOUT.sub(lambda found: _escape_in_json(found[0]), text)


def _escape_in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
