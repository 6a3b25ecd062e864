"""Repeats found in music that was played out: what is heard twice in a row is written once."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from musicgen.notation.transcription.frames import Frame
from musicgen.notation.transcription.grid import Placed

SECTION_BARS = (8, 4, 16, 12, 6, 10, 24, 32)
"""Lengths of sections that are looked for, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Section:
    """Bars written once; `is_repeated` says that they are played twice."""

    frames: tuple[Frame, ...]
    is_repeated: bool


def find_sections(frames: Sequence[Frame], notes: Sequence[Placed]) -> list[Section]:
    """The bars of a melody in sections, with what is played a second time left out.

    A section begins four bars, or eight and so on, behind the end of another, with a pickup as long
    as that of the whole; bars are cut where it does. In music that changes its meter none is found.
    """
    bars = list(frames)
    meter = bars[0].meter
    full = meter.bar_quarters
    if full is None or any(bar.meter != meter for bar in bars):
        return [Section(tuple(bars), is_repeated=False)]
    melody = _Melody(notes)
    sections: list[Section] = []
    now = bars[0].start
    while bars and (found := _next_repeat(now, bars[-1].end, full, melody)):
        start, length = found
        before, bars = _split(bars, start)
        section, bars = _split(bars, start + length)
        now = start + 2 * length
        _, bars = _split(bars, now)
        if before:
            sections.append(Section(tuple(before), is_repeated=False))
        sections.append(Section(tuple(section), is_repeated=True))
    return [*sections, Section(tuple(bars), is_repeated=False)] if bars else sections


class _Melody:
    """Notes by onset, to be compared stretch by stretch."""

    def __init__(self, notes: Sequence[Placed]) -> None:
        self._notes = notes
        self._onsets = [note.onset for note in notes]

    def is_same(self, start: Fraction, length: Fraction) -> bool:
        """Whether two stretches have the same notes, and none reaches out of either.

        The first note that differs settles it, so a melody that is no repeat is soon known as such.
        """
        middle = start + length
        first, second = self._at(start), self._at(middle)
        count = second - first
        if not count or self._at(middle + length) - second != count:
            return False
        return all(
            (one.pitch, one.onset + length, one.end + length) == (two.pitch, two.onset, two.end)
            and one.end <= middle
            for one, two in zip(
                self._notes[first:second], self._notes[second : second + count], strict=True
            )
        )

    def _at(self, moment: Fraction) -> int:
        return bisect_left(self._onsets, moment)


def _next_repeat(
    start: Fraction, end: Fraction, full: Fraction, melody: _Melody
) -> tuple[Fraction, Fraction] | None:
    """Beginning and length of the next section that is heard twice in a row."""
    while start + 2 * min(SECTION_BARS) * full <= end:
        for count in SECTION_BARS:
            length = count * full
            if start + 2 * length <= end and melody.is_same(start, length):
                return start, length
        start += min(SECTION_BARS) * full
    return None


def _split(bars: Sequence[Frame], place: Fraction) -> tuple[list[Frame], list[Frame]]:
    """Bars before and behind a place, one that lies across it cut in two."""
    before, behind = [], []
    for bar in bars:
        if bar.end <= place:
            before.append(bar)
        elif bar.start >= place:
            behind.append(bar)
        else:
            before.append(Frame(bar.start, place - bar.start, bar.meter))
            behind.append(Frame(place, bar.end - place, bar.meter))
    return before, behind
