"""Some bars of a tune as an exercise: the same figure through the scale and through keys.

First the figure goes up and down the scale of the tune, step by step, then through other keys, the
nearest on the circle of fifths first; for an instrument, through those it is usually played in.
Each comes twice, and none a second time elsewhere. What an instrument cannot play is left out.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from musicgen.errors import NotationError
from musicgen.notation.analysis.chords import note_name
from musicgen.notation.analysis.instruments import INSTRUMENTS, find_missing
from musicgen.notation.model import Bar, Key, Note, Tune
from musicgen.notation.parsing.fields import MODE_FIFTHS, parse_key, tonic_fifths
from musicgen.notation.playback import play_order
from musicgen.notation.writing.abc_writer import write_abc
from musicgen.notation.writing.variation import step_of

MOST_BARS = 8
"""Bars of a figure."""

STEPS = (1, 2, 3, 4, -1, -2, -3)
"""Steps of the scale by which the figure is moved."""

MOST_SIGNS = 4
MOST_FIGURES = 14
_SPAN = 3
_LOWEST, _HIGHEST = 36, 100


@dataclass(frozen=True, slots=True)
class _Figure:
    """The figure in one place: its notes bar by bar, its key, and how hard it is."""

    bars: tuple[tuple[Note, ...], ...]
    key: Key
    difficulty: tuple[int, int]

    @property
    def sound(self) -> tuple[tuple[int, ...], ...]:
        """What is played: moved by an octave, one may be as another was, in whatever key."""
        return tuple(note.pitches for bar in self.bars for note in bar)


def make_etude(tune: Tune, first: int, last: int, instrument: str = "") -> str:
    """An exercise out of some bars of a tune, as plain ABC.

    Args:
        tune: The tune.
        first: The first of the bars, from 0 in written order.
        last: The last of them.
        instrument: One of `analysis.instruments.INSTRUMENTS`; the range of the tune, a third wider
            on both sides, and all keys of up to four signs, if empty.

    Raises:
        NotationError: the bars are not there, too many, not full, or the instrument cannot play
            them.
    """
    bars = tune.bars[first : last + 1]
    if not bars or not 0 <= first <= last or len(bars) > MOST_BARS:
        raise NotationError("Choose 1 to {most} bars for an exercise.", most=MOST_BARS)
    if any(bar.expected is None or bar.actual != bar.expected for bar in bars):
        raise NotationError("Choose whole bars for an exercise: pickups and short bars have no beat"
                            " of their own.")  # fmt: skip
    if not any(note.pitches for bar in bars for note in bar.notes):
        raise NotationError("There is nothing to play in these bars.")
    home = bars[0].key or tune.key
    keys = INSTRUMENTS[instrument].sharps if instrument else range(-MOST_SIGNS, MOST_SIGNS + 1)
    places = (_placed(tune, one, instrument) for one in _figures(bars, home, keys))
    figures = list(_each_once(one for one in places if one is not None))
    if not figures:
        raise NotationError("These bars cannot be played on this instrument.")
    return _write(tune, bars, figures[:MOST_FIGURES])


def _each_once(figures: Iterable[_Figure]) -> Iterator[_Figure]:
    known = set()
    for one in figures:
        if one.sound not in known:
            known.add(one.sound)
            yield one


def _figures(bars: Sequence[Bar], home: Key, keys: Collection[int]) -> Iterator[_Figure]:
    """The figure as it is, through the scale, then through keys, the easier first."""
    yield _Figure(tuple(_bare(bar) for bar in bars), home, (0, 0))
    for steps in sorted(STEPS, key=lambda steps: (abs(steps), -steps)):
        moved = tuple(tuple(_by_steps(note, home, steps) for note in _bare(bar)) for bar in bars)
        yield _Figure(moved, home, (0, abs(steps)))
    yield from sorted(_in_keys(bars, home, keys), key=lambda figure: figure.difficulty)


def _in_keys(bars: Sequence[Bar], home: Key, keys: Collection[int]) -> Iterator[_Figure]:
    """The figure in keys of so many sharps, flats negative."""
    sharps = _signature(home)
    for semitones in range(-5, 7):
        moved = (sharps + 7 * semitones + 5) % 12 - 5
        if not semitones or moved not in keys:
            continue
        tonic = note_name(moved - (MODE_FIFTHS[home.mode] if home.tonic else 0))
        key = parse_key(f"{tonic} {home.mode}")
        if key is None:
            continue
        notes = tuple(tuple(_by_semitones(note, semitones) for note in _bare(bar)) for bar in bars)
        yield _Figure(notes, key, (1 + abs(moved - sharps), abs(semitones)))


def _signature(key: Key) -> int:
    return tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode] if key.tonic else 0


def _bare(bar: Bar) -> tuple[Note, ...]:
    """The notes of a bar without what does not move with them."""
    return tuple(
        replace(note, chord_symbol="", graces=(), grace_spans=(), grace_quarters=(),
                tempo_qpm=None, tied=False, tied_pitches=())
        for note in bar.notes
    )  # fmt: skip


def _by_steps(note: Note, key: Key, steps: int) -> Note:
    pitches = []
    for pitch in note.pitches:
        for _step in range(abs(steps)):
            pitch = step_of(pitch, key, 1 if steps > 0 else -1)
        pitches.append(pitch)
    return replace(note, pitches=tuple(pitches), start=0, end=0)


def _by_semitones(note: Note, semitones: int) -> Note:
    pitches = tuple(pitch + semitones for pitch in note.pitches)
    return replace(note, pitches=pitches, start=0, end=0)


def _placed(tune: Tune, figure: _Figure, instrument: str) -> _Figure | None:
    """The figure where it can be played: as it is, else an octave up or down; None for nowhere."""
    for octave in (0, 12, -12):
        bars = tuple(tuple(_by_semitones(note, octave) for note in bar) for bar in figure.bars)
        moved = replace(figure, bars=bars) if octave else figure
        if _is_playable(tune, moved, instrument):
            return moved
    return None


def _is_playable(tune: Tune, figure: _Figure, instrument: str) -> bool:
    notes = [replace(note, key=figure.key) for bar in figure.bars for note in bar]
    if instrument:
        bar = replace(tune.bars[0], notes=tuple(notes))
        return not find_missing(replace(tune, bars=(bar,)), INSTRUMENTS[instrument])
    pitches = [pitch for note in notes for pitch in note.pitches]
    known = [pitch for note in tune.notes for pitch in note.pitches]
    low, high = max(min(known) - _SPAN, _LOWEST), min(max(known) + _SPAN, _HIGHEST)
    return low <= min(pitches) and max(pitches) <= high


def _write(tune: Tune, bars: Sequence[Bar], figures: Sequence[_Figure]) -> str:
    written: list[Bar] = []
    onset = Fraction(0)
    for figure in figures:
        for place, (bar, notes) in enumerate(zip(bars, figure.bars, strict=True)):
            placed, at = [], onset
            for note in notes:
                placed.append(replace(note, onset=at, bar=len(written), key=figure.key))
                at += note.duration
            is_last = place == len(bars) - 1
            written.append(
                Bar(len(written), 0, 0, tuple(placed), onset, bar.expected, bar.actual,
                    closing=":|" if is_last else "|", opening="" if place else "|:",
                    meter=bar.meter, key=figure.key)
            )  # fmt: skip
            onset = at
    fields = tuple((letter, value) for letter, value in tune.fields if letter in "RQM")
    made = replace(
        tune, bars=tuple(written), play_order=play_order(written), key=figures[0].key,
        fields=fields, meter=bars[0].meter or tune.meter,
    )  # fmt: skip
    return write_abc(made)
