"""Below the staff: the names of the notes as they sound, and how they are played."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from musicgen.notation.analysis.fingering import FINGERINGS, Rows, find_rows
from musicgen.notation.display.layout import LaidOut
from musicgen.notation.model import Note, Tune
from musicgen.notation.writing.spelling import spell_note

_SIGNS = {-2: "♭♭", -1: "♭", 0: "", 1: "♯", 2: "♯♯"}
_FIELD = re.compile(r"[A-Za-z]:")


def name_note(tune: Tune, note: Note) -> str:
    """The name of a note with what the key does to it, as F♯; those of a chord from the bottom up.

    Empty for a rest.
    """
    return "".join(name for _pitch, name in name_pitches(tune, note))


def name_pitches(tune: Tune, note: Note) -> list[tuple[int, str]]:
    """MIDI pitch and name of each pitch of a note, from the bottom up."""
    key = note.key or tune.bars[note.bar].key or tune.key
    spelled = sorted(spell_note(tune.text, note, key), key=lambda one: one.pitch)
    return [(one.pitch, one.letter + _SIGNS[one.alter]) for one in spelled]


def with_note_names(laid_out: LaidOut, tune: Tune) -> LaidOut:
    """A tune laid out with a line of names (``w:``, ABC 2.1 §5.1) below each line of music."""
    names = [(note.start, (name_note(tune, note),)) for note in tune.notes if note.pitches]
    return _with_words(laid_out, names, 1)


def with_fingering(laid_out: LaidOut, tune: Tune, name: str) -> LaidOut:
    """A tune laid out with how it is played below each line of music, in one or more rows.

    Args:
        laid_out: The tune with its lines broken.
        tune: The tune.
        name: One of `FINGERINGS`.
    """
    return _with_words(laid_out, find_rows(tune, name), FINGERINGS[name].rows)


def _with_words(laid_out: LaidOut, found: Sequence[tuple[int, Rows]], count: int) -> LaidOut:
    """The layout with `count` rows of words below each line; ``*`` stands for an empty word."""
    words = sorted(
        (laid_out.spans[start][0], rows) for start, rows in found if start in laid_out.spans
    )
    places = [start for start, _ in words]
    pieces: list[str] = []
    shifts: list[tuple[int, int]] = []  # from which offset on, by how much
    position = added = 0
    for line in laid_out.text.splitlines(keepends=True):
        end = position + len(line)
        shifts.append((position, added))
        inside = words[bisect_left(places, position) : bisect_left(places, end)]
        pieces.append(line)
        if inside and not _FIELD.match(line):
            for row in range(count):
                pieces.append(f"w:{' '.join(rows[row] or '*' for _, rows in inside)}\n")
                added += len(pieces[-1])
        position = end
    return LaidOut("".join(pieces), _shifted(laid_out, shifts))


def _shifted(laid_out: LaidOut, shifts: list[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    positions = [position for position, _ in shifts]
    moved = {}
    for original, (start, end) in laid_out.spans.items():
        by = shifts[bisect_right(positions, start) - 1][1]
        moved[original] = (start + by, end + by)
    return moved
