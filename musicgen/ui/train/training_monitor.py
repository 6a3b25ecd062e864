"""The monitor of a training: its figures and curves, and the ways to look at and keep them."""

import math
from functools import partial

import streamlit as st

from musicgen.evaluation.loss.perplexity import to_perplexity, write_perplexity
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.training_job import JobSnapshot
from musicgen.storage import modified_ns
from musicgen.training.runs.run import Run, RunInfo
from musicgen.training.runs.summary import clock
from musicgen.ui.base.language import _
from musicgen.ui.components.curves import compute_passes, metrics_csv
from musicgen.ui.components.goal_charts import explain_goals, goal_panels
from musicgen.ui.components.live_chart import live_charts, picture_button
from musicgen.ui.components.training_charts import SMOOTHING, Course, View, training_panels

SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
_SPEED_WINDOW = 50  # steps over which the speed of a run on disk is averaged
MAX_KEPT = 4
"""Courses of runs on disk kept in memory, some megabytes each."""


def course_of_job(now: JobSnapshot) -> Course:
    """What is drawn of a training of this server."""
    is_early = now.status is TaskStatus.FINISHED and now.step < now.max_steps
    return Course(now.run_id, now.preset.training, now.metrics, is_early, now.train_characters)


def course_of_run(info: RunInfo) -> Course:
    """What is drawn of a run on disk, read again when its metrics are newer.

    Raises:
        RunError: its settings are damaged.
    """
    changed = modified_ns(info.path / "metrics.jsonl")
    return _read_course(Run(info.path), str(info.path), info.status, changed)


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _read_course(_run: Run, path: str, status: str, changed: int) -> Course:  # noqa: ARG001 - key
    config, metrics = _run.preset.training, tuple(_run.read_metrics())
    last = metrics[-1].step if metrics else 0
    is_early = status == TaskStatus.FINISHED and last < config.max_steps
    return Course(_run.id, config, metrics, is_early, _run.read_train_characters())


def monitor(course: Course, place: str) -> None:
    """Figures, curves, and below them what one can do with the curves.

    Args:
        course: The training.
        place: Names this monitor among those of the page.
    """
    figures(course, place)
    view = _view(place)
    panels = training_panels(course, view) + goal_panels(course, view)
    live_charts(panels, f"{place}_curves")
    if lines := explain_goals(course):
        st.caption("  \n".join(lines))
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"{place}_tools", gap="small"
    ):
        _view_controls(place)
        _exports(course, place)


def figures(course: Course, place: str) -> None:
    """The numbers of the moment; a dash for what is not known yet."""
    latest = course.metrics[-1] if course.metrics else None
    looks = [
        (item.val_loss, item.val_accuracy)
        for item in course.metrics
        if item.val_loss is not None and math.isfinite(item.val_loss)
    ]
    best, right = min(looks, key=lambda look: look[0], default=(None, None))
    of_batch = _("Of the last batch of training text.")
    of_best = _("On held-out tunes, where their loss was lowest.")
    shown = [
        (_("Training loss"), f"{latest.train_loss:.3f}" if latest else "–", of_batch),
        (_("Best held-out loss"), f"{best:.3f}" if best is not None else "–", of_best),
        (_("Perplexity"), write_perplexity(None if best is None else to_perplexity(best)), of_best),
        (_("Characters right"), f"{right:.0%}" if right is not None else "–", of_best),
        (_("Characters a second"), f"{_speed(course):,.0f}" if latest else "–", None),
        (_("Passes over the tunes"), _passes(course), None),
    ]
    with st.container(horizontal=True, key=f"{place}_figures", gap="small"):
        for label, value, meaning in shown:
            st.metric(label, value, help=meaning, width=140)


def _speed(course: Course) -> float:
    recent = course.metrics[-_SPEED_WINDOW:]
    return sum(item.chars_per_second for item in recent) / len(recent)


def _passes(course: Course) -> str:
    if not (course.metrics and course.train_characters):
        return "–"
    return f"{compute_passes(course.config, course.metrics[-1].step, course.train_characters):.1f}"


def time_taken(course: Course) -> str:
    """How long the training took until now, in words; empty before its first step."""
    if not course.metrics:
        return ""
    return _("{time} taken").format(time=clock(course.metrics[-1].elapsed_s))


def _view(place: str) -> View:
    """The view the reader chose; the widgets that choose it stand below the curves."""
    chosen = st.session_state
    return View(
        chosen.get(f"{place}_smoothing", SMOOTHING),
        chosen.get(f"{place}_log_steps", False),
        chosen.get(f"{place}_log_values", False),
        chosen.get(f"{place}_end", False),
    )


def _view_controls(place: str) -> None:
    with st.popover(_("View"), icon=":material/tune:"):
        st.select_slider(
            _("Smoothing"),
            SMOOTHINGS,
            SMOOTHING,
            key=f"{place}_smoothing",
            help=_("Share of the past in the running mean; the curve itself stays faint behind."),
            persist_state="session",
        )
        st.toggle(
            _("Later steps only"),
            key=f"{place}_end",
            help=_("Leaves out the fall of the first fifth, and draws the rest larger."),
            persist_state="session",
        )
        st.toggle(_("Logarithmic steps"), key=f"{place}_log_steps", persist_state="session")
        st.toggle(_("Logarithmic values"), key=f"{place}_log_values", persist_state="session")


def _exports(course: Course, place: str) -> None:
    st.download_button(
        _("CSV"),
        partial(metrics_csv, course.metrics),
        f"{course.run_id}-metrics.csv",
        "text/csv",
        key=f"{place}_csv",
        icon=":material/download:",
        on_click="ignore",
        help=_("All steps as a table."),
    )
    picture_button(f"{place}_curves", _("PNG"), f"{course.run_id}-curves.png", f"{place}_png")
