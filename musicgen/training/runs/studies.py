"""The table of the studies: one run of each of their presets, and its figures.

The trainings of bundled checkpoints count as runs of their presets (`list_trainings`).
"""

import math
from typing import Any

from musicgen.config import Paths
from musicgen.evaluation.loss.perplexity import write_perplexity
from musicgen.evaluation.measure_labels import Translate
from musicgen.evaluation.measures.fluency import FluencyReport
from musicgen.models.checkpoint import METADATA_FILE, CheckpointRef
from musicgen.presets import PRESETS
from musicgen.storage import is_file
from musicgen.training.runs.bundled_history import is_bundled, list_bundled, model_of
from musicgen.training.runs.run import Run, RunInfo, RunStore
from musicgen.training.runs.summary import (
    RunSummary,
    clock,
    differing_settings,
    write_fluency,
)
from musicgen.translatable import N_

STUDIES = ("baseline", "improved")
DEFAULT_TUNES = 20
"""Tunes that fluency is measured on by default."""

MAX_STUDY_TUNES = 200

_WITHOUT_EFFECT = ("save_interval", "threads")
"""Settings that change nothing in the figures."""


def list_study_runs(store: RunStore, paths: Paths) -> dict[str, list[RunInfo]]:
    """The runs of each study that have begun, the newest first, those of sweeps left out.

    Bundled trainings come last, under the names that `record.list_bundled` gives them.
    """
    own = [info for info in store.list() if not info.sweep]
    infos = [info for info in (*own, *list_bundled(paths)) if info.step]
    return {name: [info for info in infos if info.preset == name] for name in STUDIES}


def choose_run(infos: list[RunInfo]) -> RunInfo:
    """The first of some runs that is finished; the first of all if none is."""
    return next((info for info in infos if info.status == "finished"), infos[0])


def find_network(info: RunInfo) -> CheckpointRef | None:
    """The network of a run that its fluency is measured of; None if nothing is saved yet."""
    if is_bundled(info.id):
        ref = CheckpointRef(model_of(info.id), info.path.parent, "bundled")
    else:
        ref = CheckpointRef(info.id, info.path / "best", "run")
    return ref if is_file(ref.path / METADATA_FILE) else None


def keep_fluency(info: RunInfo, report: FluencyReport) -> None:
    """Keeps what was measured with a run; with a bundled training nothing, it stays as it came.

    Raises:
        StorageError: it cannot be written.
    """
    if not is_bundled(info.id):
        write_fluency(Run(info.path), report)


def find_departures(summary: RunSummary) -> dict[str, tuple[Any, Any]]:
    """The settings that a run has otherwise than its preset: value of the preset, then its own."""
    changed = differing_settings([PRESETS[summary.info.preset], summary.preset])
    return {name: (was, now) for name, (was, now) in changed.items() if name not in _WITHOUT_EFFECT}


def write_study(
    summary: RunSummary, fluency: FluencyReport | None, translate: Translate = str
) -> dict[str, str]:
    """The figures of a run in words, by their labels; a dash where there is none.

    Args:
        summary: Of the run.
        fluency: What was measured of its network, if anything was.
        translate: Gives labels and words in another language.
    """
    best, converged = summary.best, summary.converged
    return {
        translate(N_("Convergence")): translate(N_("step {step:,}, after {time}")).format(
            step=converged.step, time=clock(converged.elapsed_s)
        )
        if converged
        else "–",
        translate(N_("Stability (σ)")): _number(summary.stability),
        translate(N_("Final training loss")): _number(summary.final_train_loss),
        translate(N_("Best training loss")): _number(summary.best_train_loss),
        translate(N_("Best held-out loss")): _number(summary.best_val_loss)
        + (" " + translate(N_("at step {step:,}")).format(step=best.step) if best else ""),
        translate(N_("Perplexity")): write_perplexity(summary.perplexity),
        translate(N_("Fluency")): _write_fluency(fluency, translate),
        translate(N_("Training time")): clock(summary.elapsed_s),
        translate(N_("Steps")): f"{summary.info.step:,}",
    }


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.4f}" if value < 1e6 else f"{value:.3g}"


def _write_fluency(report: FluencyReport | None, translate: Translate) -> str:
    if report is None or not report.tunes:
        return translate(N_("not measured"))
    return translate(N_("{share:.0%} of {count} tunes")).format(
        share=report.syntax.in_time, count=report.tunes
    )
