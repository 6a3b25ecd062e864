"""What is wrong with the tunes of a text, and where: the answer of ``musicgen check``."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import Verdict, check_bars
from musicgen.notation.model import Problem, ProblemKind, Tune
from musicgen.notation.parsing.characters import plain_lines
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_file_header, split_tunebook


@dataclass(frozen=True, slots=True)
class PlacedProblem:
    """A problem at a line and column of the file, both from 1."""

    line: int
    column: int
    message: str
    kind: ProblemKind = ProblemKind.NOT_READ


@dataclass(frozen=True, slots=True)
class WrongBar:
    """A bar that does not keep time: where it begins in the file, and its lengths.

    `number` is what `number_bars` calls the bar, `expected` and `actual` are in quarter notes.
    """

    line: int
    column: int
    number: int
    expected: Fraction | None
    actual: Fraction
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TuneCheck:
    """Everything there is to say of one tune.

    `line` is the line of the file at which the tune begins. A tune is **readable** where it has
    notes and all of its melody could be read: what is only left out beside it (other voices, words,
    unknown decorations: `ProblemKind.LEFT_OUT`) does not count. It is **complete** where it ends
    with a bar line that closes, **in time** where every bar is full or made up for
    (`bars.check_bars`); without a meter (`is_metered`) there is no time to keep.
    `lowest` and `highest` are MIDI pitches, None where nothing sounds.
    """

    line: int
    reference: str
    title: str
    meter: str
    key: str
    bars: int
    notes: int
    problems: tuple[PlacedProblem, ...]
    wrong_bars: tuple[WrongBar, ...]
    is_readable: bool
    is_complete: bool
    is_in_time: bool
    lowest: int | None
    highest: int | None
    is_metered: bool

    @property
    def has_left_out(self) -> bool:
        """Whether something beside the melody was left out."""
        return any(problem.kind is ProblemKind.LEFT_OUT for problem in self.problems)


def check_tune(
    text: str,
    *,
    start_line: int = 1,
    header: tuple[tuple[str, str], ...] = (),
    reading: tuple[Tune, tuple[Problem, ...]] | None = None,
) -> TuneCheck:
    """What is to say of the first tune of a text.

    Args:
        text: anything.
        start_line: the line of its file at which the text begins.
        header: fields of its tunebook's header (`tunebook.read_file_header`).
        reading: what `read_tune` gave for the text and the header, where it was read before.
    """
    tune, problems = reading or read_tune(text, defaults=header)
    report = check_bars(tune)
    numbers = number_bars(tune.bars)
    lines = [0, *(match.end() for match in re.finditer("\n", plain_lines(text)))]
    wrong = []
    for check in report.wrong:
        line, column = _place(lines, tune.bars[check.index].start)
        wrong.append(
            WrongBar(
                line + start_line - 1,
                column,
                numbers[check.index],
                check.expected,
                check.actual,
                check.verdict,
            )
        )
    notes = sum(not note.is_rest for note in tune.notes)
    return TuneCheck(
        start_line,
        tune.reference,
        tune.title,
        tune.meter.text,
        tune.key.text,
        len(tune.bars),
        notes,
        tuple(_placed(problem, start_line) for problem in problems),
        tuple(wrong),
        bool(notes) and all(problem.kind is ProblemKind.LEFT_OUT for problem in problems),
        report.ends_properly,
        report.is_in_time,
        report.lowest,
        report.highest,
        report.is_metered,
    )


def check_tunebook(text: str) -> list[TuneCheck]:
    """What is to say of every tune of a text, in order; none where there is no tune."""
    header = read_file_header(text)
    return [
        check_tune(tune.text, start_line=tune.start_line, header=header)
        for tune in split_tunebook(text)
    ]


def _placed(problem: Problem, start_line: int) -> PlacedProblem:
    return PlacedProblem(
        problem.line + start_line - 1, problem.column, problem.message, problem.kind
    )


def _place(lines: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(lines, offset)
    return line, offset - lines[line - 1] + 1


def summarise_checks(checks: Sequence[TuneCheck]) -> dict[str, int]:
    """How many tunes there are, and how many of them pass each test."""
    return {
        "tunes": len(checks),
        "readable": sum(check.is_readable for check in checks),
        "left_out": sum(check.has_left_out for check in checks),
        "complete": sum(check.is_complete for check in checks),
        "in_time": sum(check.is_in_time for check in checks),
    }


def describe_check(check: TuneCheck) -> dict[str, Any]:
    """All of it as JSON-ready values; lengths are fractions of quarter notes, as texts."""
    return {
        "reference": check.reference,
        "title": check.title,
        "line": check.line,
        "meter": check.meter,
        "key": check.key,
        "bars": check.bars,
        "notes": check.notes,
        "readable": check.is_readable,
        "left_out": check.has_left_out,
        "complete": check.is_complete,
        "in_time": check.is_in_time if check.is_metered else None,
        "lowest": check.lowest,
        "highest": check.highest,
        "problems": list(check.problems),
        "wrong_bars": [
            {
                "line": bar.line,
                "column": bar.column,
                "number": bar.number,
                "verdict": bar.verdict.value,
                "expected_quarters": write_quarters(bar.expected),
                "actual_quarters": write_quarters(bar.actual),
            }
            for bar in check.wrong_bars
        ],
    }


def write_quarters(quarters: Fraction | None) -> str:
    """A length in quarter notes as a fraction; empty for none."""
    return "" if quarters is None else str(quarters)
