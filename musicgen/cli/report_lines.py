"""A report in the terminal: its progress while it is made, and its lines."""

import sys
from typing import Any

from tqdm import tqdm

from musicgen.evaluation.judge import labels as judge_labels
from musicgen.evaluation.judge.result import Judgement
from musicgen.evaluation.measure_labels import (
    GROUPS,
    LOSSES,
    MARKS,
    Measure,
    name_set,
    write_interval,
    write_mark,
    write_value,
)
from musicgen.evaluation.report.plan import Cell
from musicgen.evaluation.report.result import REAL, LossRow, Report, TuneSet
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.safe_text import escape_controls

_STEPS = 1000


def open_bar(as_json: bool) -> "tqdm[Any]":
    """A bar for the progress of a report; none for programs, and none for short work."""
    return tqdm(
        total=_STEPS, delay=1.0, disable=as_json or None, file=sys.stderr,
        bar_format="{percentage:3.0f} %|{bar}| {remaining} left {desc}",
    )  # fmt: skip


def show_progress(bar: "tqdm[Any]", share: float, cell: Cell | None) -> None:
    """Moves the bar to the share that is done, 0..1, and names the set at work."""
    name = escape_controls(name_set(cell, str)) if cell else ""
    bar.set_description_str(name, refresh=False)
    bar.update(max(0, round(_STEPS * share) - bar.n))


def report_lines(report: Report) -> list[str]:
    """The report for a terminal: losses, then the figures of each set."""
    lines = [line for row in report.losses for line in _loss_lines(row, report)]
    lines += [line for item in report.all_sets() for line in _set_lines(item, report)]
    lines += _judge_lines(report)
    if report.real and report.sets:
        lines.append(MARKS)
    if report.left_out:
        lines.append(f"{report.left_out} tunes were longer than any tune and left out")
    if report.learned:
        lines.append(f"{report.learned} tunes were left out: a model has learned them or variants")
    return lines


def _loss_lines(row: LossRow, report: Report) -> list[str]:
    count = (report.real.tunes if report.real else 0) - row.not_rewritten
    lines = [
        f"{row.checkpoint} on {count} tunes of {report.tunes_of}, temperature {row.temperature:g}"
    ]
    for name, measure in LOSSES.items():
        lines.append(_line(measure, row.estimates[name]))
    if row.unknown_characters:
        lines.append(f"  {row.unknown_characters} characters that it never saw were left out")
    if row.not_rewritten:
        lines.append(f"  {row.not_rewritten} tunes cannot be written in the notation that it reads")
    if not row.is_own:
        lines.append("  these tunes are not the ones held out of what it learned from")
    return lines


def _set_lines(item: TuneSet, report: Report) -> list[str]:
    real = report.real.estimates if report.real else {}
    name = report.tunes_of if item.key == REAL else name_set(item.cell, str)
    return [f"{name}: {item.tunes} tunes"] + [
        _line(measure, item.estimates[key], real.get(key))
        for group in GROUPS.values()
        for key, measure in group.items()
        if key in item.estimates
    ]


def _judge_lines(report: Report) -> list[str]:
    """What detectors found of each set and of the control, and what gives the sets away."""
    judged, control = report.judged(), report.control()
    if not judged:
        return []
    lines = [judge_labels.TITLE]
    found = [judgement for _item, judgement in judged]
    lines += [f"  {text}" for text in judge_labels.explain_gaps(control, found, str)]
    if not judge_labels.list_detectors(found):
        return lines
    lines.append(f"  {judge_labels.MEANING}")
    if control:
        lines += _verdict_lines(judge_labels.CONTROL, control, None)
    for item, judgement in judged:
        name = name_set(item.cell, str)
        lines += _verdict_lines(name, judgement, control)
        lines += _giveaway_lines(name, judgement)
    return lines


def _verdict_lines(name: str, judgement: Judgement, control: Judgement | None) -> list[str]:
    if judgement.has_too_few:
        return []
    return [f"{name}: {judgement.tunes} tunes of each side"] + [
        _line(judge_labels.name_detector(one.detector), one.auc,
              control.auc(one.detector) if control else None)
        for one in judgement.verdicts
    ]  # fmt: skip


def _giveaway_lines(name: str, judgement: Judgement) -> list[str]:
    if judgement.has_too_few:
        return []
    figures = judge_labels.widest_figures([judgement])
    if not figures:
        return [f"  {judge_labels.NO_GIVEAWAY}"]
    lines = [f"{name}, {judge_labels.GIVEAWAYS_TITLE.lower()}: real, composed, gap in standard "
             "deviations"]  # fmt: skip
    for figure in figures:
        one = judgement.giveaway(figure)
        if one:
            label = judge_labels.name_figure(figure).label
            real, mean = judge_labels.write_mean(one, of_real=True), judge_labels.write_mean(one)
            lines.append(f"  {label:<24} {real:>9} {mean:>9} {judge_labels.write_gap(one):>6}")
    return lines


def _line(measure: Measure, one: Estimate, real: Estimate | None = None) -> str:
    value, interval = write_value(one.value, measure.form), write_interval(one, measure.form)
    return f"  {measure.label:<24} {value:>9} {write_mark(one, real):<1} {interval}".rstrip()


def example_lines(report: Report) -> list[str]:
    """The best and the worst tune of each set as ABC, each after a comment that says which it is.

    Together they are a tunebook, which `render` can play.
    """
    lines: list[str] = []
    for item in report.all_sets():
        name = report.tunes_of if item.key == REAL else name_set(item.cell, str)
        for end, example in (("best", item.best), ("worst", item.worst)):
            if example:
                seed = "" if example.seed is None else f", seed {example.seed}"
                lines.append(f"% {name}, {end}: distance {example.distance:.2f}{seed}")
                lines += [*example.abc.strip("\n").split("\n"), ""]
    return lines
