"""The trainings of a lesson: started here, watched here, runs as any other."""

import streamlit as st

from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.training_job import TrainingJob
from musicgen.lessons.lesson import Lesson, LessonRun
from musicgen.lessons.trainings import find_runs, make_tunebook, name_run
from musicgen.storage import modified_ns
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import METRICS_FILE, Run, RunInfo
from musicgen.training.runs.summary import clock
from musicgen.ui.base import resources
from musicgen.ui.base.asked import answered, ask_button, forget
from musicgen.ui.base.errors import sentence, show_errors
from musicgen.ui.base.failures import attempt, has_new_failure, reading, redraw
from musicgen.ui.base.labels import STATUS_LABELS
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.frame.page import training_note
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import Scene
from musicgen.ui.lessons.lesson_charts import RunCurve, loss_curves

TICK_S = 1.0
MAX_KEPT = 16
"""Runs whose steps are kept in memory, some 0.2 MB each."""


def train(scene: Scene) -> bool:
    """The button that trains, how far all are, and their curves; whether all have ended."""
    lesson = scene.lesson
    found = find_runs(resources.store(), lesson)
    active = _active(found)
    if ask_button(
        _("Train again") if found and scene.is_open else _(scene.step.button),
        scene.key("go"),
        type="secondary" if found and scene.is_open else "primary",
        icon=":material/model_training:",
        disabled=not scene.is_open or bool(active),
    ):
        with answered(scene.key("go")):
            _start(scene)
        st.rerun()
    if not scene.is_open:
        st.caption(_("Choose first what you expect: nothing is graded, and one sees more."))
        return False
    if not found:
        return False
    st.fragment(_live, run_every=TICK_S if active else None)(scene, active)
    return len(found) == len(lesson.runs) and not active


def is_training(lesson: Lesson) -> bool:
    """Whether a training of the lesson is under way, so that this part of the page ticks."""
    return bool(lesson.runs) and bool(_active(find_runs(resources.store(), lesson)))


def finished(scene: Scene) -> dict[str, RunInfo] | None:
    """The runs of the lesson once all can be played and none trains; else a sentence, and None."""
    found = find_runs(resources.store(), scene.lesson)
    has_all = len(found) == len(scene.lesson.runs)
    if has_all and not _active(found) and all(Run(info.path).has_best for info in found.values()):
        return found
    st.caption(_("This step needs the trainings of step 1 at their end."))
    return None


def read_metrics(info: RunInfo) -> list[StepMetrics]:
    """The steps of a run, read again when there are more."""
    return _read(str(info.path), modified_ns(info.path / METRICS_FILE), Run(info.path))


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _read(path: str, changed: int, _run: Run) -> list[StepMetrics]:  # noqa: ARG001 - in the key
    return _run.read_metrics()


def _start(scene: Scene) -> None:
    lesson = scene.lesson
    with st.spinner(_("Reading the corpus")):
        for run in lesson.runs:
            make_tunebook(run.preset.training.source, resources.paths())
            run_id = resources.store().new_id(name_run(lesson, run))
            resources.registry().start(run.preset, run_id)
        forget(scene.key("go"))


def _job(info: RunInfo) -> TrainingJob | None:
    """The training of a run that is under way in this server."""
    job = resources.registry().get(info.id)
    return job if job is not None and not job.is_over else None


def _active(found: dict[str, RunInfo]) -> tuple[str, ...]:
    """The trainings that are under way, by key."""
    return tuple(key for key, info in found.items() if _job(info))


def _live(scene: Scene, drawn: tuple[str, ...]) -> None:
    """Progress, buttons and curves; the page is drawn anew when a training has ended."""
    found = find_runs(resources.store(), scene.lesson)
    if _active(found) != drawn or has_new_failure():
        redraw()
    current = resources.registry().current()
    if drawn and current and current.run.id not in {info.id for info in found.values()}:
        training_note()  # another training goes first; the page has no note of its own now
    curves = []
    for run in scene.lesson.runs:
        if run.key in found:
            with show_errors(), reading(found[run.key].id):
                curves.append(RunCurve(_(run.label), _row(scene, run, found[run.key])))
    titles = _("step"), _("loss (nats per character)")
    is_log = scene.lesson.name == "learning-rate"
    draw_chart(scene, loss_curves(curves, titles, is_log=is_log),
               _("Loss over the steps of each training"))  # fmt: skip


def _row(scene: Scene, run: LessonRun, info: RunInfo) -> list[StepMetrics]:
    """One training: how far it is, what can be done with it, and its steps so far."""
    job = _job(info)
    if job is None:
        metrics = read_metrics(info)
        words = _word(info)
        step, time_s = info.step, metrics[-1].elapsed_s if metrics else 0.0
        taken = _("{time} taken").format(time=clock(time_s))
    else:
        now = job.snapshot()
        metrics, step, words = list(now.metrics), now.step, _(STATUS_LABELS[now.status])
        left = now.time_left_s
        taken = "" if left is None else _("{time} left").format(time=clock(left))
    most = info.max_steps
    parts = [f"**{_(run.label)}**", words, _("step {step:,} of {steps:,}").format(
        step=step, steps=most), taken]  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", key=scene.key(run.key)):
        st.progress(min(1.0, step / max(1, most)), " · ".join(filter(None, parts)))
        _buttons(scene, run, info, job)
    if job is None and info.message:
        st.warning(plain(info.message), icon=":material/warning:")
    elif job is not None and job.state.error:
        st.warning(sentence(job.state.error), icon=":material/warning:")
    return metrics


def _word(info: RunInfo) -> str:
    """How a run ended that does not train here."""
    statuses = {str(status): word for status, word in STATUS_LABELS.items()}
    if info.status in ("queued", "running"):
        is_busy = Run(info.path).is_busy()
        return _("training in another program") if is_busy else _("interrupted")
    return _(statuses.get(info.status, info.status))


def _buttons(scene: Scene, run: LessonRun, info: RunInfo, job: TrainingJob | None) -> None:
    key = scene.key(f"{run.key}_")
    if job is None:
        is_whole = info.step >= info.max_steps or Run(info.path).is_busy()
        if info.can_resume and not is_whole and info.status != TaskStatus.FAILED:
            st.button(_("Go on"), key=f"{key}resume", icon=":material/resume:",
                      on_click=attempt, args=(resources.registry().resume, info.id))  # fmt: skip
        return
    status = job.state.status
    if status is TaskStatus.PAUSED:
        st.button(_("Go on"), key=f"{key}go_on", icon=":material/resume:", on_click=job.resume)
    elif status in (TaskStatus.RUNNING, TaskStatus.PREPARING):
        st.button(_("Pause"), key=f"{key}pause", icon=":material/pause:", on_click=job.pause)
    st.button(_("Stop and keep"), key=f"{key}stop", icon=":material/stop:", on_click=job.cancel,
              disabled=status is TaskStatus.CANCELLING)  # fmt: skip
