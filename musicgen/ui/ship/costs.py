"""What each version costs: measured in the background, as a table and two charts."""

import math

import streamlit as st

from musicgen.compression.measuring import VariantFigures
from musicgen.compression.report_page import write_auc
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.variant_service import VariantSnapshot
from musicgen.models.checkpoint import CheckpointRef
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt, has_new_failure, redraw
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.frame.page import training_note

TICK_S = 1.0
MEASURED_TUNES = 40


def costs(ref: CheckpointRef) -> None:
    """The button, and what was found for this model and all that was made of it."""
    with st.container(border=True, key="ship_costs"):
        st.subheader(_("What each version costs"), anchor=False)
        st.caption(
            _("The model and all that was made of it, in one run: size, memory, speed, loss on "
              "test tunes, how many of {count} tunes keep time without the grammar, and how well a "
              "detector tells them from real ones.")
            .format(count=MEASURED_TUNES)
        )  # fmt: skip
        st.button(
            _("Measure"), icon=":material/speed:", key="ship_measure",
            on_click=attempt, args=(resources.variants().start, ref.name, MEASURED_TUNES),
            disabled=not resources.variants().snapshot().status.is_final,
        )  # fmt: skip
        _live(_seen())
        found = resources.variants().snapshot()
        if found.rows and found.model == ref.name:
            _show(found.rows)


def _seen() -> tuple[str, bool]:
    now = resources.variants().snapshot()
    return now.model, now.status.is_final


@st.fragment(run_every=TICK_S)
def _live(drawn: tuple[str, bool]) -> None:
    training_note()
    if _seen() != drawn or has_new_failure():
        redraw()
    now = resources.variants().snapshot()
    if now.error:
        st.warning(sentence(now.error), icon=":material/warning:")
    if not now.status.is_final:
        _progress(now)


def _progress(now: VariantSnapshot) -> None:
    st.progress(now.share, plain(f"{now.model}: {now.now}" if now.now else now.model))
    st.button(
        _("Cancel"), key="ship_cancel", icon=":material/stop:",
        on_click=resources.variants().cancel, disabled=now.status is TaskStatus.CANCELLING,
    )  # fmt: skip


def _show(rows: tuple[VariantFigures, ...]) -> None:
    st.dataframe([_row(one) for one in rows], hide_index=True, key="ship_table")
    left, right = st.columns(2)
    size, speed, loss, which = (
        _("MB on the disk"), _("µs a character"), _("nats over bodies"), _("Version")
    )  # fmt: skip
    exact = [one for one in rows if one.precision == "float32"]
    left.scatter_chart(
        {size: [one.size_bytes / 1e6 for one in exact], loss: [one.body_loss for one in exact],
         which: [_label(one) for one in exact]},
        x=size, y=loss, color=which, height=300,
    )  # fmt: skip
    right.scatter_chart(
        {speed: [one.character_us[0] for one in rows], loss: [one.body_loss for one in rows],
         which: [f"{_label(one)}, {one.precision}" for one in rows]},
        x=speed, y=loss, color=which, height=300,
    )  # fmt: skip


def _label(one: VariantFigures) -> str:
    return f"{one.name} ({one.made})" if one.made else one.name


def _row(one: VariantFigures) -> dict[str, object]:
    in_time = None if math.isnan(one.in_time_share) else f"{one.in_time_share:.0%}"
    return {
        _("Version"): _label(one),
        _("Arithmetic"): one.precision,
        _("MB on the disk"): round(one.size_bytes / 1e6, 2),
        _("Parameters"): one.parameters,
        _("MB of memory"): round(one.memory_bytes / 1e6),
        _("Seconds to start"): round(one.start_s, 2),
        _("nats over bodies"): round(one.body_loss, 3),
        _("In time, free"): in_time,
        _("Told from real ones (AUC)"): write_auc(one.auc),
        _("µs a character"): round(one.character_us[0]),
        _("µs, 16 at once"): round(one.character_us[-1]),
    }
