"""What is music and what is prose, where nothing but the letters of a line say it.

Notes, rests and the usual decorations take few letters of the alphabet. A word is prose where it
has others; a line without bar lines is prose where such words are not outnumbered by music.
"""

import re
from collections.abc import Collection

_APART = re.compile(
    r'"[^"]*"|![^!\n]{1,30}!|\+[^+\s]{1,30}\+|\[[A-Za-z]:[^\]]{0,200}\]|\{[^}]{0,200}\}'
)
_WORD = re.compile(r"[^\W\d_]+")
_NATURAL = re.compile(r"(?:Ma?c)?[^\W\d_](?:[^\W\d_A-Z]*|[^\W\d_a-z]*)")
_OF_MUSIC = frozenset("ABCDEFGabcdefgzxyZXHLMOPSTuvJR")
_LEAST_LETTERS = 3
_LEAST_SINGLE_LETTERS = 4
_LEAST_WORDS_AROUND_BARS = 4
_LEAST_KINDS_AROUND_BARS = 4
_SIGNS = re.compile(
    r"[A-Ga-gz][,']*(?:\d|/(?![A-Za-z])|[<>]+[A-Ga-gz])|[\^_=][A-Ga-g]|\(\d[A-Ga-g]"
)
_NOT_WORDS = re.compile(r"[\s\w,'/^_=<>()\[\]{}|:~.\-\"!&+*\\$`]+")


def is_prose(line: str, symbols: Collection[str] = ()) -> bool:
    """Whether a line among music has words in it, not notes.

    Args:
        line: One line of a tune's body that is no field.
        symbols: Letters that the tune gives a meaning of its own (``U:``).
    """
    bare = _bare(line)
    words = [word for word in _WORD.findall(bare) if len(word) > 1]
    prose = [word for word in words if is_word(word, symbols)]
    if not prose:
        return False
    kinds = {letter for word in prose for letter in _others(word, symbols)}
    is_most = 2 * len(prose) > len(words)
    if "|" in bare:
        enough = len(prose) >= _LEAST_WORDS_AROUND_BARS and len(kinds) >= _LEAST_KINDS_AROUND_BARS
        return is_most and enough
    if has_signs(bare):
        return is_most and len(kinds) > 1
    return len(prose) == len(words) if len(kinds) == 1 else 2 * len(prose) >= len(words)


def is_music(line: str) -> bool:
    """Whether a line that stands apart from a tune is music: by its bar lines, or by its signs.

    Letters alone are none: ``A bad face`` is made of notes.
    """
    bare = _bare(line)
    words = _WORD.findall(bare)
    prose = sum(map(is_word, words))
    if prose * 2 >= max(1, len(words)):
        return False
    if "|" in bare:
        return not is_prose(line)
    if prose or not _NOT_WORDS.fullmatch(bare):
        return False
    letters = sum(len(word) == 1 for word in words)
    is_mixed = any(len(word) > 1 and not _NATURAL.fullmatch(word) for word in words)
    return is_mixed or letters >= _LEAST_SINGLE_LETTERS or has_signs(bare)


def has_signs(line: str) -> bool:
    """Whether there are lengths, accidentals or tuplets in a line, which words do not have."""
    return _SIGNS.search(line) is not None


def is_word(word: str, symbols: Collection[str] = ()) -> bool:
    """Whether a run of letters is no run of notes.

    It has three letters or more, one of them of another kind, and capitals where words have them.
    """
    return (
        len(word) >= _LEAST_LETTERS
        and bool(_others(word, symbols))
        and _NATURAL.fullmatch(word) is not None
    )


def _others(word: str, symbols: Collection[str]) -> set[str]:
    """Letters of a word that are no notes, rests or usual decorations."""
    return {letter.lower() for letter in word if letter not in _OF_MUSIC and letter not in symbols}


def _bare(line: str) -> str:
    return _APART.sub(" ", line.split("%", maxsplit=1)[0])
