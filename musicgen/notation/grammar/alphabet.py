"""What can be written with a set of characters: lengths, bar lines, field values, pitches.

Everything the states ask about texts being written is answered here: may this prefix still become
something that is right?
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache

from musicgen.errors import GrammarError
from musicgen.notation.grammar.rules import (
    DEFAULT_RANGE,
    MAX_BAR_UNITS,
    UNIT,
    UNITS,
    Rules,
    length_ticks,
    natural_pitch,
    writable,
)
from musicgen.notation.grammar.sections import BAR_LINES, FIRST, REPEAT, SECOND, Endings
from musicgen.notation.parsing.fields import parse_key

LETTERS = "CDEFGABcdefgab"
ACCIDENTALS = {"^": 1, "_": -1, "=": 0, "^^": 2, "__": -2}
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2}
"""Notes of a tuplet and the time they take, where it is the same in every meter (ABC 2.1 §4.13)."""

TEXT_LIMIT = 60
REFERENCE_DIGITS = 5
ORNAMENTS = "~"
MAX_GRACES = 4

_WHOLE = ("2", "3", "4", "6", "7", "8", "12", "14", "16")
_BROKEN = ("/", "/2", "3/2", "7/2", "3/", "7/", "//")
"""Lengths of one note with up to two dots: a single sign, which every engraver can draw."""
_LENGTHS = ("", *_WHOLE, *_BROKEN)
_CHORDS = tuple(
    f'"{root}{sign}{kind}"'
    for root in "ABCDEFG"
    for sign in ("", "#", "b")
    for kind in ("", "m", "7", "m7", "maj7", "dim", "sus4")
)


class Script:
    """The texts that a vocabulary can write under rules.

    Raises:
        GrammarError: the characters do not suffice for any tune that keeps the rules.
    """

    def __init__(self, characters: Iterable[str], rules: Rules) -> None:
        self.characters = frozenset(characters)
        self.rules = rules
        self._check_characters()
        self.lengths = {text: length_ticks(text) for text in writable(_LENGTHS, self.characters)}
        self.grid = min(self.lengths.values())
        self._tuplet_lengths = sorted({t for t in self.lengths.values() if t >= UNIT // 2})
        self._sums: dict[tuple[int, int], bool] = {}
        self.bar_lines = writable(BAR_LINES, self.characters)
        self.letters = "".join(letter for letter in LETTERS if letter in self.characters)
        self.keys = writable(rules.keys(), self.characters)
        self.chords = writable(_CHORDS, self.characters)
        self.meters = tuple(
            meter for meter in writable(rules.meters(), self.characters) if self.units(meter)
        )
        self._check_choices()

    def _check_characters(self) -> None:
        needed = "XMK:|\n1"
        missing = "".join(sorted(set(needed) - self.characters))
        if missing or not set(LETTERS) & self.characters:
            raise GrammarError(
                "This network cannot write ABC: it never saw {missing!r}. Compose freely, "
                "without the grammar.",
                missing=missing or "A-G",
            )

    def _check_choices(self) -> None:
        rules = self.rules
        if rules.unit and not any(rules.units(meter, self.grid) for meter in rules.meters()):
            raise GrammarError(
                "The unit length {unit!r} does not suit the meter. Choose one such as {known}.",
                unit=rules.unit,
                known=", ".join(UNITS),
            )
        if not self.meters:
            asked = " ".join(part for part in (rules.meter, rules.rhythm, rules.unit) if part)
            raise GrammarError(
                "The network cannot write the meter that is asked for ({meter}), or the unit "
                "length does not suit it.",
                meter=asked,
            )
        if not self.keys:
            raise GrammarError("The network cannot write the key {key!r}.", key=rules.key)
        if not any(
            all(self.fits_range(letter, marks, alter) for alter in (-2, 0, 2))
            for letter, marks in self.pitches
        ):
            raise GrammarError("The network can write no note within the range that is asked for.")
        if rules.rhythm and not self.characters.issuperset(f"R:{rules.rhythm}"):
            raise GrammarError(
                "The network cannot write the rhythm {rhythm!r}.", rhythm=rules.rhythm
            )

    @cached_property
    def key_beginnings(self) -> frozenset[str]:
        """All texts with which a key begins, the empty one and whole keys among them."""
        return frozenset(key[:end] for key in self.keys for end in range(len(key) + 1))

    @cached_property
    def chord_beginnings(self) -> frozenset[str]:
        """All texts with which a chord symbol begins."""
        return frozenset(chord[:end] for chord in self.chords for end in range(len(chord) + 1))

    @cached_property
    def _lengths_ahead(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """For each beginning of a length those that begin like it, with their ticks.

        The longest in time comes first, and of two that are as long the shorter text.
        """
        ordered = sorted(
            self.lengths.items(), key=lambda one: (one[1], -len(one[0]), one[0]), reverse=True
        )
        beginnings = {text[:end] for text in self.lengths for end in range(len(text) + 1)}
        return {
            prefix: tuple(one for one in ordered if one[0].startswith(prefix))
            for prefix in beginnings
        }

    @cached_property
    def endings(self) -> Endings:
        """Which first and second endings can be written."""
        has_first = bool({*FIRST, "[1"} & set(self.bar_lines))
        can_follow = {REPEAT, "[2"} <= set(self.bar_lines)
        return Endings(
            has_first and (can_follow or bool(set(SECOND) & set(self.bar_lines))), can_follow
        )

    @cached_property
    def pitches(self) -> tuple[tuple[str, str], ...]:
        """Letters with octave marks that can be written."""
        return tuple(
            (letter, mark * count)
            for letter in self.letters
            for mark in (",'"[letter.islower()],)
            for count in range(3 if mark in self.characters else 1)
        )

    @cached_property
    def octaves(self) -> Mapping[str, tuple[str, ...]]:
        """The octave marks with which each letter can be written."""
        return {
            letter: tuple(marks for name, marks in self.pitches if name == letter)
            for letter in self.letters
        }

    def units(self, meter: str) -> tuple[str, ...]:
        """Unit note lengths for a meter, the empty text where ``L:`` may be left out."""
        units = self.rules.units(meter, self.grid)
        can_write = "L" in self.characters
        return tuple(u for u in units if not u or (can_write and self.characters.issuperset(u)))

    def fits_range(self, letter: str, marks: str, alter: int) -> bool:
        """Whether a note lies within the range."""
        pitch = natural_pitch(letter + marks) + alter
        return self.rules.lowest <= pitch <= self.rules.highest

    def alteration(
        self, accidental: str, letter: str, key: str, sharps: tuple[tuple[str, int], ...]
    ) -> int:
        """Semitones by which a note is changed, 0 always where the range is not exact."""
        if not self.rules.is_exact:
            return 0
        if accidental:
            return ACCIDENTALS[accidental]
        upper = letter.upper()
        return dict(sharps).get(upper, _signature(key).get(upper, 0))

    def alike(self, part: str) -> str:
        """A pitch that may go on just as this one may: another letter where letters are alike."""
        has_usual_range = (self.rules.lowest, self.rules.highest) == DEFAULT_RANGE
        if self.rules.is_exact or not has_usual_range or part == "z":
            return part
        accidental = part.rstrip(LETTERS + ",'")
        letter = part[len(accidental)]
        same = "c" if letter.islower() else "C"
        return ("=" if accidental else "") + same + part[len(accidental) + 1 :]

    def is_length_ahead(self, prefix: str, fits: Callable[[int], bool]) -> bool:
        """Whether a length that begins like this fits."""
        return any(fits(ticks) for _text, ticks in self._lengths_ahead.get(prefix, ()))

    def longest(self, prefix: str, fits: Callable[[int], bool]) -> str | None:
        """The longest length in time that begins like this and fits; the shortest text of it."""
        ahead = self._lengths_ahead.get(prefix, ())
        return next((text for text, ticks in ahead if fits(ticks)), None)

    def longest_bar(self, full: int) -> int:
        """Characters that suffice to fill a bar of up to `full` ticks and to write its line."""
        return max(self._fill_costs[: full // self.grid + 1]) + 4

    @cached_property
    def _fill_costs(self) -> list[int]:
        """Characters that suffice to fill 0, 1, 2 … times the shortest length."""
        marks = max(len(marks) for _, marks in self.pitches)
        costs = [0]
        for room in range(1, MAX_BAR_UNITS * UNIT // self.grid + 1):
            known = (
                (ticks, len(text))
                for text, ticks in self.lengths.items()
                if ticks <= room * self.grid and not ticks % self.grid
            )
            ticks, length = max(known, key=lambda pair: (pair[0], -pair[1]))
            costs.append(1 + marks + length + costs[room - ticks // self.grid])
        return costs

    def tuplet_fits(self, notes: int, left: int, written: int, room: int) -> bool:
        """Whether a tuplet can be completed within the bar.

        Args:
            notes: Notes it has in all.
            left: Notes still to come.
            written: Sum of their written ticks so far.
            room: Ticks left in the bar.
        """
        for base in (UNIT // 2, UNIT, 2 * UNIT):
            time = TUPLETS[notes] * base
            is_within = time <= room and not (room - time) % self.grid
            if is_within and self._is_sum(left, notes * base - written):
                return True
        return False

    def _is_sum(self, left: int, rest: int) -> bool:
        """Whether that many notes can be written with such a sum."""
        if left == 0 or rest <= 0:
            return left == rest == 0
        known = self._sums.get((left, rest))
        if known is None:
            known = any(self._is_sum(left - 1, rest - ticks) for ticks in self._tuplet_lengths)
            self._sums[left, rest] = known
        return known

    def tuplet_time(self, notes: int, written: int) -> int:
        """Ticks that a complete tuplet takes."""
        return TUPLETS[notes] * written // notes


@lru_cache(maxsize=256)
def _signature(key: str) -> Mapping[str, int]:
    """Semitones by which a key changes each letter; nothing where it cannot be read."""
    read = parse_key(key)
    return dict(read.accidentals) if read else {}
