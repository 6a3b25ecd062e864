"""How a tune is to be played: on what, how fast, how high, how loud, and who plays along.

This module knows no tune and no MIDI file; it names instruments and holds settings.
"""

from dataclasses import dataclass

from musicgen.config import Settings, setting
from musicgen.errors import AudioError

INSTRUMENTS: dict[str, int] = {
    "flute": 73,
    "whistle": 74,  # General MIDI's own "whistle" is a person whistling; a recorder is nearer
    "fiddle": 110,
    "accordion": 21,
    "concertina": 23,
    "harmonica": 22,
    "pipes": 109,
    "clarinet": 71,
    "harp": 46,
    "piano": 0,
    "guitar": 24,
    "banjo": 105,
    "mandolin": 25,  # a steel string: General MIDI has no mandolin
    "dulcimer": 15,
    "marimba": 12,
    "music box": 10,
}
"""Names for melody instruments, and the General MIDI programs (0–127) that play them."""

ACCOMPANIMENTS = ("none", "guitar", "piano", "harp")
"""Who may play chords along with a melody."""


def find_program(instrument: str) -> int:
    """General MIDI program, 0–127, of an instrument.

    Takes a name of `INSTRUMENTS`, a name of the General MIDI standard ("Acoustic Grand Piano") or
    the number itself; case is ignored.

    Raises:
        AudioError: there is no such instrument; the message lists the short names.
    """
    name = instrument.strip().lower()
    if name in INSTRUMENTS:
        return INSTRUMENTS[name]
    program = int(name) if name.isascii() and name.isdigit() else _standard_programs().get(name, -1)
    if 0 <= program <= 127:
        return program
    raise AudioError(
        "There is no instrument named {instrument!r}. Choose from: {known}, or give the number of "
        "a General MIDI program from 0 to 127.",
        instrument=instrument,
        known=", ".join(INSTRUMENTS),
    )


def _standard_programs() -> dict[str, int]:
    from pretty_midi import constants

    return {name.lower(): number for number, name in enumerate(constants.INSTRUMENT_MAP)}


@dataclass(frozen=True)
class Arrangement(Settings):
    """How a melody is played.

    The flute is what plays by itself because it speaks quickly: in the usual soundfonts it has half
    its loudness after some 40 ms, where a bowed fiddle may need 230 ms, more than a note of a reel.

    By itself a tune is played to the very tick as it is written, by nobody else. Volumes are in
    percent of what a player does without being asked.

    Raises:
        ConfigError: a value is out of its bounds.
        AudioError: there is no such instrument.
    """

    instrument: str = setting(
        "flute", "Name of an instrument, or the number of a General MIDI program from 0 to 127."
    )
    tempo_factor: float = setting(
        1.0, "Speed: 1 as the tune asks, 0.5 half as fast, 2 twice.", 0.25, 4.0
    )
    transpose: int = setting(0, "Semitones up, or down where negative.", -36, 36)
    velocity: int = setting(88, "How hard an unaccented note is played.", 1, 127)
    lilt: float = setting(
        0.0, "Swing of hornpipes, lilt of jigs: 0 even as written, 1 as danced.", 0.0, 2.0
    )
    ornaments: bool = setting(False, "Play rolls, trills, turns and mordents out.")
    accompaniment: str = setting("none", "Who plays chords along.", choices=ACCOMPANIMENTS)
    drum: bool = setting(False, "A bodhrán plays along.")
    melody_volume: int = setting(100, "Volume of the melody in percent.", 0, 150)
    chord_volume: int = setting(100, "Volume of the chords in percent.", 0, 150)
    bass_volume: int = setting(100, "Volume of the bass below the chords in percent.", 0, 150)
    drum_volume: int = setting(100, "Volume of the drum in percent.", 0, 150)

    def __post_init__(self) -> None:
        super().__post_init__()
        find_program(self.instrument)

    @property
    def program(self) -> int:
        """General MIDI program, 0–127."""
        return find_program(self.instrument)
