"""Playback and sheet settings of a listener: arrangement, key, chord names; and their links.

What is composed does not depend on it: a tune that is there is played anew, never composed anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from musicgen.audio.arrangement import Arrangement
from musicgen.config import Settings, describe, out_of_bounds, parse_setting, setting
from musicgen.errors import MusicgenError
from musicgen.notation.analysis.clefs import CLEFS
from musicgen.rendering.playback_settings import DANCED, MOST_OCTAVES, PlaybackSettings
from musicgen.ui.base import resources, state


@dataclass(frozen=True)
class SheetSettings(Settings):
    """What changes the sheet music as well as the sound."""

    transpose: int = setting(0, "Semitones up, or down where negative.", -12, 12)
    chords: bool = setting(False, "Name the chords above the staff.")


TEMPO = (0.5, 1.5)
LILT = (0.0, 1.5)
"""Ends of the sliders, for addresses too."""

ARRANGEMENT_NAMES = (
    "instrument", "tempo_factor", "lilt", "ornaments", "accompaniment", "drum",
    "melody_volume", "chord_volume", "bass_volume", "drum_volume",
)  # fmt: skip
"""The settings of `Arrangement` that an address may name."""


CLEF, OCTAVE = "clef", "octave"
"""What the tunebook calls the choices."""

OCTAVES = range(-MOST_OCTAVES, MOST_OCTAVES + 1)

_INFOS = {
    info.name: info
    for settings in (Arrangement, SheetSettings)
    for info in describe(settings)
    if settings is SheetSettings or info.name in ARRANGEMENT_NAMES
}
NAMES = tuple(_INFOS)
"""The names that an address may give to sound and sheet."""


def to_parameters(playback: PlaybackSettings) -> dict[str, str]:
    """The parameters of sound and sheet in an address; defaults are left out."""
    usual = DANCED
    return {
        name: str(value)
        for name, value in _values(playback).items()
        if value != _values(usual)[name]
    }


def from_parameters(parameters: Mapping[str, str]) -> PlaybackSettings:
    """The playback settings of an address.

    Raises:
        ConfigError: a value is not of its setting's type, or out of its bounds.
        AudioError: there is no such instrument.
    """
    asked = {
        name: parse_setting(_INFOS[name], parameters[name]) for name in NAMES if name in parameters
    }
    values = _values(DANCED) | asked
    return _settings(values)


def chosen() -> PlaybackSettings:
    """What the controls say, in the clef and the octave of one's instrument."""
    clef, octave = reading()
    played = _settings({name: slot.get() for name, slot in state.SOUND.items()})
    return replace(played, clef=clef, octave=octave)


def reading() -> tuple[str, int]:
    """Clef and octave in which one's instrument reads; a visit begins with those remembered."""
    if not state.READING_TAKEN.get():
        state.READING_TAKEN.set(True)
        try:
            book = resources.tunebook()
            clef, octave = book.choice(CLEF), book.choice(OCTAVE)
        except MusicgenError:
            clef, octave = "", ""
        state.CLEF.set(clef if clef in CLEFS else "")
        known = {str(number): number for number in OCTAVES}
        state.OCTAVE.set(known.get(octave, 0))
    return state.CLEF.get(), state.OCTAVE.get()


def remember_reading(clef: str, octave: int) -> None:
    """Keeps clef and octave for all pages and visits.

    Raises:
        TunebookError: they cannot be kept.
    """
    state.CLEF.set(clef)
    state.OCTAVE.set(octave)
    book = resources.tunebook()
    book.choose(CLEF, clef)
    book.choose(OCTAVE, str(octave))


def fill_in(playback: PlaybackSettings) -> None:
    """Shows the settings of a link in the controls; before they are drawn."""
    for name, value in _values(playback).items():
        state.SOUND[name].set(value)


def _values(playback: PlaybackSettings) -> dict[str, Any]:
    return {name: getattr(playback.arrangement, name) for name in ARRANGEMENT_NAMES} | {
        "transpose": playback.transpose,
        "chords": playback.has_chords,
    }


def _settings(values: Mapping[str, Any]) -> PlaybackSettings:
    for name, (low, high) in (("tempo_factor", TEMPO), ("lilt", LILT)):
        if not low <= values[name] <= high:
            raise out_of_bounds(name, values[name], low, high)
    arrangement = Arrangement(**{name: values[name] for name in ARRANGEMENT_NAMES})
    sheet = SheetSettings(values["transpose"], values["chords"])
    return PlaybackSettings(arrangement, sheet.transpose, sheet.chords)
