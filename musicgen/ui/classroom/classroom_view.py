"""The teacher's board: all members at a glance, and the work of one of them."""

import streamlit as st

from musicgen.classroom.roster import Member
from musicgen.classroom.work import share_run
from musicgen.config import Paths
from musicgen.jobs.training_job import TrainingJob
from musicgen.training.runs.run import Run, RunInfo
from musicgen.training.runs.summary import clock
from musicgen.ui.base import membership, resources, state
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.failures import attempt, reading
from musicgen.ui.base.labels import STATUS_LABELS
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.told import tell, told
from musicgen.ui.base.words import plain
from musicgen.ui.classroom.board import (
    Row,
    jobs_under_way,
    latest_job,
    read_board,
    runs_of,
    thinned,
)
from musicgen.ui.classroom.classroom_charts import losses_figure
from musicgen.ui.classroom.members_view import members_and_limits
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.components.text_block import text_block
from musicgen.ui.frame.owner import is_owner
from musicgen.ui.tune.training_samples import hear_it_learn

TICK_S = 3.0
CHART_PX = 320
MAX_CURVES, MAX_RUNS = 12, 20
_MEGABYTE = 1_000_000
_SHARED = "classroom_shared"


def classroom() -> None:
    """The page: for a teacher of the class, else a sentence."""
    if not membership.is_class():
        st.info(
            _("This server serves no class. Make one, then start the app for it:"),
            icon=":material/groups:",
        )
        text_block(
            'python -m musicgen classroom new "5b" --teacher "Ms Wu"\n'
            "python -m musicgen classroom add Anna Ben\n"
            "python -m musicgen app --class --host 0.0.0.0"
        )
        return
    if not is_owner():
        st.info(_("This page is for the teacher of the class."), icon=":material/lock:")
        return
    room = membership.class_store().read()
    resources.set_slices(room.limits)
    st.subheader(plain(room.name), anchor=False)
    _board()
    with show_errors():
        _one_member(list(room.members))
    members_and_limits(room)


@st.fragment(run_every=TICK_S)
def _board() -> None:
    rows = read_board()
    waiting = sum(1 for row in rows if row.before)
    training = next((row for row in rows if row.job and not row.job.is_over and not row.before),
                    None)  # fmt: skip
    with st.container(horizontal=True, key="classroom_now"):
        st.metric(_("Members"), f"{len(rows)}")
        st.metric(_("Trains now"), plain(training.member.name) if training else "–")
        st.metric(_("Waiting"), f"{waiting}")
    st.table(
        {
            _("Name"): [plain(row.member.name) for row in rows],
            _("Run"): [plain(row.job.run.id) if row.job else "–" for row in rows],
            _("State"): [_state(row) for row in rows],
            _("Done"): [f"{row.job.state.progress:.0%}" if row.job else "–" for row in rows],
            _("Held-out loss"): [_loss(row.job) for row in rows],
            _("Had the machine for"): [clock(row.had_s) if row.had_s else "–" for row in rows],
            _("On the disk"): [f"{row.disk_bytes / _MEGABYTE:,.0f} MB" for row in rows],
        },
        border="horizontal",
        hide_index=True,
    )
    curves = [
        (row.member.name, thinned(metrics))
        for row in rows
        if row.job and (metrics := row.job.snapshot().metrics)
    ][:MAX_CURVES]
    if curves:
        live_chart(
            losses_figure(curves), "classroom_losses",
            _("Losses of the trainings of the class over their steps"), CHART_PX,
        )  # fmt: skip
        st.caption(_("Loss on held-out tunes; until the second look at them, on training tunes."))


def _state(row: Row) -> str:
    if row.job is None:
        return "–"
    word = _(STATUS_LABELS[row.job.status])
    if not row.before or row.job.is_over:
        return word
    before = ngettext("{count} before it", "{count} before it", row.before)
    return f"{word} ({before.format(count=row.before)})"


def _loss(job: TrainingJob | None) -> str:
    best = job.snapshot().best_val_loss if job else None
    return "–" if best is None else f"{best:.3f}"


def _one_member(members: list[Member]) -> None:
    st.subheader(_("The work of one"), anchor=False)
    by_id = {member.id: member for member in members}
    if state.CLASS_MEMBER.get() not in by_id:
        state.CLASS_MEMBER.set(next(iter(by_id)))
    chosen = st.selectbox(
        _("Name"), list(by_id), key=state.CLASS_MEMBER.name,
        format_func=lambda one: by_id[one].name if one in by_id else "",
    )  # fmt: skip
    member = by_id.get(chosen) or members[0]
    where = membership.class_store().paths_of(member)
    _stops(where)
    infos = runs_of(where)
    if not infos:
        st.caption(_("No run yet."))
        return
    by_run = {info.id: info for info in infos[:MAX_RUNS]}
    run_id = st.selectbox(
        _("Run"), list(by_run), key=f"classroom_run_{member.id}",
        format_func=lambda one: _run_line(by_run[one]) if one in by_run else "",
    )  # fmt: skip
    with reading(run_id):
        _one_run(by_run.get(run_id) or infos[0], where, member)


def _stops(where: Paths) -> None:
    jobs = jobs_under_way(where)
    if not jobs:
        return
    with st.container(horizontal=True, key="classroom_stops"):
        for job in jobs:
            st.button(
                _("Stop {name} and keep what it learned").format(name=plain(job.run.id)),
                key=f"classroom_stop_{job.run.id}",
                icon=":material/stop:",
                on_click=job.cancel,
            )


def _run_line(info: RunInfo) -> str:
    parts = [info.id, _("step {step:,} of {steps:,}").format(step=info.step, steps=info.max_steps)]
    if info.best_val_loss is not None:
        parts.append(_("held-out loss {loss:.3f}").format(loss=info.best_val_loss))
    return " · ".join(parts)


def _one_run(info: RunInfo, where: Paths, member: Member) -> None:
    job = latest_job(where)
    is_live = job is not None and job.run.id == info.id and not job.is_over
    place = st.container()  # always there: what follows must not change its place
    if shared := told(_SHARED):
        place.success(
            _("All members can play {name} now.").format(name=plain(shared)),
            icon=":material/check:",
        )
    if not member.is_teacher and info.step:
        st.button(
            _("Share with the class"),
            key="classroom_share",
            icon=":material/share:",
            disabled=is_live,
            help=_("Everybody can then play it and look at its curves. It stays the member's."),
            on_click=attempt,
            args=(_share, info.id, where, member.id),
        )
    samples = job.samples if job and is_live else Run(info.path).read_samples()
    if not samples:
        st.caption(_("No tune was composed along the way yet."))
    hear_it_learn(samples, f"{member.id}/{info.id}", "classroom")


def _share(run_id: str, where: Paths, member_id: str) -> None:
    tell(_SHARED, share_run(run_id, where, resources.server_paths(), member_id))
