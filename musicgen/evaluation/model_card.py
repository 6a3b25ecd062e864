"""The model card of a checkpoint: what it is, what it learned from, how good it is, who may use it.

After Mitchell et al. 2019, "Model Cards for Model Reporting", made from the metadata and a report.
"""

from typing import Any

from musicgen.errors import ReportError
from musicgen.evaluation.report.result import Report, TuneSet
from musicgen.evaluation.words import FREE, MARKS, MEASURES, write_mark, write_value
from musicgen.models.checkpoint import CheckpointMetadata

CARD_FILE = "MODEL_CARD.md"

REPORTED = (
    "in_time", "key_profile", "tonic_end", "playable", "repetition", "aabb", "bars", "diversity",
    "longest_run", "longest_melody", "known", "transitions", "intervals", "rhythms", "degrees",
)  # fmt: skip
"""Measures of a report that a card has, by name of `words.MEASURES`."""


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
        _use(metadata),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(metadata: CheckpointMetadata, size_bytes: int) -> str:
    network = metadata.network
    return (
        f"# Model card: {metadata.name}\n\n"
        f"A character-level network of kind `{network.kind}` that writes folk tunes in ABC "
        "notation.\n\n"
        f"Embedding {network.embedding_dim}, {network.num_layers} × {network.hidden_size} cells, "
        f"{metadata.parameters:,} parameters, {len(metadata.vocabulary)} characters, "
        f"{size_bytes / 1e6:.1f} MB on disk. {_origin(metadata.corpus)}; made {metadata.created}."
    )


def _origin(corpus: dict[str, Any]) -> str:
    start = corpus.get("started_from")
    if not start:
        return "Trained from fresh weights"
    return (
        f"Trained on from `{start['name']}` (fingerprint `{start['fingerprint']}`, step "
        f"{start['step']:,}), which had learned from `{start['source']}`"
    )


def _data(corpus: dict[str, Any]) -> str:
    tunes = corpus.get("tunes", {})
    sizes = ", ".join(f"{count} {side.replace('_', ' ')}" for side, count in tunes.items())
    return (
        "## Data\n\n"
        f"Source: `{corpus.get('source', 'unknown')}` "
        f"(fingerprint `{corpus.get('fingerprint', '?')}`). Tunes: {sizes}. "
        "Tunes are split by title, so no tune is on two sides; the test side was neither trained "
        "on nor used to choose anything. The tunes are traditional; the lab's tunebook comes with "
        "the Python package `mitdeeplearning` (MIT licence), the others with music21, out of "
        "copyright and passed on by those who wrote them down. A tune of another book that has the "
        "title of a held-out one, or a fifth of its melody, was left out."
    )


def _settings(metadata: CheckpointMetadata) -> str:
    rows = metadata.network.to_dict() | metadata.training.to_dict()
    last = "" if _is_best(metadata) else " --last"
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return (
        f"## Training\n\n"
        f"{_choice(metadata)} To repeat it:\n\n"
        f"```\n{_commands(metadata)}\n"
        f"python -m musicgen bundle NAME --name {metadata.name}{last}\n```\n\n"
        f"| setting | value |\n|---|---|\n{table}"
    )


def _is_best(metadata: CheckpointMetadata) -> bool:
    return bool(metadata.metrics.get("best_step", metadata.step) == metadata.step)


def _choice(metadata: CheckpointMetadata) -> str:
    if _is_best(metadata):
        return f"Best of the run at step {metadata.step:,}, chosen by validation loss."
    best = metadata.metrics
    return (
        f"The end of the run at step {metadata.step:,}, as it is. It was best on validation tunes "
        f"at step {best['best_step']:,} ({best['val_loss']:.4f} nats per character)."
    )


def _commands(metadata: CheckpointMetadata) -> str:
    """Every training that led here, the first one first."""
    steps = [(metadata.preset, "NAME")]
    start = metadata.corpus.get("started_from")
    while start:
        steps.append((start["preset"], start["name"]))
        start = start.get("started_from")
    steps.reverse()
    lines, before = [], ""
    count = metadata.training.threads
    threads = f" --set threads={count}" if count else ""
    for preset, name in steps:
        lines.append(f"python -m musicgen train --preset {preset} --run {name}{before}{threads}")
        before = f" --from {name}"
    return "\n".join(lines)


def _results(metrics: dict[str, Any]) -> str:
    rows = []
    for side, name in (("val", "validation"), ("test", "test")):
        report = metrics.get(side)
        if isinstance(report, dict):
            rows.append(
                f"| {name} | {report['tunes']} | {report['loss']:.4f} | {report['body_loss']:.4f} "
                f"| {report['perplexity']:.3f} | {report['accuracy']:.1%} |"
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
        f"collectors wrote it down.\n\nLicence of the weights: {metadata.license}."
    )
