"""The parts that accompany a melody: programs, volume, and stereo position."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from musicgen.audio.accompaniment import (
    BASS_PROGRAM,
    PLAYERS,
    Played,
    play_bass,
    play_chords,
    play_drum,
)
from musicgen.audio.arrangement import Arrangement
from musicgen.notation.model import Tune

if TYPE_CHECKING:
    from pretty_midi import ControlChange

_VOLUME, _PAN = 7, 10
_USUAL_VOLUME = 100
"""The default of a channel (General MIDI)."""


_TRIM_DB = {"guitar": -0.5, "piano": -0.5, "harp": -6.5, "bass": -7.0, "drum": 0.0}
"""Brings chords and bass some 8 dB below a flute, with MuseScore's General soundfont."""

_QUIET_DB = {
    110: -8.0, 15: -7.5, 10: -7.5, 25: -5.0, 21: -5.0, 24: -4.5, 23: -3.5, 22: -3.0, 71: -1.5,
}  # fmt: skip
"""How much softer than a flute a melody's program is there: who plays along is softer as well."""


@dataclass(frozen=True, slots=True)
class EnsemblePart:
    """One instrument that plays along.

    `volume` is in percent, `gain_db` comes on top of it, `pan` goes from 0 (left) to 127 (right).
    """

    name: str
    program: int
    played: tuple[Played, ...]
    velocity: int
    volume: int
    gain_db: float
    pan: int
    is_drum: bool = False

    def pan_change(self) -> "ControlChange":
        """The event that puts the part into its place."""
        from pretty_midi import ControlChange

        return ControlChange(_PAN, self.pan, 0.0)


def parts(tune: Tune, arrangement: Arrangement) -> Iterator[EnsemblePart]:
    """The accompanying parts; none whose volume is 0, and none without notes."""
    for part in _invited(tune, arrangement):
        if part.played and part.volume:
            yield part


def _invited(tune: Tune, arrangement: Arrangement) -> Iterator[EnsemblePart]:
    shift = arrangement.transpose
    name = arrangement.accompaniment
    quiet = _QUIET_DB.get(arrangement.program, 0.0)
    if player := PLAYERS.get(name):
        chords = _moved(play_chords(tune, player), shift)
        volume, gain_db = arrangement.chord_volume, quiet + _TRIM_DB[name]
        yield EnsemblePart(name.title(), player.program, chords, 62, volume, gain_db, 44)
        bass = _moved(play_bass(tune), shift)
        volume, gain_db = arrangement.bass_volume, quiet + _TRIM_DB["bass"]
        yield EnsemblePart("Bass", BASS_PROGRAM, bass, 66, volume, gain_db, 64)
    if arrangement.drum:
        volume, gain_db = arrangement.drum_volume, quiet + _TRIM_DB["drum"]
        yield EnsemblePart(
            "Bodhrán", 0, tuple(play_drum(tune)), 62, volume, gain_db, 80, is_drum=True
        )


def volume_change(percent: int, gain_db: float = 0.0) -> "ControlChange":
    """The event that sets a channel's volume; synthesisers square it (General MIDI, CC 7)."""
    from pretty_midi import ControlChange

    share = (percent / 100) ** 0.5 * 10 ** (gain_db / 40)
    return ControlChange(_VOLUME, min(round(_USUAL_VOLUME * share), 127), 0.0)


def _moved(played: list[Played], semitones: int) -> tuple[Played, ...]:
    """The part moved with the melody, but by less than an octave: it keeps its register."""
    shift = (semitones + 5) % 12 - 5
    return tuple(
        replace(item, note=replace(item.note, pitch=item.note.pitch + shift)) for item in played
    )
