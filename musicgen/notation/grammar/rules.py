"""What a tune is allowed to be: the values a header may have, lengths, form and range.

`Rules` with no arguments are what tunebooks of dance music keep to; each field narrows them to what
somebody asks for.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from musicgen.errors import GrammarError
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.model import Meter
from musicgen.notation.parsing.fields import (
    default_unit_length,
    parse_key,
    parse_meter,
    parse_unit_length,
)
from musicgen.notation.parsing.tokens import SEMITONES

UNIT = 8
"""Ticks in a unit note; the shortest length that is written is a quarter of one."""

MAX_BAR_UNITS = 32

METERS = ("C", "C|", "4/4", "2/2", "2/4", "3/4", "3/8", "6/8", "9/8", "12/8", "6/4", "3/2", "5/4")

RHYTHMS = {
    "reel": ("C|", "C", "4/4", "2/2"),
    "hornpipe": ("C|", "C", "4/4", "2/2"),
    "strathspey": ("C", "4/4"),
    "barndance": ("C", "4/4"),
    "march": ("C", "4/4", "2/4", "6/8", "C|"),
    "jig": ("6/8",),
    "slide": ("6/8", "12/8"),
    "slip jig": ("9/8",),
    "polka": ("2/4",),
    "waltz": ("3/4",),
    "mazurka": ("3/4",),
    "air": ("3/4", "C", "4/4", "6/8"),
}
"""Meters of each rhythm (``R:``), the commonest first."""

UNITS = ("1/8", "1/4", "1/16")

DEFAULT_RANGE = (48, 95)
"""Four whole octaves, from ``C,`` to ``b'``, so that all letters are alike."""

DEFAULT_BARS = (4, 6, 8, 12, 14, 16)
DEFAULT_SECTIONS = (1, 8)
MIN_RANGE = 12

_TONICS = ("C", "G", "D", "A", "E", "B", "F#", "F", "Bb", "Eb", "Ab", "Db", "C#", "G#", "D#")
_MODES = ("Major", "Minor", "Dorian", "Mixolydian", "Phrygian", "Lydian", "Locrian")
_SHORT_MODES = ("", "maj", "m", "min", "dor", "mix", "phr", "lyd")
_KEY = re.compile(
    r"[A-G][#b♯♭]?\s*(?:m|min(?:or)?|maj(?:or)?|ion(?:ian)?|dor(?:ian)?|phr(?:ygian)?|lyd(?:ian)?"
    r"|mix(?:olydian)?|aeo(?:lian)?|loc(?:rian)?)?",
    re.IGNORECASE,
)
_PITCH = re.compile(r"(?:(\^|_|=)?([A-Ga-g])([,']*))|(\d{1,3})")


@lru_cache(maxsize=1)
def keys() -> tuple[str, ...]:
    """Every spelling of a key that may be written: ``D Mixolydian``, ``Dmix``, ``D mix``."""
    long = [f"{tonic} {mode}" for tonic in _TONICS for mode in _MODES]
    short = [f"{tonic}{mode}" for tonic in _TONICS for mode in _SHORT_MODES]
    spaced = [f"{tonic} {mode}" for tonic in _TONICS for mode in _SHORT_MODES if mode]
    return tuple(text for text in long + short + spaced if _is_signature(text))


def _is_signature(text: str) -> bool:
    """Whether the key has a signature: seven signs at the most, each once."""
    key = parse_key(text)
    return key is not None and all(abs(step) == 1 for _, step in key.accidentals)


@dataclass(frozen=True)
class Rules:
    """The constraints of a tune. Empty fields leave the choice to the network.

    Args:
        meter: As in ``M:``; the same meter in another spelling does as well.
        key: Tonic and mode in any spelling that ``K:`` has.
        unit: As in ``L:``.
        rhythm: Of `RHYTHMS`; it is written as ``R:``.
        sections: Fewest and most sections.
        bars: Lengths a section may have, in bars, pickup and last bar counted as one.
        lowest, highest: MIDI pitches.
        is_exact: Whether signature and accidentals count when a pitch is held to the range; else a
            note may leave it by a semitone.
    """

    meter: str = ""
    key: str = ""
    unit: str = ""
    rhythm: str = ""
    sections: tuple[int, int] = DEFAULT_SECTIONS
    bars: tuple[int, ...] = DEFAULT_BARS
    lowest: int = DEFAULT_RANGE[0]
    highest: int = DEFAULT_RANGE[1]
    is_exact: bool = False

    def meters(self) -> tuple[str, ...]:
        """Meters that may be written, never none.

        Raises:
            GrammarError: the meter asked for is none, or not one of the rhythm.
        """
        known = RHYTHMS[self.rhythm] if self.rhythm else METERS
        if not self.meter:
            return known
        asked = parse_meter(self.meter)
        full = asked.bar_quarters if asked else None
        if asked is None or full is None or not is_sane_meter(self.meter):
            raise GrammarError(
                "{meter!r} is no meter to compose in. Choose one such as {known}.",
                meter=self.meter,
                known=", ".join(METERS),
            )
        if self.rhythm and not any(is_same_meter(self.meter, other) for other in known):
            raise GrammarError(
                "The rhythm {rhythm} is not in {meter}; its meters are {known}.",
                rhythm=self.rhythm,
                meter=self.meter,
                known=", ".join(known),
            )
        same = (other for other in METERS if _is_spelling(self.meter, other))
        return tuple(dict.fromkeys((self.meter, *same)))

    def keys(self) -> tuple[str, ...]:
        """Spellings of keys that may be written, never none.

        Raises:
            GrammarError: the key asked for is none.
        """
        if not self.key:
            return keys()
        asked = parse_key(self.key)
        if asked is None or not asked.tonic or not _KEY.fullmatch(self.key.strip()):
            raise GrammarError(
                "{key!r} is no key. Write one such as D Major or E Dorian.", key=self.key
            )
        same = tuple(text for text in keys() if is_same_key(text, self.key))
        if not same:
            raise GrammarError(
                "{key!r} has no usual signature. Take its other spelling.", key=self.key
            )
        return same

    def units(self, meter: str, grid: int) -> tuple[str, ...]:
        """Unit note lengths that may be written in a meter; the empty text where none need be."""
        if self.unit:
            return (self.unit,) if bar_ticks(meter, self.unit, grid) else ()
        sane = tuple(unit for unit in UNITS if bar_ticks(meter, unit, grid))
        return (*sane, "") if bar_ticks(meter, "", grid) else sane


def is_sane_meter(meter: str) -> bool:
    """Whether bars of this meter hold notes of a usual unit length."""
    return any(bar_ticks(meter, unit, 2) for unit in ("", *UNITS))


def is_same_meter(one: str, other: str) -> bool:
    """Whether bars are of the same length and beat; ``C`` and ``C|`` are, as in tunebooks."""
    first, second = parse_meter(one), parse_meter(other)
    if first is None or second is None or first.bar_quarters != second.bar_quarters:
        return False
    return _is_compound(first) == _is_compound(second)


def _is_compound(meter: Meter) -> bool:
    """Whether beats are of three: 6/8 and 9/8 are so, 3/4 is not."""
    return meter.numerator > 3 and meter.numerator % 3 == 0


def _is_spelling(one: str, other: str) -> bool:
    """Whether two texts mean one meter: ``C`` is 4/4, ``C|`` is 2/2."""
    first, second = parse_meter(one), parse_meter(other)
    if first is None or second is None:
        return False
    return (first.numerator, first.denominator) == (second.numerator, second.denominator)


def is_same_key(one: str, other: str) -> bool:
    """Whether two texts mean one key: ``Dmix`` is D Mixolydian."""
    first, second = parse_key(one), parse_key(other)
    if first is None or second is None:
        return False
    aliases = {"ionian": "major", "aeolian": "minor"}
    modes = [aliases.get(key.mode, key.mode) for key in (first, second)]
    return (first.tonic, modes[0]) == (second.tonic, modes[1])


@lru_cache(maxsize=512)
def bar_ticks(meter: str, unit: str, grid: int) -> int:
    """Ticks of a full bar, 0 where the unit does not suit the meter.

    Args:
        meter: As in ``M:``.
        unit: As in ``L:``; empty for the meter's own.
        grid: Ticks of the shortest note there is.
    """
    read = parse_meter(meter)
    full = read.bar_quarters if read else None
    if read is None or full is None:
        return 0
    length = parse_unit_length(unit) if unit else default_unit_length(read)
    if length is None:
        return 0
    ticks = full / length * UNIT
    is_sane = 2 * UNIT <= ticks <= MAX_BAR_UNITS * UNIT and not ticks % (2 * grid)
    return int(ticks) if is_sane and ticks.denominator == 1 else 0


def parse_range(text: str) -> tuple[int, int]:
    """Lowest and highest MIDI pitch of an instrument's name, ``D-b``, ``G,-e'`` or ``55-88``.

    Raises:
        GrammarError: it is neither, or it spans less than an octave.
    """
    wanted = text.strip().lower()
    name = next((one for one in INSTRUMENT_RANGES if one.lower() == wanted), "")
    if name:
        span = INSTRUMENT_RANGES[name]
        return span.low, span.high
    ends = [part.strip() for part in re.split(r"\s*(?:-|–|\.\.|\bto\b)\s*", text.strip())]
    pitches = [_pitch(part) for part in ends]
    if len(pitches) != 2 or None in pitches:
        raise GrammarError(
            "{range!r} is no range. Name an instrument ({known}) "
            "or two pitches, as in D-b or 62-83.",
            range=text,
            known=", ".join(INSTRUMENT_RANGES),
        )
    lowest, highest = sorted(pitch for pitch in pitches if pitch is not None)
    if highest - lowest < MIN_RANGE or highest > 127:
        raise GrammarError(
            "The range {range!r} is too narrow: a tune needs an octave or more.", range=text
        )
    return lowest, highest


def _pitch(text: str) -> int | None:
    match = _PITCH.fullmatch(text)
    if match is None:
        return None
    if match[4]:
        return int(match[4])
    return natural_pitch(match[2] + match[3]) + {"^": 1, "_": -1}.get(match[1] or "", 0)


@lru_cache(maxsize=256)
def natural_pitch(written: str) -> int:
    """The MIDI pitch of a letter with octave marks, without any accidental."""
    letter = written[0]
    octaves = written.count("'") - written.count(",") + letter.islower()
    return 60 + SEMITONES[letter.upper()] + 12 * octaves


def length_ticks(text: str) -> int:
    """Ticks of a length as it is written: ``3/2`` is one unit note and a half."""
    match = re.fullmatch(r"(\d*)(/*)(\d*)", text)
    if match is None:
        raise ValueError(f"{text!r} is no length.")
    divisor = int(match[3]) if match[3] else 2 ** len(match[2])
    ticks = Fraction(UNIT * int(match[1] or 1), divisor)
    return int(ticks)


def writable(texts: Iterable[str], characters: frozenset[str]) -> tuple[str, ...]:
    """Those texts that can be written with these characters."""
    return tuple(text for text in texts if characters.issuperset(text))
