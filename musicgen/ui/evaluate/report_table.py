"""The tables of a report: what each figure is and its interval, real tunes first."""

from collections.abc import Sequence

from musicgen.evaluation.measure_labels import (
    GROUPS,
    LOSSES,
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
