"""How long people wait, what the server works on, and what went wrong: for whoever runs it."""

import time
from collections.abc import Callable
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from musicgen.machine import available_memory_bytes, free_disk_bytes, resident_bytes
from musicgen.ui.base import resources
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.labels import STATUS_LABELS
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.words import plain
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.frame.owner import is_owner
from musicgen.ui.server.error_words import error_meaning
from musicgen.ui.server.wait_charts import fitting_step, memory_figure, moment, wait_figure
from musicgen.ui.server.work import work_under_way
from musicgen.watching import (
    COMPOSE,
    ERROR,
    HOUR_S,
    MEMORY,
    RENDER,
    SOUND,
    SWITCH,
    Wait,
    by_time,
    summarise,
    write_csv,
)

TICK_S = 5.0
CHART_PX, MEMORY_PX = 320, 220
_MIB, _GIB = 2**20, 2**30
_ALL = ""
_KINDS = {
    SOUND: N_("to the first sound"),
    COMPOSE: N_("composing"),
    RENDER: N_("rendering"),
}
_WINDOWS = {
    "hour": (N_("An hour"), HOUR_S, 300),
    "day": (N_("A day"), 24 * HOUR_S, HOUR_S),
    "week": (N_("A week"), 7 * 24 * HOUR_S, 6 * HOUR_S),
    "all": (N_("All"), 0, 24 * HOUR_S),
}
"""Name, seconds back (0 for all), and the seconds that a point of the chart stands for."""


def server() -> None:
    """The page: for its owner, else a sentence."""
    if not is_owner():
        st.info(
            _("This page is for whoever runs the server: open it on that machine, as localhost."),
            icon=":material/lock:",
        )
        return
    _now()
    watch = resources.watch()
    window = st.segmented_control(
        _("How far back"),
        list(_WINDOWS),
        key="server_window",
        default="day",
        format_func=lambda name: _(_WINDOWS[name][0]),
        required=True,
    )
    _label, back_s, step_s = _WINDOWS[window or "day"]
    found = watch.waits(time.time() - back_s if back_s else 0.0)
    _waits(found, step_s)
    _memory(found)
    _errors(found)
    _keeping()


@st.fragment(run_every=TICK_S)
def _now() -> None:
    """Memory, disk and work at this moment."""
    memory, free = resident_bytes(), available_memory_bytes()
    disk = free_disk_bytes(resources.paths().home)
    rows = work_under_way()
    with st.container(horizontal=True, key="server_now"):
        st.metric(_("Memory of the server"), f"{memory / _MIB:,.0f} MiB" if memory else "–")
        st.metric(_("Memory free"), f"{free / _GIB:,.1f} GiB" if free else "–")
        st.metric(_("Disk free"), f"{disk / _GIB:,.1f} GiB" if disk else "–")
        st.metric(_("At work or waiting"), f"{len(rows)}")
    if rows:
        st.table(
            {
                _("Work"): [_(row.kind) for row in rows],
                _("Name"): [plain(row.name) or "–" for row in rows],
                _("State"): [_(STATUS_LABELS[row.status]) for row in rows],
                _("Done"): ["–" if row.progress is None else f"{row.progress:.0%}" for row in rows],
            },
            border="horizontal",
            hide_index=True,
        )


def _waits(found: list[Wait], step_s: int) -> None:
    st.subheader(_("How long people wait"), anchor=False)
    timed = [one for one in found if one.kind in _KINDS]
    if not timed:
        st.caption(_("Nobody waited for a tune in this time, or nothing was noted."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            _("For what"),
            list(_KINDS),
            key="server_kind",
            default=SOUND,
            format_func=lambda name: _(_KINDS[name]),
            required=True,
        )
        model = _pick(_("Model"), "server_model", sorted({one.model for one in timed}))
        page = _pick(_("On the page"), "server_page", sorted({one.page for one in timed}), _)
    shown = [
        one for one in timed
        if (model or one.model) == one.model and (page or one.page) == one.page
    ]  # fmt: skip
    zone = _zone()
    step_s = fitting_step([one.at for one in shown if one.kind == (kind or SOUND)], step_s)
    live_chart(
        wait_figure(by_time(shown, kind or SOUND, step_s), zone),
        "server_waits",
        _("Waits over time: half of them, 95 % and 99 % are no longer"),
        CHART_PX,
    )
    st.caption(_("Half of the waits are no longer than p50, 95 % no longer than p95."))
    rows = [row for row in summarise(shown) if row.kind == kind]
    if not rows:
        return
    st.table(
        {
            _("Model"): [plain(row.model) or "–" for row in rows],
            _("On the page"): [_page_name(row.page) for row in rows],
            _("Waits"): [f"{row.count:,}" for row in rows],
            "p50": [f"{row.p50:.2f} s" for row in rows],
            "p95": [f"{row.p95:.2f} s" for row in rows],
            "p99": [f"{row.p99:.2f} s" for row in rows],
        },
        border="horizontal",
        hide_index=True,
    )


def _pick(label: str, key: str, names: list[str], label_of: Callable[[str], str] = str) -> str:
    """A choice of one name or of all, which are empty; no choice where there is but one."""
    if len(names) < 2:
        return _ALL
    return st.selectbox(
        label, [_ALL, *names], key=key, width=220,
        format_func=lambda name: label_of(name) if name else _("all"),
    )  # fmt: skip


def _page_name(name: str) -> str:
    """The name of a page in the reader's language; the address may have said anything."""
    return plain(_(name)) if name else "–"


def _memory(found: list[Wait]) -> None:
    sizes = [(one.at, one.seconds) for one in found if one.kind == MEMORY]
    if len(sizes) < 2:
        return
    st.subheader(_("Memory over time"), anchor=False)
    live_chart(
        memory_figure(sizes, _zone()), "server_memory",
        _("Memory of the server over time"), MEMORY_PX,
    )  # fmt: skip


def _errors(found: list[Wait]) -> None:
    st.subheader(_("Errors that pages showed"), anchor=False)
    errors = [one for one in found if one.kind == ERROR]
    if not errors:
        st.caption(_("None."))
        return
    latest = {(one.model, one.page): one.at for one in errors}
    rows, zone = summarise(errors), _zone()
    st.table(
        {
            _("Error"): [plain(error_meaning(row.model)) for row in rows],
            _("On the page"): [_page_name(row.page) for row in rows],
            _("How often"): [f"{row.count:,}" for row in rows],
            _("Latest"): [moment(latest[row.model, row.page], zone) for row in rows],
        },
        border="horizontal",
        hide_index=True,
    )


def _keeping() -> None:
    """What is kept, the switch, and the ways to take it away and to forget it."""
    watch = resources.watch()
    st.subheader(_("What is kept"), anchor=False)
    st.write(
        _("What was waited for, the model, the page, the moment and how long it took: nothing of "
          "who, and no tune. Two files of 2 MB at most; the oldest go first. Prometheus reads the "
          "same at /metrics.")
    )  # fmt: skip
    if watch.is_locked:
        st.caption(_("{name} is off: nothing is noted.").format(name=SWITCH))
    else:
        st.toggle(
            _("Note how long people wait"),
            watch.is_on,
            key="server_watch",
            on_change=attempt,
            args=(_turn,),
        )
    with st.container(horizontal=True):
        st.download_button(
            _("All waits (CSV)"),
            lambda: write_csv(watch.waits()).encode("utf-8"),
            "waits.csv",
            "text/csv",
            key="server_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button(
            _("Forget all"),
            key="server_forget",
            icon=":material/delete:",
            on_click=attempt,
            args=(watch.forget,),
        )


def _turn() -> None:
    resources.watch().turn(bool(st.session_state["server_watch"]))


def _zone() -> tzinfo:
    """The reader's time zone, as the browser says; UTC if it says none."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, OSError):
        return UTC
