"""``musicgen check``: what is wrong with the tunes of an ABC file, and where."""

from pathlib import Path

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.reading import read_tunes_text
from musicgen.notation.analysis.checking import (
    TuneCheck,
    WrongBar,
    check_tunebook,
    describe_check,
    summarise_checks,
    write_quarters,
)
from musicgen.notation.analysis.ranges import scientific_name


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check_command(file: Path, as_json: bool) -> None:
    """Check every tune of an ABC file: can it be read, does it end, does every bar keep time.

    Places are FILE:LINE:COLUMN. Exit status 0 when the file could be read, whatever was found.
    """
    checks = check_tunebook(read_tunes_text(file))
    summary = summarise_checks(checks)
    noun = "tune" if len(checks) == 1 else "tunes"
    if as_json:
        echo_json(
            {
                "file": str(file),
                "summary": summary,
                "tunes": [describe_check(check) for check in checks],
            }
        )
        return
    for check in checks:
        for line in _lines(file.name, check):
            echo(line)
    echo(
        f"{summary['tunes']} {noun}: {summary['readable']} readable {_manner(summary)}, "
        f"{summary['complete']} end properly, {summary['in_time']} in time"
    )


def _manner(summary: dict[str, int]) -> str:
    count = summary["left_out"]
    return f"({count} with something left out)" if count else "without a problem"


def _lines(name: str, check: TuneCheck) -> list[str]:
    title = check.title or "without title"
    words = [
        f"{check.bars} bars",
        _range(check),
        "ends properly" if check.is_complete else "does not end with a closing bar line",
        _time_kept(check),
    ]
    lines = [f"{name}:{check.line}: {check.reference or '-'} {title}: {', '.join(words)}"]
    lines += [
        f"  {name}:{problem.line}:{problem.column}: {problem.message}" for problem in check.problems
    ]
    return lines + [
        f"  {name}:{bar.line}:{bar.column}: {_complaint(bar)}" for bar in check.wrong_bars
    ]


def _time_kept(check: TuneCheck) -> str:
    if not check.is_metered:
        return "no meter to keep"
    return "in time" if check.is_in_time else "not in time"


def _complaint(bar: WrongBar) -> str:
    return (
        f"Bar {bar.number} is too {bar.verdict.value}: {write_quarters(bar.actual)} instead of "
        f"{write_quarters(bar.expected)} quarter notes."
    )


def _range(check: TuneCheck) -> str:
    if check.lowest is None or check.highest is None:
        return "silent"
    return f"{scientific_name(check.lowest)} to {scientific_name(check.highest)}"
