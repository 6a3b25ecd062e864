"""Where a given beginning leaves a tune: any valid ABC, also one that stops inside a bar.

A beginning that the grammar itself could have written is followed character by character. Of any
other the reader says what it means: what is written stays as it is, and the rules hold for what
comes after it.
"""

import re
from fractions import Fraction

from musicgen.errors import GrammarError
from musicgen.notation.grammar.acceptor import Grammar
from musicgen.notation.grammar.header import begin_music
from musicgen.notation.grammar.rules import UNIT, bar_ticks, is_same_key, is_same_meter
from musicgen.notation.grammar.states import OWED, Form, GrammarState, Header, Music
from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.barlines import is_closing, opens_repeat
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tokens import FIELD_LINE

_KEY_LINE = re.compile(r"^[ \t]*K:(?![|:])[^\n]*\n", re.MULTILINE)
_FIELDS_AND_COMMENTS = re.compile(r"^(?:[A-Za-z+]:(?![|:])|%)[^\n]*\n", re.MULTILINE)
_OPEN_CHORD = re.compile(r"\[(?![A-Za-z]:|[\d|\"])[^\]|\n]*\Z")
_PENDING = tuple('-<>(^_={"[~.')


def begin(grammar: Grammar, text: str) -> GrammarState:
    """The state after a beginning, from which every way leads to a right tune.

    Args:
        grammar: Rules that hold from here on.
        text: The beginning of one tune, its header first; empty for none.

    Raises:
        GrammarError: it is not what is asked for, or cannot be gone on from; with line and column.
    """
    state, length = grammar.feed_text(text)
    if length == len(text):
        return state
    if _KEY_LINE.search(text) is None:
        return _resume_header(grammar, text)
    return _resume_music(grammar, text, length)


def _no_header() -> GrammarError:
    return GrammarError("a header with X:, M: and K: comes first.")


def _misplaced(text: str) -> GrammarError:
    return GrammarError("{text!r} may not stand there.", text=text[:12])


def _refuse(text: str, position: int, why: GrammarError) -> GrammarError:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return GrammarError(
        "The beginning cannot be gone on from line {line}, column {column}: {why} "
        "Change it, or compose without the grammar.",
        line=line,
        column=column,
        why=why,
    )


# In the header


def _resume_header(grammar: Grammar, text: str) -> GrammarState:
    header, position = Header(), 0
    *lines, last = text.split("\n")
    for line in lines:
        header = _read_field(grammar, header, text, line, position)
        position += len(line) + 1
    state, length = grammar.feed_text(last, header)
    if length == len(last):
        return state
    field = FIELD_LINE.match(last)
    if field is None and not header.seen:
        raise _refuse(text, position, _no_header())
    if field is None or field[1] in "XMLK":
        raise _refuse(text, position + length, _misplaced(last[length:]))
    return header._replace(field="Z", has_colon=True, text="x")  # words of any kind


def _read_field(grammar: Grammar, header: Header, text: str, line: str, position: int) -> Header:
    field = FIELD_LINE.match(line)
    if field is None:
        raise _refuse(text, position, _no_header())
    letter, value = field[1], field[2].split("%")[0].strip()
    if letter not in "XTZRML" or letter in header.seen:
        return header
    header = header._replace(seen=header.seen + letter)
    if letter == "R":
        _check_rhythm(grammar, value)
    elif letter == "L":
        header = header._replace(unit=value)
    elif letter == "M":
        _check_meter(grammar, value)
        header = header._replace(meter=value)
    is_counted = "M" not in header.seen or _can_count(grammar, header)
    if not is_counted or (letter == "L" and "M" not in header.seen):
        raise _refuse(
            text,
            position,
            GrammarError("bars of this meter and unit length cannot be counted."),
        )
    return header


def _can_count(grammar: Grammar, header: Header) -> bool:
    grid = grammar.script.grid
    if "L" in header.seen:
        return bar_ticks(header.meter, header.unit, grid) > 0
    return bool(grammar.script.units(header.meter))


def _check_meter(grammar: Grammar, meter: str) -> None:
    asked = grammar.rules.meters()
    is_asked = bool(grammar.rules.meter or grammar.rules.rhythm)
    if is_asked and not any(is_same_meter(meter, other) for other in asked):
        raise GrammarError(
            "The beginning is in {given}, but {asked} is asked for.",
            given=meter,
            asked=" / ".join(asked),
        )


def _check_rhythm(grammar: Grammar, rhythm: str) -> None:
    asked = grammar.rules.rhythm
    if asked and rhythm.lower() != asked:
        raise GrammarError(
            "The beginning has the rhythm {given}, but {asked} is asked for.",
            given=rhythm,
            asked=asked,
        )


# In the music


def _resume_music(grammar: Grammar, text: str, length: int) -> GrammarState:
    tune, _ = read_tune(text)
    _check_header(grammar, tune)
    full = _full_bar(grammar, tune)
    closed = [bar for bar in tune.bars if bar.closing]
    _check_bars(text, closed)
    _check_notes(grammar, text, tune)
    form = Form(full)
    for bar in closed:
        form = _count(form, bar, tune)
    cut = closed[-1].end + len(closed[-1].closing) if closed else tune.body_start
    rest = _FIELDS_AND_COMMENTS.sub("", text[cut:])
    if closed and rest[:1] in ("1", "2"):
        form, rest = form._replace(ending=int(rest[0]), ending_bars=0), rest[1:]
    before = "" if rest else " " if closed else "\n"  # behind a header no line may stay blank
    state = begin_music(grammar.script, form, tune.key.text)._replace(after=before)
    if state.plan.limit <= 0:
        why = GrammarError(
            "the section has {bars} bars already, {most} is the most.",
            bars=form.bars,
            most=max(grammar.rules.bars),
        )
        raise _refuse(text, cut, why)
    following, done = grammar.feed_text(rest, state)
    if done == len(rest):
        return following
    return _inside_bar(grammar, state, tune, max(length, len(text) - len(rest) + done))


def _check_bars(text: str, closed: list[Bar]) -> None:
    """Refuses what no ending could make right: a bar that is too long, a chord left open."""
    for bar in closed:
        if bar.expected is not None and bar.actual > bar.expected:
            raise _refuse(text, bar.start, GrammarError("this bar is longer than the meter says."))
    if found := _OPEN_CHORD.search(text):
        raise _refuse(text, found.start(), GrammarError("the chord is not closed."))


def _check_notes(grammar: Grammar, text: str, tune: Tune) -> None:
    rules = grammar.rules
    if not rules.is_exact:
        return
    for note in tune.notes:
        if any(not rules.lowest <= pitch <= rules.highest for pitch in note.pitches):
            why = GrammarError("the note lies outside of the range that is asked for.")
            raise _refuse(text, note.start, why)


def _check_header(grammar: Grammar, tune: Tune) -> None:
    rules = grammar.rules
    _check_meter(grammar, tune.meter.text)
    if tune.rhythm:
        _check_rhythm(grammar, tune.rhythm)
    if rules.key and not is_same_key(tune.key.text, rules.key):
        raise GrammarError(
            "The beginning is in {given}, but {asked} is asked for.",
            given=tune.key.text,
            asked=rules.key,
        )
    asked = Fraction(rules.unit) * 4 if rules.unit else tune.unit_quarters
    if tune.unit_quarters != asked:
        raise GrammarError("The beginning has another unit length than {unit}.", unit=rules.unit)


def _full_bar(grammar: Grammar, tune: Tune) -> int:
    full = tune.bars[-1].expected if tune.bars else tune.meter.bar_quarters
    if full is None:
        raise GrammarError(
            "The beginning has no meter, so its bars cannot be counted. Write one, as in M:6/8, "
            "or compose without the grammar."
        )
    ticks = full / tune.unit_quarters * UNIT
    if ticks.denominator != 1 or ticks % (2 * grammar.script.grid):
        raise GrammarError(
            "Bars of {meter} in this unit length cannot be counted. Change L:, or "
            "compose without the grammar.",
            meter=tune.meter.text,
        )
    return int(ticks)


def _ticks(quarters: Fraction, tune: Tune) -> Fraction:
    return quarters / tune.unit_quarters * UNIT


def _count(form: Form, bar: Bar, tune: Tune) -> Form:
    """The form with one more bar that is closed."""
    if bar.starts_ending and bar.ending:
        form = form._replace(ending=min(2, *bar.ending), ending_bars=0)
    if opens_repeat(bar.opening):
        form = form._replace(is_open=True)
    is_first = form.bars == 0 and not form.ending and not form.is_past_pickup
    is_short = bar.expected is not None and bar.actual < bar.expected
    if is_first and is_short and not is_closing(bar.closing):
        ticks = _ticks(bar.actual, tune)
        pickup = int(ticks) if ticks.denominator == 1 and not ticks % (UNIT // 2) else 0
        return form._replace(pickup=pickup, is_past_pickup=True)
    form = form._replace(
        pickup=max(form.pickup, 0),
        is_past_pickup=True,
        bars=form.bars + (form.ending != 2),
        ending_bars=form.ending_bars + 1,
    )
    if not is_closing(bar.closing):
        return form
    if form.ending == 1:
        return form._replace(ending=OWED, first_ending_bars=form.ending_bars, ending_bars=0)
    return Form(
        full=form.full,
        sections=form.sections + 1,
        pickup=form.pickup,
        is_open=opens_repeat(bar.closing),
        keys=form.keys,
    )


def _inside_bar(grammar: Grammar, state: Music, tune: Tune, position: int) -> Music:
    """The open bar as the reader understands it: chords, slurs, ornaments of any kind."""
    text = tune.text
    open_bar = tune.bars[-1] if tune.bars and not tune.bars[-1].closing else None
    fill = _ticks(open_bar.actual, tune) if open_bar else Fraction(0)
    room = state.plan.limit - fill
    if room < 0:
        raise _refuse(
            text,
            position,
            GrammarError("the bar is longer than the meter says, or must close here."),
        )
    if fill and (not state.plan.may_start or state.plan.ending == OWED):
        raise _refuse(
            text,
            position,
            GrammarError("the tune is to end, or its second ending to begin, here."),
        )
    if text.rstrip().endswith(_PENDING) or room.denominator != 1 or room % grammar.script.grid:
        raise _refuse(
            text, position, GrammarError("{text!r} is not completed.", text=text[position:][:12])
        )
    after = "\n" if text.endswith("\n") and not fill else " " if text.endswith(" ") else ""
    return state._replace(fill=int(fill), after=after)
