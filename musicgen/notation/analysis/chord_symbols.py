"""Chord symbols above the music (ABC 2.1 §4.18): which texts are some, and how they are moved.

One text may name several chords: alternatives in brackets (``G(Em)``), or symbols in lines of their
own (``G;Em``). Texts that begin with a sign of place (``^``, ``_``, ``<``, ``>``, ``@``) are
annotations (§4.19) and name none.
"""

import re
from collections.abc import Callable

MAX_LENGTH = 60

_QUALITY = (
    r"(?:[ ]?(?:[Mm]ajor|[Mm]inor|[Mm]aj|[Mm]in|dim|aug|sus|add)|[ ]7"
    r"|MAJ|MIN|DIM|AUG|SUS|MA|MI|ma|mi|omit|no|alt|dom|m|M|o"
    r"|[+°ºøØ∅Δ∆△^*-]|[#b♯♭]?\d{1,2}|/(?:11|13|[245679])|,)"
)
_EXTRA = r"\((?:(?:[Mm]aj|min|add|omit|no|sus|alt|[#b♯♭+\-]?\d{1,2})[ ,/]?){1,4}\)"
_ROOT = r"(?P<root>[A-G](?:bb|##|[#b♯♭])?)"
_BASS = r"(?:[ ]?/[ ]?(?P<bass>[A-Ga-g][#b♯♭]?))"
_CHORD = re.compile(
    rf"(?:{_ROOT}(?P<quality>(?:{_QUALITY}|{_EXTRA}){{0,8}}){_BASS}?|/(?P<alone>[A-Ga-g][#b♯♭]?))"
    r"(?![A-Za-z0-9#♯♭])"
)
_NONE = re.compile(r"N\.?[ ]?C\.?(?![A-Za-z.])|no[ ]chord|tacet", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:[\s;,|()\[\]]|\\n)+|/(?=[A-G])")
_DA_CAPO = re.compile(r"\s*D\s+[CS]\s*")
_SIGNS = {"♯": "#", "♭": "b"}


def is_chord_symbol(words: str) -> bool:
    """Whether a text in quotes names chords, as in ``Am7/G``, ``Dm ``, ``G(Em)`` or ``N.C.``."""
    return bool(_find(words))


def chord_names(words: str) -> list[tuple[str, str, str]]:
    """Root, quality and bass of every chord a text names; none for ``N.C.`` and other texts.

    Roots and basses have plain signs; a bass alone (``/F#``) has an empty root.
    """
    return [
        (_plain(found["root"]), found["quality"] or "", _plain(found["bass"] or found["alone"]))
        for found in _find(words)
        if found.re is _CHORD
    ]


def move_symbol(words: str, move: Callable[[str], str]) -> str:
    """A chord symbol with every root and bass changed by a function of names such as ``Bb``.

    Small letters stay small, and signs for sharp and flat stay of their kind.
    """
    pieces, at = [], 0
    for found in _find(words):
        if found.re is not _CHORD:
            continue
        for group in ("root", "bass", "alone"):
            name = found[group]
            if name is None:
                continue
            moved = move(_plain(name))
            if name[0].islower():
                moved = moved[0].lower() + moved[1:]
            if "♯" in words or "♭" in words:
                moved = moved[0] + moved[1:].replace("#", "♯").replace("b", "♭")
            pieces += [words[at : found.start(group)], moved]
            at = found.end(group)
    return "".join([*pieces, words[at:]])


def _find(words: str) -> list[re.Match[str]]:
    """Every chord of a text that consists of chords; none where there is anything else in it."""
    if len(words) > MAX_LENGTH or _DA_CAPO.fullmatch(words):
        return []
    found: list[re.Match[str]] = []
    position = 0
    while position < len(words):
        chord = _CHORD.match(words, position) or _NONE.match(words, position)
        piece = chord or _BETWEEN.match(words, position)
        if piece is None:
            return []
        found += [chord] if chord else []
        position = piece.end()
    return found


def _plain(name: str | None) -> str:
    if not name:
        return ""
    return name[0].upper() + "".join(_SIGNS.get(sign, sign) for sign in name[1:])
