r"""Text strings (ABC 2.1 §8): accents as ``\'e``, ``\u00e9`` or ``&eacute;``, and ``\%``."""

import html
import re
import unicodedata

from musicgen.notation.parsing.characters import without_invisible

TEXT_FIELDS = frozenset("ABCDGHNORSTWZrw")
"""Information fields whose values are text strings (ABC 2.1 §3)."""

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", ";": "\u0328", ".": "\u0307",
}  # fmt: skip
_LETTERS = {
    "AA": "Å", "aa": "å", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "ss": "ß", "TH": "Þ",
    "th": "þ", "DH": "Ð", "dh": "ð", "/O": "Ø", "/o": "ø", "/L": "Ł", "/l": "ł", "/D": "Đ",
    "/d": "đ",
}  # fmt: skip
_MNEMONIC = re.compile(
    r"\\(?:(?P<code>u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
    rf"|(?P<letter>{'|'.join(_LETTERS)})"
    r"|(?P<accent>[`'^~\"=uvHc;.])(?P<base>[A-Za-z])(?:(?<=\\c[cC])[ ](?=[a-z]))?"
    r"|(?P<sign>[\\%&]))"
    r"|&(?P<entity>#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
)
"""A blank ends the name ``\\cc`` as in TeX (``fran\\cc ais``): hardly a word ends in a cedilla."""

_BEFORE_COMMENT = re.compile(r"(?:[^%\\]+|\\[\\%]|\\)*+")


def without_comment(value: str) -> str:
    r"""The value of a field up to a ``%`` that is not written ``\%``."""
    if "%" not in value:
        return value
    found = _BEFORE_COMMENT.match(value)
    return found[0] if found else value


def decode_text_string(value: str) -> str:
    r"""What a text string says: ``Caf\'e 100\%`` is ``Café 100%``. What is none stays as it is."""
    value = without_invisible(value)
    return _MNEMONIC.sub(_decoded, value) if "\\" in value or "&" in value else value


def encode_text_string(value: str) -> str:
    """A text as a field can hold it: read again it says the same."""
    return re.sub(rf"{_MNEMONIC.pattern}|%", _encoded, value)


def _decoded(found: re.Match[str]) -> str:
    if found["sign"]:
        return found["sign"]
    if found["letter"]:
        return _LETTERS[found["letter"]]
    if found["accent"]:
        letter = unicodedata.normalize("NFC", found["base"] + _ACCENTS[found["accent"]])
        return letter if len(letter) == 1 else found[0]
    said = html.unescape(found[0]) if found["entity"] else _character(found["code"])
    return said if said and all(map(_is_printed, said)) else found[0]


def _character(code: str) -> str:
    number = int(code[1:], 16)
    return chr(number) if number < 0x110000 else ""


def _is_printed(sign: str) -> bool:
    """Whether a character can stand in a line: no line end, control sign or half of a pair."""
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


def _encoded(found: re.Match[str]) -> str:
    piece = found[0]
    if piece == "%":
        return "\\%"
    sign, rest = piece[0], piece[1:]
    return f"\\{sign}" + re.sub(r"[\\%&]", r"\\\g<0>", rest)
