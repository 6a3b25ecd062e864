"""How an instrument plays a note: holes, fingers, strings and frets, and numbers of the scale.

Charts:

- Whistle: six holes, from the mouthpiece down, as makers print it with their whistles (Clarke,
  Generation): the scale from all holes covered to none, the second octave by blowing harder, its
  first note with the uppermost hole open; C natural of a D whistle with the second and third hole
  covered, all other accidentals with a hole half covered.
- Fiddle and mandolin, tuned in fifths G D A E: first position. A finger of the fiddle has two
  places a semitone apart, the lower one marked ♭. Between the third and the fourth the name of the
  note decides, for a letter keeps its finger, natural, sharp or flat (Fisher Violins, "First
  Position Fingerings", fisherviolins.com): G sharp on the D string is the third, marked ♯, A flat
  the fourth. Mandolin and Irish tenor banjo count frets.
- Guitar and five-string banjo count frets from the nut; both are written an octave above their
  sound, as the books for them are. The short string of the banjo is not used for melodies here.
- Harmonica with ten holes in the tuning of J. Richter: blown, or drawn with a minus.
- Anglo concertina in C and G with 30 buttons in the layout of Wheatstone and Lachenal, as M. W.
  Stayton draws it ("Color-Coded Button Layouts", concertina.net, 2000) and G. Coover numbers it
  ("Easy Anglo 1-2-3", 2013): L and R for the hand, 1a-5a for the row of accidentals, 1-5
  for that of C, 6-10 for that of G; pressed, or drawn with a minus. Of several buttons that of C is
  given, else that of G.
- Numbers: degrees of the major scale with the same signature, dots for octaves, as numbered
  notation (jianpu, 简谱) has them: la is 6 in minor as in major.

Every pitch is one as written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from musicgen.notation.analysis.clefs import written_shift
from musicgen.notation.model import Key, Tune
from musicgen.notation.parsing.fields import MODE_FIFTHS, tonic_fifths
from musicgen.notation.writing.spelling import spell_note

NOT_THERE = "×"
"""Stands for a note that an instrument does not have."""

_FULL, _HALF, _OPEN = "●", "◐", "○"
_WHISTLE = (
    "●●●●●●", "●●●●●◐", "●●●●●○", "●●●●◐○", "●●●●○○", "●●●○○○", "●●◐○○○", "●●○○○○",
    "●◐○○○○", "●○○○○○", "○●●○○○", "○○○○○○",
)  # fmt: skip
"""By semitones above the lowest note."""

_HIGH_FIRST = "○●●●●●"
_FINGERS = ("0", "1♭", "1", "2♭", "2", "3", "4♭", "4")
"""Fingers of the fiddle by semitones above an open string; the last is that of the next string."""

_RAISED = {6: "3♯"}
"""Those of notes that are written with a sharp, where they are others."""

_BLOWN = (0, 4, 7, 12, 16, 19, 24, 28, 31, 36)
_DRAWN = (2, 7, 11, 14, 17, 21, 23, 26, 29, 33)
_ANGLO_ROWS = (
    ("L{}", 1, (48, 55, 60, 64, 67), (55, 59, 62, 65, 69)),
    ("R{}", 1, (72, 76, 79, 84, 88), (71, 74, 77, 81, 83)),
    ("L{}", 6, (59, 62, 67, 71, 74), (57, 66, 69, 72, 76)),
    ("R{}", 6, (79, 83, 86, 91, 95), (78, 81, 84, 88, 90)),
    ("L{}a", 1, (52, 57, 61, 69, 68), (53, 58, 63, 67, 70)),
    ("R{}a", 1, (73, 81, 80, 85, 93), (75, 79, 82, 87, 89)),
)
"""Buttons of a row: their names, the number of the first, pitches pressed and drawn."""

_CIRCLED = "①②③④⑤⑥"
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_CHANGED = {1: ("♯", 0), 3: ("♭", 4), 6: ("♯", 5), 8: ("♯", 7), 10: ("♭", 11)}
"""Steps that no major scale has, as the degrees they are made of."""

_DOT = "·"

Rows = tuple[str, ...]
Find = Callable[[int, Key, bool], Rows]


@dataclass(frozen=True, slots=True)
class Fingering:
    """A way of writing below the notes how they are played.

    `rows` lines are below each staff; `find` gives them for a pitch in a key and whether its name
    has a sharp, as F♯ has; empty texts for what is not to be written.
    """

    name: str
    rows: int
    find: Find


def _whistle(lowest: int) -> Find:
    def find(pitch: int, _key: Key, _is_sharp: bool) -> Rows:
        octave, step = divmod(pitch - lowest, 12)
        if not 0 <= pitch - lowest <= 25:
            return (NOT_THERE, *[""] * 6)
        holes = _HIGH_FIRST if octave and not step else _WHISTLE[step]
        return (*holes, "+" if octave else "")

    return find


def _fiddle(pitch: int, _key: Key, is_sharp: bool) -> Rows:
    for name, lowest in zip("EADG", (76, 69, 62, 55), strict=True):
        step = pitch - lowest
        if 0 <= step < len(_FINGERS):
            finger = _RAISED.get(step, "") if is_sharp else ""
            return (name + (finger or _FINGERS[step]),)
    return (NOT_THERE,)


def _frets(strings: Mapping[str, int], most: int) -> Find:
    """Strings by their names, the highest first."""

    def find(pitch: int, _key: Key, _is_sharp: bool) -> Rows:
        for name, lowest in strings.items():
            if lowest <= pitch <= lowest + most:
                return (f"{name}{pitch - lowest}",)
        return (NOT_THERE,)

    return find


def _harmonica(lowest: int) -> Find:
    def find(pitch: int, _key: Key, _is_sharp: bool) -> Rows:
        step = pitch - lowest
        if step in _BLOWN:
            return (str(_BLOWN.index(step) + 1),)
        return (f"\u2212{_DRAWN.index(step) + 1}",) if step in _DRAWN else (NOT_THERE,)

    return find


def _concertina(pitch: int, _key: Key, _is_sharp: bool) -> Rows:
    for name, first, pressed, drawn in _ANGLO_ROWS:
        if pitch in pressed:
            return (name.format(first + pressed.index(pitch)),)
        if pitch in drawn:
            return ("\u2212" + name.format(first + drawn.index(pitch)),)
    return (NOT_THERE,)


def _numbered(pitch: int, key: Key, _is_sharp: bool) -> Rows:
    """A degree of the major scale with the signature of the key, its 1 between C4 and B4.

    Dots for higher octaves are above it, those for lower ones below.
    """
    sharps = tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode] if key.tonic else 0
    home = 60 + 7 * sharps % 12
    octave, step = divmod(pitch - home, 12)
    sign, step = _CHANGED.get(step, ("", step))
    dots = _DOT * abs(octave)
    digit = f"{sign}{_MAJOR.index(step) + 1}"
    return (dots if octave > 0 else "", digit, dots if octave < 0 else "")


_STRINGS_GUITAR = dict(zip(_CIRCLED, (76, 71, 67, 62, 57, 52), strict=True))
_STRINGS_DADGAD = dict(zip(_CIRCLED, (74, 69, 67, 62, 57, 50), strict=True))
_STRINGS_BANJO = dict(zip(_CIRCLED, (74, 71, 67, 62), strict=False))
_STRINGS_FIFTHS = dict(zip("EADG", (76, 69, 62, 55), strict=True))

FINGERINGS: Mapping[str, Fingering] = MappingProxyType(
    {
        one.name: one
        for one in (
            Fingering("numbers", 3, _numbered),
            Fingering("whistle D", 7, _whistle(62)),
            Fingering("whistle C", 7, _whistle(60)),
            Fingering("whistle G", 7, _whistle(67)),
            Fingering("fiddle", 1, _fiddle),
            Fingering("mandolin", 1, _frets(_STRINGS_FIFTHS, 11)),
            Fingering("guitar", 1, _frets(_STRINGS_GUITAR, 12)),
            Fingering("guitar DADGAD", 1, _frets(_STRINGS_DADGAD, 12)),
            Fingering("banjo gDGBD", 1, _frets(_STRINGS_BANJO, 12)),
            Fingering("harmonica C", 1, _harmonica(60)),
            Fingering("harmonica D", 1, _harmonica(62)),
            Fingering("harmonica G", 1, _harmonica(67)),
            Fingering("concertina C/G", 1, _concertina),
        )
    }
)
"""All there are, by name."""


def find_rows(tune: Tune, name: str) -> list[tuple[int, Rows]]:
    """Where each note of a tune begins in its text, and what is written below it.

    Of a chord the highest pitch counts; rests are left out.
    """
    fingering, shift = FINGERINGS[name], written_shift(tune)
    found = []
    for note in tune.notes:
        if note.pitches:
            key = note.key or tune.key
            highest = max(spell_note(tune.text, note, key), key=lambda one: one.pitch)
            rows = fingering.find(highest.pitch - shift, key, highest.alter > 0)
            found.append((note.start, rows))
    return found


def count_missing(tune: Tune, name: str) -> int:
    """How many notes of a tune an instrument does not have."""
    return sum(NOT_THERE in rows for _start, rows in find_rows(tune, name))
