"""A training while it runs, and the runs on the disk."""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.training_job import JobSnapshot, TrainingJob
from musicgen.storage import is_folder
from musicgen.training.runs.run import Run, RunInfo
from musicgen.training.runs.summary import clock, read_last_step
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence, show_errors
from musicgen.ui.base.failures import attempt, has_new_failure, reading, redraw
from musicgen.ui.base.labels import STATUS_LABELS
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.links import play_link, ship_link
from musicgen.ui.base.places import chosen_place
from musicgen.ui.base.words import plain
from musicgen.ui.train.training_form import PLACE
from musicgen.ui.train.training_monitor import course_of_job, course_of_run, monitor, time_taken
from musicgen.ui.tune.training_samples import hear_it_learn

TICK_S = 1.0
MAX_LISTED = 12


def is_server_training() -> bool:
    """Whether a training of this server is under way."""
    job = resources.registry().current()
    return job is not None and not job.is_over


def live_training() -> None:
    """The current training, brought up to date every second in every tab that looks at it.

    Its tunes stand outside of what ticks: the page is drawn anew when there is a new one.
    """
    job = resources.registry().current()
    if job and is_server_training():
        state.WATCHED.set(job.run.id)
    _live(_seen(job), _find_elsewhere())
    with st.container():  # always there: what follows must not change its place
        if job:
            hear_it_learn(job.samples, job.run.id, "live")


def is_watched() -> bool:
    """Whether the last training of this server was under way while one looked at this page.

    Its curves then stay where they are when it ends.
    """
    job = resources.registry().current()
    return job is not None and job.run.id == state.WATCHED.get()


def _find_elsewhere() -> tuple[str, ...]:
    """The runs that other programs train now, such as the command line."""
    return tuple(
        info.id
        for info in resources.store().list()
        if not _is_active(info.id) and _is_elsewhere(info)
    )


def _seen(job: TrainingJob | None) -> tuple[str, bool, int] | None:
    """What the rest of the page depends on: which training, whether it is over, how many tunes."""
    if job is None:
        return None
    return job.run.id, job.is_over, len(job.samples)


@st.fragment(run_every=TICK_S)
def _live(drawn: tuple[str, bool, int] | None, elsewhere: tuple[str, ...]) -> None:
    job = resources.registry().current()
    if _seen(job) != drawn or has_new_failure():
        redraw()
    for run_id in elsewhere:
        _progress_elsewhere(run_id)
    if job is None:
        return
    now = job.snapshot()
    with st.container(border=True, key="live"):
        _progress(now, job.before)
        _buttons(job, now)
        if now.metrics or not now.status.is_final:
            monitor(course_of_job(now), "live")


def _progress(now: JobSnapshot, before: int) -> None:
    parts = [
        f"**{plain(now.run_id)}**",
        _status_words(now),
        _("step {step:,} of {steps:,}").format(step=now.step, steps=now.max_steps),
    ]
    if now.time_left_s is not None and now.status in (TaskStatus.RUNNING, TaskStatus.PAUSED):
        parts.append(_("{time} left").format(time=clock(now.time_left_s)))
    elif now.status.is_final and now.metrics:
        parts.append(time_taken(course_of_job(now)))
    if before:
        waiting = ngettext("{count} training before it", "{count} trainings before it", before)
        parts.append(waiting.format(count=before))
    st.progress(min(1.0, now.step / max(1, now.max_steps)), " · ".join(parts))
    if now.message:
        text = sentence(now.error) if now.error else _(now.message)
        st.warning(text, icon=":material/warning:")


def _progress_elsewhere(run_id: str) -> None:
    """How far a training of another program is; when it ends, the page is drawn anew."""
    try:
        run = resources.store().get(run_id)
        max_steps = run.preset.training.max_steps
    except MusicgenError:  # gone
        redraw()
    if _has_ended(run):
        redraw()
    step = min(read_last_step(run), max_steps)
    parts = [
        f"**{plain(run_id)}**",
        _("training in another program"),
        _("step {step:,} of {steps:,}").format(step=step, steps=max_steps),
    ]
    st.progress(step / max_steps, " · ".join(parts))


def _has_ended(run: Run) -> bool:
    """Whether no process trains a run any more."""
    return run.read_status()["status"] not in ("queued", "running") or not run.is_busy()


def _status_words(now: JobSnapshot) -> str:
    if now.status is TaskStatus.PREPARING and now.step:
        return _("picking up where it stopped")
    return _(STATUS_LABELS[now.status])


def _buttons(job: TrainingJob, now: JobSnapshot) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="live_buttons"):
        if now.status is TaskStatus.PAUSED:
            st.button(_("Go on"), key="train_resume", icon=":material/resume:", on_click=job.resume)
        elif now.status in (TaskStatus.RUNNING, TaskStatus.PREPARING):
            st.button(_("Pause"), key="train_pause", icon=":material/pause:", on_click=job.pause)
        if not now.status.is_final:
            st.button(
                _("Stop and keep"),
                key="train_stop",
                icon=":material/stop:",
                on_click=job.cancel,
                disabled=now.status is TaskStatus.CANCELLING,
            )
        elif now.status is TaskStatus.CANCELLED and now.step < now.max_steps:
            st.button(
                _("Go on"),
                key="live_resume",
                icon=":material/resume:",
                on_click=_go_on,
                args=(now.run_id,),
            )
        if now.has_checkpoint:
            play_link(now.run_id, now.best_step, _("Play the new model"), "live")
            ship_link(now.run_id, "live")


def runs_on_disk() -> None:
    """The runs there are, the newest first: play one, or go on with one that was interrupted."""
    infos = [
        info
        for info in resources.store().list()
        if not info.sweep and not _is_active(info.id)  # cells of a sweep are shown by Compare
    ]
    if not infos:
        return
    st.subheader(_("Runs"), anchor=False)
    for info in infos[:MAX_LISTED]:
        with show_errors(), reading(info.id):  # a run that goes meanwhile leaves the others alone
            _run_row(info)


def _is_active(run_id: str) -> bool:
    job = resources.registry().get(run_id)
    return job is not None and not job.is_over


def _run_row(info: RunInfo) -> None:
    is_open = state.OPENED_RUN.get() == info.id
    with st.container(horizontal=True, vertical_alignment="center", key=f"run_{info.id}"):
        st.markdown(f"**{plain(info.id)}**  \n:small[:gray[{_run_line(info)}]]", width="stretch")
        if info.can_resume and info.step < info.max_steps and not _is_elsewhere(info):
            st.button(
                _("Go on"),
                key=f"resume_{info.id}",
                icon=":material/resume:",
                on_click=_go_on,
                args=(info.id,),
            )
        st.button(
            _("Close") if is_open else _("Look and listen"),
            key=f"open_{info.id}",
            icon=":material/close:" if is_open else ":material/monitoring:",
            on_click=state.OPENED_RUN.set,
            args=("" if is_open else info.id,),
        )
        if is_folder(info.path / "best"):
            play_link(info.id, info.step, _("Play"), f"run_{info.id}")
    if is_open:
        with show_errors(), reading(info.id):
            _opened(info)


def _opened(info: RunInfo) -> None:
    """The curves and tunes of a run, below its row."""
    with st.container(border=True, key="opened"):
        course = course_of_run(info)
        if not course.metrics:
            st.caption(_("This run has taken no steps yet."))
            return
        st.caption(time_taken(course))
        monitor(course, "opened")
    hear_it_learn(Run(info.path).read_samples(), info.id, "opened")


def _run_line(info: RunInfo) -> str:
    parts = [_("step {step:,} of {steps:,}").format(step=info.step, steps=info.max_steps)]
    if info.best_val_loss is not None:
        parts.append(_("held-out loss {loss:.3f}").format(loss=info.best_val_loss))
    if _is_elsewhere(info):
        parts.append(_("training in another program"))
    elif not _is_over(info):
        parts.append(_("interrupted"))
    else:
        parts.append(_(STATUS_LABELS[TaskStatus(info.status)]))
    return " · ".join(parts)


def _is_over(info: RunInfo) -> bool:
    return info.status in set(TaskStatus) and TaskStatus(info.status).is_final


def _is_elsewhere(info: RunInfo) -> bool:
    """Whether another process, such as the command line, trains this run now."""
    return not _is_over(info) and Run(info.path).is_busy()


def _go_on(run_id: str) -> None:
    attempt(_resume, run_id)


def _resume(run_id: str) -> None:
    resources.registry().resume(run_id, place=chosen_place(PLACE))
