"""A report to read: tables beside real tunes, figures, the best and the worst tune, and files."""

import html
import json
from functools import partial

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.evaluation.report.figures import SWEPT, find_loss_sweep, find_sweep, has_sweep
from musicgen.evaluation.report.html import FOREIGN, METHOD, describe_plan, render_html
from musicgen.evaluation.report.result import Report
from musicgen.evaluation.report.store import ReportInfo
from musicgen.evaluation.words import DISTRIBUTION_AXES, GROUPS, MEASURES, name_set
from musicgen.ui import resources, run_data, state
from musicgen.ui.language import _, current_language, ngettext
from musicgen.ui.live_chart import Panel, live_charts, load_plotly
from musicgen.ui.report_charts import distribution_figure, set_colour, sweep_figure
from musicgen.ui.report_live import is_reporting
from musicgen.ui.report_table import loss_rows, measure_rows
from musicgen.ui.report_tunes import best_and_worst

_HEIGHT = 280
_TAGS = {"en": "en", "zh": "zh-Hans"}


def report_on_screen() -> None:
    """The report that was chosen, else the newest; nothing before the first."""
    now = resources.reports().snapshot()
    making = now.report_id if now and is_reporting() else ""
    infos = [info for info in resources.reports().store.list() if info.id != making]
    if not infos:
        return
    info = _pick(infos)
    if info.is_done:
        try:
            _whole(info)
        except MusicgenError:
            _tools(info)
            raise
    else:
        _torn(info)
    load_plotly()


def _pick(infos: list[ReportInfo]) -> ReportInfo:
    by_id = {info.id: info for info in infos}
    labels = {info.id: _label(info) for info in infos}
    if state.REPORT.get() not in by_id:
        state.REPORT.set(infos[0].id)
    if len(infos) > 1:
        st.selectbox(_("Report"), list(by_id), key=state.REPORT.name, format_func=labels.get)
    return by_id[state.REPORT.get()]


def _label(info: ReportInfo) -> str:
    day, time = info.id[:8], info.id[9:15]
    parts = [
        f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:4]} UTC",
        ", ".join(info.plan.checkpoints),
        ngettext("{count} tune each", "{count} tunes each", info.plan.count).format(
            count=info.plan.count
        ),
    ]
    if not info.is_done:
        parts.append(_("not whole yet"))
    return " · ".join(parts)


def _torn(info: ReportInfo) -> None:
    with st.container(border=True, key="report_torn"):
        st.write(_("This report ended early. What was composed so far is kept."))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                _("Go on"),
                key="report_resume",
                icon=":material/resume:",
                disabled=is_reporting(),
                on_click=run_data.telling,
                args=(resources.reports().resume, info.id),
            )
            _delete(info)


def _whole(info: ReportInfo) -> None:
    report = resources.reports().store.read(info.id)
    st.caption(describe_plan(report, _))
    _tools(info, report)
    _losses(report)
    _measures(report)
    best_and_worst(report, info.id)
    _sweeps(report)
    _distributions(report)
    with st.expander(_("What the figures mean"), icon=":material/help:"):
        _meanings(report)


def _tools(info: ReportInfo, report: Report | None = None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="report_files"):
        if report:
            st.download_button(
                _("HTML"), partial(_html, report, _TAGS[current_language()]),
                f"report-{info.id}.html", "text/html", key="report_html",
                icon=":material/download:", on_click="ignore",
                help=_("A page by itself: tables, figures and tunes."),
            )  # fmt: skip
            st.download_button(
                _("JSON"), partial(_json, report), f"report-{info.id}.json", "application/json",
                key="report_json", icon=":material/download:", on_click="ignore",
                help=_("All figures, for programs."),
            )  # fmt: skip
        _delete(info)


def _html(report: Report, tag: str) -> bytes:
    return render_html(report, _, tag).encode()


def _json(report: Report) -> bytes:
    return (json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n").encode()


def _delete(info: ReportInfo) -> None:
    with st.popover(_("Delete"), icon=":material/delete:"):
        st.write(_("Delete this report with its tunes? There is no way back."))
        st.button(
            _("Delete for good"),
            key="report_delete",
            type="primary",
            on_click=run_data.telling,
            args=(resources.reports().delete, info.id),
        )


def _losses(report: Report) -> None:
    if not report.losses:
        return
    st.subheader(_("How well they foretell real tunes"), anchor=False)
    st.table(loss_rows(report), border="horizontal", hide_index=True)
    if not all(row.is_own for row in report.losses):
        st.caption(f"\\* {_(FOREIGN)}")


def _measures(report: Report) -> None:
    st.subheader(_("What they compose"), anchor=False)
    if not report.real:
        st.info(
            _("The corpus is not here, so there are no real tunes beside them."),
            icon=":material/info:",
        )
    with st.container(key="report_table"):
        st.table(measure_rows(report), border="horizontal", hide_index=True)


def _sweeps(report: Report) -> None:
    if not has_sweep(report):
        return
    st.subheader(_("Over the temperature"), anchor=False)
    axis = _("temperature")
    panels = []
    for name in ("loss", *SWEPT):
        lines = find_loss_sweep(report) if name == "loss" else find_sweep(report, name)
        label = _("Loss on real tunes") if name == "loss" else _(MEASURES[name].label)
        reference = report.real.estimates.get(name) if report.real else None
        if any(line.places for line in lines):
            figure = sweep_figure(lines, reference, (axis, label), name)
            panels.append(Panel(name, figure, label, _HEIGHT, is_wide=False))
    live_charts(panels, "report_sweeps")
    st.caption(_("* without the grammar; the dashed line and its band are real tunes"))


def _distributions(report: Report) -> None:
    sets = report.all_sets()
    names = [name_set(item.cell, _) for item in sets]
    st.subheader(_("Side by side"), anchor=False)
    st.html(_legend(names, has_real=report.real is not None))
    panels = []
    for name, axis in DISTRIBUTION_AXES.items():
        label = _(MEASURES[name].label)
        figure = distribution_figure(name, sets, names, f"{label}: {_(axis)}")
        is_wide = name == "characters"
        panels.append(Panel(name, figure, label, _HEIGHT, is_wide))
    live_charts(panels, "report_distributions")


def _meanings(report: Report) -> None:
    for text in METHOD:
        st.write(_(text))
    shown = {name for item in report.all_sets() for name in item.estimates}
    for group, measures in GROUPS.items():
        lines = [f"- **{_(one.label)}**: {_(one.help)}" for name, one in measures.items()
                 if name in shown]  # fmt: skip
        if lines:
            st.markdown("\n".join([f"**{_(group)}**", "", *lines]))


def _legend(names: list[str], has_real: bool) -> str:
    keys = "".join(
        f'<span style="white-space:nowrap;margin-right:1.2em"><span style="display:inline-block;'
        f"width:.8em;height:.8em;border-radius:2px;margin-right:.4em;"
        f'background:{_css(set_colour(place, has_real))}"></span>{html.escape(name)}</span>'
        for place, name in enumerate(names)
    )
    return f"<div>{keys}</div>"


def _css(colour: str) -> str:
    """A colour of the theme for a style: lists of colours are read by their place elsewhere."""
    return colour
