"""Values of information fields: key, meter, unit note length and tempo (ABC 2.1 §3.1).

Every function takes the text behind the colon and answers None where it makes no sense; the caller
knows where the text stands and reports the problem.
"""

import re
from fractions import Fraction

from musicgen.notation.tune import Key, Meter

MODES = {
    "": "major",
    "maj": "major",
    "ion": "ionian",
    "m": "minor",
    "min": "minor",
    "aeo": "aeolian",
    "dor": "dorian",
    "phr": "phrygian",
    "lyd": "lydian",
    "mix": "mixolydian",
    "loc": "locrian",
}
"""Modes by the letters that count (ABC 2.1 §3.1.14): only the first three, case ignored."""

MODE_FIFTHS = {
    "major": 0,
    "ionian": 0,
    "lydian": 1,
    "mixolydian": -1,
    "dorian": -2,
    "minor": -3,
    "aeolian": -3,
    "phrygian": -4,
    "locrian": -5,
}
"""Sharps (negative: flats) that a mode has more than the major key of the same tonic."""

SHARP_ORDER = "FCGDAEB"
FREE_METER = Meter("none", 0, 0)
NO_KEY = Key("none", "", "major")

_MAX_METER = 64
_KEY = re.compile(r"\s*([A-G])\s*([#♯b♭]?)\s*([A-Za-z]*)")
_EXPLICIT = re.compile(r"(?<![A-Za-z0-9=])(\^{1,2}|_{1,2}|=)([A-Ga-g])(?![A-Za-z])")
_CLEF = re.compile(
    r"\s*(?:(?:clef|octave|transpose|middle|stafflines|staffscale|cue)\s*="
    r"|(?:treble|bass|alto|tenor|perc)\b)",
    re.IGNORECASE,
)
_METER = re.compile(r"\s*\(?\s*(\d{1,4}(?:\s*\+\s*\d{1,4})*)\s*\)?\s*/\s*(\d{1,4})")
_FRACTION = re.compile(r"\s*(\d{1,4})\s*/\s*(\d{1,4})")
_BEATS = re.compile(r"(\d{1,4}/\d{1,4}(?:\s+\d{1,4}/\d{1,4})*)\s*=\s*(\d{1,4}(?:\.\d{1,3})?)")
_OLD_BEATS = re.compile(r"[Cc](\d{0,2})\s*=\s*(\d{1,4})")
_SHIFT = re.compile(r"\b(octave|transpose)\s*=\s*(-?\d{1,2})\b")


def tonic_fifths(tonic: str) -> int:
    """Place of a tonic such as ``Bb`` on the circle of fifths: C 0, G 1, F -1."""
    return SHARP_ORDER.index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic.count("b"))


def signature(fifths: int) -> dict[str, int]:
    """Semitones by letter of a signature with so many sharps (negative: flats), -14..14."""
    order = SHARP_ORDER if fifths >= 0 else SHARP_ORDER[::-1]
    step = 1 if fifths >= 0 else -1
    changes: dict[str, int] = {}
    for number in range(min(abs(fifths), 14)):
        letter = order[number % 7]
        changes[letter] = changes.get(letter, 0) + step
    return changes


def parse_key(text: str) -> Key | None:
    """The key of a ``K:`` field; clefs and other properties are passed over."""
    written = text.strip()
    if not written or is_clef(written) or written.split()[0].lower() == "none":
        return _with_explicit(Key(written, "", "major"), {}, written)
    if written[:2] in ("HP", "Hp"):  # the Highland bagpipe always sounds F# and C#
        return Key(written, "A", "mixolydian", (("C", 1), ("F", 1)))
    match = _KEY.match(written)
    if match is None:
        has_accidentals = _EXPLICIT.search(written)
        return _with_explicit(Key(written, "", "major"), {}, written) if has_accidentals else None
    tonic = match[1] + match[2].replace("♯", "#").replace("♭", "b")
    rest = written[match.end(2) :]
    mode = _mode(match[3])
    if mode is None:
        if match[3] and not written[match.start(3) - 1].isspace():  # `Dx`, `Cello`
            return None
        mode = "major"
    explicit_only = re.search(r"\bexp\b", rest) is not None
    changes = {} if explicit_only else signature(tonic_fifths(tonic) + MODE_FIFTHS[mode])
    return _with_explicit(Key(written, tonic, mode), changes, rest)


def is_clef(text: str) -> bool:
    """Whether a ``K:`` field speaks of the staff alone and leaves the key as it is (§4.6)."""
    return _CLEF.match(text) is not None


def _mode(word: str) -> str | None:
    """The mode of a word; case does not count, so that ``M`` is minor as ``m`` is."""
    return MODES.get(word.lower()[:3])


def _with_explicit(key: Key, changes: dict[str, int], text: str) -> Key:
    """The key with the accidentals a text adds, as in ``D Phr ^f`` or ``C exp _b``."""
    steps = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
    for sign, letter in _EXPLICIT.findall(text):
        changes[letter.upper()] = steps[sign]
    pairs = tuple(sorted((letter, step) for letter, step in changes.items() if step))
    return Key(key.text, key.tonic, key.mode, pairs)


def parse_shift(text: str) -> int | None:
    """Semitones that ``octave=`` and ``transpose=`` add (ABC 2.1 §4.6); None where neither is."""
    found = _SHIFT.findall(text)
    if not found:
        return None
    shift = sum(int(number) * (12 if name == "octave" else 1) for name, number in found)
    return max(-48, min(48, shift))


def parse_meter(text: str) -> Meter | None:
    """The meter of an ``M:`` field: ``6/8``, ``C``, ``C|``, ``2+3/8``, ``(2+2+3)/8``, ``none``."""
    written = text.strip()
    if written.lower() in ("none", ""):
        return Meter(written or "none", 0, 0)
    if written[:2] in ("C|", "c|"):
        return Meter(written, 2, 2)
    if written[0] in "Cc" and not written[1:2].isalnum():
        return Meter(written, 4, 4)
    match = _METER.match(written)
    if match is None:
        return None
    numerator = sum(int(part) for part in match[1].split("+"))
    denominator = int(match[2])
    if not 0 < numerator <= _MAX_METER or denominator not in (1, 2, 4, 8, 16, 32, 64):
        return None
    return Meter(written, numerator, denominator)


def parse_unit_length(text: str) -> Fraction | None:
    """The unit note length of an ``L:`` field in quarter notes: ``1/8`` is 1/2."""
    match = _FRACTION.match(text)
    if match is None:
        return Fraction(4) if text.strip() == "1" else None
    numerator, denominator = int(match[1]), int(match[2])
    if not numerator or denominator not in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        return None
    length = Fraction(4 * numerator, denominator)
    return length if length <= 4 else None


def default_unit_length(meter: Meter | None) -> Fraction:
    """The unit note length of a tune without ``L:`` (ABC 2.1 §3.1.7), in quarter notes."""
    full = meter.bar_quarters if meter else None
    return Fraction(1, 4) if full is not None and full < 3 else Fraction(1, 2)


def parse_tempo(text: str, unit_quarters: Fraction) -> Fraction | None:
    """Quarter notes a minute of a ``Q:`` field, 1..2000; None for words alone or nonsense.

    Reads ``1/4=120``, ``1/4 3/8=40``, the names around them in quotes, and the old forms ``120``
    (unit notes a minute), ``C=120`` and ``C3=40``.
    """
    plain = re.sub(r'"[^"]*"?', " ", text).strip()
    quarters = _tempo_quarters(plain, unit_quarters)
    return quarters if quarters is not None and 1 <= quarters <= 2000 else None


def _tempo_quarters(plain: str, unit_quarters: Fraction) -> Fraction | None:
    beats = _BEATS.search(plain)
    if beats:
        parts = [part.split("/") for part in beats[1].split()]
        if any(not int(denominator) for _, denominator in parts):
            return None
        whole = sum((Fraction(int(a), int(b)) for a, b in parts), Fraction(0))
        return whole * 4 * Fraction(beats[2])
    old = _OLD_BEATS.search(plain)
    if old:
        return unit_quarters * int(old[1] or 1) * int(old[2])
    number = re.fullmatch(r"=?\s*(\d{1,4}(?:\.\d{1,3})?)", plain)
    return unit_quarters * Fraction(number[1]) if number else None


_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_MODE_WORDS = {"major": "", "minor": "m"}


def write_key(key: Key) -> str:
    """The value of a ``K:`` field in its shortest form: ``D``, ``Em``, ``Ador``, ``D =c``."""
    if key.text[:2] in ("HP", "Hp"):
        return key.text[:2]
    plain = signature(tonic_fifths(key.tonic) + MODE_FIFTHS[key.mode]) if key.tonic else {}
    changes = dict(key.accidentals)
    words = [key.tonic + _MODE_WORDS.get(key.mode, key.mode[:3])] if key.tonic else []
    words += [
        _SIGNS[changes.get(letter, 0)] + letter.lower()
        for letter in sorted({*plain, *changes})
        if changes.get(letter, 0) != plain.get(letter, 0)
    ]
    return " ".join(words) or "none"


def write_meter(meter: Meter) -> str:
    """The value of an ``M:`` field: ``C``, ``C|``, ``2+3/8``, ``6/8``, ``none``."""
    if not meter.numerator:
        return "none"
    if meter.text[:1] in "Cc" and meter.denominator in (2, 4):
        return "C|" if meter.denominator == 2 else "C"
    beats = re.sub(r"[\s()]", "", meter.text.split("/")[0])
    if re.fullmatch(r"\d+(\+\d+)+", beats):
        return f"{beats}/{meter.denominator}"
    return f"{meter.numerator}/{meter.denominator}"


def same_key(one: Key, other: Key) -> bool:
    """Whether two keys are the same, however they are written."""
    return (one.tonic, one.mode, one.accidentals) == (other.tonic, other.mode, other.accidentals)


def same_meter(one: Meter, other: Meter) -> bool:
    """Whether two meters are the same, however they are written; ``C`` is not ``4/4``."""
    return write_meter(one) == write_meter(other)


def write_tempo(qpm: Fraction, meter: Meter) -> str:
    """The value of a ``Q:`` field for a tempo in quarter notes a minute, 1..2000.

    In the beat of the meter where that gives a whole number: ``3/8=120`` in 6/8.
    """
    beats = [Fraction(1, 4), Fraction(1, 2), Fraction(3, 8), Fraction(1, 8)]
    if meter.denominator >= 8 and not meter.numerator % 3:
        beats.insert(0, Fraction(3, 8))
    whole = (beat for beat in beats if (qpm / (4 * beat)).denominator == 1)
    beat = next(whole, beats[0])
    rate = qpm / (4 * beat)
    number = str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.3f}".rstrip("0")
    return f"{beat}={number}"
