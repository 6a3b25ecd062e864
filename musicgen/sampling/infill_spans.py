"""Bars of a tune as gaps to be filled: the span of their music, its length, the open ties.

Everything else in a bar stays: the number of an ending, a field on a line of its own before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from musicgen.errors import CompositionError
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import BarCheck, Verdict, check_bars
from musicgen.notation.grammar.rules import UNIT, Rules
from musicgen.notation.grammar.sections import Endings, make_plan
from musicgen.notation.grammar.states import Form, Music
from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.tokens import FIELD_LINE, NOTE, OLD_FIELD, TOKEN, opens_music

MAX_BARS = 16
_AROUND = frozenset({"space", "ignored", "digits", "ending", "textending", "stray", "comment"})
_FIELDS = frozenset({"inline", "field"})
_UNIT_CHANGE = re.compile(r"(?:^[ \t]*|\[)L:", re.MULTILINE)
_PLAIN_LINE = re.compile(r"\|[ \t!\n]*")


@dataclass(frozen=True, slots=True)
class Gap:
    """The music of one bar, ``[start, end)`` in the text, to be replaced.

    `quarters` is how long it must be, `ticks` the same in the grammar's time. `tie` is the pitch
    that a tie from the bar before asks for first, `may_tie` whether a tie may lead out of it, which
    it may where another gap follows behind a plain bar line.
    """

    bar: int
    start: int
    end: int
    quarters: Fraction
    ticks: int
    key: str
    tie: str = ""
    may_tie: bool = False


def find_gaps(tune: Tune, first_bar: int, last_bar: int, grid: int) -> list[Gap]:
    """The bars from `first_bar` to `last_bar`, counted from 1, as gaps.

    Args:
        tune: The tune.
        first_bar: First of them.
        last_bar: Last of them.
        grid: Shortest length that can be written, in the grammar's ticks.

    Raises:
        CompositionError: there are no such bars, too many, or one that cannot be written anew.
    """
    numbers = number_bars(tune.bars) or (0,)
    bars = tune.bars[max(0, first_bar - 1) : last_bar]
    if not 1 <= first_bar <= last_bar <= len(tune.bars):
        raise CompositionError(
            "The tune has bars {lowest} to {highest}: {first} to {last} are not among them.",
            lowest=numbers[0],
            highest=numbers[-1],
            first=_number(numbers, first_bar),
            last=_number(numbers, last_bar),
        )
    if len(bars) > MAX_BARS:
        raise CompositionError(
            "{count} bars are too many to write anew: choose at most {most}.",
            count=len(bars),
            most=MAX_BARS,
        )
    if _UNIT_CHANGE.search(tune.text, tune.body_start):
        raise CompositionError("The tune changes its unit length (L:): bars cannot be rewritten.")
    checks = check_bars(tune).bars
    spans = [find_music(tune, bar) for bar in bars]
    gaps = [
        _gap(tune, checks[bar.index], span, grid) for bar, span in zip(bars, spans, strict=True)
    ]
    ends = [*(gap.start for gap in gaps[1:]), None]
    return [
        _with_tie(gap, tune.text[gap.end : following] if following is not None else None)
        for gap, following in zip(gaps, ends, strict=True)
    ]


def start_bar(gap: Gap, tie: str) -> Music:
    """The state of the grammar in which a gap begins: one bar that must come to its length."""
    form = Form(gap.ticks)
    plan = make_plan(form, Rules(), Endings(False, False))._replace(
        full=gap.ticks,
        limit=gap.ticks,
        closing=-1 if gap.may_tie else gap.ticks,
        pickup=-1,
        may_go_on=gap.may_tie,
        may_split=False,
        may_split_before=False,
        is_open=False,
        is_start=False,
        may_start=True,
        may_change_key=False,
        may_end=False,
    )
    return Music(plan, form, after=" ", tie=tie, key=gap.key)


def _with_tie(gap: Gap, line: str | None) -> Gap:
    return replace(gap, may_tie=line is not None and bool(_PLAIN_LINE.fullmatch(line)))


def _gap(tune: Tune, check: BarCheck, span: tuple[int, int], grid: int) -> Gap:
    bar = tune.bars[check.index]
    quarters = _length(bar, check.verdict)
    ticks = quarters / tune.unit_quarters * UNIT
    if ticks <= 0 or ticks.denominator != 1 or ticks % grid:
        raise _cannot(tune, bar, CompositionError("its length cannot be written"))
    return Gap(
        bar.index, *span, quarters, int(ticks), bar.key.text if bar.key else "", _tie(tune, bar)
    )


def _length(bar: Bar, verdict: Verdict) -> Fraction:
    """Quarters that the bar must have: what it has, or a full bar where it is wrong.

    A short bar beside a repeat or at an end of the tune may be an upbeat, whatever else is missing.
    """
    is_inner = bar.opening == bar.closing == "|"
    is_wrong = verdict is Verdict.LONG or (verdict is Verdict.SHORT and is_inner)
    return bar.expected if is_wrong and bar.expected is not None else bar.actual


def _tie(tune: Tune, bar: Bar) -> str:
    """The pitch, as it is written, that the bar before holds over; empty for none."""
    before = tune.bars[bar.index - 1].notes[-1:] if bar.index else ()
    if not before or not before[0].tied or len(before[0].pitches) != 1:
        return ""
    found = NOTE.match(tune.text, before[0].start)
    return found[2] + found[3] if found else ""


def find_music(tune: Tune, bar: Bar) -> tuple[int, int]:
    """Where the music of a bar stands, without what must stay before and behind it.

    Raises:
        CompositionError: there is none, or something among it must not be lost.
    """
    if bar.marks:
        raise _cannot(tune, bar, CompositionError("it has a sign to jump by"))
    text, position = tune.text, bar.start
    start = end = -1
    while position < bar.end:
        kind, following = _piece(text, position, bar.end)
        if kind in _FIELDS and start >= 0:
            raise _cannot(tune, bar, CompositionError("key, meter or tempo change inside of it"))
        if kind not in _AROUND and kind not in _FIELDS:
            start = position if start < 0 else start
            end = following
        position = following
    if start < 0:
        raise _cannot(tune, bar, CompositionError("there is nothing in it"))
    while end < bar.end and text[end] in " \t":
        end += 1
    return start, end


def _piece(text: str, position: int, end: int) -> tuple[str, int]:
    """Kind and end of the piece of notation at a place."""
    if position == 0 or text[position - 1] == "\n":
        field = FIELD_LINE.match(text, position, end)
        if field and not opens_music(field[1], field[2]):
            return "field", min(field.end() + 1, end)
    match = TOKEN.match(text, position, end)
    if match is None:
        return "stray", position + 1
    kind = str(match.lastgroup)
    if kind == "comment":
        line_end = text.find("\n", position, end)
        return kind, end if line_end < 0 else line_end + 1
    if kind == "field":
        field = OLD_FIELD.match(text, position, end)
        return kind, field.end() if field else match.end()
    return kind, match.end()


def _number(numbers: Sequence[int], place: int) -> int:
    """What the bar at a place, counted from 1, is called; beyond the ends as if they went on."""
    nearest = min(max(place, 1), len(numbers))
    return numbers[nearest - 1] + place - nearest


def _cannot(tune: Tune, bar: Bar, why: CompositionError) -> CompositionError:
    return CompositionError(
        "Bar {number} cannot be rewritten: {why}. Choose others.",
        number=number_bars(tune.bars)[bar.index],
        why=why,
    )
