"""A study while it is made, a model while it learns: how far they are, every second."""

import streamlit as st

from musicgen.jobs.background_task import TaskStatus
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import has_new_failure, redraw
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.frame.page import training_note
from musicgen.ui.listen.teach_view import live_adaptation, seen_adaptation

TICK_S = 1.0


def is_making() -> bool:
    """Whether a study of this server is being made."""
    now = resources.studies().snapshot()
    return now is not None and not now.status.is_final


def live_study() -> None:
    """The study being made, and what trains meanwhile."""
    _live(_seen())


_Seen = tuple[tuple[int, bool] | None, tuple[int, bool] | None]


def _seen() -> _Seen:
    """What the rest of the page depends on: which study and model, and whether they are over."""
    now = resources.studies().snapshot()
    return (now.number, now.status.is_final) if now else None, seen_adaptation()


@st.fragment(run_every=TICK_S)
def _live(drawn: _Seen) -> None:
    training_note()
    if _seen() != drawn or has_new_failure():
        made = resources.studies().snapshot()
        if made and made.study and _seen()[0] != drawn[0]:
            state.STUDY.set(made.study)
        redraw()
    live_adaptation()
    now = resources.studies().snapshot()
    if now is None:
        return
    if now.error:
        st.warning(sentence(now.error), icon=":material/warning:")
    if not now.status.is_final:
        with st.container(border=True, key="listen_live"):
            words = _("composing and rendering the tunes of {title}")
            title = f"**{plain(now.plan.title)}**"
            st.progress(now.share, f"{words.format(title=title)} · {now.share:.0%}")
            st.button(
                _("Cancel"),
                key="listen_cancel",
                icon=":material/stop:",
                on_click=resources.studies().cancel,
                disabled=now.status is TaskStatus.CANCELLING,
            )
