"""A report to read: tables beside real tunes, figures, the best and the worst tune, and files."""

from collections.abc import Sequence

import streamlit as st

from musicgen.config import to_json
from musicgen.errors import MusicgenError
from musicgen.evaluation.measure_labels import (
    DISTRIBUTION_AXES,
    GROUPS,
    MARKS,
    MEASURES,
    NUMBER,
    name_set,
)
from musicgen.evaluation.report.figures import SWEPT, find_loss_sweep, find_sweep, has_sweep
from musicgen.evaluation.report.html import METHOD, describe_plan, explain_losses, render_html
from musicgen.evaluation.report.result import Report, TuneSet
from musicgen.evaluation.report.store import ReportInfo, report_file_name
from musicgen.ui.base import resources, state
from musicgen.ui.base.damaged import damaged_files
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import LANGUAGE_TAGS, N_, _, current_language, ngettext
from musicgen.ui.base.places import chosen_place
from musicgen.ui.base.words import plain
from musicgen.ui.components.live_chart import Panel, live_charts
from musicgen.ui.evaluate.report_charts import distribution_figure, sweep_figure
from musicgen.ui.evaluate.report_form import PLACE
from musicgen.ui.evaluate.report_judge import meanings, verdicts
from musicgen.ui.evaluate.report_live import is_reporting
from musicgen.ui.evaluate.report_table import loss_rows, measure_rows
from musicgen.ui.evaluate.report_tunes import best_and_worst

MAX_FILES = 8
"""Reports kept as files for all sessions, some 100 kB each."""

_HEIGHT = 280

_LOSS_NOTE = N_(
    "How surely it predicts real tunes when its odds are sharpened or flattened: what lies lowest "
    "at 1 knows how sure it may be."
)

_DISTRIBUTION_NOTES = {
    "pitches": N_("The tonic, third and fifth should stand out: they are what a key is made of."),
    "intervals": N_("Most steps are small; too many leaps sound like a machine."),
    "lengths": N_("One length carries most tunes; others should be as rare as in real ones."),
    "degrees": N_("Bars on the tonic and the fifth hold a tune together."),
    "characters": N_("Where a bar is far from the grey one, the model writes in another manner."),
}
"""What to see in the chart of each of `DISTRIBUTION_AXES`."""

_MOST_SETS = 3
"""Sets beside the real tunes that are shown unless others are chosen."""


def report_on_screen() -> None:
    """The report that was chosen, else the newest; nothing before the first."""
    now = resources.reports().snapshot()
    report_in_progress = now.report_id if now and is_reporting() else ""
    service = resources.reports()
    infos = [info for info in service.store.list() if info.id != report_in_progress]
    damaged_files(service.store.list_damaged(), "report_damaged", service.delete)
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


def _pick(infos: list[ReportInfo]) -> ReportInfo:
    by_id = {info.id: info for info in infos}
    labels = {info.id: _label(info) for info in infos}
    if state.REPORT.get() not in by_id:
        state.REPORT.set(infos[0].id)
    if len(infos) > 1:
        st.selectbox(
            _("Report"), list(by_id), key=state.REPORT.name, format_func=labels.__getitem__
        )
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
                on_click=attempt,
                args=(_resume, info.id),
            )
            _delete(info)


def _whole(info: ReportInfo) -> None:
    report = resources.reports().store.read(info.id)
    st.caption(plain(describe_plan(report, _)))
    _tools(info, report)
    _losses(report)
    sets = _choose_sets(report, info.id)
    _measures(report, sets)
    verdicts(report, sets)
    best_and_worst(report, info.id)
    _sweeps(report)
    _distributions(sets)
    with st.expander(_("What the figures mean"), icon=":material/help:"):
        _meanings(report)


def _tools(info: ReportInfo, report: Report | None = None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="report_files"):
        if report:
            # Files made at the click can be gone at the next tick, before they are fetched.
            where = str(resources.paths().reports / info.id)
            page, data = _files(where, report.created, current_language(), report)
            st.download_button(
                _("HTML"), page, report_file_name(info.id, "html"), "text/html", key="report_html",
                icon=":material/download:", on_click="ignore",
                help=_("A page by itself: tables, figures and tunes."),
            )  # fmt: skip
            st.download_button(
                _("JSON"), data, report_file_name(info.id, "json"), "application/json",
                key="report_json", icon=":material/download:", on_click="ignore",
                help=_("All figures, for programs."),
            )  # fmt: skip
        _delete(info)


@st.cache_data(max_entries=MAX_FILES, show_spinner=False)
def _files(
    where: str,  # noqa: ARG001 - in the cache's key
    created: str,  # noqa: ARG001 - in the cache's key
    language: str,
    _report: Report,
) -> tuple[bytes, bytes]:
    """A report as a page in the reader's language, and as JSON."""
    return _html(_report, LANGUAGE_TAGS[language]), _json(_report)


def _html(report: Report, tag: str) -> bytes:
    return render_html(report, _, tag).encode()


def _json(report: Report) -> bytes:
    return to_json(report.to_dict()).encode()


def _delete(info: ReportInfo) -> None:
    with st.popover(_("Delete"), icon=":material/delete:"):
        st.write(_("Delete this report with its tunes? There is no way back."))
        st.button(
            _("Delete for good"),
            key="report_delete",
            type="primary",
            on_click=attempt,
            args=(resources.reports().delete, info.id),
        )


def _losses(report: Report) -> None:
    if not report.losses:
        return
    st.subheader(_("How well they predict real tunes"), anchor=False)
    st.table(loss_rows(report), border="horizontal", hide_index=True)
    for sentence in explain_losses(report, _):
        st.caption(plain(sentence))


def _choose_sets(report: Report, report_id: str) -> list[TuneSet]:
    """The real tunes and at most `_MOST_SETS` other sets, or those that were chosen."""
    labels = {item.key: name_set(item.cell, _) for item in report.sets}
    keys = list(labels)
    if len(keys) > _MOST_SETS:
        keys = st.multiselect(
            _("Sets beside the real tunes"),
            keys,
            keys[:_MOST_SETS],
            key=f"report_sets_{report_id}",
            format_func=labels.__getitem__,
        )
    return [item for item in report.all_sets() if item.cell is None or item.key in keys]


def _measures(report: Report, sets: Sequence[TuneSet]) -> None:
    st.subheader(_("What they compose"), anchor=False)
    if not report.real:
        st.info(
            _("The corpus is not here, so there are no real tunes beside them."),
            icon=":material/info:",
        )
    elif report.sets:
        st.caption(_(MARKS))
    with st.container(key="report_table"):
        st.table(measure_rows(sets), border="horizontal", hide_index=True)


def _sweeps(report: Report) -> None:
    if not has_sweep(report):
        return
    st.subheader(_("Over the temperature"), anchor=False)
    st.caption(
        _("* without the grammar; the dashed line and its band are real tunes").replace("*", "\\*")
    )
    axis = _("temperature")
    panels: list[Panel] = []
    for name in ("loss", *SWEPT):
        lines = find_loss_sweep(report) if name == "loss" else find_sweep(report, name)
        label = _("Loss on real tunes") if name == "loss" else _(MEASURES[name].label)
        reference = report.real.estimates.get(name) if report.real else None
        if any(line.places for line in lines):
            has_legend = not panels and len(lines) > 1
            form = NUMBER if name == "loss" else MEASURES[name].form
            figure = sweep_figure(
                lines, reference, (axis, label), name, form=form, has_legend=has_legend
            )
            help_text = _LOSS_NOTE if name == "loss" else MEASURES[name].help
            panels.append(
                Panel(name, figure, label, _HEIGHT, is_wide=not panels, note=_(help_text))
            )
    live_charts(panels, "report_sweeps")


def _distributions(sets: Sequence[TuneSet]) -> None:
    names = [name_set(item.cell, _) for item in sets]
    st.subheader(_("Side by side"), anchor=False)
    panels: list[Panel] = []
    for name, axis in DISTRIBUTION_AXES.items():
        label = _(MEASURES[name].label)
        is_first = not panels
        figure = distribution_figure(name, sets, names, f"{label}: {_(axis)}", has_legend=is_first)
        is_wide = is_first or name == "characters"
        panels.append(Panel(name, figure, label, _HEIGHT, is_wide, _(_DISTRIBUTION_NOTES[name])))
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
    meanings(report)


def _resume(report_id: str) -> None:
    resources.reports().resume(report_id, chosen_place(PLACE))
