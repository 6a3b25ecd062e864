"""What comes again in a tune: bars as they are, and sections as its form.

Folk tunes of this kind mostly are AABB of eight bars each (B. Sturm, O. Ben-Tal, "Taking the models
back to music practice", Journal of Creative Music Systems 2 (2017)).
"""

import math
from fractions import Fraction

from musicgen.notation.analysis.melody import melody_bars
from musicgen.notation.analysis.sections import counts_as_bar, split_sections
from musicgen.notation.model import Bar, Tune

_SAME = 0.75
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Content = tuple[tuple[int, Fraction], ...]


def compute_repetition(tune: Tune) -> float:
    """Share, 0..1, of the written bars that are, note for note, a bar before them.

    1 - #distinct bars / #bars, bars without a note left out; repeat signs are not expanded, as they
    would make half of everything a repetition. NaN without a bar.
    """
    bars = melody_bars(tune)
    return 1 - len(set(bars)) / len(bars) if bars else math.nan


def find_form(tune: Tune) -> str:
    """The form as it is played, a letter for each section: ``AABB``; empty for none.

    A section goes from one double bar line or repeat sign to the next. It has the letter of an
    earlier one where three quarters of their bars are the same at the same place, pickups and
    second endings left out.
    """
    sections = split_sections(tune)
    letters: list[str] = []
    kinds: list[list[Content]] = []
    for bars in sections:
        content = [_content(bar) for bar in bars if counts_as_bar(bar)]
        known = next((at for at, other in enumerate(kinds) if _alike(content, other)), None)
        if known is None:
            known = len(kinds)
            kinds.append(content)
        letters.append(_LETTERS[min(known, len(_LETTERS) - 1)])
    owner = {bar.index: number for number, bars in enumerate(sections) for bar in bars}
    return _played(tune, owner, letters)


def is_aabb(tune: Tune) -> bool | None:
    """Whether its form is ``AABB``; None where there is no section."""
    form = find_form(tune)
    return form == "AABB" if form else None


def repeats_first_section(tune: Tune) -> bool | None:
    """Whether the second section played is the first once more; None where there is no section."""
    form = find_form(tune)
    return form[:2] == "AA" if form else None


def _content(bar: Bar) -> Content:
    return tuple((-1 if note.is_rest else max(note.pitches), note.duration) for note in bar.notes)


def _alike(one: list[Content], other: list[Content]) -> bool:
    same = sum(a == b for a, b in zip(one, other, strict=False))
    return same >= _SAME * max(len(one), len(other))


def _played(tune: Tune, owner: dict[int, int], letters: list[str]) -> str:
    form, last_section, last_bar = "", -1, -1
    for index in tune.play_order:
        section = owner.get(index)
        if section is None:
            continue
        if section != last_section or index <= last_bar:
            form += letters[section]
        last_section, last_bar = section, index
    return form
