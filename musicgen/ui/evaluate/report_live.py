"""A report while it is made: how far it is and how long it will take, in every tab that looks."""

import streamlit as st

from musicgen.evaluation.measure_labels import name_set
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.report_service import ReportSnapshot
from musicgen.training.runs.summary import clock
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import has_new_failure, redraw
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.words import plain
from musicgen.ui.frame.page import training_note

TICK_S = 1.0

_STATUS_WORDS = {
    TaskStatus.PREPARING: N_("reading the real tunes"),
    TaskStatus.RUNNING: N_("measuring"),
    TaskStatus.CANCELLING: N_("stopping"),
}


def is_reporting() -> bool:
    """Whether a report of this server is being made."""
    now = resources.reports().snapshot()
    return now is not None and not now.status.is_final


def live_report() -> None:
    """The report being made, brought up to date every second, and what trains meanwhile."""
    _live(_seen())


def _seen() -> tuple[str, bool] | None:
    """What the rest of the page depends on: which report, and whether it is over."""
    now = resources.reports().snapshot()
    return (now.report_id, now.status.is_final) if now else None


@st.fragment(run_every=TICK_S)
def _live(drawn: tuple[str, bool] | None) -> None:
    training_note()
    if _seen() != drawn or has_new_failure():
        redraw()
    now = resources.reports().snapshot()
    if now is None:
        return
    if now.error:
        st.warning(sentence(now.error), icon=":material/warning:")
    if not now.status.is_final:
        with st.container(border=True, key="report_live"):
            st.progress(now.share, _line(now))
            st.button(
                _("Cancel"),
                key="report_cancel",
                icon=":material/stop:",
                on_click=resources.reports().cancel,
                disabled=now.status is TaskStatus.CANCELLING,
                help=_("What was composed is kept: the report can go on later."),
            )


def _line(now: ReportSnapshot) -> str:
    if now.cell and now.status is TaskStatus.RUNNING:
        what = _("composing {name}").format(name=f"**{plain(name_set(now.cell, _))}**")
    else:
        what = _(_STATUS_WORDS.get(now.status, ""))
    parts = [what, f"{now.share:.0%}"]
    if now.time_left_s is not None and now.status is TaskStatus.RUNNING:
        parts.append(_("{time} left").format(time=clock(now.time_left_s)))
    return " · ".join(parts)
