"""A report as one HTML file that needs nothing else: tables, drawings, tunes as text.

There is no script in it and no address. The page is the template `report.html`, which escapes
whatever came from a network or a file; what it shows is collected here.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.evaluation.judge import labels as judge_labels
from musicgen.evaluation.judge.result import Judgement
from musicgen.evaluation.measure_labels import (
    DISTRIBUTION_AXES,
    GROUPS,
    LOSSES,
    MARKS,
    MEASURES,
    N_,
    REAL_TUNES,
    SHARE,
    Measure,
    Translate,
    name_set,
    write_interval,
    write_mark,
    write_value,
)
from musicgen.evaluation.report.drawing import Line, draw_bars, draw_lines
from musicgen.evaluation.report.figures import (
    SWEPT,
    find_loss_sweep,
    find_names,
    find_sweep,
    has_sweep,
    share_out,
)
from musicgen.evaluation.report.result import Example, Report, TuneSet
from musicgen.evaluation.statistics.estimate import Estimate

if TYPE_CHECKING:
    from jinja2 import Template

_LIGHT = ("#8f9a9f", "#1b6b50", "#c8641c", "#3f72c4", "#7a4a86", "#4a9aa8", "#a88200", "#9c2f4b")
_DARK = ("#a3b0ba", "#5cbf95", "#f0a062", "#7fb0f0", "#d294d4", "#7fd6e0", "#e3cf6a", "#f08097")

METHOD = (
    N_("Each figure comes with its 95 % interval: Wilson's for shares of tunes, the bootstrap "
       "over tunes for means. Near the value of real tunes is good; higher is not better."),
    N_("Distances are Jensen–Shannon divergences in bits from all training tunes, as the mean of "
       "draws of equally many tunes of each set, because fewer tunes always lie farther; the "
       "interval holds 95 % of the draws."),
    N_("The best tune is the one whose figures lie nearest to those of real tunes, the worst the "
       "one that lies farthest. It says what is unusual, not what is beautiful."),
)  # fmt: skip
"""How the figures were made, a paragraph each."""


def render_html(report: Report, translate: Translate = str, language: str = "en") -> str:
    """The report as a page.

    Args:
        report: What was found.
        translate: Gives the words in another language.
        language: The language's tag, as for ``lang``.
    """
    return _template().render(
        language=language,
        title=translate(N_("What the networks compose")),
        light=_LIGHT,
        dark=_DARK,
        plan=describe_plan(report, translate),
        losses=_losses(report, translate),
        measures=_measures(report, translate),
        judge=_judge(report, translate),
        sweeps=_sweeps(report, translate),
        distributions=_distributions(report, translate),
        sets=[item for one in report.all_sets() if (item := _examples(one, translate))],
        method=[translate(text) for text in METHOD + _method_of_judge(report)],
    )


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
    return environment.get_template("report.html")


def describe_plan(report: Report, translate: Translate) -> str:
    """In a line: when, how many tunes of each set, compared with which real ones."""
    parts = [report.created.replace("T", " ").removesuffix("+00:00") + " UTC"]
    if report.plan.count and report.sets:
        parts.append(
            translate(N_("{count} tunes of each set, seeds from {seed}")).format(
                count=report.plan.count, seed=report.plan.seed
            )
        )
    if report.real:
        parts.append(
            translate(N_("{count} real tunes ({name})")).format(
                count=report.real.tunes, name=_tunes_of(report, translate)
            )
        )
    else:
        parts.append(translate(N_("the corpus is not here, so there is nothing real beside it")))
    if report.source:
        parts.append(
            translate(N_("distances from the training tunes of {name}, {size} at a time")).format(
                name=report.source, size=report.draw_size
            )
        )
    if report.left_out:
        parts.append(translate(N_("left out as too long: {count}")).format(count=report.left_out))
    if report.learned:
        parts.append(translate(N_("left out as learned: {count}")).format(count=report.learned))
    return " · ".join(parts)


def _tunes_of(report: Report, translate: Translate) -> str:
    words = {"val": N_("held out for validation"), "test": N_("held out for the test")}
    side = words.get(report.tunes_of)
    return translate(side) if side else report.tunes_of


FOREIGN = N_("These tunes are not the ones held out of what this model learned from.")
NOT_REWRITTEN = N_(
    "{name}: {count} of the real tunes cannot be written in the notation that it reads, and are "
    "not in its figures."
)


def explain_losses(report: Report, translate: Translate) -> list[str]:
    """What is to be said of the table of losses, a sentence each."""
    are_own = all(row.is_own for row in report.losses)
    missing = {row.checkpoint: row.not_rewritten for row in report.losses if row.not_rewritten}
    return (
        []
        if are_own
        else [f"* {translate(FOREIGN)}"]
        + [
            translate(NOT_REWRITTEN).format(name=name, count=count)
            for name, count in missing.items()
        ]
    )


def _losses(report: Report, translate: Translate) -> dict[str, Any] | None:
    if not report.losses:
        return None
    rows = [
        {
            "name": row.checkpoint + ("" if row.is_own else " *"),
            "temperature": f"{row.temperature:g}",
            "figures": [
                _figure(row.estimates[name], measure.form) for name, measure in LOSSES.items()
            ],
        }
        for row in report.losses
    ]
    head = [translate(N_("Model")), translate(N_("Temperature"))]
    return {
        "title": translate(N_("How well they predict real tunes")),
        "head": head + [translate(measure.label) for measure in LOSSES.values()],
        "rows": rows,
        "notes": explain_losses(report, translate),
    }


def _figure(estimate: Estimate, form: str, mark: str = "") -> dict[str, str]:
    value, interval = write_value(estimate.value, form), write_interval(estimate, form)
    return {"value": value, "interval": interval, "mark": mark}


def _measures(report: Report, translate: Translate) -> dict[str, Any] | None:
    sets = report.all_sets()
    if not sets:
        return None
    groups = []
    for group, measures in GROUPS.items():
        found = [name for name in measures if any(name in item.estimates for item in sets)]
        if found:
            rows = [_measure_row(name, measures[name], sets, translate) for name in found]
            groups.append({"title": translate(group), "rows": rows})
    return {
        "title": translate(N_("What they compose")),
        "head": ["", *(name_set(item.cell, translate) for item in sets)],
        "groups": groups,
        "note": translate(MARKS) if report.real and report.sets else "",
    }


def _measure_row(
    name: str, measure: Measure, sets: Sequence[TuneSet], translate: Translate
) -> dict[str, Any]:
    real = next((item.estimates.get(name) for item in sets if item.cell is None), None)
    estimates = [item.estimates.get(name) for item in sets]
    return {
        "label": translate(measure.label),
        "help": translate(measure.help),
        "figures": [
            _figure(one, measure.form, write_mark(one, real)) if one else None for one in estimates
        ],
    }


def _judge(report: Report, translate: Translate) -> dict[str, Any] | None:
    """What detectors found of each set, and what gives it away; None where they were not asked."""
    judged = report.judged()
    if not judged:
        return None
    control = report.control()
    found = [judgement for _item, judgement in judged]
    names = [name_set(item.cell, translate) for item, _judgement in judged]
    rows = [
        {
            "label": translate(judge_labels.name_detector(name).label),
            "help": translate(judge_labels.name_detector(name).help),
            "figures": [_auc(one, name, control) for one in (control, *found)],
        }
        for name in judge_labels.list_detectors((control, *found))
    ]
    return {
        "title": translate(judge_labels.TITLE),
        "notes": [translate(judge_labels.MEANING), translate(judge_labels.CONTROL_MEANING)],
        "why_not": judge_labels.explain_gaps(control, found, translate),
        "head": ["", translate(judge_labels.CONTROL), *names],
        "rows": rows,
        "giveaways": _giveaways(found, names, translate) if rows else None,
    }


def _auc(
    judgement: Judgement | None, detector: str, control: Judgement | None
) -> dict[str, str] | None:
    one = judgement.auc(detector) if judgement else None
    chance = control.auc(detector) if control else None
    return _figure(one, SHARE, write_mark(one, chance)) if one else None


def _giveaways(
    found: Sequence[Judgement], names: Sequence[str], translate: Translate
) -> dict[str, Any]:
    rows = []
    for name in judge_labels.widest_figures(found):
        figure = judge_labels.name_figure(name)
        ones = [one.giveaway(name) for one in found]
        real = next(one for one in ones if one)
        means = {"value": judge_labels.write_mean(real, of_real=True), "interval": "", "mark": ""}
        cells = [
            {
                "value": judge_labels.write_mean(one),
                "interval": judge_labels.write_gap(one),
                "mark": judge_labels.write_gap_mark(one),
            }
            if one
            else None
            for one in ones
        ]
        label, meaning = translate(figure.label), translate(figure.help) if figure.help else ""
        rows.append({"label": label, "help": meaning, "figures": [means, *cells]})
    note = judge_labels.GIVEAWAYS_MEANING if rows else judge_labels.NO_GIVEAWAY
    return {
        "title": translate(judge_labels.GIVEAWAYS_TITLE),
        "note": translate(note),
        "head": ["", translate(REAL_TUNES), *names],
        "rows": rows,
    }


def _method_of_judge(report: Report) -> tuple[str, ...]:
    return (judge_labels.METHOD,) if report.judged() else ()


def _sweeps(report: Report, translate: Translate) -> dict[str, Any] | None:
    if not has_sweep(report):
        return None
    axis = translate(N_("temperature"))
    drawings: list[tuple[str, list[Line], Estimate | None]] = [
        (translate(N_("Loss on real tunes")), find_loss_sweep(report), None)
    ]
    for name in SWEPT:
        reference = report.real.estimates.get(name) if report.real else None
        drawings.append((translate(MEASURES[name].label), find_sweep(report, name), reference))
    plots = [
        {"label": label, "names": [line.name for line in lines], "drawing": drawing}
        for label, lines, reference in drawings
        if (drawing := draw_lines(lines, reference, label, axis))
    ]
    note = N_("* without the grammar; the dashed line and its band are real tunes")
    return {
        "title": translate(N_("Over the temperature")),
        "note": translate(note),
        "plots": plots,
    }


def _distributions(report: Report, translate: Translate) -> dict[str, Any] | None:
    sets = report.all_sets()
    plots = []
    for name, axis in DISTRIBUTION_AXES.items():
        names = find_names(name, sets)
        series = [
            (item.key, [share_out(item, name).get(one, 0.0) for one in names]) for item in sets
        ]
        label = translate(MEASURES[name].label)
        drawing = draw_bars(names, series, label, translate(axis))
        if drawing:
            plots.append({"label": label, "drawing": drawing})
    if not plots:
        return None
    return {
        "title": translate(N_("Side by side")),
        "names": [name_set(item.cell, translate) for item in sets],
        "plots": plots,
    }


def _examples(item: TuneSet, translate: Translate) -> dict[str, Any] | None:
    """The best and the worst tune of a set; None where there is neither."""
    examples = [
        {"title": f"{translate(label)}: {_title(example, translate)}", "abc": example.abc}
        for label, example in ((N_("Best"), item.best), (N_("Worst"), item.worst))
        if example
    ]
    return {"title": name_set(item.cell, translate), "examples": examples} if examples else None


def _title(example: Example, translate: Translate) -> str:
    title = example.title or translate(N_("without a title"))
    if example.seed is None:
        return title
    return f"{title} · " + translate(N_("seed {seed}")).format(seed=example.seed)
