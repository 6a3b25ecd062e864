"""What each version costs: measured in the background, as a table and two charts."""

import math
from datetime import UTC, datetime

import streamlit as st

from musicgen.compression.measuring import VariantFigures
from musicgen.compression.report_page import render_report, write_auc
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.variant_service import VariantSnapshot
from musicgen.models.checkpoint import CheckpointRef
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt, has_new_failure, redraw
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.frame.page import training_note
from musicgen.ui.ship.ship_charts import cost_figure
from musicgen.version import __version__

TICK_S = 1.0
MEASURED_TUNES = 40


def costs(ref: CheckpointRef) -> None:
    """The button, and what was found for this model and all that was made of it."""
    with st.container(border=True, key="ship_costs"):
        st.subheader(_("What each version costs"), anchor=False)
        st.caption(
            _("The model and all that was made of it, in one run: size, memory, speed, loss on "
              "test tunes, how many of {count} tunes keep time without the grammar, and how well a "
              "detector tells them from real ones (AUC: 0.5 not at all, 1 always).")
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
            _show(found)


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


def _show(found: VariantSnapshot) -> None:
    rows = found.rows
    st.dataframe([_row(one) for one in rows], hide_index=True, key="ship_table")
    left, right = st.columns(2)
    up = _("nats over bodies")
    with left:
        st.markdown(f"**{_('Size against loss')}**")
        exact = [one for one in rows if one.precision == "float32"]
        figure = cost_figure(exact, lambda one: one.size_bytes / 1e6, (_("MB on the disk"), up))
        live_chart(figure, "ship_by_size", _("Size against loss"))
    with right:
        st.markdown(f"**{_('Speed against loss')}**")
        figure = cost_figure(rows, lambda one: one.character_us[0], (_("µs a character"), up))
        live_chart(figure, "ship_by_speed", _("Speed against loss"))
    st.caption(
        _("Lower is better, and further left is smaller or faster. Circles are float32, diamonds "
          "8-bit arithmetic, squares PyTorch’s dynamic quantisation. Loss and cost have scales of "
          "their own: the axes do not begin at zero.")
    )  # fmt: skip
    made = f"musicgen {__version__}, {datetime.now(UTC):%Y-%m-%d}."
    st.download_button(
        _("Report as HTML"), render_report(rows, made).encode("utf-8"),
        f"{found.model}-versions.html", "text/html", icon=":material/download:",
        key="ship_report", on_click="ignore",
    )  # fmt: skip


def _label(one: VariantFigures) -> str:
    return f"{one.name} ({one.made})" if one.made else one.name


def _row(one: VariantFigures) -> dict[str, object]:
    in_time = None if math.isnan(one.in_time_share) else f"{one.in_time_share:.0%}"
    return {
        _("Version"): _label(one),
        _("Arithmetic"): one.precision,
        _("MB on the disk"): round(one.size_bytes / 1e6, 2),
        _("nats over bodies"): round(one.body_loss, 3),
        _("In time, free"): in_time,
        _("AUC"): write_auc(one.auc),
        _("µs a character"): round(one.character_us[0]),
        _("µs, 16 at once"): round(one.character_us[-1]),
        _("Parameters"): f"{one.parameters:,}",
        _("MB of memory"): round(one.memory_bytes / 1e6),
        _("Seconds to start"): round(one.start_s, 2),
        _("nats, test tunes"): round(one.loss, 3),
    }
