"""A tune as MIDI, and the moments at which its written notes sound.

Times stay exact fractions or whole ticks until the last step, so what is written to a file has
every onset exactly where the notation puts it.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING

from musicgen.audio.accents import find_accents
from musicgen.audio.arrangement import Arrangement
from musicgen.audio.articulation import articulate, choose_resolution
from musicgen.audio.ensemble import EnsemblePart, parts, volume_change
from musicgen.audio.fluidsynth_renderer import load_library
from musicgen.audio.midi_meta import key_number, meter_changes
from musicgen.audio.ornaments import play_ornaments
from musicgen.audio.swing import Lilt
from musicgen.audio.tempo import TempoMap, map_tempo
from musicgen.errors import AudioError
from musicgen.notation.model import PlayedNote, Tune
from musicgen.notation.playback import follow

if TYPE_CHECKING:
    from pretty_midi import Instrument, PrettyMIDI

MAX_DURATION_S = 20 * 60
"""Longer than any tune; what is longer comes from a slip, such as a note length of 999."""

MAX_NOTES = 50_000


@dataclass(frozen=True, slots=True)
class _Score:
    """What sounds at which pitch, the resolution that expresses it, the tempi, and the lilt."""

    notes: tuple[PlayedNote, ...]
    ticks_per_quarter: int
    tempo: TempoMap
    lilt: Lilt


def load_pretty_midi() -> ModuleType:
    """pretty_midi, which a damaged FluidSynth library would keep from being imported."""
    load_library()
    import pretty_midi

    module: ModuleType = pretty_midi
    return module


def to_midi(
    tune: Tune, arrangement: Arrangement | None = None, *, comment: str = ""
) -> "PrettyMIDI":
    """A tune as a MIDI instrument named after its title, with tempo, meter and key events.

    Notes on the beats are louder (`musicgen.audio.accents`), and repeated pitches are set apart by
    a short gap. Ticks a quarter are 480, or more where the tune needs them. Those who play along
    are further instruments behind the melody.

    Args:
        tune: what to play.
        arrangement: instrument, speed, pitch and loudness; a flute as written if None.
        comment: provenance, kept as a text event; nothing is written if empty.

    Raises:
        AudioError: the tune has no notes, or is longer than 20 minutes.
    """
    pretty_midi = load_pretty_midi()
    arrangement = arrangement or Arrangement()
    score = _read_score(tune, arrangement)
    midi = _empty_midi(score)
    midi.instruments.append(_melody(tune, arrangement, score, midi))
    for part in parts(tune, arrangement):
        midi.instruments.append(_part(part, score, midi))
    for onset, meter in meter_changes(tune):
        midi.time_signature_changes.append(
            pretty_midi.TimeSignature(
                meter.numerator, meter.denominator, score.tempo.seconds(onset)
            )
        )
    key = key_number(tune.key, arrangement.transpose)
    if key is not None:
        midi.key_signature_changes.append(pretty_midi.KeySignature(key, 0.0))
    if comment:
        midi.text_events.append(pretty_midi.Text(comment, 0.0))
    return midi


def timeline(tune: Tune, arrangement: Arrangement | None = None) -> list[tuple[int, float, float]]:
    """When each written note sounds: ``(start, onset_s, duration_s)`` in playing order.

    `start` is the offset in `Tune.text` of a note, chord or rest; what is repeated appears once for
    each time it is played. Times are those of `to_midi` with the same arrangement, lengths are as
    written, and nothing overlaps: a cursor in the score follows it.

    Raises:
        AudioError: the tune has no notes, or is longer than 20 minutes.
    """
    score = _read_score(tune, arrangement or Arrangement())

    def seconds(moment: Fraction) -> float:
        return score.tempo.seconds(score.lilt.at(moment))

    moments = []
    for span in follow(tune):
        onset_s = seconds(span.onset)
        moments.append((span.start, onset_s, seconds(span.onset + span.duration) - onset_s))
    return moments


def _read_score(tune: Tune, arrangement: Arrangement) -> _Score:
    notes = tuple(note for note in tune.performance if note.duration > 0)
    if not notes:
        raise AudioError("There is nothing to play: the tune has no notes.")
    if len(notes) > MAX_NOTES:
        raise AudioError(
            "The tune has more than {most:,} notes: split it up to play it.", most=MAX_NOTES
        )
    if arrangement.ornaments:
        notes = play_ornaments(tune, notes)
    notes = tuple(
        replace(note, pitch=_in_range(note.pitch + arrangement.transpose)) for note in notes
    )
    resolution = choose_resolution(notes)
    lilt = Lilt(tune, arrangement.lilt)
    tempo = map_tempo(tune, arrangement.tempo_factor, resolution)
    duration_s = tempo.seconds(max(note.onset + note.duration for note in notes))
    if duration_s > MAX_DURATION_S:
        raise AudioError(
            "The tune would last {minutes:,.0f} minutes; more than {most} are not played. Look for "
            "a note length, a tempo (Q:) or a number of repeats that is far too large.",
            minutes=duration_s / 60,
            most=MAX_DURATION_S // 60,
        )
    return _Score(tuple(_lilting(note, lilt) for note in notes), resolution, tempo, lilt)


def _lilting(note: PlayedNote, lilt: Lilt) -> PlayedNote:
    onset = lilt.at(note.onset)
    return replace(note, onset=onset, duration=lilt.at(note.onset + note.duration) - onset)


def _empty_midi(score: _Score) -> "PrettyMIDI":
    """A file with nothing in it but the tempi: pretty_midi takes more than one only from mido."""
    import mido

    pretty_midi = load_pretty_midi()
    track = mido.MidiTrack()
    now = 0
    for change in score.tempo.changes:
        tick = round(change.onset * score.ticks_per_quarter)
        track.append(mido.MetaMessage("set_tempo", tempo=change.microseconds, time=tick - now))
        now = tick
    file = mido.MidiFile(ticks_per_beat=score.ticks_per_quarter, tracks=[track], charset="utf8")
    return pretty_midi.PrettyMIDI(mido_object=file, charset="utf8")


def _melody(
    tune: Tune, arrangement: Arrangement, score: _Score, midi: "PrettyMIDI"
) -> "Instrument":
    pretty_midi = load_pretty_midi()
    accents = find_accents(tune)
    instrument = pretty_midi.Instrument(arrangement.program, name=_one_line(tune.title) or "Tune")
    notes = articulate(score.notes, score.ticks_per_quarter)
    midi.tick_to_time(max(note.end for note in notes))  # once, not note by note
    for note in notes:
        accent = 0 if note.is_grace else accents.get(note.start, 0)
        instrument.notes.append(
            pretty_midi.Note(
                velocity=min(max(arrangement.velocity + accent, 1), 127),
                pitch=note.pitch,
                start=float(midi.tick_to_time(note.onset)),
                end=float(midi.tick_to_time(note.end)),
            )
        )
    if arrangement.melody_volume != 100:
        instrument.control_changes.append(volume_change(arrangement.melody_volume))
    return instrument


def _part(part: EnsemblePart, score: _Score, midi: "PrettyMIDI") -> "Instrument":
    """An instrument that plays along, its notes numbered through their spans."""
    pretty_midi = load_pretty_midi()
    instrument = pretty_midi.Instrument(part.program, is_drum=part.is_drum, name=part.name)
    numbered = [
        _lilting(replace(played.note, start=number), score.lilt)
        for number, played in enumerate(part.played)
    ]
    for note in articulate(numbered, score.ticks_per_quarter):
        velocity = part.velocity + part.played[note.start].strength
        instrument.notes.append(
            pretty_midi.Note(
                velocity=min(max(velocity, 1), 127),
                pitch=note.pitch,
                start=float(midi.tick_to_time(note.onset)),
                end=float(midi.tick_to_time(note.end)),
            )
        )
    instrument.control_changes += [
        volume_change(part.volume, part.gain_db), part.pan_change()
    ]  # fmt: skip
    return instrument


def _in_range(pitch: int) -> int:
    """A pitch moved by octaves into MIDI's range, 0–127."""
    if pitch < 0:
        return pitch % 12
    return pitch if pitch < 128 else 116 + (pitch - 116) % 12


def _one_line(text: str) -> str:
    """Text fit for a name in a file: control characters and line ends become spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
