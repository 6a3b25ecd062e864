"""All runs in a table, and the curves of chosen ones laid over each other."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.evaluation.loss.perplexity import GREATEST
from musicgen.models.checkpoint import CheckpointMetadata, CheckpointRef
from musicgen.models.figures import find_held_out, find_held_out_loss
from musicgen.presets import Preset
from musicgen.training.runs.bundled_history import model_of
from musicgen.training.runs.run import Run, RunInfo
from musicgen.training.runs.run_admin import measure_size
from musicgen.training.runs.summary import RunSummary, differing_settings, settings_of
from musicgen.ui.base import resources
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.failures import reading
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.base.language import N_, _
from musicgen.ui.compare import run_data
from musicgen.ui.compare.comparison_charts import AXES, RunCurves, curves_figure
from musicgen.ui.components.live_chart import live_chart

MAX_CURVES = 10
"""Runs drawn at once: as many as the theme has colours."""

_FIRST_DRAWN = 4
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_AXIS_NAMES = {
    "steps": N_("steps"),
    "time": N_("seconds of training"),
    "characters": N_("characters read"),
}


def run_table(infos: list[RunInfo]) -> None:
    """Every run with its figures and the settings in which they differ, bundled models below.

    A single run is set beside the bundled models, whose settings differ.
    """
    summaries = _summaries(infos)
    rows = [_run_row(summary) for summary in summaries]
    bundled = _bundled()
    presets = [summary.preset for summary in summaries]
    if len(presets) < 2:
        presets += [_preset_of(metadata) for _ref, metadata in bundled]
    settings = list(differing_settings(presets))
    for row, summary in zip(rows, summaries, strict=True):
        row |= {name: settings_of(summary.preset)[name] for name in settings}
    rows += [_bundled_row(*model, settings) for model in bundled]
    names = [name for name in _columns() if name != "created"] + settings + ["created"]
    st.dataframe(
        {name: [row.get(name) for row in rows] for name in names},
        hide_index=True,
        column_config=_columns() | {name: _setting_column(name) for name in settings},
        key="run_table",
        placeholder="",
    )


def overlaid_curves(infos: list[RunInfo]) -> None:
    """The losses of chosen runs over each other."""
    names = [info.id for info in (*infos, *run_data.list_bundled()) if info.step]
    if not names:
        return
    st.subheader(_("Curves"), anchor=False)
    chosen = st.multiselect(
        _("Runs to draw"),
        names,
        names[:_FIRST_DRAWN],
        key="compare_drawn",
        format_func=run_data.label,
        max_selections=MAX_CURVES,
    )
    with st.container(horizontal=True, vertical_alignment="center", key="compare_axes"):
        axis = st.segmented_control(
            _("Over"),
            AXES,
            default=AXES[0],
            key="compare_axis",
            required=True,
            format_func=lambda name: _(_AXIS_NAMES[name]),
            label_visibility="collapsed",
        )
        is_log = st.toggle(_("Logarithmic loss"), key="compare_log")
        has_training = st.toggle(_("Training loss"), value=True, key="compare_training")
        is_end = st.toggle(
            _("Later part only"),
            key="compare_end",
            help=_("Leaves out the fall of the first fifth, and draws the rest larger."),
        )
    runs = []
    for name in chosen:
        with show_errors(), reading(model_of(name)):  # one that goes leaves the others
            if name in names:
                runs.append(run_data.curves(name))
    titles = (_(_AXIS_NAMES[axis or AXES[0]]), _("loss (nats per character)"))
    figure = curves_figure(
        runs, axis or AXES[0], titles, is_log=is_log, has_training=has_training, is_end=is_end
    )
    if not runs:
        st.caption(_("Choose a run to draw its losses."))
    else:
        live_chart(figure, "curves", _("Losses of the chosen runs"), 460)
        st.caption(_("Thick: loss on held-out tunes. Thin: loss on training tunes, smoothed."))


def _curves(names: list[str]) -> list[RunCurves]:
    found = []
    for name in names:
        try:
            found.append(run_data.curves(name))
        except MusicgenError:  # damaged or deleted since it was listed
            continue
    return found


def _summaries(infos: list[RunInfo]) -> list[RunSummary]:
    found = []
    for info in infos:
        try:
            found.append(run_data.summary(info.id))
        except (MusicgenError, OSError):  # damaged or deleted since it was listed
            continue
    return found


def _bundled() -> list[tuple[CheckpointRef, CheckpointMetadata]]:
    found = []
    for ref in resources.checkpoints():
        if ref.origin in ("bundled", "shared"):
            try:
                found.append((ref, ref.metadata()))
            except MusicgenError:
                continue
    return found


def _run_row(summary: RunSummary) -> dict[str, Any]:
    info = summary.info
    return {
        "run": info.id,
        "preset": info.preset,
        "status": run_data.status_word(info),
        "loss": summary.best_val_loss,
        "perplexity": _drawable(summary.perplexity),
        "steps": info.step,
        "minutes": summary.elapsed_s / 60,
        "size": summary.size_bytes / 1e6,
        "created": _moment(info.created),
    }


def _bundled_row(
    ref: CheckpointRef, metadata: CheckpointMetadata, settings: list[str]
) -> dict[str, Any]:
    """Its held-out loss is that of the weights that play, which need not be the lowest one."""
    values = settings_of(_preset_of(metadata))
    elapsed_s = _elapsed_s(run_data.id_of(ref))
    return {
        "run": ref.name,
        "preset": metadata.preset,
        "status": _("shared") if ref.origin == "shared" else _("bundled"),
        "loss": find_held_out_loss(metadata.metrics),
        "perplexity": _drawable(find_held_out(metadata.metrics).get("perplexity")),
        "steps": metadata.step,
        "minutes": None if elapsed_s is None else elapsed_s / 60,
        "size": measure_size(Run(ref.path)) / 1e6,
        "created": _moment(metadata.created),
    } | {key: values[key] for key in settings}


def _elapsed_s(run_id: str) -> float | None:
    try:
        return run_data.summary(run_id).elapsed_s
    except MusicgenError:  # a bundled model that went through several trainings, or damaged
        return None


def _drawable(perplexity: float | None) -> float | None:
    """A perplexity that a table of numbers can show; what is beyond all numbers is left out."""
    return None if perplexity is None or perplexity > GREATEST else perplexity


def _preset_of(metadata: CheckpointMetadata) -> Preset:
    return Preset.without_meaning(metadata.preset, metadata.network, metadata.training)


def _moment(text: str) -> datetime | None:
    """The moment in UTC, of a time that a table can hold."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "run": st.column_config.TextColumn(_("Run"), pinned=True, width=130),
        "preset": st.column_config.TextColumn(_("Preset")),
        "status": st.column_config.TextColumn(_("Status")),
        "loss": number(
            _("Held-out loss"),
            format="%.4f",
            help=_(
                "The lowest one, in nats per character; of bundled models that of the weights "
                "that play."
            ),
        ),
        "perplexity": number(_("Perplexity"), format="%.2f"),
        "steps": number(_("Steps taken"), format="localized"),
        "minutes": number(_("Minutes"), format="%.1f", help=_("Training time.")),
        "size": number(_("Megabytes"), format="%.1f", help=_("Size on the disk.")),
        "created": st.column_config.DatetimeColumn(_("Begun"), format="YYYY-MM-DD HH:mm"),
    }


def _setting_column(name: str) -> Any:
    return st.column_config.Column(_(SETTING_LABELS[name]) if name in SETTING_LABELS else name)
