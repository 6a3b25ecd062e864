"""The model card of a checkpoint: what it is, what it learned from, how good it is, who may use it.

After Mitchell et al. 2019, "Model Cards for Model Reporting", made from the metadata and a report.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from musicgen.errors import ReportError
from musicgen.evaluation.judge import labels as judge_labels
from musicgen.evaluation.judge.result import Judgement
from musicgen.evaluation.measure_labels import (
    FREE,
    MARKS,
    MEASURES,
    SHARE,
    write_interval,
    write_mark,
    write_value,
)
from musicgen.evaluation.report.result import Report, TuneSet
from musicgen.json_reading import is_count
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.models.figures import find_held_out, find_held_out_loss

CARD_FILE = "MODEL_CARD.md"

REPORTED = (
    "in_time", "key_profile", "tonic_end", "playable", "repetition", "aabb", "bars", "diversity",
    "longest_run", "longest_melody", "known", "transitions", "intervals", "rhythms", "degrees",
)  # fmt: skip
"""Measures of a report that a card has, by name of `measure_labels.MEASURES`."""

MAX_SHOWN = 200
"""Characters of a text of the metadata that the card shows."""

_MAX_STARTS = 8
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$]|^[-=.])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_WORD = re.compile(r"[^A-Za-z0-9._+:-]")


def render_model_card(
    metadata: CheckpointMetadata,
    size_bytes: int,
    report: Report | None = None,
    fingerprint: str = "",
) -> str:
    """The card as Markdown. Figures that neither the metadata nor a report has are left out.

    Args:
        metadata: Of the checkpoint.
        size_bytes: Size of its weights.
        report: What its tunes are like beside real ones.
        fingerprint: Of the checkpoint; the report must be one of these very weights.

    Raises:
        ReportError: the report is of other weights.
    """
    parts = (
        _heading(metadata, size_bytes),
        _data(metadata.corpus),
        _settings(metadata),
        _results(metadata.metrics),
        _composed(metadata.name, report, fingerprint) if report else "",
        _judged(metadata.name, report) if report else "",
        _use(metadata),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(metadata: CheckpointMetadata, size_bytes: int) -> str:
    network = metadata.network
    created = (
        metadata.created if _is_moment(metadata.created) else escape_markdown(metadata.created)
    )
    return (
        f"# Model card: {escape_markdown(metadata.name)}\n\n"
        f"A character-level network of kind `{network.kind}` that writes folk tunes in ABC "
        "notation.\n\n"
        f"Embedding {network.embedding_dim}, {network.num_layers} × {network.hidden_size} cells, "
        f"{metadata.parameters:,} parameters, {len(metadata.vocabulary)} characters, "
        f"{size_bytes / 1e6:.1f} MB on disk. {_origin(metadata.corpus)}; made "
        f"{created}."
    )


def _origin(corpus: dict[str, Any]) -> str:
    start = next(_starts(corpus), None)
    if start is None:
        return "Trained from fresh weights"
    step = start.get("step")
    return (
        f"Trained on from `{word(start.get('name'))}` (fingerprint "
        f"`{word(start.get('fingerprint'))}`, step {f'{step:,}' if is_count(step) else '?'}), "
        f"which had learned from `{word(start.get('source'))}`"
    )


def _starts(corpus: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The trainings before the last one, the latest first."""
    start = corpus.get("started_from")
    for _ in range(_MAX_STARTS):
        if not isinstance(start, Mapping) or not start:
            return
        yield start
        start = start.get("started_from")


def escape_markdown(text: object) -> str:
    """A text of a stranger on one line, short, in which neither Markdown nor HTML finds a sign."""
    told = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" else sign
        for sign in str(text)[: 2 * MAX_SHOWN]
    )
    told = " ".join(told.split())
    if len(told) > MAX_SHOWN:
        told = told[:MAX_SHOWN].rstrip() + " …"
    escaped = _MARKDOWN.sub(r"\\\1", told.translate(_HTML))
    return escaped.replace("://", ":\\//")


def word(text: object) -> str:
    """A name of a stranger as it may stand between backticks or on a command line."""
    return _WORD.sub("-", str(text)[:MAX_SHOWN]).lstrip("-") if text else "?"


def _data(corpus: dict[str, Any]) -> str:
    tunes = corpus.get("tunes", {})
    sizes = ", ".join(
        f"{count} {escape_markdown(side.replace('_', ' '))}"
        for side, count in (tunes.items() if isinstance(tunes, dict) else ())
        if is_count(count)
    )
    return (
        "## Data\n\n"
        f"Source: `{word(corpus.get('source', 'unknown'))}` "
        f"(fingerprint `{word(corpus.get('fingerprint'))}`). Tunes: {sizes}. "
        "Tunes are split by title, so no tune is on two sides; the test side was neither trained "
        "on nor used to choose anything. The tunes are traditional; the lab's tunebook comes with "
        "the Python package `mitdeeplearning` (MIT licence), the others with music21, out of "
        "copyright and passed on by those who wrote them down. A tune of another book that has the "
        "title of a held-out one, or a fifth of its melody, was left out."
    )


def _settings(metadata: CheckpointMetadata) -> str:
    rows = metadata.network.to_dict() | metadata.training.to_dict()
    last = "" if _is_best(metadata) else " --last"
    table = "\n".join(f"| {name} | {_setting(value)} |" for name, value in rows.items())
    return (
        f"## Training\n\n"
        f"{_choice(metadata)} To repeat it:\n\n"
        f"```\n{_commands(metadata)}\n"
        f"python -m musicgen bundle NAME --name {word(metadata.name)}{last}\n```\n\n"
        f"| setting | value |\n|---|---|\n{table}"
    )


def _setting(value: object) -> object:
    """A setting as it is; only texts can hold signs, and of those most are single words."""
    return escape_markdown(value) if isinstance(value, str) and _WORD.search(value) else value


def _is_moment(text: str) -> bool:
    return not _WORD.search(text)


def _is_best(metadata: CheckpointMetadata) -> bool:
    return bool(metadata.metrics.get("best_step", metadata.step) == metadata.step)


def _choice(metadata: CheckpointMetadata) -> str:
    if _is_best(metadata):
        return f"Best of the run at step {metadata.step:,}, chosen by validation loss."
    step, loss = metadata.metrics.get("best_step"), metadata.metrics.get("val_loss")
    best = (
        f" It was best on validation tunes at step {step:,} ({loss:.4f} nats per character)."
        if is_count(step) and find_held_out_loss({"val_loss": loss}) is not None
        else ""
    )
    return f"The end of the run at step {metadata.step:,}, as it is.{best}"


def _commands(metadata: CheckpointMetadata) -> str:
    """Every training that led here, the first one first."""
    steps = [(word(metadata.preset), "NAME")]
    steps += [(word(one.get("preset")), word(one.get("name"))) for one in _starts(metadata.corpus)]
    steps.reverse()
    lines, before = [], ""
    count = metadata.training.threads
    threads = f" --set threads={count}" if count else ""
    for preset, name in steps:
        lines.append(f"python -m musicgen train --preset {preset} --run {name}{before}{threads}")
        before = f" --from {name}"
    return "\n".join(lines)


_HELD_OUT = (
    ("tunes", "d"), ("loss", ".4f"), ("body_loss", ".4f"), ("perplexity", ".3f"),
    ("accuracy", ".1%"),
)  # fmt: skip


def _figure_of(found: Mapping[str, float], key: str, form: str) -> str:
    value = found.get(key)
    if value is None or (form == "d" and not is_count(value)):
        return "–"
    return f"{value:{form}}"


def _results(metrics: dict[str, Any]) -> str:
    rows = []
    for side, name in (("val", "validation"), ("test", "test")):
        found = find_held_out(metrics, side)
        if "loss" in found:
            rows.append(
                f"| {name} | " + " | ".join(_figure_of(found, *one) for one in _HELD_OUT) + " |"
            )
    if not rows:
        return ""
    return (
        "## Held-out loss\n\nNats per character, each tune from the empty state, the blank line "
        "that ends it included; bodies are what follows the key field.\n\n"
        "| tunes of | number | all text | bodies | perplexity | accuracy |\n"
        "|---|---|---|---|---|---|\n" + "\n".join(rows)
    )


def _composed(name: str, report: Report, fingerprint: str) -> str:
    """What its tunes are like, beside real ones."""
    if fingerprint not in {row.fingerprint for row in report.losses if row.checkpoint == name}:
        raise ReportError(
            "The report says nothing of these weights of {name}. Make one with: "
            "evaluate --checkpoint {name} --count 500 --both --json.",
            name=name,
        )
    own = [item for item in report.sets if item.cell and item.cell.checkpoint == name]
    sets = ([report.real] if report.real else []) + own
    if not own:
        return ""
    head = "".join(f" {_name(item)} |" for item in sets)
    rows = [
        f"| {MEASURES[key].label} |" + "".join(f" {_figure(item, key, report)} |" for item in sets)
        for key in REPORTED
        if any(key in item.estimates for item in sets)
    ]
    beside = f", beside {report.real.tunes} real ones that were held out" if report.real else ""
    return (
        f"## What it composes\n\n{own[0].tunes} tunes of each set{beside}. {MARKS}. Distances are "
        f"in bits, from the training tunes, {report.draw_size} tunes at a time: those of other "
        "numbers are not to be compared.\n\n"
        f"| |{head}\n|---|{'---:|' * len(sets)}\n" + "\n".join(rows)
    )


def _judged(name: str, report: Report) -> str:
    """How well detectors tell its tunes from real ones, and by what."""
    judged = [
        (item, found)
        for item, found in report.judged()
        if item.cell and item.cell.checkpoint == name
    ]
    if not judged:
        return ""
    control = report.control()
    found = [judgement for _item, judgement in judged]
    parts = [f"## {judge_labels.TITLE}", *judge_labels.explain_gaps(control, found, str)]
    if judge_labels.list_detectors(found):
        names = [_name(item) for item, _found in judged]
        parts += [
            f"{judge_labels.MEANING} {judge_labels.CONTROL_MEANING} In brackets is the 95 % "
            f"interval; {max(one.tunes for one in found)} tunes of each side.",
            _verdict_table(names, control, found),
            *_giveaway_table(names, found),
        ]
    return "\n\n".join(parts)


def _verdict_table(
    names: Sequence[str], control: Judgement | None, found: Sequence[Judgement]
) -> str:
    rows = [
        [judge_labels.name_detector(detector).label]
        + [_auc(one, detector, control) for one in (control, *found)]
        for detector in judge_labels.list_detectors((control, *found))
    ]
    return _table([judge_labels.CONTROL, *names], rows)


def _auc(judgement: Judgement | None, detector: str, control: Judgement | None) -> str:
    one = judgement.auc(detector) if judgement else None
    if one is None:
        return "–"
    mark = write_mark(one, control.auc(detector) if control else None)
    figure = f"{write_value(one.value, SHARE)} {mark}".strip()
    return f"{figure} ({write_interval(one, SHARE)})"


def _giveaway_table(names: Sequence[str], found: Sequence[Judgement]) -> list[str]:
    rows = []
    for figure in judge_labels.widest_figures(found):
        ones = [one.giveaway(figure) for one in found]
        real = next(one for one in ones if one)
        cells = [
            f"{judge_labels.write_mean(one)} ({judge_labels.write_gap(one)})" if one else "–"
            for one in ones
        ]
        label = judge_labels.name_figure(figure).label
        rows.append([label, judge_labels.write_mean(real, of_real=True), *cells])
    if not rows:
        return [judge_labels.NO_GIVEAWAY]
    head = f"{judge_labels.GIVEAWAYS_TITLE}. {judge_labels.GIVEAWAYS_MEANING}"
    return [head, _table(["real tunes", *names], rows)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [["", *head], ["---", *["---:"] * len(head)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _name(item: TuneSet) -> str:
    if item.cell is None:
        return "real tunes"
    return f"at {item.cell.temperature:g}" + (f", {FREE}" if item.cell.is_free else "")


def _figure(item: TuneSet, key: str, report: Report) -> str:
    one = item.estimates.get(key)
    if one is None:
        return "–"
    real = report.real.estimates.get(key) if report.real else None
    return f"{write_value(one.value, MEASURES[key].form)} {write_mark(one, real)}".strip()


def _use(metadata: CheckpointMetadata) -> str:
    return (
        "## Use and limits\n\n"
        "Meant for composing tunes in the style of the corpus and for studying sequence models. It "
        "invents titles that may sound like real ones, without the grammar writes bars of any "
        "length, and can repeat phrases of tunes it has read. It knows one tradition as its "
        f"collectors wrote it down.\n\nLicence of the weights: "
        f"{escape_markdown(metadata.license)}."
    )
