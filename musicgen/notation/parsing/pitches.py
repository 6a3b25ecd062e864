"""From accidental, letter and octave marks to a MIDI pitch: what key, bar and tie remember."""

from collections.abc import Iterable
from typing import Protocol

from musicgen.notation.model import Key, ProblemKind
from musicgen.notation.parsing.fields import alteration
from musicgen.notation.parsing.tokens import SEMITONES
from musicgen.translatable import Sentence


class ReportProblem(Protocol):
    """Takes a problem: where it begins and ends in the text, what it is, and of what kind."""

    def __call__(
        self, start: int, end: int, message: str, kind: ProblemKind = ProblemKind.NOT_READ, /
    ) -> None:
        """Keeps the problem."""
        ...


_LOWEST, _HIGHEST = 0, 127


def say_nothing(
    _start: int, _end: int, _message: str, _kind: ProblemKind = ProblemKind.NOT_READ, /
) -> None:
    """Takes a problem of notes that stand in no text yet, and keeps nothing."""


class PitchReader:
    """Reads pitches one after the other.

    Accidentals last to the bar line, in all octaves (`propagate` ``pitch``, the standard's
    default), in their own (``octave``) or for their note alone (``not``): ABC 2.1 §4.2, §11.3. A
    tie carries an accidental over the bar line to the note it is tied to.
    """

    def __init__(self, key: Key, report: ReportProblem) -> None:
        self.report = report
        self.propagate = "pitch"
        self.shift = 0
        self.key = key
        self._signature = dict(key.accidentals)
        self._accidentals: dict[str, int] = {}
        self._held: dict[tuple[str, int], int] = {}

    def set_key(self, key: Key) -> None:
        """Change the signature; accidentals of the bar stay."""
        self.key = key
        self._signature = dict(key.accidentals)

    def end_bar(self) -> None:
        """Forget the accidentals of the bar."""
        if self._accidentals:
            self._accidentals = {}

    def read(self, accidental: str, letter: str, octaves: str, start: int, end: int) -> int:
        """The MIDI pitch, 0..127, of a note written at ``[start, end)``."""
        upper = letter.upper()
        octave = octaves.count("'") - octaves.count(",") + (letter != upper)
        name = upper if self.propagate == "pitch" else f"{upper}{octave}"
        if accidental:
            alter = self._alteration(accidental, start, end)
            if self.propagate != "not":
                self._accidentals[name] = alter
        elif self._held and (upper, octave) in self._held:
            alter = self._held[upper, octave]
        else:
            alter = self._accidentals.get(name, self._signature.get(upper, 0))
        pitch = 60 + SEMITONES[upper] + alter + 12 * octave + self.shift
        if not _LOWEST <= pitch <= _HIGHEST:
            self.report(
                start, end, Sentence("This note lies beyond what can sound; moved by octaves.")
            )
            pitch = pitch % 12 if pitch < _LOWEST else _HIGHEST - (_HIGHEST - pitch) % 12
        return pitch

    def _alteration(self, accidental: str, start: int, end: int) -> int:
        signs = accidental.rstrip("0123456789/")
        if len(signs) != len(accidental):
            self.report(
                start, end, Sentence("Quarter tones are not played; the nearest semitone is.")
            )
            return alteration(signs, accidental[len(signs) :])
        alter = signs.count("^") - signs.count("_")
        if not -2 <= alter <= 2 or len(set(signs)) > 1 or signs.count("=") > 1:
            self.report(
                start,
                end,
                Sentence("{text!r} is no accidental; the nearest one is assumed.", text=signs[:8]),
            )
        return max(-2, min(2, alter))

    def hold(self, notes: Iterable[tuple[str, str, int]]) -> None:
        """Tie notes, given as letter, octave marks and pitch, to the ones that follow."""
        for letter, octaves, pitch in notes:
            upper = letter.upper()
            octave = octaves.count("'") - octaves.count(",") + (letter != upper)
            alter = pitch - (60 + SEMITONES[upper] + 12 * octave + self.shift)
            if -2 <= alter <= 2:
                self._held[upper, octave] = alter

    def release(self) -> None:
        """A note has been read: what was tied is tied no more."""
        if self._held:
            self._held = {}
