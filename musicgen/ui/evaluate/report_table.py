"""The tables of a report: what each figure is and its interval, real tunes first."""

from collections.abc import Sequence

from musicgen.evaluation.judge import labels as judge_labels
from musicgen.evaluation.judge.result import Giveaway, Judgement
from musicgen.evaluation.measure_labels import (
    GROUPS,
    LOSSES,
    REAL_TUNES,
    SHARE,
    name_set,
    write_interval,
    write_mark,
    write_value,
)
from musicgen.evaluation.report.result import Report, TuneSet
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain

_NO_BREAK, _JOINER = "\u00a0", "\u2060"


def loss_rows(report: Report) -> dict[str, list[str]]:
    """Columns of the table of losses: model, temperature, and each figure with its interval."""
    rows = report.losses
    columns = {
        _("Model"): [plain(row.checkpoint) + ("" if row.is_own else " \\*") for row in rows],
        _("Temperature"): [f"{row.temperature:g}" for row in rows],
    }
    for name, measure in LOSSES.items():
        columns[_(measure.label)] = [cell(row.estimates[name], measure.form) for row in rows]
    return columns


def measure_rows(sets: Sequence[TuneSet]) -> dict[str, list[str]]:
    """Columns of the table of measures: their names in groups, then one for each set.

    Figures that lie off those of real tunes have an arrow.
    """
    real = next((item.estimates for item in sets if item.cell is None), {})
    labels: list[str] = []
    columns: dict[str, list[str]] = {plain(name_set(item.cell, _)): [] for item in sets}
    for group, measures in GROUPS.items():
        found = [name for name in measures if any(name in item.estimates for item in sets)]
        if found:
            labels.append(f"**{_(group)}**")
            for column in columns.values():
                column.append("")
        for name in found:
            labels.append(_(measures[name].label))
            for item, column in zip(sets, columns.values(), strict=True):
                column.append(cell(item.estimates.get(name), measures[name].form, real.get(name)))
    return {" ": labels} | columns


def verdict_rows(
    control: Judgement | None, judged: Sequence[tuple[TuneSet, Judgement]]
) -> dict[str, list[str]]:
    """Columns of the table of detectors: their names, the control, then one for each set.

    A detector that tells a set apart better than the real tunes from each other has an arrow.
    """
    found = [judgement for _item, judgement in judged]
    detectors = judge_labels.list_detectors((control, *found))
    chance = [control.auc(name) if control else None for name in detectors]
    columns = {
        " ": [_(judge_labels.name_detector(name).label) for name in detectors],
        _(judge_labels.CONTROL): [cell(one, SHARE) for one in chance],
    }
    for item, judgement in judged:
        columns[plain(name_set(item.cell, _))] = [
            cell(judgement.auc(name), SHARE, real)
            for name, real in zip(detectors, chance, strict=True)
        ]
    return columns


def giveaway_rows(judged: Sequence[tuple[TuneSet, Judgement]]) -> dict[str, list[str]]:
    """Columns of the figures that give some set away: names, real tunes, then one for each set.

    There are no rows where all gaps may be chance.
    """
    found = [judgement for _item, judgement in judged]
    figures = judge_labels.widest_figures(found)
    real = [next(one for item in found if (one := item.giveaway(name))) for name in figures]
    columns = {
        " ": [_(judge_labels.name_figure(name).label) for name in figures],
        _(REAL_TUNES): [judge_labels.write_mean(one, of_real=True) for one in real],
    }
    for item, judgement in judged:
        ones = [judgement.giveaway(name) for name in figures]
        columns[plain(name_set(item.cell, _))] = [_giveaway_cell(one) for one in ones]
    return columns


def _giveaway_cell(one: Giveaway | None) -> str:
    if one is None:
        return "–"
    mark, value = judge_labels.write_gap_mark(one), judge_labels.write_mean(one)
    value = value.replace(" ", _NO_BREAK) + (f"{_NO_BREAK}:orange[{mark}]" if mark else "")
    return f"{value} :small[:gray[{judge_labels.write_gap(one)}]]"


def cell(estimate: Estimate | None, form: str, real: Estimate | None = None) -> str:
    """A figure, whether it lies off that of real tunes, and, small, its interval, as Markdown."""
    if estimate is None:
        return "–"
    interval = write_interval(estimate, form)
    value = write_value(estimate.value, form).replace(" ", _NO_BREAK)
    mark = write_mark(estimate, real)
    if mark:
        value += f"{_NO_BREAK}:orange[{mark}]"
    joined = interval.replace(" – ", f"{_JOINER}–{_JOINER}")
    return f"{value} :small[:gray[{joined}]]" if interval else value
