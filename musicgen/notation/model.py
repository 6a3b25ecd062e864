"""What a tune is once it has been read: plain, frozen values with exact times.

Times and lengths are `fractions.Fraction` in **quarter notes**; character spans are half-open
``[start, end)`` offsets into the text that was read (`Tune.text`), so a note on the screen, a
character of the network and a sound in the file can be matched with one another.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property


class ProblemKind(StrEnum):
    """What a problem means for the notes that were read."""

    NOT_READ = "not read"
    """Something could not be read as it stands; notes may be missing, or other than meant."""

    LEFT_OUT = "left out"
    """Something beside the melody is left out, or of no account; its notes are as written."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the text that could not be taken as it stands, and what was assumed instead.

    `line` and `column` count from 1 in the text that was read.
    """

    start: int
    end: int
    line: int
    column: int
    message: str
    kind: ProblemKind = ProblemKind.NOT_READ


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter (ABC 2.1 §3.1.6). `text` is as written: ``6/8``, ``C``, ``C|``, ``none``."""

    text: str
    numerator: int
    denominator: int

    @property
    def bar_quarters(self) -> Fraction | None:
        """Length of a full bar in quarter notes; None in free meter."""
        if not self.numerator:
            return None
        return Fraction(4 * self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Key:
    """A key (ABC 2.1 §3.1.14).

    `tonic` is a letter A–G with ``#`` or ``b`` (empty for ``K:none``), `mode` one of major, minor,
    ionian, dorian, phrygian, lydian, mixolydian, aeolian, locrian; `accidentals` maps each letter
    the signature changes to -2..2 semitones, as sorted pairs.
    """

    text: str
    tonic: str
    mode: str
    accidentals: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A note, a chord (several pitches) or a rest (no pitch) as it is written.

    `onset` counts from the start of the tune **as written** (repeats not expanded). `tied_pitches`
    are those that continue into the next note of the same pitch; `tied` says that all of them do.
    Grace notes are no notes of the bar: `graces` holds the pitches of those before this note,
    `grace_spans` where they stand, `grace_quarters` their length. `tuplet` is (3, 2) where three
    notes take the time of two, `tuplet_left` how many of them are left with this one (0 outside
    tuplets); `duration` is the time they really take. `tempo_qpm` is
    a tempo that begins with this note inside its bar, `key` the one that holds at it, None in notes
    that were not read.
    """

    pitches: tuple[int, ...]
    onset: Fraction
    duration: Fraction
    start: int
    end: int
    bar: int
    tied: bool = False
    graces: tuple[int, ...] = ()
    chord_symbol: str = ""
    decorations: tuple[str, ...] = ()
    tied_pitches: tuple[int, ...] = ()
    grace_spans: tuple[tuple[int, int], ...] = ()
    grace_quarters: tuple[Fraction, ...] = ()
    tuplet: tuple[int, int] = (1, 1)
    tuplet_left: int = 0
    tempo_qpm: Fraction | None = None
    key: "Key | None" = None

    @property
    def is_rest(self) -> bool:
        """Whether nothing sounds."""
        return not self.pitches


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign to jump by, above the beginning of a bar (`is_before`) or above its end.

    `kind` is one of ``segno``, ``coda``, ``tocoda``, ``fine``, ``D.C.`` and ``D.S.``.
    """

    kind: str
    is_before: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands between two bar lines; nothing between two bar lines makes no bar.

    `expected` is the full length in the meter at that place (None in free meter), `actual` the sum
    of what is in it, both in quarter notes. `closing` is the bar line that ends it as written,
    empty where an ending or a part begins inside a bar and at a torn end; `opening` the bar line
    before it. `ending` lists the passes that play it (empty: all), `starts_ending` marks the bar at
    which that list is written. `part` is the letter of the last ``P:`` that names a part, `heading`
    the words of one that does not and stands before this bar. `tempo_qpm` is a tempo that begins
    with the bar. `meter` is the one that `expected` follows from, `key` the one at the first note;
    both are None only in bars that were not read.
    """

    index: int
    start: int
    end: int
    notes: tuple[Note, ...]
    onset: Fraction
    expected: Fraction | None
    actual: Fraction
    closing: str = ""
    ending: tuple[int, ...] = ()
    opening: str = ""
    starts_ending: bool = False
    part: str = ""
    marks: tuple[Mark, ...] = ()
    tempo_qpm: Fraction | None = None
    meter: Meter | None = None
    key: Key | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One sounding pitch in playing order: repeats expanded, ties merged, chords one by one.

    `start` and `end` are the span of the written note in `Tune.text`; `bar` its written bar.
    """

    pitch: int
    onset: Fraction
    duration: Fraction
    start: int
    end: int
    bar: int
    is_grace: bool = False


@dataclass(frozen=True)
class Tune:
    """A tune as it was read. `play_order` lists indices of `bars` in the order they are played.

    `meter`, `unit_quarters`, `key` and `tempo_qpm` are those of the beginning; `fields` are the
    information fields of the header in written order; the body begins at `body_start`.
    """

    text: str
    reference: str
    titles: tuple[str, ...]
    meter: Meter
    unit_quarters: Fraction
    key: Key
    tempo_qpm: Fraction | None
    rhythm: str
    bars: tuple[Bar, ...]
    play_order: tuple[int, ...]
    fields: tuple[tuple[str, str], ...] = ()
    body_start: int = 0

    @cached_property
    def performance(self) -> tuple[PlayedNote, ...]:
        """What sounds, in order of onset; found when it is first asked for."""
        from musicgen.notation.playback import played_notes

        return played_notes(self.bars, self.play_order)

    @property
    def title(self) -> str:
        """The first title, or the empty string."""
        return self.titles[0] if self.titles else ""

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, chords and rests in written order."""
        return tuple(note for bar in self.bars for note in bar.notes)

    @property
    def duration_quarters(self) -> Fraction:
        """Length in quarter notes as played, rests at the end included."""
        return sum((self.bars[index].actual for index in self.play_order), Fraction(0))
