"""Who plays along: chords strummed or plucked, a bass below them, and a drum.

What they play follows from the chords (`musicgen.notation.analysis.harmony`) and from the meter
(`musicgen.audio.patterns`). In a pickup all wait for the first full bar.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from musicgen.audio.accents import bar_shift
from musicgen.audio.patterns import Stroke, comp, drum
from musicgen.notation.analysis.chords import Chord
from musicgen.notation.analysis.harmony import ChordChange, harmonise
from musicgen.notation.model import Bar, PlayedNote, Tune


@dataclass(frozen=True, slots=True)
class Player:
    """An instrument that plays chords: its General MIDI program, and the pitches it uses.

    Basses lie in the octave from `bass` on, chords in that from `low` on. `spread` is the time in
    quarters from string to string; `is_broken` plucks the tones of a chord one after the other;
    `has_many_strings` doubles the lowest above.
    """

    program: int
    bass: int
    low: int
    spread: Fraction = Fraction(0)
    is_broken: bool = False
    has_many_strings: bool = False


PLAYERS: Mapping[str, Player] = {
    "guitar": Player(25, 40, 52, Fraction(1, 40), has_many_strings=True),
    "piano": Player(0, 36, 55),
    "harp": Player(46, 41, 55, Fraction(1, 16), is_broken=True),
}
"""Instruments that can play chords, by the names the settings use."""

BASS_PROGRAM = 32
_BASS_LOW = 28
_SLOW_WORDS = ("air", "song", "lament", "planxty", "carolan", "slow")
_HIT = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Played:
    """A note of an accompaniment, and how hard it is played beside the usual velocity."""

    note: PlayedNote
    strength: int


@dataclass(frozen=True, slots=True)
class _Moment:
    """A stroke in the time of the tune as it is played, with the chord that sounds."""

    onset: Fraction
    end: Fraction
    chord: Chord
    stroke: Stroke


def play_chords(tune: Tune, player: Player) -> list[Played]:
    """What the chord instrument plays, basses included; nothing where there are no chords."""
    played: list[Played] = []
    for moment in _moments(tune):
        is_bass = moment.stroke.kind != "chord"
        chord = voice(moment.chord, player.low, player.has_many_strings)
        played += _struck(moment, [_bass_pitch(moment, player.bass)] if is_bass else chord, player)
    return played


def play_bass(tune: Tune) -> list[Played]:
    """What the bass plays: the basses alone, an octave below."""
    return [
        Played(
            _note(_bass_pitch(moment, _BASS_LOW), moment.onset, moment.end), moment.stroke.strength
        )
        for moment in _moments(tune)
        if moment.stroke.kind != "chord"
    ]


def play_drum(tune: Tune) -> list[Played]:
    """What the drum plays, from the first full bar on."""
    played = []
    for start, bar in _played_bars(tune):
        shift = bar_shift(bar)
        if bar.meter is None or bar.expected is None or shift:
            continue
        for beat in drum(bar.meter, bar.expected):
            if beat.position < bar.actual:
                onset = start + beat.position
                played.append(Played(_note(beat.key, onset, onset + _HIT), beat.strength))
    return played


def voice(chord: Chord, low: int, is_full: bool = False) -> list[int]:
    """Pitches of a chord from `low` upwards: every tone, the lowest again above if `is_full`."""
    pitches = sorted(low + (tone - low) % 12 for tone in chord.classes)
    return [*pitches, pitches[0] + 12] if is_full else pitches


def _struck(moment: _Moment, pitches: Sequence[int], player: Player) -> Iterator[Played]:
    spread = player.spread
    if player.is_broken and len(pitches) > 1:
        spread = min((moment.end - moment.onset) / len(pitches), Fraction(1, 4))
    for number, pitch in enumerate(pitches):
        onset = moment.onset + number * spread
        if onset < moment.end:
            yield Played(_note(pitch, onset, moment.end), moment.stroke.strength)


def _bass_pitch(moment: _Moment, low: int) -> int:
    chord = moment.chord
    tone = chord.bass_class
    if moment.stroke.kind == "alternate" and not chord.bass:
        tone = chord.classes[2 if len(chord.classes) > 2 else 1]
    return low + (tone - low) % 12


def _moments(tune: Tune) -> Iterator[_Moment]:
    """All strokes of a tune in playing order; a chord that changes off the pattern is struck."""
    changes = {
        index: list(group) for index, group in groupby(harmonise(tune), lambda change: change.bar)
    }
    before = _chords_before(tune, changes)
    struck: dict[int, list[tuple[Stroke, Chord | None]]] = {}
    is_slow = any(word in tune.rhythm.lower() for word in _SLOW_WORDS)
    for start, bar in _played_bars(tune):
        if bar_shift(bar):
            continue
        if bar.index not in struck:
            chords = changes.get(bar.index, [])
            struck[bar.index] = list(
                _with_chords(_strokes(bar, chords, is_slow), chords, before[bar.index])
            )
        for stroke, chord in struck[bar.index]:
            if chord is None:
                continue
            end = min(stroke.position + stroke.length, bar.actual)
            yield _Moment(start + stroke.position, start + end, chord, stroke)


def _strokes(bar: Bar, chords: Sequence[ChordChange], is_slow: bool) -> list[Stroke]:
    """The pattern of a bar as far as the bar goes, and a stroke where a chord begins off it."""
    if bar.meter is None or bar.expected is None or not bar.meter.numerator:
        return [
            Stroke(change.position, kind, bar.actual - change.position)
            for change in chords for kind in ("bass", "chord")
        ]  # fmt: skip
    pattern = [
        stroke for stroke in comp(bar.meter, bar.expected, is_slow) if stroke.position < bar.actual
    ]
    known = {stroke.position for stroke in pattern}
    pattern += [
        Stroke(change.position, "chord", Fraction(1, 2))
        for change in chords
        if change.position not in known
    ]
    begins = {change.position for change in chords}
    return [  # a new chord is heard from its root
        Stroke(stroke.position, "bass", stroke.length, stroke.strength)
        if stroke.kind == "alternate" and stroke.position in begins
        else stroke
        for stroke in sorted(pattern, key=lambda stroke: stroke.position)
    ]


def _chords_before(
    tune: Tune, changes: Mapping[int, Sequence[ChordChange]]
) -> dict[int, Chord | None]:
    """The chord that holds when each written bar begins."""
    before: dict[int, Chord | None] = {}
    chord: Chord | None = None
    for bar in tune.bars:
        before[bar.index] = chord
        if bar.index in changes:
            chord = changes[bar.index][-1].chord
    return before


def _with_chords(
    strokes: Sequence[Stroke], chords: Sequence[ChordChange], before: Chord | None
) -> Iterator[tuple[Stroke, Chord | None]]:
    """Strokes, by position, each with the chord that sounds."""
    at = 0
    for stroke in strokes:
        while at < len(chords) and chords[at].position <= stroke.position:
            before = chords[at].chord
            at += 1
        yield stroke, before


def _played_bars(tune: Tune) -> Iterator[tuple[Fraction, Bar]]:
    onset = Fraction(0)
    for index in tune.play_order:
        bar = tune.bars[index]
        yield onset, bar
        onset += bar.actual


def _note(pitch: int, onset: Fraction, end: Fraction) -> PlayedNote:
    return PlayedNote(pitch, onset, end - onset, 0, 0, 0)
