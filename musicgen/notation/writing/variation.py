"""Variants of a tune as players vary it on repeats: ornaments, runs, triplets, octaves.

What players do is described by T. Ó Canainn ("Traditional Music in Ireland", 1978, chapters 4 and
5): ornaments on long and repeated notes, filled thirds and long notes, triplets, notes taken out,
and bars an octave away. Each of these is a function from the notes of a bar to other notes of the
same length, so that bars stay full; they are done one after the other, bars by chance, until the
variant is as far from the tune as it is wanted.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from musicgen.errors import NotationError
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Bar, Key, Note, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tokens import SEMITONES
from musicgen.notation.writing.abc_writer import write_abc

FURTHEST = 0.34
"""Share of the time at which the furthest variant has another note."""

NEAREST = 0.02

OPENING = 4
"""Bars at the beginning by which a tune is known: players keep them."""

MOST_IN_OPENING = Fraction(1, 12)
"""Share of each of these bars that is varied at most."""

_EIGHTH, _QUARTER, _DOTTED = Fraction(1, 2), Fraction(1), Fraction(3, 2)
_ORNAMENT = Fraction(1, 4)
"""How much of a note counts as changed by an ornament on it."""

_ROUNDS = 400

Span = tuple[int, int]
_Notes = list[Note]
_Way = Callable[[Sequence[Note], int, Key], "_Notes | None"]


def vary(tune: Tune, amount: float, seed: int, span: Span | None = None) -> str:
    """A variant of a tune, as plain ABC.

    Args:
        tune: What is varied.
        amount: How far, 0 for a few ornaments to 1 for a third of the time.
        seed: Of what is drawn by chance; the same gives the same variant.
        span: Lowest and highest MIDI pitch; those of the tune if None.

    Raises:
        NotationError: it has no notes, or nothing in it can be varied within the span.
    """
    pitches = [pitch for note in tune.notes for pitch in note.pitches]
    if not pitches:
        raise NotationError("There is no tune in this text: it has no notes.")
    low, high = span or (min(pitches), max(pitches))
    wanted = NEAREST + (FURTHEST - NEAREST) * min(max(amount, 0.0), 1.0)
    bars = _vary_bars(tune, Fraction(wanted), random.Random(f"variant/{seed}"), (low, high))
    text = write_abc(replace(tune, bars=tuple(bars)))
    read, before = read_tune(text)[0], check_bars(tune)
    if len(check_bars(read).wrong) > len(before.wrong):
        raise NotationError("This tune is written in a way that cannot be varied.")
    return text


def find_distance(tune: Tune, variant: Tune) -> float:
    """Share of the time, 0..1, at which two tunes with the same bars have other notes.

    Ornaments count as a quarter of their note.

    Raises:
        NotationError: they have not as many bars.
    """
    if len(tune.bars) != len(variant.bars):
        raise NotationError("Only a tune and its variant can be compared: they have other bars.")
    total = sum((bar.actual for bar in tune.bars), Fraction(0))
    changed = sum(
        (_changed(here.notes, there.notes) for here, there in zip(tune.bars, variant.bars,
                                                                  strict=True)), Fraction(0),
    )  # fmt: skip
    return float(changed / total) if total else 0.0


def _vary_bars(tune: Tune, wanted: Fraction, luck: random.Random, span: Span) -> list[Bar]:
    bars = list(tune.bars)
    total = sum((bar.actual for bar in bars), Fraction(0))
    changes = [Fraction(0)] * len(bars)
    for _round in range(_ROUNDS):
        if sum(changes, Fraction(0)) >= wanted * total:
            break
        place = _draw_place(changes, bars, luck)
        bar = bars[place]
        found = _vary_bar(bar, bar.key or tune.key, luck, span, _ways(wanted, luck))
        if found is None:
            continue
        change = _changed(tune.bars[place].notes, found)
        if place < OPENING and change > MOST_IN_OPENING * bar.actual:
            continue
        if sum(changes, Fraction(0)) - changes[place] + change <= (wanted + _slack(wanted)) * total:
            bars[place], changes[place] = replace(bar, notes=tuple(found)), change
    if not any(changes):
        raise NotationError("Nothing in this tune can be varied within its range.")
    return bars


def _slack(wanted: Fraction) -> Fraction:
    return wanted / 6 + Fraction(1, 200)


def _draw_place(changes: Sequence[Fraction], bars: Sequence[Bar], luck: random.Random) -> int:
    """A bar by chance, one that was changed little before: a tune is varied all over."""
    shares = [1 - change / bar.actual if bar.actual else 0 for change, bar in
              zip(changes, bars, strict=True)]  # fmt: skip
    return luck.choices(range(len(bars)), [float(share) ** 2 + 0.01 for share in shares])[0]


def _vary_bar(
    bar: Bar, key: Key, luck: random.Random, span: Span, ways: Sequence[_Way]
) -> _Notes | None:
    places = [place for place, note in enumerate(bar.notes) if len(note.pitches) == 1]
    luck.shuffle(places)
    for way in ways:
        for place in places:
            found = way(bar.notes, place, key)
            if found is not None and _is_within(found, bar.notes, span):
                return _set_onsets(found, bar.onset)
    return None


def _is_within(found: Sequence[Note], before: Sequence[Note], span: Span) -> bool:
    low, high = span
    pitches = [pitch for note in found for pitch in note.pitches]
    return (
        all(low <= pitch <= high for pitch in pitches)
        and sum(note.duration for note in found) == sum(note.duration for note in before)
        and [note.pitches for note in found[-1:]] != [()]
    )


def _set_onsets(notes: Sequence[Note], onset: Fraction) -> _Notes:
    placed = []
    for note in notes:
        placed.append(replace(note, onset=onset))
        onset += note.duration
    return placed


def _changed(here: Sequence[Note], there: Sequence[Note]) -> Fraction:
    """Quarters of a bar at which another pitch sounds, ornaments counted in part."""
    before, after = _sounding(here), _sounding(there)
    moments = sorted({start for start, *_rest in (*before, *after)})
    end = max((start + length for start, length, *_rest in (*before, *after)), default=Fraction(0))
    changed = Fraction(0)
    for moment, until in zip(moments, [*moments[1:], end], strict=True):
        one, other = _at(before, moment), _at(after, moment)
        if one[2] != other[2]:
            changed += until - moment
        elif one[3] != other[3] or one[0] != other[0]:
            changed += (until - moment) * _ORNAMENT
    return changed


_Sound = tuple[Fraction, Fraction, tuple[int, ...], bool]


def _sounding(notes: Sequence[Note]) -> list[_Sound]:
    sounds, onset = [], Fraction(0)
    for note in notes:
        is_ornate = bool(note.graces) or "roll" in note.decorations
        sounds.append((onset, note.duration, note.pitches, is_ornate))
        onset += note.duration
    return sounds


def _at(sounds: Sequence[_Sound], moment: Fraction) -> _Sound:
    nothing: _Sound = (moment, Fraction(0), (), False)
    return next((one for one in reversed(sounds) if one[0] <= moment), nothing)


# What players do, each at one note of a bar


def _ways(wanted: Fraction, luck: random.Random) -> list[_Way]:
    """The ways in the order in which they are tried: the nearer, the more ornaments."""
    light: list[_Way] = [_roll, _cut]
    middle: list[_Way] = [_triplet, _run, _fill, _neighbour, _merge]
    far: list[_Way] = [_octave]
    weights = {1: 0.8 - float(wanted), 2: 0.35 + float(wanted), 3: float(wanted) / 3}
    ways = [(way, weights[kind]) for kind, group in ((1, light), (2, middle), (3, far))
            for way in group]  # fmt: skip
    return [way for way, _key in sorted(
        ((way, luck.random() ** (1 / weight)) for way, weight in ways), key=lambda one: -one[1]
    )]  # fmt: skip


def _is_plain(note: Note) -> bool:
    return (
        len(note.pitches) == 1 and not note.tuplet_left and not note.tied_pitches
        and not note.decorations and not note.graces and note.tempo_qpm is None
    )  # fmt: skip


def _made(note: Note, pitch: int, duration: Fraction, **changes: object) -> Note:
    """A note of the variant: its name is chosen by the key, nothing stands above it."""
    plain = Note((pitch,), note.onset, duration, 0, 0, note.bar, key=note.key)
    return replace(plain, **changes)  # type: ignore[arg-type]


def _first(note: Note, pitch: int, duration: Fraction, **changes: object) -> Note:
    """The same, with the chord that stands above it."""
    return _made(note, pitch, duration, chord_symbol=note.chord_symbol, **changes)


def _with(notes: Sequence[Note], place: int, new: Sequence[Note], count: int = 1) -> _Notes:
    return [*notes[:place], *new, *notes[place + count :]]


def _roll(notes: Sequence[Note], place: int, _key: Key) -> _Notes | None:
    note = notes[place]
    if not _is_plain(note) or note.duration not in (_QUARTER, _DOTTED):
        return None
    return _with(notes, place, [replace(note, decorations=("roll",))])


def _cut(notes: Sequence[Note], place: int, key: Key) -> _Notes | None:
    """A quick note above one that is repeated."""
    note = notes[place]
    if not place or not _is_plain(note) or notes[place - 1].pitches != note.pitches:
        return None
    if notes[place - 1].tied_pitches:
        return None
    above = step_of(note.pitches[0], key, 1)
    grace = replace(note, graces=(above,), grace_spans=((0, 0),), grace_quarters=(_EIGHTH,))
    return _with(notes, place, [grace])


def _triplet(notes: Sequence[Note], place: int, key: Key) -> _Notes | None:
    """A quarter, or two eighths a third apart, as three notes in the same time."""
    note = notes[place]
    if not _is_plain(note):
        return None
    if note.duration == _QUARTER:
        pitch = note.pitches[0]
        return _with(notes, place, _three(note, (pitch, step_of(pitch, key, 1), pitch)))
    between = _between(notes, place, key)
    if between is None or note.duration != _EIGHTH:
        return None
    last = notes[place + 1].pitches[0]
    return _with(notes, place, _three(note, (note.pitches[0], between, last)), 2)


def _three(note: Note, pitches: Sequence[int]) -> _Notes:
    return [
        replace(
            (_made if number else _first)(note, pitch, Fraction(1, 3)),
            tuplet=(3, 2), tuplet_left=3 - number,
        )
        for number, pitch in enumerate(pitches)
    ]  # fmt: skip


def _between(notes: Sequence[Note], place: int, key: Key) -> int | None:
    """The note between two eighths that are a third apart; None for others."""
    if place + 1 >= len(notes) or not _is_plain(notes[place + 1]):
        return None
    note, following = notes[place], notes[place + 1]
    if (note.duration, following.duration) != (_EIGHTH, _EIGHTH) or following.chord_symbol:
        return None
    here, there = note.pitches[0], following.pitches[0]
    middle = step_of(here, key, 1 if there > here else -1)
    return middle if step_of(middle, key, 1 if there > here else -1) == there else None


def _run(notes: Sequence[Note], place: int, key: Key) -> _Notes | None:
    """A long note in eighths, which go towards the next note or around it."""
    note = notes[place]
    if not _is_plain(note) or note.duration not in (_QUARTER, _DOTTED):
        return None
    pitch = note.pitches[0]
    following = notes[place + 1].pitches if place + 1 < len(notes) else ()
    step = 1 if following and following[0] > pitch else -1
    other = step_of(pitch, key, step)
    new = [_first(note, pitch, _EIGHTH), _made(note, other, _EIGHTH)]
    if note.duration == _DOTTED:
        new.append(_made(note, pitch, _EIGHTH))
    return _with(notes, place, new)


def _fill(notes: Sequence[Note], place: int, key: Key) -> _Notes | None:
    """Two eighths a third apart: the first shorter, and the note between."""
    note = notes[place]
    between = _between(notes, place, key) if _is_plain(note) else None
    if between is None:
        return None
    half = _EIGHTH / 2
    return _with(notes, place, [_first(note, note.pitches[0], half), _made(note, between, half)])


def _neighbour(notes: Sequence[Note], place: int, key: Key) -> _Notes | None:
    """A short note between two others, a step aside."""
    note = notes[place]
    is_inner = 0 < place < len(notes) - 1
    if not is_inner or not _is_plain(note) or note.duration != _EIGHTH or note.chord_symbol:
        return None
    before, after = notes[place - 1], notes[place + 1]
    if before.tied_pitches or not before.pitches or not after.pitches:
        return None
    pitch = note.pitches[0]
    step = 1 if after.pitches[0] > pitch else -1
    return _with(notes, place, [_made(note, step_of(pitch, key, step), _EIGHTH)])


def _merge(notes: Sequence[Note], place: int, _key: Key) -> _Notes | None:
    """Two eighths as a quarter."""
    if place + 1 >= len(notes) or not (_is_plain(notes[place]) and _is_plain(notes[place + 1])):
        return None
    note, following = notes[place], notes[place + 1]
    if (note.duration, following.duration) != (_EIGHTH, _EIGHTH) or following.chord_symbol:
        return None
    return _with(notes, place, [_first(note, note.pitches[0], _QUARTER)], 2)


def _octave(notes: Sequence[Note], place: int, _key: Key) -> _Notes | None:
    """The rest of the bar an octave away, which is up where it is low."""
    moved = notes[place:]
    if len(moved) < 3 or any(note.tied_pitches for note in notes) or any(
        len(note.pitches) > 1 for note in moved
    ):  # fmt: skip
        return None
    if place and notes[place].tuplet_left and notes[place - 1].tuplet_left:
        return None
    by = 12 if max(note.pitches[0] for note in moved if note.pitches) < 74 else -12
    return [*notes[:place], *(_shifted(note, by) for note in moved)]


def _shifted(note: Note, by: int) -> Note:
    if not note.pitches:
        return note
    moved = _first(note, note.pitches[0] + by, note.duration)
    return replace(moved, tuplet=note.tuplet, tuplet_left=note.tuplet_left)


def step_of(pitch: int, key: Key, step: int) -> int:
    """The next pitch of the key above (`step` 1) or below (-1)."""
    changes: Mapping[str, int] = dict(key.accidentals)
    scale = {(semitone + changes.get(letter, 0)) % 12 for letter, semitone in SEMITONES.items()}
    pitch += step
    while pitch % 12 not in scale:
        pitch += step
    return pitch
