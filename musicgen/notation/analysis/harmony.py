"""Chords for a melody: the sequence that fits its notes best and moves as the style does.

The melody is cut into half bars (a bar in 3/4, beats in slip jigs). Every chord of the mode is
weighed for every piece by what it covers, and a dynamic programme (Viterbi 1967) finds the best way
through, as in I. Simon, D. Morris and S. Basu, "MySong: automatic accompaniment generation for
vocal melodies", CHI 2008. What is weighed follows D. Temperley, "The Cognition of Basic Musical
Structures" (MIT Press 2001), chapter 6: tones of the chord are good, the root most; changes belong
on strong beats; roots move by fifths. Modal tunes move between the tonic and the chord a step below
it, as players accompany them. The weights were set by hand and are the same for every tune.

A tune with chord symbols of its own keeps them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from musicgen.notation.analysis.chords import Chord, note_name, parse_chord
from musicgen.notation.model import Bar, Key, Meter, Note, Tune
from musicgen.notation.parsing.barlines import is_closing
from musicgen.notation.parsing.fields import tonic_fifths
from musicgen.notation.transcription.key import find_key, weigh_pitches

_COVERS = (1.0, 0.8, 0.75, 0.4)
"""Worth of a quarter note that is root, third, fifth or seventh of the chord."""

_MISS = -1.0
_ON_BEAT = 1.4
_ON_BAR = 1.8
_CHANGE = -0.45
_CHANGE_WITHIN = -1.1
_CADENCE = 1.6
_BEFORE_CADENCE = 0.5
_OPENING = 0.4

_Degree = tuple[int, str, float]
"""Fifths above the tonic, quality, and how much the style likes the chord."""

_DEGREES: dict[str, tuple[_Degree, ...]] = {
    "major": (
        (0, "", 0.1), (1, "", 0.0), (-1, "", -0.05), (3, "m", -0.35), (2, "m", -0.4),
        (1, "7", -0.2), (4, "m", -0.7), (-2, "", -0.6),
    ),
    "mixolydian": (
        (0, "", 0.1), (-2, "", 0.0), (-1, "", -0.15), (1, "m", -0.4), (1, "", -0.35),
        (2, "m", -0.5), (3, "m", -0.6),
    ),
    "dorian": (
        (0, "m", 0.1), (-2, "", 0.0), (-1, "", -0.3), (-3, "", -0.35), (1, "m", -0.35),
        (2, "m", -0.7),
    ),
    "minor": (
        (0, "m", 0.1), (-2, "", -0.1), (-3, "", -0.3), (-4, "", -0.35), (-1, "m", -0.25),
        (1, "m", -0.4), (1, "", -0.3), (1, "7", -0.4),
    ),
    "phrygian": (
        (0, "m", 0.1), (-5, "", -0.1), (-2, "m", -0.2), (-3, "", -0.3), (-4, "", -0.3),
        (-1, "m", -0.3),
    ),
    "lydian": (
        (0, "", 0.1), (2, "", -0.1), (1, "", -0.05), (3, "m", -0.35), (4, "m", -0.5),
        (5, "m", -0.6),
    ),
    "locrian": (
        (0, "dim", 0.0), (-5, "", -0.1), (-3, "m", -0.2), (-2, "m", -0.4), (-4, "", -0.3),
        (-6, "", -0.4),
    ),
}  # fmt: skip

_SAME_AS = {"ionian": "major", "aeolian": "minor"}

_MOTION = {-1: 0.3, 1: 0.15, 2: 0.15, -2: 0.1, 3: 0.0, -3: 0.0}
"""Weight of a root that moves by that number of fifths; other motions are rare."""

_ODD_MOTION = -0.3
_LEADS_HOME = {1: 1.0, -2: 0.8, -1: 0.6, -5: 0.6}
"""How well a chord, by its fifths from the tonic, leads to the last one: V, bVII, IV, bII."""


@dataclass(frozen=True, slots=True)
class ChordChange:
    """From a note of a written bar on a chord holds, until the next change as written.

    `position` is in quarter notes from the beginning of the bar; `start` is the offset in the text
    of the note or rest that begins there.
    """

    bar: int
    position: Fraction
    start: int
    chord: Chord


@dataclass(frozen=True, slots=True)
class _Slot:
    """A stretch of a bar that has one chord."""

    bar: int
    position: Fraction
    start: int
    notes: tuple[tuple[int, float], ...]
    key: Key
    opens_section: bool
    closes_section: bool


def harmonise(tune: Tune) -> tuple[ChordChange, ...]:
    """The chords of a tune as written, each where it begins; the first stands at the first note.

    Those that the tune names itself; else those that fit. Every section begins with its chord
    named, so that it can be read alone. None where there are no notes.
    """
    own = named_chords(tune)
    if own:
        return own
    pieces = _cut(tune)
    chords = _best_way(pieces)
    return tuple(_changes(pieces, chords))


def named_chords(tune: Tune) -> tuple[ChordChange, ...]:
    """The chords that the text itself names."""
    return tuple(
        ChordChange(bar.index, note.onset - bar.onset, note.start, chord)
        for bar in tune.bars
        for note in bar.notes
        if note.chord_symbol and (chord := parse_chord(note.chord_symbol))
    )


def harmonic_rhythm(meter: Meter | None, length: Fraction) -> Fraction:
    """Quarter notes that a chord lasts at least in a bar of that many quarters."""
    if meter is None or meter.bar_quarters != length:
        return length
    halves = {2: 2, 4: 2, 6: 2, 12: 2}
    if meter.denominator >= 8 and meter.numerator == 9:
        return length / 3
    if (meter.numerator, meter.denominator) == (3, 2):
        return length / 3
    return length / halves.get(meter.numerator, 1)


def _cut(tune: Tune) -> list[_Slot]:
    guessed = _guess_key(tune)
    pieces: list[_Slot] = []
    for bar in tune.bars:
        if bar.notes:
            key = bar.key if bar.key and bar.key.tonic else guessed
            pieces += _cut_bar(tune, bar, key)
    return pieces


def _guess_key(tune: Tune) -> Key:
    if tune.key.tonic:
        return tune.key
    return find_key(
        weigh_pitches((pitch, note.duration) for note in tune.notes for pitch in note.pitches)
    )


def _cut_bar(tune: Tune, bar: Bar, key: Key) -> list[_Slot]:
    """The pieces of a bar; each begins with a note, for a chord symbol stands above one."""
    full = bar.expected or bar.actual
    shift = full - bar.actual if _is_pickup(tune, bar) else Fraction(0)
    step = harmonic_rhythm(bar.meter, full)
    groups: dict[Fraction, list[Note]] = {}
    place = Fraction(0)
    for note in bar.notes:
        position = note.onset - bar.onset + shift
        if not groups or (position % step == 0 and position > place):
            place = position
        groups.setdefault(place, []).append(note)
    first, last = next(iter(groups)), place
    return [
        _Slot(
            bar.index, at - shift, notes[0].start,
            tuple(_weighed(notes, bar, shift)), _key_of(notes[0], key),
            at == first and _opens(tune, bar), at == last and _closes(tune, bar),
        )
        for at, notes in groups.items()
    ]  # fmt: skip


def _key_of(note: Note, key: Key) -> Key:
    """The key that holds at a note; that of its bar where it has no tonic."""
    return note.key if note.key and note.key.tonic else key


def _weighed(notes: Sequence[Note], bar: Bar, shift: Fraction) -> list[tuple[int, float]]:
    """Pitch class and weight of what sounds: long notes count, and those on the beats."""
    weighed = []
    for note in notes:
        position = note.onset - bar.onset + shift
        accent = _ON_BAR if position == 0 else _ON_BEAT if position % _beat(bar) == 0 else 1.0
        weight = float(note.duration) * accent
        weighed += [(pitch % 12, weight) for pitch in note.pitches]
    return weighed


def _beat(bar: Bar) -> Fraction:
    meter = bar.meter
    if meter is None or not meter.numerator:
        return Fraction(1)
    is_compound = meter.denominator >= 8 and meter.numerator % 3 == 0 and meter.numerator > 3
    return Fraction(12 if is_compound else 4, meter.denominator)


def _is_pickup(tune: Tune, bar: Bar) -> bool:
    is_short = bar.expected is not None and bar.actual < bar.expected
    return is_short and _opens(tune, bar) and not bar.starts_ending


def _opens(tune: Tune, bar: Bar) -> bool:
    before = tune.bars[bar.index - 1] if bar.index else None
    return (
        before is None or is_closing(before.closing) or bar.starts_ending
        or before.part != bar.part or bar.opening.endswith(":")
    )  # fmt: skip


def _closes(tune: Tune, bar: Bar) -> bool:
    following = tune.bars[bar.index + 1] if bar.index + 1 < len(tune.bars) else None
    return following is None or is_closing(bar.closing)


def _best_way(pieces: Sequence[_Slot]) -> list[Chord]:
    """The chords with the highest sum of weights, one for each piece."""
    table: list[list[tuple[float, int]]] = []
    choices = [_choices(piece.key) for piece in pieces]
    for at, piece in enumerate(pieces):
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        column = []
        for degree in choices[at]:
            fit = _fit(piece, degree) + _cadence(piece, following, degree)
            best, source = 0.0, 0
            if at:
                ways = (
                    (score + _move(choices[at - 1][number], degree, piece), number)
                    for number, (score, _) in enumerate(table[-1])
                )
                best, source = max(ways, key=lambda way: way[0])
            column.append((best + fit, source))
        table.append(column)
    return [_chord(pieces[at].key, choices[at][number]) for at, number in enumerate(_trace(table))]


def _trace(table: Sequence[Sequence[tuple[float, int]]]) -> list[int]:
    if not table:
        return []
    number = max(range(len(table[-1])), key=lambda place: table[-1][place][0])
    way = []
    for column in reversed(table):
        way.append(number)
        number = column[number][1]
    return way[::-1]


def _choices(key: Key) -> tuple[_Degree, ...]:
    return _DEGREES[_SAME_AS.get(key.mode, key.mode)]


def _chord(key: Key, degree: _Degree) -> Chord:
    return Chord(note_name(tonic_fifths(key.tonic) + degree[0]), degree[1])


def _fit(piece: _Slot, degree: _Degree) -> float:
    """What the notes say for a chord; a stray note is forgiven more in a busy piece."""
    classes = _chord(piece.key, degree).classes
    fit = degree[2]
    for pitch, weight in piece.notes:
        fit += weight * (_COVERS[classes.index(pitch)] if pitch in classes else _MISS)
    return fit


def _move(before: _Degree, after: _Degree, piece: _Slot) -> float:
    """What the style says for a step from chord to chord; a new section is free."""
    if piece.opens_section or before[:2] == after[:2]:
        return 0.0
    if before[0] == after[0]:
        return _CHANGE_WITHIN
    change = _CHANGE if piece.position == 0 else _CHANGE_WITHIN
    return change + _MOTION.get(after[0] - before[0], _ODD_MOTION)


def _cadence(piece: _Slot, following: _Slot | None, degree: _Degree) -> float:
    """A section begins at home and comes home with its last chord, by way of one that leads there.

    Both are likings: a section that clearly begins or ends elsewhere does so.
    """
    if piece.opens_section and not piece.closes_section:
        return _OPENING if degree[0] == 0 else 0.0
    if piece.closes_section:
        return _CADENCE if degree[0] == 0 else 0.0
    if following is not None and following.closes_section:
        return _BEFORE_CADENCE * _LEADS_HOME.get(degree[0], 0.0)
    return 0.0


def _changes(pieces: Sequence[_Slot], chords: Sequence[Chord]) -> list[ChordChange]:
    changes: list[ChordChange] = []
    for piece, chord in zip(pieces, chords, strict=True):
        if not changes or piece.opens_section or chord != changes[-1].chord:
            changes.append(ChordChange(piece.bar, piece.position, piece.start, chord))
    return changes
