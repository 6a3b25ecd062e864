"""What a study found, to take away: every ballot as CSV, all of it as JSON, a page to print.

Listeners appear by number only: their ids would let somebody go on in their place.
"""

import csv
import io
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.config import to_json
from musicgen.evaluation.measure_labels import Translate
from musicgen.listening.bradley_terry import Interval
from musicgen.listening.plan import PAIR_QUESTIONS, RATING_QUESTIONS, StudyPlan
from musicgen.listening.results import StudyResult, count, winner
from musicgen.listening.store import Ballot, StudyInfo, StudyStore
from musicgen.listening.trials import NOBODY, NOISE
from musicgen.translatable import N_
from musicgen.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template

FORMATS = ("csv", "json", "html")

_COLUMNS = (
    "listener", "position", "kind", "slot", "left", "right", "answer", "preferred", "duration_ms",
    "at", "years",
)  # fmt: skip
_WIDTH = 300
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def export(store: StudyStore, info: StudyInfo, format_name: str, translate: Translate = str,
           language: str = "en") -> bytes:  # fmt: skip
    """A study as a file of one of `FORMATS`.

    Args:
        store: Where it is kept.
        info: Which one.
        format_name: ``csv``, ``json`` or ``html``.
        translate: Gives the words of the page in another language.
        language: The language's tag.
    """
    ballots = store.ballots(info.id)
    if format_name == "csv":
        return write_csv(info.plan, ballots, store.numbers(info.id)).encode("utf-8")
    result = count(info.plan, ballots, store.numbers(info.id), is_final=info.is_final)
    if format_name == "html":
        return render_page(info, result, translate, language).encode("utf-8")
    return to_json(to_values(store, info, result)).encode("utf-8")


def write_csv(plan: StudyPlan, ballots: list[Ballot], numbers: dict[str, int]) -> str:
    """One line for each ballot, with the names of versions in place of their numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in _rows(plan, ballots, numbers):
        writer.writerow([_cell(row[name]) for name in _COLUMNS])
    return out.getvalue()


def to_values(store: StudyStore, info: StudyInfo, result: StudyResult) -> dict[str, Any]:
    """All of a study, JSON-ready: plan, count, ballots, tunes with their provenance."""
    return {
        "format": "musicgen-study",
        "format_version": 1,
        "created": info.created,
        "plan": info.plan.to_dict(),
        "result": result.to_dict(),
        "ballots": _rows(info.plan, store.ballots(info.id), store.numbers(info.id)),
        "tunes": [
            {"slot": slot, "version": _name(info.plan, version), "abc": abc, "provenance": origin}
            for (slot, version), (abc, origin) in sorted(store.texts(info.id).items())
        ],
    }


def _rows(plan: StudyPlan, ballots: list[Ballot], numbers: dict[str, int]) -> list[dict[str, Any]]:
    rows = []
    for one in ballots:
        won = None if isinstance(one.answer, dict) else winner(one)
        answer = one.answer
        rows.append(
            {
                "listener": numbers.get(one.listener, 0) + 1,
                "position": one.trial.position + 1,
                "kind": one.trial.kind,
                "slot": one.trial.slot + 1,
                "left": _name(plan, one.trial.left),
                "right": _name(plan, one.trial.right),
                "answer": answer,
                "preferred": "" if won is None else _name(plan, won),
                "duration_ms": one.duration_ms,
                "at": one.at,
                "years": one.years,
            }
        )
    return rows


def _name(plan: StudyPlan, version: int) -> str:
    if version == NOBODY:
        return ""
    return "noise" if version == NOISE else plan.versions[version].name


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={number}" for name, number in sorted(value.items()))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def render_page(
    info: StudyInfo, result: StudyResult, translate: Translate = str, language: str = "en"
) -> str:
    """The count as an HTML page without scripts and addresses, to be read and printed."""
    plan = info.plan
    questions = PAIR_QUESTIONS if plan.settings.is_paired else RATING_QUESTIONS
    return _template().render(
        language=language,
        title=plan.title,
        created=info.created[:10],
        asked=[translate(questions[scale]) for scale in plan.settings.scale_names],
        facts=describe(result, translate),
        versions=_drawn(result),
        pairs=result.pairs,
        ratings=result.ratings,
        listeners=result.shown_listeners,
        names=[version.name for version in plan.versions],
        words={name: translate(text) for name, text in _WORDS.items()},
        share=write_share,
        figure=write_figure,
        width=_WIDTH,
        footer=f"musicgen {__version__}",
    )


_WORDS = {
    "version": N_("Version"),
    "won": N_("Won"),
    "lost": N_("Lost"),
    "tied": N_("Tied"),
    "strength": N_("Strength (log-odds, 95 %)"),
    "pair": N_("Pair"),
    "preference": N_("Preferred to the second (95 %)"),
    "verdict": N_("Verdict"),
    "different": N_("different"),
    "equal": N_("equal within the margin"),
    "open": N_("not decided"),
    "scale": N_("Scale"),
    "count": N_("Ratings"),
    "mean": N_("Mean of 1 to 5 (95 %)"),
    "above": N_("Above the first version (95 %)"),
    "listener": N_("Listener"),
    "ballots": N_("Ballots"),
    "time": N_("Median time (s)"),
    "checks": N_("Failed checks"),
    "listeners": N_("Listeners"),
    "years": N_("Years of playing"),
    "excluded": N_("does not count"),
}


def describe(result: StudyResult, translate: Translate = str) -> list[str]:
    """How far a study is and how people listened, a sentence each."""
    look, plan = result.look, result.plan
    facts = [
        translate(
            N_("Ballots: {given:,} of {planned:,}, counted when the study was closed for good.")
            if look.is_early
            else N_("Ballots: {given:,} of {planned:,}, counted at look {look} of {looks}.")
            if look.number
            else N_("Ballots: {given:,} of {planned:,}; the first look is still to come.")
        ).format(
            given=result.ballots, planned=plan.planned_ballots, look=look.number, looks=look.looks
        ),
        translate(N_("Listeners: {count}, of whom {excluded} do not count.")).format(
            count=len(result.listeners), excluded=result.excluded
        ),
        translate(N_("Checks failed: {failed} of {shown}.")).format(
            failed=result.failed_checks, shown=result.checks
        ),
    ]
    if look.next_at:
        facts.append(
            translate(N_("The next look is at {count:,} ballots.")).format(count=look.next_at)
        )
    if result.missing_listeners:
        facts.append(
            translate(N_("Listeners still needed: {count:,}, if each gives all answers.")).format(
                count=result.missing_listeners
            )
        )
    if look.number and result.pairs:
        facts.append(_describe_bounds(result, translate))
    if math.isfinite(result.agreement):
        facts.append(
            translate(N_("Agreement among listeners (Krippendorff's α): {value:.2f}.")).format(
                value=unsigned_zero(result.agreement)
            )
        )
    if math.isfinite(result.left_share.value):
        facts.append(
            translate(N_("Share of preferences for the first of two equals: {share}.")).format(
                share=write_share(result.left_share)
            )
        )
    if math.isfinite(result.times_s[1]):
        facts.append(_describe_times(result.times_s, translate))
    return facts


def _describe_bounds(result: StudyResult, translate: Translate) -> str:
    margin = result.plan.settings.margin
    return translate(
        N_("Two versions count as different where the difference is more than {bound:.2f} standard "
           "errors, as equal where the share surely lies between {low:.0%} and {high:.0%}.")
    ).format(bound=result.look.bound, low=1 - margin, high=margin)  # fmt: skip


def _describe_times(times_s: tuple[float, float, float], translate: Translate) -> str:
    low, median, high = (f"{one:.0f}" for one in times_s)
    if low == high:
        return translate(N_("Time for a ballot: {median} s.")).format(median=median)
    return translate(N_("Time for a ballot: {low} to {high} s, {median} s in the middle.")).format(
        low=low, median=median, high=high
    )


def unsigned_zero(value: float, digits: int = 2) -> float:
    """A figure as it is written with so many digits, where a zero has no sign."""
    return round(value, digits) + 0.0


def _drawn(result: StudyResult) -> list[dict[str, Any]]:
    """The versions with the places of dot and line of each interval in a drawing."""
    ends = [
        end for one in result.versions for end in (one.strength.low, one.strength.high)
        if math.isfinite(end)
    ]  # fmt: skip
    low, high = min([*ends, -1.0]), max([*ends, 1.0])

    def place(value: float) -> float:
        return round((value - low) / (high - low) * _WIDTH, 1) if math.isfinite(value) else 0.0

    return [
        {
            "row": one,
            "low": place(one.strength.low),
            "high": place(one.strength.high),
            "dot": place(one.strength.value),
            "zero": place(0.0),
            "is_known": math.isfinite(one.strength.low),
        }
        for one in result.versions
    ]


def write_share(value: Interval) -> str:
    """An interval of a share in percent; a dash where nothing is known."""
    if not math.isfinite(value.value):
        return "–"
    return f"{value.value:.1%} ({value.low:.1%}–{value.high:.1%})"


def write_figure(value: Interval) -> str:
    """An interval of a figure; a dash where nothing is known."""
    if not math.isfinite(value.value):
        return "–"
    middle, low, high = (unsigned_zero(one) for one in (value.value, value.low, value.high))
    if not math.isfinite(low):
        return f"{middle:.2f}"
    return f"{middle:.2f} ({low:.2f} … {high:.2f})"


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("study.html")
