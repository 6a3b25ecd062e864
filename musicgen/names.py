"""Names that people give to runs, corpora and sweeps: any script, safe as the name of a folder.

A name is the name of a folder or file. So that it can be one on Linux, macOS and Windows, and looks
the same to everybody, it has letters, marks and digits of any script (Unicode categories L, M and
N) and ``.``, ``_`` and ``-``, and begins with a letter or digit. Separators, spaces, control
characters, characters that turn the direction of writing, and characters that cannot be seen are
none of these. Names are kept in normalisation form C (Unicode Standard Annex 15): an accent is part
of its letter, however it was typed.
"""

import re
import unicodedata
from pathlib import Path

from musicgen.errors import NameFault

MAX_NAME_CHARACTERS = 64
MAX_NAME_BYTES = 200
"""In UTF-8. File systems allow 255; endings such as ``.new`` and the marks of files that are being
written come on top."""

_SIGNS = "._-"

# Letters and marks that leave no trace on the screen (Default_Ignorable_Code_Point).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Windows opens devices under these names, with any ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


def normalize_name(text: str) -> str:
    """The text in normalisation form C, as names are kept and compared."""
    return unicodedata.normalize("NFC", text)


def is_name(text: str) -> bool:
    """Whether something that is there already can have this name; see `check_name` for new ones."""
    return (
        0 < len(text) <= MAX_NAME_CHARACTERS
        and _is_letter(text[0])
        and not unicodedata.category(text[0]).startswith("M")
        and all(_is_letter(sign) or sign in _SIGNS for sign in text)
        and not _UNSEEN.search(text)
    )


def check_name(text: str) -> str:
    """A name for something new, in normalisation form C.

    Raises:
        NameFault: it cannot be the name of a folder everywhere; the message says why.
    """
    name = normalize_name(text)
    if not is_name(name):
        raise NameFault(
            "use up to {most} letters, digits, '.', '_' and '-', beginning with a letter or digit",
            most=MAX_NAME_CHARACTERS,
        )
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        raise NameFault(
            "it takes more than {most} bytes as a file name; use fewer letters", most=MAX_NAME_BYTES
        )
    if _DEVICES.fullmatch(name):
        raise NameFault("Windows keeps this name for a device; use another one")
    if name.endswith("."):
        raise NameFault("Windows drops a dot at the end; leave it out")
    return name


def make_name(text: str, most: int = MAX_NAME_CHARACTERS) -> str:
    """A name out of any text: what cannot be in a name becomes a hyphen; empty if nothing is left.

    Args:
        text: Such as a title, or the name of a file without its ending.
        most: The most characters that the name may have.
    """
    seen = _UNSEEN.sub("", normalize_name(text))
    words = "".join(sign if _is_letter(sign) else "-" for sign in seen).split("-")
    found = "-".join(filter(None, words))
    while found and (found[0] in _SIGNS or unicodedata.category(found[0]).startswith("M")):
        found = found[1:]
    found = found[:most]
    while len(found.encode("utf-8")) > MAX_NAME_BYTES:
        found = found[:-1]
    found = found.rstrip(_SIGNS)
    return f"{found}-1" if _DEVICES.fullmatch(found) else found


def find_folder(root: Path, name: str) -> Path:
    """Where the folder of a name lies, also if its own name is in another normalisation form.

    Args:
        root: The folder that it is in, which need not exist.
        name: As `is_name` wants it.
    """
    path = root / normalize_name(name)
    if name.isascii() or path.exists() or not root.is_dir():
        return path
    same = (other for other in root.iterdir() if normalize_name(other.name) == path.name)
    return next(same, path)


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN"
