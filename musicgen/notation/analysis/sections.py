"""The sections of a tune: what stands between double bar lines and repeat signs."""

from collections.abc import Sequence
from fractions import Fraction

from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.barlines import is_closing, opens_repeat


def split_sections(tune: Tune) -> list[list[Bar]]:
    """The bars of each section; further endings belong to theirs. None without a full bar."""
    sections: list[list[Bar]] = [[]]
    for bar in tune.bars:
        before = sections[-1][-1] if sections[-1] else None
        if before and _is_parted(before, bar):
            sections.append([])
        sections[-1].append(bar)
    return [bars for bars in sections if any(counts_as_bar(bar) for bar in bars)]


def section_lengths(tune: Tune) -> tuple[int, ...]:
    """Bars of each section as one plays it once: pickups and second endings are not counted."""
    return tuple(map(_count_bars, split_sections(tune)))


def _count_bars(bars: Sequence[Bar]) -> int:
    """Half a bar is a pickup where it begins a section, and the last bar where it ends one."""
    first, *others = (bar for bar in bars if counts_as_bar(bar))
    is_pickup = first.expected is not None and 2 * first.actual <= first.expected
    return len(others) + (not (is_pickup and others))


def section_likeness(tune: Tune) -> float | None:
    """Share, 0..1, of the bars behind the first section that sound as one inside it does.

    Bars are alike if they have the same notes at the same pitches for the same time. None where
    there is one section or none.
    """
    first, *others = split_sections(tune) or [[]]
    known = {_sound(bar) for bar in first if counts_as_bar(bar)}
    later = [_sound(bar) in known for bars in others for bar in bars if counts_as_bar(bar)]
    return sum(later) / len(later) if later else None


def _sound(bar: Bar) -> tuple[tuple[tuple[int, ...], Fraction], ...]:
    return tuple((note.pitches, note.duration) for note in bar.notes)


def counts_as_bar(bar: Bar) -> bool:
    """Whether a bar has notes, is no pickup, and is played the first time through."""
    has_notes = any(not note.is_rest for note in bar.notes)
    is_pickup = bar.expected is not None and 2 * bar.actual < bar.expected
    return has_notes and not is_pickup and (not bar.ending or 1 in bar.ending)


def _is_parted(before: Bar, bar: Bar) -> bool:
    """Whether a section ends between two bars."""
    if bar.starts_ending and before.ending:
        return False
    return is_closing(before.closing) or opens_repeat(bar.opening) or before.part != bar.part
