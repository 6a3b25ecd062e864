"""Practising: a count-in, a metronome, passes that get faster, call and response, a drone.

The notes are those of `musicgen.audio.midi`; passes are laid one after the other in seconds, and
the metronome is computed from the same tempo map, so the beat is where the notes have it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from musicgen.audio.accents import DOWNBEAT, MIDDLE, accent, bar_shift, beat_quarters
from musicgen.audio.arrangement import Arrangement
from musicgen.audio.metronome import Click, add_clicks, add_drone
from musicgen.audio.midi import MAX_DURATION_S, load_pretty_midi, timeline, to_midi
from musicgen.audio.synthesis import PEAK_DB, TAIL_S, Rendering, synthesize
from musicgen.audio.tempo import TempoMap, default_qpm, map_tempo
from musicgen.config import Settings, setting
from musicgen.errors import AudioError
from musicgen.notation.analysis.melody import tonic_of
from musicgen.notation.model import Bar, Meter, Tune

if TYPE_CHECKING:
    from pretty_midi import PrettyMIDI

SAMPLE_RATE = 44_100
BPM = (20, 400)
"""Beats a minute that can be asked for, least and most."""

_FACTORS = (0.25, 4.0)
_DRONE_LOWEST = 45
_JUST_BEFORE_S = 0.001  # a note that is rounded to begin before its bar belongs to it


@dataclass(frozen=True)
class PracticeSettings(Settings):
    """How a tune is practised.

    Raises:
        ConfigError: a value is out of its bounds.
    """

    bpm: int = setting(0, "Beats a minute; 0 for the tempo of the tune.", 0, BPM[1])
    times: int = setting(3, "How often it is played.", 1, 20)
    start_percent: int = setting(
        100, "Speed of the first pass in percent; each further one is faster, up to 100.", 30, 100
    )
    count_in: int = setting(1, "Bars that are counted before the first pass.", 0, 4)
    has_metronome: bool = setting(True, "A metronome clicks along, with the accents of the meter.")
    answer_bars: int = setting(
        0, "Call and response: after so many bars as many are silent; 0 for none.", 0, 8
    )
    has_melody: bool = setting(True, "The melody is played; without it the others go on.")
    has_drone: bool = setting(False, "The tonic and its fifth sound all the time.")
    first_bar: int = setting(0, "First of the bars; 0 for the beginning.", 0, 999)
    last_bar: int = setting(0, "Last of the bars; 0 for the end.", 0, 999)


@dataclass(frozen=True, slots=True)
class Pass:
    """One time through, in seconds from the beginning of the sound, and its beats a minute."""

    begin_s: float
    end_s: float
    bpm: float


@dataclass(frozen=True)
class Practice:
    """A tune as it is practised: what sounds, when it clicks, where the cursor is.

    `moments` are as those of `audio.midi.timeline`, over all passes; what is silent is among them,
    so that the cursor goes on through the bars one answers. `answers` are the stretches, in seconds
    from the beginning, that are silent so that the reader plays.
    """

    midi: "PrettyMIDI"
    clicks: tuple[Click, ...]
    moments: tuple[tuple[int, float, float], ...]
    passes: tuple[Pass, ...]
    drone: int | None = None
    answers: tuple[tuple[float, float], ...] = ()

    @property
    def duration_s(self) -> float:
        """When the last pass ends."""
        return self.passes[-1].end_s


@dataclass(frozen=True, slots=True)
class _PlayedBar:
    """A bar as it comes by: where it begins in quarters, and how far a pickup is into its bar."""

    bar: Bar
    onset: Fraction
    shift: Fraction

    @property
    def end(self) -> Fraction:
        return self.onset + self.bar.actual


@dataclass(slots=True)
class _Tape:
    """What has been laid one after the other, up to `now` in seconds."""

    midi: "PrettyMIDI"
    now: float = 0.0
    clicks: list[Click] = field(default_factory=list)
    moments: list[tuple[int, float, float]] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    answers: list[tuple[float, float]] = field(default_factory=list)


def beats_per_minute(tune: Tune) -> float:
    """The tempo of a tune in beats of its meter a minute."""
    return float(_written_qpm(tune) / beat_quarters(tune.meter))


def plan_practice(
    tune: Tune, settings: PracticeSettings, arrangement: Arrangement | None = None
) -> Practice:
    """A tune laid out as it is to be practised.

    Args:
        tune: What to practise.
        settings: How.
        arrangement: Who plays; its speed does not count.

    Raises:
        AudioError: the tune has no notes or not these bars, or it would last too long or go too
            fast or too slowly.
    """
    arrangement = arrangement or Arrangement()
    bars = _window(tune, settings)
    factor = _factor(tune, settings)
    tape = _Tape(load_pretty_midi().PrettyMIDI())
    for number in range(settings.times):
        share = _share(settings, number)
        played = _Played.make(tune, arrangement.replace(tempo_factor=_bounded(factor * share)))
        if not number:
            _count_in(tape, bars[0], played, settings, tune.meter)
        begin = tape.now
        for group in _groups(bars, settings.answer_bars):
            _lay(tape, group, played, settings)
        bpm = beats_per_minute(tune) * factor * share
        tape.passes.append(Pass(begin, tape.now, bpm))
        if tape.now > MAX_DURATION_S:
            raise AudioError(
                "Practising would last more than {most} minutes. Ask for fewer times, or for a "
                "part of the tune.",
                most=MAX_DURATION_S // 60,
            )
    drone = _drone(tune, arrangement) if settings.has_drone else None
    return Practice(
        tape.midi, tuple(tape.clicks), tuple(tape.moments), tuple(tape.passes), drone,
        tuple(tape.answers),
    )  # fmt: skip


def render_practice(practice: Practice) -> Rendering:
    """The sound of a practice: the players, with clicks and a drone to the sample.

    Raises:
        AudioError: nothing can play it.
    """
    samples = round((practice.duration_s + TAIL_S) * SAMPLE_RATE)
    waveform = np.zeros((2, samples), np.float32)
    synthesizer, is_fallback = "none", False
    if any(instrument.notes for instrument in practice.midi.instruments):
        played = synthesize(practice.midi, sample_rate=SAMPLE_RATE)
        room = min(samples, played.waveform.shape[1])
        waveform[:, :room] = played.waveform[:, :room]
        synthesizer, is_fallback = played.synthesizer, played.is_fallback
    if practice.drone is not None:
        add_drone(waveform, practice.drone, SAMPLE_RATE)
    add_clicks(waveform, practice.clicks, SAMPLE_RATE)
    peak, most = float(np.abs(waveform).max()), 10 ** (PEAK_DB / 20)
    if peak > most:
        waveform *= np.float32(most / peak)
    return Rendering(waveform, SAMPLE_RATE, synthesizer, is_fallback)


@dataclass(frozen=True)
class _Played:
    """A whole tune at one speed: its notes, its tempo, its moments."""

    midi: "PrettyMIDI"
    tempo: TempoMap
    moments: Sequence[tuple[int, float, float]]

    @classmethod
    def make(cls, tune: Tune, arrangement: Arrangement) -> "_Played":
        midi = to_midi(tune, arrangement)
        tempo = map_tempo(tune, arrangement.tempo_factor, midi.resolution)
        return cls(midi, tempo, timeline(tune, arrangement))


def _written_qpm(tune: Tune) -> Fraction:
    return tune.tempo_qpm or Fraction(default_qpm(tune.rhythm, tune.meter))


def _factor(tune: Tune, settings: PracticeSettings) -> float:
    if not settings.bpm:
        return 1.0
    low, high = (beats_per_minute(tune) * factor for factor in _FACTORS)
    if not low <= settings.bpm <= high:
        raise AudioError(
            "This tune can be played at {low:.0f} to {high:.0f} beats a minute.",
            low=np.ceil(low),
            high=high,
        )
    return settings.bpm / beats_per_minute(tune)


def _share(settings: PracticeSettings, number: int) -> float:
    """The speed of a pass as a share of the last one's."""
    first = settings.start_percent / 100
    steps = max(1, settings.times - 1)
    return 1.0 if settings.times == 1 else first + (1.0 - first) * number / steps


def _bounded(factor: float) -> float:
    low, high = _FACTORS
    return min(max(factor, low), high)


def _window(tune: Tune, settings: PracticeSettings) -> list[_PlayedBar]:
    """The bars of a pass in the order in which they are played; of a part its first time by."""
    played, onset = [], Fraction(0)
    for index in tune.play_order:
        bar = tune.bars[index]
        if bar.notes:
            played.append(_PlayedBar(bar, onset, bar_shift(bar)))
        onset += bar.actual
    first = settings.first_bar - 1 if settings.first_bar else 0
    last = settings.last_bar - 1 if settings.last_bar else len(tune.bars) - 1
    if settings.first_bar or settings.last_bar:
        begin = next((n for n, one in enumerate(played) if one.bar.index >= first), len(played))
        end = begin
        while end < len(played) and first <= played[end].bar.index <= last:
            if end > begin and played[end].bar.index <= played[end - 1].bar.index:
                break
            end += 1
        played = played[begin:end]
    if not played:
        raise AudioError("There is nothing to practise: the tune has no notes in these bars.")
    return played


def _groups(bars: Sequence[_PlayedBar], answer_bars: int) -> Iterator[tuple[_PlayedBar, ...]]:
    """The bars in calls; all at once where nobody answers. A pickup is no bar of its own."""
    if not answer_bars:
        yield tuple(bars)
        return
    group: list[_PlayedBar] = []
    full = 0
    for one in bars:
        group.append(one)
        full += not one.shift
        if full == answer_bars:
            yield tuple(group)
            group, full = [], 0
    if group:
        yield tuple(group)


def _lay(
    tape: _Tape, group: Sequence[_PlayedBar], played: _Played, settings: PracticeSettings
) -> None:
    """Puts some bars behind what is there; where one answers, their length in silence as well."""
    begin, end = played.tempo.seconds(group[0].onset), played.tempo.seconds(group[-1].end)
    _copy_notes(tape, played, begin, end, settings)
    for is_answer in (False, True) if settings.answer_bars else (False,):
        shift = tape.now - begin
        tape.moments += [
            (start, onset + shift, length)
            for start, onset, length in played.moments
            if begin - _JUST_BEFORE_S <= onset < end - _JUST_BEFORE_S
        ]
        if settings.has_metronome:
            for one in group:
                tape.clicks += _clicks_of(one, played.tempo, shift)
        if is_answer:
            tape.answers.append((tape.now, tape.now + end - begin))
        tape.now += end - begin


def _copy_notes(
    tape: _Tape, played: _Played, begin: float, end: float, settings: PracticeSettings
) -> None:
    pretty_midi = load_pretty_midi()
    shift = tape.now - begin
    for number, instrument in enumerate(played.midi.instruments):
        while len(tape.midi.instruments) <= number:
            model = played.midi.instruments[len(tape.midi.instruments)]
            copy = pretty_midi.Instrument(model.program, model.is_drum, model.name)
            copy.control_changes = list(model.control_changes)
            tape.midi.instruments.append(copy)
        if not number and not settings.has_melody:
            continue
        tape.midi.instruments[number].notes += [
            pretty_midi.Note(
                note.velocity, note.pitch, max(note.start + shift, 0.0),
                min(note.end, end) + shift,
            )
            for note in instrument.notes
            if begin - _JUST_BEFORE_S <= note.start < end - _JUST_BEFORE_S
        ]  # fmt: skip


def _clicks_of(one: _PlayedBar, tempo: TempoMap, shift: float) -> Iterator[Click]:
    """The clicks of a bar on its beats; a pickup has those that are left of its bar."""
    bar = one.bar
    if bar.meter is None or bar.expected is None:
        yield Click(tempo.seconds(one.onset) + shift, 0)
        return
    is_usual = bar.meter.bar_quarters == bar.expected
    beat = beat_quarters(bar.meter) if is_usual else Fraction(1)
    position = -(-one.shift // beat) * beat
    while position < one.shift + bar.actual:
        rank = _rank(position, bar.meter, bar.expected)
        yield Click(tempo.seconds(one.onset + position - one.shift) + shift, rank)
        position += beat


def _rank(position: Fraction, meter: Meter, bar_quarters: Fraction | None) -> int:
    return {DOWNBEAT: 0, MIDDLE: 1}.get(accent(position, meter, bar_quarters), 2)


def _count_in(
    tape: _Tape, first: _PlayedBar, played: _Played, settings: PracticeSettings, usual: Meter
) -> None:
    """Clicks for whole bars, less a pickup, which is the end of the last of them."""
    meter = first.bar.meter or usual
    full = first.bar.expected or meter.bar_quarters or first.bar.actual
    beat = beat_quarters(meter) if meter.numerator else Fraction(1)
    at = played.tempo.seconds(first.onset)
    quarter_s = played.tempo.seconds(first.onset + 1) - at
    length = settings.count_in * full - (full - first.shift if first.shift else 0)
    position = Fraction(0)
    while position < length:
        rank = _rank(position % full, meter, full)
        tape.clicks.append(Click(float(position) * quarter_s, rank))
        position += beat
    tape.now = max(0.0, float(length) * quarter_s)


def _drone(tune: Tune, arrangement: Arrangement) -> int:
    """The tonic in the octave from A2 on; D where a tune has no key."""
    tonic = tonic_of(tune.key)
    wanted = (2 if tonic is None else tonic) + arrangement.transpose
    return _DRONE_LOWEST + (wanted - _DRONE_LOWEST) % 12
