"""Repeats found in music that was played out: what is heard twice in a row is written once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from musicgen.notation.midi.frames import Frame
from musicgen.notation.midi.grid import Placed
from musicgen.notation.tune import Meter

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
    sections: list[Section] = []
    now = bars[0].start
    while bars and (found := _next_repeat(now, bars, meter, notes)):
        start, length = found
        before, bars = _split(bars, start)
        section, bars = _split(bars, start + length)
        now = start + 2 * length
        _, bars = _split(bars, now)
        if before:
            sections.append(Section(tuple(before), is_repeated=False))
        sections.append(Section(tuple(section), is_repeated=True))
    return [*sections, Section(tuple(bars), is_repeated=False)] if bars else sections


def _next_repeat(
    start: Fraction, bars: Sequence[Frame], meter: Meter, notes: Sequence[Placed]
) -> tuple[Fraction, Fraction] | None:
    """Beginning and length of the next section that is heard twice in a row."""
    full = meter.bar_quarters
    if full is None or any(bar.meter != meter for bar in bars):
        return None
    ahead = {note.onset: note for note in notes if note.onset >= start}
    while start + 2 * min(SECTION_BARS) * full <= bars[-1].end:
        for count in SECTION_BARS:
            length = count * full
            if start + 2 * length <= bars[-1].end and _is_same(ahead, start, length):
                return start, length
        start += min(SECTION_BARS) * full
    return None


def _is_same(notes: Mapping[Fraction, Placed], start: Fraction, length: Fraction) -> bool:
    """Whether two stretches have the same notes, and none reaches out of either."""
    middle, end = start + length, start + 2 * length
    first = [note for onset, note in notes.items() if start <= onset < middle]
    second = [note for onset, note in notes.items() if middle <= onset < end]
    if not first or max(note.end for note in first) > middle:
        return False
    moved = [Placed(note.pitch, note.onset + length, note.end + length) for note in first]
    return moved == second


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
