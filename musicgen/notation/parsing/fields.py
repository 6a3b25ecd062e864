"""Values of information fields: key, meter, unit note length and tempo (ABC 2.1 §3.1).

Every function takes the text behind the colon and answers None where it makes no sense; the caller
knows where the text stands and reports the problem.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from musicgen.notation.model import Key, Meter

MODES = {
    "": "major",
    "maj": "major",
    "ion": "ionian",
    "ma": "major",
    "m": "minor",
    "mi": "minor",
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
_TONIC = re.compile(r"([A-Ga-g])(?:\s*([#♯b♭])|[\s-]?(sharp|flat|Sharp|Flat|SHARP|FLAT)\b)?")
_MODE = re.compile(r"[\s-]*([A-Za-z]*)")
EXPLICIT = re.compile(r"(\^{1,2}|_{1,2}|=)(\d?/\d?)?([A-Ga-g])")
"""An accidental that a ``K:`` field adds: its sign, a fraction of it, and a letter."""

CLEF_WORD = (
    r"(?:treble|bass|alto|tenor|baritone|mezzo-?soprano|mezzo|soprano|percussion|perc)"
    r"[1-5]?[,']*(?:(?P<{0}>[+\-^_])(?P<{0}s>8|15)(?:v[ab])?)?"
)
_CLEF_VALUE = r"clef\s*=\s*\"?[A-Za-z]*[1-5]?[,']*(?:(?P<b>[+\-^_])(?P<bs>8|15)(?:v[ab])?)?\"?"
_CLEF = re.compile(
    rf"(?<![^\s,;])(?:{CLEF_WORD.format('a')}|{_CLEF_VALUE})(?![A-Za-z0-9])", re.IGNORECASE
)
_PROPERTY = re.compile(
    r"(?<![^\s,;])(?:(?:clef|octave|transpose|middle|stafflines|staffscale|cue|score|sound|shift"
    r"|strings|name|nm|subname|snm|stem)\s*=\s*|(?![A-G]?[#b]?(?:m|(?:ma|mi|ion|aeo|dor|phr|lyd|mix"
    r"|loc|exp)[a-z]*)?=)[a-z]{2,16}=)(?:\"[^\"]*\"?|[^\s\"]+)",
    re.IGNORECASE,
)
_NO_KEY = re.compile(r"none\b", re.IGNORECASE)
_EXPLICIT_ONLY = re.compile(r"exp\b", re.IGNORECASE)
_IS_EXPLICIT = re.compile(r"(?<![H-Zh-z])exp", re.IGNORECASE)
_PIPES = re.compile(r"hp\b", re.IGNORECASE)
_METER = re.compile(r"\s*\(?\s*(\d{1,4}(?:\s*\+\s*\d{1,4})*)\s*\)?\s*/\s*(\d{1,4})")
_FRACTION = re.compile(r"\s*(\d{1,4})\s*/\s*(\d{1,4})")
_ABOUT = r"\s*(?:ca?\b\.?|circa|about|approx\.?|[~≈])?\s*"
_NUMBER = r"(\d{1,4}(?:[.,]\d{1,3})?)"
_BEATS = re.compile(rf"(\d{{1,4}}/\d{{1,4}}(?:\s+\d{{1,4}}/\d{{1,4}})*)\s*={_ABOUT}{_NUMBER}")
_OLD_BEATS = re.compile(rf"[Cc](\d{{0,2}})\s*={_ABOUT}{_NUMBER}")
_SIGN_BEATS = re.compile(rf"([♩♪\U0001d15d-\U0001d161])\s*(\.?)\s*={_ABOUT}{_NUMBER}")
_BARE_BEATS = re.compile(
    rf"=?{_ABOUT}{_NUMBER}\s*(?:(?:-|\.\.|to)\s*\d{{1,4}}\s*)?(?:bpm)?", re.IGNORECASE
)
_BEAT_SIGNS = {"♩": Fraction(1), "♪": Fraction(1, 2)} | {
    chr(0x1D15D + number): Fraction(4, 2**number) for number in range(5)
}
_SHIFT = re.compile(r"(?<![A-Za-z])(octave|transpose)\s*=\s*\"?([+-]?\d{1,2})\b", re.IGNORECASE)
_NAMED_SHIFT = re.compile(
    r"(?<![A-Za-z])(shift|sound)\s*=\s*\"?((?:[\^_=]{0,2}[A-Ga-g][#b]?[,']{0,3}){1,2})(?![\w,'])"
)
_NAME = re.compile(r"([\^_=]{0,2})([A-Ga-g])([#b]?)([,']*)")
_IN_QUOTES = re.compile(r'\b(?!clef\b|octave\b|transpose\b)[A-Za-z]+\s*=\s*"[^"]*"?')
_FURTHEST_SHIFT = 48


def tonic_fifths(tonic: str) -> int:
    """Place of a tonic such as ``Bb`` on the circle of fifths: C 0, G 1, F -1."""
    return SHARP_ORDER.index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic.count("b"))


def signature(fifths: int) -> dict[str, int]:
    """Semitones by letter of a signature with that many sharps (negative: flats), -14..14."""
    order = SHARP_ORDER if fifths >= 0 else SHARP_ORDER[::-1]
    step = 1 if fifths >= 0 else -1
    changes: dict[str, int] = {}
    for number in range(min(abs(fifths), 14)):
        letter = order[number % 7]
        changes[letter] = changes.get(letter, 0) + step
    return changes


def parse_key(text: str) -> Key | None:
    """The key of a ``K:`` field; clefs and other properties are passed over.

    Letters may be of either case, and accidentals may touch what is before them.
    """
    written = text.strip()
    found = read_key(text)
    if found is None:
        return None
    if found.is_pipes:  # the Highland bagpipe always sounds F# and C#
        return Key(written, "A", "mixolydian", (("C", 1), ("F", 1)))
    changes = {}
    if found.tonic and not found.is_explicit:
        changes = signature(tonic_fifths(found.tonic) + MODE_FIFTHS[found.mode])
    for accidental in found.accidentals:
        changes[accidental[3].upper()] = alteration(accidental[1], accidental[2])
    pairs = tuple(sorted((letter, step) for letter, step in changes.items() if step))
    return Key(written, found.tonic, found.mode, pairs)


@dataclass(frozen=True, slots=True)
class KeyText:
    """Where the parts of a ``K:`` field stand in its text.

    `tonic` is a name such as ``Bb``, empty where there is none, and stands at `tonic_span`;
    `accidentals` match `EXPLICIT`; `is_explicit` says that they are all there is (``exp``).
    """

    tonic: str
    mode: str
    tonic_span: tuple[int, int]
    accidentals: tuple[re.Match[str], ...]
    is_explicit: bool = False
    is_pipes: bool = False


def read_key(text: str) -> KeyText | None:
    """The parts of a ``K:`` field; None where it makes no sense."""
    bare = _without_staff(text)
    start = len(bare) - len(bare.lstrip(" \t,;"))
    if start == len(bare) or _NO_KEY.match(bare, start) or _EXPLICIT_ONLY.match(bare, start):
        return KeyText("", "major", (start, start), tuple(EXPLICIT.finditer(bare, start)))
    if _PIPES.match(bare, start):
        return KeyText("A", "mixolydian", (start, start), (), is_pipes=True)
    match = _TONIC.match(bare, start)
    if match is None:
        accidentals = tuple(EXPLICIT.finditer(bare, start))
        return KeyText("", "major", (start, start), accidentals) if accidentals else None
    word = _MODE.match(bare, match.end())
    mode = _mode(word[1]) if word else None
    if mode is None and (match[1].islower() or (word and _is_touching(bare, word))):
        return None  # `Dx`, `Cello`
    rest = word.end() if word and mode else match.end()
    return KeyText(
        match[1].upper() + _tonic_sign(match),
        mode or "major",
        match.span(),
        tuple(EXPLICIT.finditer(bare, rest)),
        is_explicit=_IS_EXPLICIT.search(bare, match.end()) is not None,
    )


def _is_touching(text: str, word: re.Match[str]) -> bool:
    """Whether a word that is no mode touches the tonic before it."""
    touches = bool(word[1]) and not text[word.start(1) - 1].isspace()
    return touches and word[1][:3].lower() != "exp"


def is_pipes(key: Key) -> bool:
    """Whether a key is that of the Highland pipes."""
    found = read_key(key.text)
    return found is not None and found.is_pipes


def _tonic_sign(match: re.Match[str]) -> str:
    if match[3]:
        return "#" if match[3].lower() == "sharp" else "b"
    return (match[2] or "").lower().replace("♯", "#").replace("♭", "b")


def _without_staff(text: str) -> str:
    """A ``K:`` field with blanks for clefs and other properties of the staff (§4.6)."""
    return _CLEF.sub(_blanks, _PROPERTY.sub(_blanks, text))


def _blanks(found: re.Match[str]) -> str:
    return " " * len(found[0])


def is_clef(text: str) -> bool:
    """Whether a ``K:`` field is about the staff alone and leaves the key as it is (§4.6)."""
    return bool(text.strip()) and not _without_staff(text).strip(" \t,;")


def staff_of(text: str) -> str:
    """What a ``K:`` field says of its staff alone: clefs and other properties (§4.6)."""
    bare = _without_staff(text)
    kept = (" " if rest != " " else sign for sign, rest in zip(text, bare, strict=True))
    return " ".join("".join(kept).split())


def find_clef(text: str) -> str:
    """The clef that a ``K:`` or ``V:`` field names, as ``clef=bass``; empty for none."""
    found = _CLEF.search(_IN_QUOTES.sub(" ", text))
    if found is None:
        return ""
    clef = found[0] if "=" in found[0] else f"clef={found[0]}"
    return re.sub(r"[\s\"]", "", clef)


def without_clef(text: str) -> str:
    """A ``K:`` field without the clefs it names."""
    return " ".join(_CLEF.sub(" ", text).split())


def has_quarter_tones(text: str) -> bool:
    """Whether a ``K:`` field has accidentals that are no whole semitones (§3.1.14)."""
    found = read_key(text)
    return found is not None and any(accidental[2] for accidental in found.accidentals)


def _mode(word: str) -> str | None:
    """The mode of a word; case does not count, so that ``M`` is minor as ``m`` is."""
    return MODES.get(word.lower()[:3])


def alteration(signs: str, fraction: str = "") -> int:
    """Semitones of an accidental, -2..2; ``^3/2`` is rounded (ABC 2.1 §4.2).

    The nearest whole semitone is taken, and of two that are equally near the one nearer to the
    natural note: ``^/`` is natural, ``^3/2`` sharp.
    """
    semitones = Fraction(signs.count("^") - signs.count("_"))
    if fraction:
        above, _, below = fraction.partition("/")
        semitones *= Fraction(int(above or 1), int(below or 2) or 2)
        whole = -((Fraction(1, 2) - abs(semitones)) // 1)  # halves go down
        semitones = Fraction(whole if semitones > 0 else -whole)
    return max(-2, min(2, int(semitones)))


def parse_shift(text: str) -> int | None:
    """Semitones that properties of a staff or voice add in all; None where there are none."""
    shifts = parse_shifts(text)
    return add_shifts(shifts) if shifts else None


def parse_shifts(text: str) -> dict[str, int]:
    """Semitones by which notes sound higher than written, by the property that says so.

    These are ``octave=`` and ``transpose=`` (ABC 2.1 §4.6), a clef with an 8 or 15 (``treble-8``;
    one without is 0), and ``shift=`` and ``sound=`` with one or two names of notes: what the first
    one (or C) is written for, the second one sounds.
    """
    text = _IN_QUOTES.sub(" ", text)
    shifts: dict[str, int] = {}
    for clef in _CLEF.finditer(text):
        sign, eight = clef["a"] or clef["b"], clef["as"] or clef["bs"]
        octaves = {"8": 1, "15": 2}.get(eight or "", 0)
        shifts["clef"] = 12 * octaves * (-1 if sign in ("-", "_") else 1)
    for name, number in _SHIFT.findall(text):
        shifts[name.lower()] = int(number) * (12 if name.lower() == "octave" else 1)
    for name, notes in _NAMED_SHIFT.findall(text):
        pitches = [_pitch(*found) for found in _NAME.findall(notes)]
        shifts[name] = pitches[-1] - (pitches[0] if len(pitches) > 1 else _pitch("", "c", "", ""))
    return shifts


def add_shifts(shifts: Mapping[str, int]) -> int:
    """All shifts together, at most four octaves."""
    return max(-_FURTHEST_SHIFT, min(_FURTHEST_SHIFT, sum(shifts.values())))


def _pitch(accidental: str, letter: str, sign: str, octaves: str) -> int:
    alter = accidental.count("^") - accidental.count("_") + (sign == "#") - (sign == "b")
    octave = octaves.count("'") - octaves.count(",") + letter.islower()
    return 7 * tonic_fifths(letter.upper()) % 12 + alter + 12 * octave


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
    (unit notes a minute), ``C=120`` and ``C3=40``. ``ca.`` before the number says nothing more; of
    a range such as ``80-90`` the first number counts.
    """
    plain = re.sub(r'"[^"]*"?', " ", text).strip()
    quarters = _tempo_quarters(plain, unit_quarters)
    return quarters if quarters is not None and 1 <= quarters <= 2000 else None


def is_tempo_nonsense(text: str, unit_quarters: Fraction) -> bool:
    """Whether a ``Q:`` field means to say how fast, and cannot be read; words in quotes do not."""
    has_more = bool(re.sub(r'"[^"]*"?', " ", text).strip())
    return has_more and parse_tempo(text, unit_quarters) is None


def _tempo_quarters(plain: str, unit_quarters: Fraction) -> Fraction | None:
    beats = _BEATS.search(plain)
    if beats:
        parts = [part.split("/") for part in beats[1].split()]
        if any(not int(denominator) for _, denominator in parts):
            return None
        whole = sum((Fraction(int(a), int(b)) for a, b in parts), Fraction(0))
        return whole * 4 * _rate(beats[2])
    sign = _SIGN_BEATS.search(plain)
    if sign:
        dotted = Fraction(3, 2) if sign[2] else Fraction(1)
        return dotted * _BEAT_SIGNS[sign[1]] * _rate(sign[3])
    old = _OLD_BEATS.search(plain)
    if old:
        return unit_quarters * int(old[1] or 1) * _rate(old[2])
    number = _BARE_BEATS.fullmatch(plain)
    return unit_quarters * _rate(number[1]) if number else None


def _rate(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))


_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_MODE_WORDS = {"major": "", "minor": "m"}


def write_key(key: Key) -> str:
    """The value of a ``K:`` field in its shortest form: ``D``, ``Em``, ``Ador``, ``D =c``."""
    if is_pipes(key):
        return "HP" if "HP" in key.text else "Hp"
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
