"""The smallest pieces of a tune body: one regular expression, and the tables its pieces need.

Every alternative is linear: a quantifier is either followed by what it cannot match, or bounded.
"""

import re

_ACCIDENTAL = r"(?:[\^_=]+(?:\d?/\d?)?)?"
_LENGTH = r"(\d*)(/*)(\d*)"

NOTE = re.compile(rf"({_ACCIDENTAL})([A-Ga-g])([,']*){_LENGTH}([,']*)")
"""Accidental, letter, octave marks, numerator, slashes, denominator, octave marks too late."""

TOKEN = re.compile(
    r"(?P<note>([\^_=]*(?:(?<=[\^_=])\d?/\d?)?)([A-Ga-g])([,']*)(\d*)(/*)(\d*)([,']*))"
    r"|(?P<space>[ \t]+)"
    r"|(?P<bar>\.?(?:\[?\||:)[|\]:]*(?:\[(?=\|)[|\]:]*)*)"
    r"|(?P<rest>([zxZXy])(\d*)(/*)(\d*))"
    r"|(?P<broken>[<>]+)"
    r"|(?P<tuplet>\((\d{1,2})(?::(\d{0,2}))?(?::(\d{0,2}))?)"
    r"|(?P<slur>\.?[()])"
    r"|(?P<tie>\.?-)"
    r"|(?P<quote>\"([^\"\n]*)\"?)"
    r"|(?P<grace>\{/?([^}|\n]{0,200})\})"
    r"|(?P<inline>\[([A-Za-z]):([^\]\n]{0,200})\])"
    r"|(?P<ending>\[[ \t]*(\d{1,3}(?:[ \t]*[,\-][ \t]*\d{1,3}){0,16}))"
    r"|(?P<chord>\[([^\]|\n]{0,200})\](\d*)(/*)(\d*))"
    r"|(?P<textending>\[\"([^\"\n]{0,40})\")"
    r"|(?P<oldchord>\+(?!f{1,4}\+|D\.[CS]\.)(?=[^+|\n]{0,60}[A-Ga-g])"
    r"([\^_=A-Ga-gzx\d/,'~.()<>\- \t]{1,60})\+(\d*)(/*)(\d*))"
    r"|(?P<decoration>!([^!|\n]{1,30})!|\+([^+|\s]{1,30})\+)"
    r"|(?P<comment>%)"
    r"|(?P<field>[MLK]:(?![|:]))"
    r"|(?P<shorthand>[~.H-WYh-w])"
    r"|(?P<ignored>[\\*!$`]+)"
    r"|(?P<overlay>&+)"
    r"|(?P<accidental>[\^_=]+)"
    r"|(?P<digits>\d+)"
    r"|(?P<stray>.)",
    re.DOTALL,
)

BEFORE_NOTE = frozenset({"quote", "grace", "decoration", "shorthand", "tuplet", "slur"})
"""The pieces that stand before the note to which they belong."""

FIELD_LINE = re.compile(r"[ \t]*([A-Za-z+]):(?![|:])([^\n]*)")
"""An information field on a line of its own; ``A:|`` is music."""

OLD_FIELD = re.compile(
    r"M:[ \t]*(?P<M>C\||C|none|\(?[\d+]{1,12}\)?/\d{1,3})"
    r"|L:[ \t]*(?P<L>\d{1,3}/\d{1,3})"
    r"|K:[ \t]*(?P<K>[A-G][#b]?"
    r"[ \t]?(?:(?:maj|min|ion|aeo|dor|phr|lyd|mix|loc)[a-z]{0,7}|m(?![a-z]))?)",
    re.IGNORECASE,
)
"""A field inside a line of music without brackets, as tunebooks of the old style have it."""

_MUSIC_AFTER = {
    "M": re.compile(r"[ \t]*(?:C\||C|none|\(?[\d+]{1,12}\)?/\d{1,3})[ \t]+(?=[^%\s].*\|)"),
    "L": re.compile(r"[ \t]*\d{1,3}/\d{1,3}[ \t]+(?=[^%\s].*\|)"),
}

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

SHORTHAND = {
    "~": "roll",
    ".": "staccato",
    "H": "fermata",
    "L": "accent",
    "M": "lowermordent",
    "O": "coda",
    "P": "uppermordent",
    "S": "segno",
    "T": "trill",
    "u": "upbow",
    "v": "downbow",
    "J": "slide",
    "R": "roll",
}
"""Letters that stand for decorations (ABC 2.1 §4.14), with J and R of older tunebooks."""

_DECORATION_NAMES = """
trill trill( trill) lowermordent uppermordent mordent pralltriller roll turn turnx invertedturn
invertedturnx arpeggio > accent emphasis fermata invertedfermata tenuto 0 1 2 3 4 5 + plus snap
slide wedge upbow downbow open thumb breath pppp ppp pp p mp mf f ff fff ffff sfz crescendo( <(
crescendo) <) diminuendo( >( diminuendo) >) segno coda D.S. D.C. dacoda dacapo fine shortphrase
mediumphrase longphrase editorial courtesy staccato marcato D.C.alfine D.C.alcoda D.S.alfine
D.S.alcoda tocoda dalsegno slur ^ . - ~ / // /// ped ped-up 8va( 8va) 8vb( 8vb) ghost glissando
"""

DECORATIONS = frozenset(_DECORATION_NAMES.split())
"""Names between exclamation marks (ABC 2.1 §4.14) and a few that abcjs and abcm2ps add."""

_JUMPS = {
    "segno": "segno",
    "coda": "coda",
    "tocoda": "tocoda",
    "dacoda": "tocoda",
    "fine": "fine",
    "dc": "D.C.",
    "dacapo": "D.C.",
    "dcalfine": "D.C.",
    "dacapoalfine": "D.C.",
    "dcalcoda": "D.C.",
    "dacapoalcoda": "D.C.",
    "ds": "D.S.",
    "dalsegno": "D.S.",
    "dsalfine": "D.S.",
    "dalsegnoalfine": "D.S.",
    "dsalcoda": "D.S.",
    "dalsegnoalcoda": "D.S.",
}

_NOTE_LIKE = re.compile(r"[A-Ga-gzx0-9/,'^_=\-~.()<>]+")
_APART = re.compile(r'"[^"]*"|!([^!|\n]{1,30})!|\+([^+|\s]{1,30})\+')
_JUMP = re.compile(r"[^A-Za-z]*([A-Za-z][A-Za-z.\s_-]*)[^A-Za-z]*")
_BARE = re.compile(r"[^a-z]+")


def jump_of(words: str) -> str | None:
    """The kind of `Mark` that a decoration or a text above the music means, else None."""
    found = _JUMP.fullmatch(words) if len(words) < 40 else None
    return _JUMPS.get(_BARE.sub("", found[1].lower())) if found else None


def find_adorned(text: str, note: int) -> int:
    """Where a note begins with all that stands before it on its line and belongs to it.

    That is what `BEFORE_NOTE` has: chord symbols and other words, grace notes, decorations, the
    signs of slurs and tuplets.

    Args:
        text: Of the tune.
        note: Where the letter of the note stands, or the bracket of a chord.
    """
    first, position = note, text.rfind("\n", 0, note) + 1
    while position < note:
        match = TOKEN.match(text, position, note)
        if match is None:
            return note
        if match.lastgroup not in BEFORE_NOTE:
            first = note if match.lastgroup != "space" else first
        elif first == note:
            first = position
        position = match.end()
    return first


def hide_words(text: str) -> str:
    """The text with texts in quotes and decorations blotted out by as many spaces."""
    return _APART.sub(_blotted, text) if re.search(r'["!+]', text) else text


def _blotted(found: re.Match[str]) -> str:
    if found[0][0] != '"' and not is_decoration(found[0]):
        return found[0]
    return " " * len(found[0])


def opens_music(letter: str, value: str) -> bool:
    """Whether a field of the old style opens a line of music, as in ``M:3/4 egdB A2| …``."""
    return letter in _MUSIC_AFTER and _MUSIC_AFTER[letter].match(value) is not None


def is_line_ends(piece: str) -> bool:
    """Whether ``!…!`` is no decoration but two line ends of the old style with music between."""
    name = piece[1:-1]
    is_music = is_note_like(name) or re.search(r'[\s"]', name) is not None
    return piece[0] == "!" and is_music and not is_decoration(piece)


def is_decoration(piece: str) -> bool:
    """Whether what stands between two marks, given with them, is the name of a decoration."""
    name = piece[1:-1]
    is_notes = re.fullmatch(r"(?=.*\s)[A-Ga-g\s]+", name) is not None  # `!d c!` is two notes
    return name in DECORATIONS or (jump_of(name) is not None and not is_notes)


def is_note_like(words: str) -> bool:
    """Whether what stands between two marks is music, so that the marks are line ends or chords."""
    return _NOTE_LIKE.fullmatch(words) is not None
