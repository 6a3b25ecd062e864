"""Notes and bars while they are being read: what later signs may still change."""

from dataclasses import dataclass, field
from fractions import Fraction

from musicgen.notation.model import Bar, Key, Mark, Meter, Note
from musicgen.notation.parsing.lengths import to_quarters


@dataclass(slots=True)
class NoteDraft:
    """A note whose length, tie and ornaments may still change; times in ticks."""

    pitches: tuple[int, ...]
    onset: int
    ticks: int
    start: int
    end: int
    letters: tuple[tuple[str, str], ...]
    tied_pitches: tuple[int, ...] = ()
    chord_symbol: str = ""
    decorations: tuple[str, ...] = ()
    graces: tuple[tuple[int, int, tuple[int, int]], ...] = ()
    tuplet: tuple[int, int] = (1, 1)
    tuplet_left: int = 0
    tempo_qpm: Fraction | None = None
    key: Key | None = None

    def finish(self, bar: int) -> Note:
        """The note as a value; its duration is settled now."""
        graces, ticks, spans = zip(*self.graces, strict=True) if self.graces else ((), (), ())
        return Note(
            self.pitches,
            to_quarters(self.onset),
            to_quarters(self.ticks),
            self.start,
            self.end,
            bar,
            bool(self.tied_pitches) and self.tied_pitches == self.pitches,
            graces,
            self.chord_symbol,
            self.decorations,
            self.tied_pitches,
            spans,
            tuple(map(to_quarters, ticks)) if ticks else (),
            self.tuplet,
            self.tuplet_left,
            self.tempo_qpm,
            self.key,
        )


@dataclass(slots=True)
class BarDraft:
    """A bar that is not closed yet; times in ticks."""

    start: int = -1
    end: int = -1
    notes: list[NoteDraft] = field(default_factory=list)
    opening: str = ""
    closing: str = ""
    ending: tuple[int, ...] = ()
    starts_ending: bool = False
    opens_section: bool = False
    part: str = ""
    marks: list[Mark] = field(default_factory=list)
    tempo_qpm: Fraction | None = None
    full_ticks: int = 0
    full_bars: int = 1
    meter: Meter | None = None
    key: Key | None = None
    heading: str = ""
    follows_part: bool = False

    def finish(self, index: int) -> Bar:
        """The bar as a value, `index` its place in the tune."""
        notes = tuple(note.finish(index) for note in self.notes)
        last = self.notes[-1]
        onset = self.notes[0].onset
        return Bar(
            index,
            self.start,
            self.end,
            notes,
            to_quarters(onset),
            to_quarters(self.full_ticks * self.full_bars) if self.full_ticks else None,
            to_quarters(last.onset + last.ticks - onset),
            self.closing,
            self.ending,
            self.opening,
            self.starts_ending,
            self.part,
            tuple(self.marks),
            self.tempo_qpm,
            self.meter,
            self.key,
            self.heading,
        )
