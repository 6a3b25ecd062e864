"""What instruments can play, and how a tune gets there by octaves."""

from dataclasses import dataclass
from types import MappingProxyType

from musicgen.errors import NotationError
from musicgen.notation.analysis.clefs import written_shift
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose

_STEPS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_OCTAVES = (0, -1, 1, -2, 2)


@dataclass(frozen=True, slots=True)
class InstrumentRange:
    """Lowest and highest MIDI pitch **as written** in tunebooks, both playable."""

    low: int
    high: int


INSTRUMENT_RANGES = MappingProxyType(
    {
        "fiddle": InstrumentRange(55, 83),
        "flute": InstrumentRange(62, 86),
        "whistle": InstrumentRange(62, 86),
        "accordion": InstrumentRange(53, 93),
        "harp": InstrumentRange(36, 93),
        "piano": InstrumentRange(21, 108),
        "pipes": InstrumentRange(62, 86),
        "concertina": InstrumentRange(55, 96),
        "mandolin": InstrumentRange(55, 83),
        "guitar": InstrumentRange(52, 88),
        "banjo": InstrumentRange(62, 86),
        "harmonica": InstrumentRange(60, 96),
        "harmonica D": InstrumentRange(62, 98),
        "harmonica G": InstrumentRange(67, 103),
        "whistle C": InstrumentRange(60, 84),
        "whistle G": InstrumentRange(67, 91),
    }
)
"""Ranges by instrument.

- fiddle: G3–B5, the four open strings (G D A E) and the first position, in which most folk fiddlers
  stay; a player who shifts goes further.
- flute: the wooden flute without keys in D, D4–D6: two octaves, six holes.
- whistle in D: two octaves, D4–D6 as it is written; it sounds an octave above (D5–D7).
- accordion: the right hand of the piano accordion with 41 keys, F3–A6.
- harp: the lever harp with 34 strings, C2–A6.
- piano: 88 keys, A0–C8.
- pipes: the chanter of the uilleann pipes in D, D4–D6.
- concertina: the treble English and the Anglo in C and G, from G3 up, C7 at the top.
- mandolin: tuned as the fiddle, first position, G3–B5.
- guitar: six strings, twelve frets, E3–E6 as it is written; it sounds an octave below.
- banjo: the four long strings of gDGBD, D4–D6 as it is written; it sounds an octave below.
- harmonica: ten holes in C, C4–C7, and in D and G.
- whistle C, whistle G: as the whistle in D, two octaves from their lowest note.

Pitches are those of the scientific notation (ISO 16: A4 = 440 Hz, MIDI 69); the spans are those
that makers give for the usual model of each instrument. Whether a note inside the range is easy (a
whistle in D has no F natural) is another question.
"""


def scientific_name(pitch: int) -> str:
    """The name of a MIDI pitch in scientific notation, such as C4 for 60, without a key to ask.

    With the note and its key at hand, `notation.display.note_names` spells it as it is written.
    """
    return f"{_STEPS[pitch % 12]}{pitch // 12 - 1}"


def notes_outside(tune: Tune, instrument: str) -> tuple[int, ...]:
    """Numbers, from 0 in written order, of the notes that an instrument does not have.

    Empty for a name that is none of `INSTRUMENT_RANGES`.
    """
    span = INSTRUMENT_RANGES.get(instrument)
    if span is None:
        return ()
    shift = written_shift(tune)
    return tuple(
        number
        for number, note in enumerate(tune.notes)
        if any(not span.low <= pitch - shift <= span.high for pitch in note.pitches)
    )


def fit_octave(text: str, low: int, high: int) -> str:
    """The first tune of a text, moved by whole octaves so that it lies in ``[low, high]``.

    The text as it is where it fits already; the shortest way otherwise, at most two octaves.

    Raises:
        NotationError: the tune fits in no octave.
    """
    pitches = [note.pitch for note in read_tune(text)[0].performance]
    if not pitches:
        return text
    lowest, highest = min(pitches), max(pitches)
    for octaves in _OCTAVES:
        if low <= lowest + 12 * octaves and highest + 12 * octaves <= high:
            return transpose(text, 12 * octaves)
    raise NotationError(
        "This tune spans {semitones} semitones and fits into the range from {low} to {high} in no "
        "octave. Move it to another key, or choose another instrument.",
        semitones=highest - lowest,
        low=low,
        high=high,
    )
