"""Ornaments as they are played: rolls, trills, turns and mordents, and notes cut short.

The signs are those of ABC 2.1 §4.14. Upper and lower notes are those of the key. An ornament takes
its time from its own note, so nothing else moves. Rolls are played as traditional players do, the
note sounded again behind a quick note above and one below (``G{A}G{F}G``), not as the turn that
classical music calls by that sign.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from musicgen.notation.model import Key, Note, PlayedNote, Tune
from musicgen.notation.parsing.tokens import SEMITONES

_QUICK = Fraction(1, 10)
"""Quarters that the quick notes of a roll last at most."""

_TRILL_STEP = Fraction(1, 8)
_MAX_STEPS = 64
_SHORTEST = Fraction(1, 4)
"""Quarters below which a note has no room for an ornament."""

OrnamentShape = Callable[[PlayedNote, int, int], Iterator[tuple[int, Fraction]]]
"""From a note, the pitch above and the one below to pitches and durations."""


def play_ornaments(tune: Tune, notes: Iterable[PlayedNote]) -> tuple[PlayedNote, ...]:
    """What sounds when the ornaments of a tune are played; each note keeps its span in the text."""
    ornate = {note.start: note for note in tune.notes if note.decorations}
    keys = {note.start: note.key or tune.key for note in tune.notes}
    played: list[PlayedNote] = []
    for note in notes:
        written = ornate.get(note.start)
        shape = find_shape(written) if written and not note.is_grace else None
        if shape is None or note.duration < _SHORTEST:
            played.append(note)
        else:
            played += _shaped(note, shape, keys[note.start])
    return tuple(played)


def find_shape(note: Note) -> OrnamentShape | None:
    """How the ornaments of a note are played, None where there are none of that kind."""
    return next((_SHAPES[name] for name in note.decorations if name in _SHAPES), None)


def _shaped(note: PlayedNote, shape: OrnamentShape, key: Key) -> Iterator[PlayedNote]:
    onset = note.onset
    for pitch, duration in shape(
        note, neighbour(note.pitch, key, 1), neighbour(note.pitch, key, -1)
    ):
        yield replace(note, pitch=pitch, onset=onset, duration=duration)
        onset += duration


def neighbour(pitch: int, key: Key, step: int) -> int:
    """The next pitch of the key above (`step` 1) or below (-1)."""
    changes: Mapping[str, int] = dict(key.accidentals)
    scale = {(semitone + changes.get(letter, 0)) % 12 for letter, semitone in SEMITONES.items()}
    return next(
        (other for other in range(pitch + step, pitch + 4 * step, step) if other % 12 in scale),
        pitch + 2 * step,
    )


def _roll(note: PlayedNote, upper: int, lower: int) -> Iterator[tuple[int, Fraction]]:
    """Long from three quavers on; on a shorter note two strokes instead of three, or a cut."""
    strokes = 3 if note.duration >= Fraction(3, 2) else 2 if note.duration >= 1 else 1
    length = note.duration / strokes
    quick = min(_QUICK, length / 4)
    touched = [None, upper, lower][:strokes] if strokes == 3 else [upper, lower][:strokes]
    for other in touched:
        if other is not None:
            yield other, quick
        yield note.pitch, length - (quick if other is not None else 0)


def _trill(note: PlayedNote, upper: int, _lower: int) -> Iterator[tuple[int, Fraction]]:
    steps = min(max(2 * int(note.duration / _TRILL_STEP / 2), 2), _MAX_STEPS)
    for number in range(steps):
        yield (upper if number % 2 else note.pitch), note.duration / steps


def _turn(note: PlayedNote, upper: int, lower: int) -> Iterator[tuple[int, Fraction]]:
    yield from _equally(note, (upper, note.pitch, lower, note.pitch))


def _inverted_turn(note: PlayedNote, upper: int, lower: int) -> Iterator[tuple[int, Fraction]]:
    yield from _equally(note, (lower, note.pitch, upper, note.pitch))


def _equally(note: PlayedNote, pitches: tuple[int, ...]) -> Iterator[tuple[int, Fraction]]:
    """The pitches one after the other, the last as long as what is left."""
    step = min(note.duration / len(pitches), Fraction(1, 4))
    for pitch in pitches[:-1]:
        yield pitch, step
    yield pitches[-1], note.duration - step * (len(pitches) - 1)


def _upper_mordent(note: PlayedNote, upper: int, _lower: int) -> Iterator[tuple[int, Fraction]]:
    yield from _bitten(note, upper)


def _lower_mordent(note: PlayedNote, _upper: int, lower: int) -> Iterator[tuple[int, Fraction]]:
    yield from _bitten(note, lower)


def _bitten(note: PlayedNote, other: int) -> Iterator[tuple[int, Fraction]]:
    quick = min(Fraction(1, 8), note.duration / 4)
    yield note.pitch, quick
    yield other, quick
    yield note.pitch, note.duration - 2 * quick


def _short(note: PlayedNote, _upper: int, _lower: int) -> Iterator[tuple[int, Fraction]]:
    yield note.pitch, note.duration / 2


_SHAPES: dict[str, OrnamentShape] = {
    "roll": _roll,
    "~": _roll,
    "trill": _trill,
    "turn": _turn,
    "turnx": _turn,
    "invertedturn": _inverted_turn,
    "invertedturnx": _inverted_turn,
    "uppermordent": _upper_mordent,
    "pralltriller": _upper_mordent,
    "lowermordent": _lower_mordent,
    "mordent": _lower_mordent,
    "staccato": _short,
    ".": _short,
}
