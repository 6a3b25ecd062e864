"""How a tune is to be played: on what, how fast, how high and how loud.

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
        f"There is no instrument named {instrument!r}. Choose from: {', '.join(INSTRUMENTS)}, "
        "or give the number of a General MIDI program from 0 to 127."
    )


def _standard_programs() -> dict[str, int]:
    from pretty_midi import constants

    return {name.lower(): number for number, name in enumerate(constants.INSTRUMENT_MAP)}


@dataclass(frozen=True)
class Arrangement(Settings):
    """How a melody is played.

    The flute is what plays by itself because it speaks quickly: in the usual soundfonts it has half
    its loudness after some 40 ms, where a bowed fiddle may need 230 ms, more than a note of a reel.

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

    def __post_init__(self) -> None:
        super().__post_init__()
        find_program(self.instrument)

    @property
    def program(self) -> int:
        """General MIDI program, 0–127."""
        return find_program(self.instrument)
