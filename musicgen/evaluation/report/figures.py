"""Figures of a report as data: distributions, measures over temperature."""

from collections.abc import Sequence
from fractions import Fraction

from musicgen.evaluation.measures.harmony import NUMERALS
from musicgen.evaluation.report.drawing import Line
from musicgen.evaluation.report.result import Report, TuneSet

SWEPT = ("in_time", "repetition", "longest_run", "transitions", "diversity", "surprise")
"""Measures drawn over the temperature, beside the loss."""

_MOST = 24


def find_names(distribution: str, sets: Sequence[TuneSet]) -> list[str]:
    """Names of a distribution in the order they are drawn; the rarest are left out."""
    total: dict[str, float] = {}
    for item in sets:
        for name, share in share_out(item, distribution).items():
            total[name] = total.get(name, 0.0) + share
    if distribution == "pitches":
        return [str(pitch) for pitch in range(12)] if total else []
    if distribution == "degrees":
        return list(NUMERALS) if total else []
    common = sorted(total, key=lambda name: -total[name])[:_MOST]
    if distribution == "lengths":
        return sorted(common[: _MOST // 2], key=Fraction)
    if distribution == "intervals":
        return sorted(common, key=int)
    return common


def share_out(item: TuneSet, distribution: str) -> dict[str, float]:
    """The shares 0..1 of a distribution of a set; empty for none."""
    counts = item.counts.get(distribution, {})
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def has_sweep(report: Report) -> bool:
    """Whether there is more than one temperature to draw over."""
    return len({item.cell.temperature for item in report.sets if item.cell}) > 1


def find_sweep(report: Report, measure: str) -> list[Line]:
    """A measure over the temperature, a line for each checkpoint with and without the grammar."""
    rows: dict[tuple[str, bool], list[TuneSet]] = {}
    for item in report.sets:
        if item.cell and measure in item.estimates:
            rows.setdefault((item.cell.checkpoint, item.cell.is_free), []).append(item)
    lines = []
    for (checkpoint, is_free), sets in rows.items():
        ordered = sorted(sets, key=lambda one: one.cell.temperature if one.cell else 0.0)
        lines.append(
            Line(
                f"{checkpoint}{' *' if is_free else ''}",
                tuple(one.cell.temperature for one in ordered if one.cell),
                tuple(one.estimates[measure] for one in ordered),
            )
        )
    return lines


def find_loss_sweep(report: Report) -> list[Line]:
    """The loss on real tunes with the logits divided by a temperature, a line for a checkpoint."""
    names = dict.fromkeys(row.checkpoint for row in report.losses)
    return [
        Line(
            name,
            tuple(row.temperature for row in report.losses if row.checkpoint == name),
            tuple(row.estimates["loss"] for row in report.losses if row.checkpoint == name),
        )
        for name in names
    ]
