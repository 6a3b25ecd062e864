"""A training while it runs, and the runs on the disk."""

import math

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.training.job import JobSnapshot, JobStatus, TrainingJob
from musicgen.training.runs import Run, RunInfo
from musicgen.ui import resources
from musicgen.ui.charts import loss_figure
from musicgen.ui.language import N_, _
from musicgen.ui.live_chart import live_chart, load_plotly
from musicgen.ui.page import play_link, sentence, tell

TICK_S = 1.0
MAX_LISTED = 12

STATUS_WORDS = {
    JobStatus.QUEUED: N_("waiting for its turn"),
    JobStatus.PREPARING: N_("reading the corpus"),
    JobStatus.RUNNING: N_("training"),
    JobStatus.PAUSED: N_("paused"),
    JobStatus.STOPPING: N_("saving"),
    JobStatus.STOPPED: N_("stopped"),
    JobStatus.FINISHED: N_("finished"),
    JobStatus.FAILED: N_("failed"),
}


def is_training() -> bool:
    """Whether a training of this server is under way."""
    job = resources.registry().current()
    return job is not None and not job.snapshot().status.is_final


def live_training() -> None:
    """The current training, brought up to date every second in every tab that looks at it."""
    _live(_seen(resources.registry().current()))
    load_plotly()


def _seen(job: TrainingJob | None) -> tuple[str, bool] | None:
    """What the rest of the page depends on: which training, and whether it is over."""
    return (job.run.id, job.snapshot().status.is_final) if job else None


@st.fragment(run_every=TICK_S)
def _live(drawn: tuple[str, bool] | None) -> None:
    job = resources.registry().current()
    if _seen(job) != drawn:
        st.rerun()
    if job is None:
        return
    now = job.snapshot()
    with st.container(border=True, key="live"):
        _progress(now)
        _buttons(job, now)
        if now.metrics or not now.status.is_final:
            _figures(now)
            _curves(now)


def _progress(now: JobSnapshot) -> None:
    parts = [
        f"**{now.run_id}**",
        _status_words(now),
        _("step {step:,} of {steps:,}").format(step=now.step, steps=now.max_steps),
    ]
    if now.time_left_s is not None and now.status in (JobStatus.RUNNING, JobStatus.PAUSED):
        parts.append(_("{time} left").format(time=_clock(now.time_left_s)))
    st.progress(min(1.0, now.step / max(1, now.max_steps)), " · ".join(parts))
    if now.message:
        text = sentence(now.error) if now.error else _(now.message)
        st.warning(text, icon=":material/warning:")


def _status_words(now: JobSnapshot) -> str:
    if now.status is JobStatus.PREPARING and now.step:
        return _("picking up where it stopped")
    return _(STATUS_WORDS[now.status])


def _buttons(job: TrainingJob, now: JobSnapshot) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.status is JobStatus.PAUSED:
            st.button(_("Go on"), key="train_resume", icon=":material/resume:", on_click=job.resume)
        elif now.status in (JobStatus.RUNNING, JobStatus.PREPARING):
            st.button(_("Pause"), key="train_pause", icon=":material/pause:", on_click=job.pause)
        if not now.status.is_final:
            st.button(
                _("Stop and keep"),
                key="train_stop",
                icon=":material/stop:",
                on_click=job.stop,
                disabled=now.status is JobStatus.STOPPING,
            )
        if now.has_checkpoint:
            play_link(now.run_id, now.best_step, _("Play the new model"), "live")


def _figures(now: JobSnapshot) -> None:
    latest = now.metrics[-1] if now.metrics else None
    best = now.best_val_loss
    figures = (
        (_("Training loss"), f"{latest.train_loss:.3f}" if latest else "–"),
        (_("Best held-out loss"), f"{best:.3f}" if best is not None else "–"),
        (_("Perplexity"), f"{math.exp(best):.2f}" if best is not None else "–"),
        (_("Characters right"), f"{latest.accuracy:.0%}" if latest else "–"),
        (_("Characters a second"), f"{now.chars_per_second:,.0f}" if latest else "–"),
    )
    with st.container(horizontal=True, key="figures"):
        for label, value in figures:
            st.metric(label, value, width=150)


def _curves(now: JobSnapshot) -> None:
    names = (_("training tunes"), _("held-out tunes"), _("best: {loss:.3f} at step {step}"))
    axes = (_("step"), _("loss (nats per character)"))
    figure = loss_figure(now.metrics, now.run_id, names, axes)
    live_chart(figure, "loss", _("Loss over the steps of the training"))


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def runs_on_disk() -> None:
    """The runs there are, the newest first: play one, or go on with one that was interrupted."""
    infos = [info for info in resources.store().list() if not _is_active(info.id)]
    if not infos:
        return
    st.subheader(_("Runs"), anchor=False)
    for info in infos[:MAX_LISTED]:
        _run_row(info)


def _is_active(run_id: str) -> bool:
    job = resources.registry().get(run_id)
    return job is not None and not job.snapshot().status.is_final


def _run_row(info: RunInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run_{info.id}"):
        st.markdown(f"**{info.id}**  \n:small[:gray[{_run_line(info)}]]", width="stretch")
        if info.can_resume and info.step < info.max_steps and not _is_elsewhere(info):
            st.button(
                _("Go on"),
                key=f"resume_{info.id}",
                icon=":material/resume:",
                on_click=_go_on,
                args=(info.id,),
            )
        if (info.path / "best").is_dir():
            play_link(info.id, info.step, _("Play"), f"run_{info.id}")


def _run_line(info: RunInfo) -> str:
    parts = [_("step {step:,} of {steps:,}").format(step=info.step, steps=info.max_steps)]
    if info.best_val_loss is not None:
        parts.append(_("held-out loss {loss:.3f}").format(loss=info.best_val_loss))
    if _is_elsewhere(info):
        parts.append(_("training in another program"))
    elif not _is_over(info):
        parts.append(_("interrupted"))
    else:
        parts.append(_(STATUS_WORDS[JobStatus(info.status)]))
    return " · ".join(parts)


def _is_over(info: RunInfo) -> bool:
    return info.status in set(JobStatus) and JobStatus(info.status).is_final


def _is_elsewhere(info: RunInfo) -> bool:
    """Whether another process, such as the command line, trains this run now."""
    return not _is_over(info) and Run(info.path).is_busy()


def _go_on(run_id: str) -> None:
    try:
        resources.registry().resume(run_id)
    except MusicgenError as error:
        tell(error, st.container())
