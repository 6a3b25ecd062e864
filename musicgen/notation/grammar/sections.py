"""Sections, repeats, endings and upbeats: what each bar line does, and what a bar may become.

Every section begins with the upbeat of the first one, or without where that has none; the last bar
of a section, and of each ending, is short by just that much.
"""

from functools import lru_cache
from typing import NamedTuple

from musicgen.notation.grammar.rules import UNIT, Rules
from musicgen.notation.grammar.states import OWED, Form, Plan

MAX_ENDING_BARS = 4
MIN_SHARED_BARS = 2
MAX_KEY_CHANGES = 4

PLAIN = "|"
FIRST = ("|1", "|[1")
SECOND = (":|2", ":|[2")
REPEAT = ":|"
FINAL = ("|]", "||")
OPENING = "|:"
BOTH = ("::",)
"""One section ends and the next begins; not every program reads ``:|:`` as both."""
BEFORE_BARS = (OPENING, "[1", "[2")
"""What stands before a bar, behind another line or at a line's start."""

BAR_LINES = (PLAIN, REPEAT, *FINAL, *FIRST, *SECOND, *BEFORE_BARS, *BOTH)
"""Every bar line that is written."""


class Endings(NamedTuple):
    """Whether first and second endings can be written, and the second at the start of a line."""

    can_begin: bool
    can_follow: bool


@lru_cache(maxsize=65536)
def make_plan(form: Form, rules: Rules, endings: Endings) -> Plan:
    """What may become of the bar that begins now.

    Args:
        form: What has been written.
        rules: What is asked.
        endings: Which endings can be written.
    """
    is_start = form.bars == 0 and not form.ending and not form.is_past_pickup
    may_start = form.sections < rules.sections[1]
    closing = form.full - max(form.pickup, 0) if _may_close(form, rules) else -1
    may_go_on = _may_go_on(form, rules)
    pickup = _pickup(form) if is_start else -1
    limit = form.full if may_go_on else closing
    if pickup > 0:
        limit, may_go_on = pickup, False
    is_free = endings.can_begin and not form.ending and pickup <= 0
    return Plan(
        full=form.full,
        limit=limit,
        closing=closing,
        pickup=pickup,
        may_go_on=may_go_on,
        may_split=is_free and _may_split(rules, form.bars + 1),
        may_split_before=is_free and not is_start and _may_split(rules, form.bars),
        ending=form.ending,
        may_owe=endings.can_follow,
        is_open=form.is_open,
        is_start=is_start,
        may_start=may_start or not is_start,
        may_follow=form.sections + 1 < rules.sections[1],
        may_end=is_start and not form.is_open and form.sections >= max(1, rules.sections[0]),
        may_change_key=not rules.key
        and form.keys < MAX_KEY_CHANGES
        and form.ending != OWED
        and (may_start or not is_start)
        and bool(form.sections or form.bars),
    )


def _pickup(form: Form) -> int:
    """How full an upbeat must be: 0 for any length, -1 for none."""
    if form.pickup < 0:
        return 0
    return form.pickup or -1


def _may_close(form: Form, rules: Rules) -> bool:
    if form.ending == 2:
        return form.ending_bars + 1 == form.first_ending_bars
    return form.bars + 1 in rules.bars and form.pickup >= 0


def _may_go_on(form: Form, rules: Rules) -> bool:
    """Whether another bar of the section may follow this one."""
    if form.ending == 2:
        return form.ending_bars + 1 < form.first_ending_bars
    most = max(rules.bars)
    if form.ending == 1:
        most = form.bars - form.ending_bars + MAX_ENDING_BARS
    return any(form.bars + 1 < length <= most for length in rules.bars)


def _may_split(rules: Rules, bars: int) -> bool:
    """Whether a first ending may begin after that many bars of the section."""
    ahead = range(bars + 1, bars + MAX_ENDING_BARS + 1)
    return bars >= MIN_SHARED_BARS and any(length in ahead for length in rules.bars)


def is_right_line(plan: Plan, fill: int, line: str, is_tied: bool) -> bool:
    """Whether a bar line may stand where the bar is filled so far."""
    if line == PLAIN:
        is_upbeat = not is_tied and _is_upbeat(plan, fill)
        return is_upbeat or (fill == plan.full and plan.may_go_on)
    if is_tied:
        return False
    if line in BEFORE_BARS:
        return fill == 0 and _is_right_opening(plan, line)
    if line in FIRST:
        return fill == plan.full and plan.may_split
    return fill == plan.closing and _is_right_close(plan, line)


def _is_right_opening(plan: Plan, line: str) -> bool:
    if line == OPENING:
        return plan.is_start and plan.may_start and not plan.is_open
    return plan.may_split_before if line == "[1" else plan.ending == OWED


def _is_upbeat(plan: Plan, fill: int) -> bool:
    if plan.pickup > 0:
        return fill == plan.pickup
    return plan.pickup == 0 and 0 < 2 * fill <= plan.full and fill % (UNIT // 2) == 0


def _is_right_close(plan: Plan, line: str) -> bool:
    if line in SECOND:
        return plan.ending == 1
    if line == REPEAT:
        return plan.ending < 2 and (plan.may_owe or not plan.ending)
    if line in FINAL:
        return plan.ending == 2 or (not plan.ending and not plan.is_open)
    return not plan.ending and plan.may_follow


def follow_line(form: Form, fill: int, line: str) -> Form:
    """The form after a bar line that is right there."""
    if line == OPENING:
        return form._replace(is_open=True)
    if line in BEFORE_BARS:
        return form._replace(ending=int(line[-1]), ending_bars=0)
    if line == PLAIN and fill < form.full:
        return form._replace(pickup=fill, is_past_pickup=True)
    done = _count_bar(form._replace(pickup=max(form.pickup, 0)))
    if line == PLAIN:
        return done
    if line in FIRST:
        return done._replace(ending=1, ending_bars=0)
    return _close_section(done, line)


def _close_section(done: Form, line: str) -> Form:
    if done.ending == 1:
        following = 2 if line in SECOND else OWED
        return done._replace(ending=following, first_ending_bars=done.ending_bars, ending_bars=0)
    return Form(
        full=done.full,
        sections=done.sections + 1,
        pickup=done.pickup,
        is_open=line in BOTH,
        keys=done.keys,
    )


def _count_bar(form: Form) -> Form:
    if form.ending:
        bars = form.bars + (form.ending == 1)
        return form._replace(bars=bars, ending_bars=form.ending_bars + 1)
    return form._replace(bars=form.bars + 1, is_past_pickup=True)
