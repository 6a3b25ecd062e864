"""What pages show of runs, read once for all sessions and again when a file of the run is newer."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from musicgen.models.checkpoint import CheckpointRef
from musicgen.training.runs import bundled_history
from musicgen.training.runs.bundled_history import bundled_id, is_bundled, model_of
from musicgen.training.runs.run import Run, RunInfo, RunStore
from musicgen.training.runs.run_admin import measure_size
from musicgen.training.runs.summary import RunSummary, characters_per_step, compute_summary
from musicgen.ui.base import resources
from musicgen.ui.base.labels import STATUS_LABELS
from musicgen.ui.base.language import _
from musicgen.ui.compare.comparison_charts import RunCurves, compute_curves

SHARED = "shared/"
"""What the names of shared runs begin with: no run's can hold a slash."""

MAX_KEPT = 200
"""Runs whose figures and curves are kept, some 30 kB each."""

_CHANGING = ("config.json", "status.json", "metrics.jsonl", "best", "last")


def list_runs(has_cells: bool = False) -> list[RunInfo]:
    """The runs there are, the newest first; cells of sweeps only if asked for."""
    return [info for info in resources.store().list() if has_cells or not info.sweep]


def list_bundled() -> list[RunInfo]:
    """The trainings of others: those that bundled models came from, and shared runs.

    They have names that no run can have.
    """
    where = resources.paths()
    shared = RunStore(where.sharing.runs).list() if where.sharing else []
    return bundled_history.list_bundled(where) + [
        replace(info, id=f"{SHARED}{info.id}") for info in shared if not info.sweep
    ]


def id_of(ref: CheckpointRef) -> str:
    """The name among runs of the training of a model."""
    if ref.origin == "bundled":
        return bundled_id(ref.name)
    return f"{SHARED}{ref.name}" if ref.origin == "shared" else ref.name


def label(run_id: str) -> str:
    """What a run is called on the page."""
    if is_bundled(run_id):
        return _("{name} (bundled)").format(name=model_of(run_id))
    if run_id.startswith(SHARED):
        return _("{name} (shared)").format(name=run_id.removeprefix(SHARED))
    return run_id


def summary(run_id: str) -> RunSummary:
    """The figures of a run.

    Raises:
        RunError: it is gone or damaged.
    """
    return _read(run_id)[0]


def curves(run_id: str) -> RunCurves:
    """The curves of a run.

    Raises:
        RunError: it is gone or damaged.
    """
    return replace(_read(run_id)[1], run_id=label(run_id))


def is_training(info: RunInfo) -> bool:
    """Whether a run is trained or waits for its turn, here or in another program."""
    job = resources.registry().get(info.id)
    if job is not None and not job.is_over:
        return True
    return info.status in ("queued", "running") and Run(info.path).is_busy()


def status_word(info: RunInfo) -> str:
    """What a run is doing, or how it ended, in the reader's words."""
    if info.status in ("queued", "running") and not is_training(info):
        return _("interrupted")
    words = {str(status): word for status, word in STATUS_LABELS.items()}
    return _(words[info.status]) if info.status in words else info.status


def _read(run_id: str) -> tuple[RunSummary, RunCurves]:
    is_others = is_bundled(run_id) or run_id.startswith(SHARED)
    for info in list_bundled() if is_others else ():
        if info.id == run_id:
            return _kept(info.path, run_id, _stamp(info.path))
    run = resources.store().get(run_id)
    return _kept(run.path, run_id, _stamp(run.path))


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes whenever a file of the run does."""
    stamps = []
    for name in _CHANGING:
        try:
            found = (path / name).stat()
        except OSError:
            stamps += [0, 0]
        else:
            stamps += [found.st_mtime_ns, found.st_size]
    return tuple(stamps)


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _kept(
    path: Path,
    run_id: str,
    stamp: tuple[int, ...],  # noqa: ARG001 - in the cache's key
) -> tuple[RunSummary, RunCurves]:
    run = Run(path)
    metrics, preset = run.read_metrics(), run.preset
    info = replace(run.info(), id=run_id)
    figures = compute_summary(info, preset, measure_size(run), metrics)
    return figures, compute_curves(run_id, characters_per_step(preset.training), metrics)
