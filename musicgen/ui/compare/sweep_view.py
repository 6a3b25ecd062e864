"""The heat map of batch size and learning rate: a sweep to start, to watch, to go on with."""

from dataclasses import replace

import streamlit as st

from musicgen.config import TrainingConfig, describe, parse_setting
from musicgen.errors import MusicgenError
from musicgen.jobs.sweep import SweepSnapshot, estimate_left_s
from musicgen.jobs.sweep_plan import (
    DEFAULT_RATES,
    DEFAULT_SIZES,
    DEFAULT_STEPS,
    SweepCell,
    SweepPlan,
    find_best_cell,
)
from musicgen.presets import PRESETS
from musicgen.storage import is_folder
from musicgen.training.runs.summary import clock
from musicgen.ui.base import resources
from musicgen.ui.base.damaged import damaged_files
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt, has_new_failure, redraw
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.base.links import play_link
from musicgen.ui.base.words import plain
from musicgen.ui.compare import run_data
from musicgen.ui.compare.comparison_charts import heat_map_figure
from musicgen.ui.components.live_chart import live_chart

TICK_S = 1.0

BATCH_SIZES = (4, 8, 16, 32, 64, 128)
LEARNING_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)

_CELL_WORDS = {
    "queued": N_("waiting"),
    "running": N_("training"),
    "stopped": N_("stopped"),
    "failed": N_("diverged"),
}
_CHOSEN = "sweep_chosen"


def sweeps() -> None:
    """What there is to see of sweeps, and the form that starts one."""
    now = resources.sweep_runner().snapshot()
    plans = {plan.name: plan for plan in resources.sweep_runner().store.plans()}
    if not (now and now.is_running):
        _form(is_open=not plans)
    name = _pick(plans, now)
    _live(name, _seen())
    if name and not (now and now.is_running):
        _delete(name)
    store = resources.sweep_runner().store
    damaged_files(store.list_damaged(), "sweep_damaged", store.delete)


def _pick(plans: dict[str, SweepPlan], now: SweepSnapshot | None) -> str:
    """The sweep to show: the one under way, else the chosen one, else the newest."""
    if now and now.is_running:
        return now.plan.name
    if not plans:
        return ""
    if st.session_state.get(_CHOSEN) not in plans:
        st.session_state[_CHOSEN] = (
            now.plan.name if now and now.plan.name in plans else next(iter(plans))
        )
    return str(st.selectbox(_("Sweep"), list(plans), key=_CHOSEN))


def _seen() -> tuple[str, bool] | None:
    """What the rest of the page depends on: which sweep this server trains, and whether."""
    now = resources.sweep_runner().snapshot()
    return (now.plan.name, now.is_running) if now else None


def _form(is_open: bool) -> None:
    st.caption(
        _("One short training for each pair of batch size and learning rate, one after another, in "
          "the background. The map fills as they end.")
    )  # fmt: skip
    with st.expander(_("New sweep"), icon=":material/grid_on:", expanded=is_open):
        left, right = st.columns(2)
        preset = left.selectbox(_("Preset to start from"), list(PRESETS), key="sweep_preset")
        steps = right.number_input(
            _("Steps in each cell"), value=DEFAULT_STEPS, step=50, key="sweep_steps"
        )
        sizes = st.multiselect(
            _("Batch sizes"),
            BATCH_SIZES,
            DEFAULT_SIZES,
            key="sweep_sizes",
            accept_new_options=True,
            help=_help("batch_size"),
        )
        rates = st.multiselect(
            _("Learning rates"),
            LEARNING_RATES,
            DEFAULT_RATES,
            key="sweep_rates",
            format_func=_rate_text,
            accept_new_options=True,
            help=_help("learning_rate"),
        )
        name = st.text_input(
            _("Name of the sweep"), resources.sweep_runner().store.new_name(), max_chars=40
        )
        count = len(set(sizes)) * len(set(rates))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                _("Start the sweep"),
                key="sweep_start",
                type="primary",
                icon=":material/play_arrow:",
                disabled=not count,
                on_click=attempt,
                args=(_start, name.strip(), preset, tuple(sizes), tuple(rates), steps),
            )
            st.caption(
                ngettext("{count} training", "{count} trainings", count).format(count=count),
                width="content",
            )


def _rate_text(rate: float | str) -> str:
    return rate if isinstance(rate, str) else f"{rate:g}"


def _help(setting: str) -> str:
    info = next(item for item in describe(TrainingConfig) if item.name == setting)
    return f"{_(info.help)} ({info.low:,} – {info.high:,})"


def _start(
    name: str, preset: str, sizes: tuple[object, ...], rates: tuple[object, ...], steps: int
) -> None:
    infos = {info.name: info for info in describe(TrainingConfig)}
    plan = SweepPlan(
        name,
        PRESETS[preset],
        tuple(parse_setting(infos["batch_size"], str(size)) for size in sizes),
        tuple(parse_setting(infos["learning_rate"], str(rate)) for rate in rates),
        steps,
    )
    resources.sweep_runner().start(plan)


@st.fragment(run_every=TICK_S)
def _live(name: str, drawn: tuple[str, bool] | None) -> None:
    if _seen() != drawn or has_new_failure():
        redraw()
    if not name:
        return
    runner = resources.sweep_runner()
    now = runner.snapshot()
    shown = now if now and now.plan.name == name else None
    try:
        plan = shown.plan if shown and shown.is_running else runner.store.get(name)
    except MusicgenError:  # deleted in another tab
        redraw()
    cells = [_as_it_trains(cell) for cell in runner.store.read_cells(plan)]
    now = runner.snapshot()
    shown = now if now and now.plan.name == name else None
    with st.container(border=True, key="sweep_live"):
        _progress(plan, cells, shown)
        _buttons(plan, cells, shown)
        _map(plan, cells)


def _as_it_trains(cell: SweepCell) -> SweepCell:
    """A cell with the step of this moment: on the disk stands that of the last save."""
    job = resources.registry().get(cell.run_id)
    if job is None or job.is_over:
        return cell
    return replace(cell, step=max(cell.step, job.step))


def _progress(plan: SweepPlan, cells: list[SweepCell], now: SweepSnapshot | None) -> None:
    done = sum(cell.is_done for cell in cells)
    parts = [f"**{plain(plan.name)}**", plain(plan.preset.name)]
    parts.append(_("{done} of {count} cells").format(done=done, count=len(cells)))
    parts.append(_("{steps:,} steps each").format(steps=plan.steps))
    if now and now.is_running:
        parts.append(_("saving") if now.is_cancelling else now.current)
        left_s = estimate_left_s(plan, cells, _elapsed_s)
        if left_s is not None:
            parts.append(_("{time} left").format(time=clock(left_s)))
    elif done < len(cells):
        parts.append(_("interrupted"))
    steps = sum(plan.steps if cell.is_done else cell.step for cell in cells)
    st.progress(min(1.0, steps / (plan.steps * len(cells))), " · ".join(filter(None, parts)))
    if now and now.error:
        st.warning(sentence(now.error), icon=":material/warning:")


def _elapsed_s(run_id: str) -> float:
    try:
        return run_data.summary(run_id).elapsed_s
    except MusicgenError:
        return 0.0


def _buttons(plan: SweepPlan, cells: list[SweepCell], now: SweepSnapshot | None) -> None:
    runner = resources.sweep_runner()
    best = find_best_cell(cells)
    with st.container(horizontal=True, vertical_alignment="center"):
        if now and now.is_running:
            st.button(
                _("Stop and keep"),
                key="sweep_stop",
                icon=":material/stop:",
                on_click=runner.cancel,
                disabled=now.is_cancelling,
            )
        elif not all(cell.is_done for cell in cells):
            st.button(
                _("Go on"),
                key="sweep_resume",
                icon=":material/resume:",
                on_click=attempt,
                args=(runner.resume, plan.name),
            )
        if best and is_folder(resources.store().root / best.run_id / "best"):
            play_link(best.run_id, best.step, _("Play the best cell"), "sweep")


def _map(plan: SweepPlan, cells: list[SweepCell]) -> None:
    words = {status: _(word) for status, word in _CELL_WORDS.items()}
    titles = (_("learning rate"), _("batch size"))
    figure = heat_map_figure(plan, cells, words, titles)
    height = 140 + 64 * len(plan.batch_sizes)
    live_chart(figure, "heat_map", _("Best held-out loss by batch size and learning rate"), height)
    st.caption(
        _("Lower is better; the best is bold. All cells take equally many steps, so that larger "
          "batches read more. Only the best cell keeps its network.")
    )  # fmt: skip


def _delete(name: str) -> None:
    with st.popover(_("Delete"), icon=":material/delete:"):
        st.write(
            _("Delete {name} with all its cells? There is no way back.").format(
                name=f"**{plain(name)}**"
            )
        )
        st.button(
            _("Delete for good"),
            key="sweep_delete",
            type="primary",
            on_click=attempt,
            args=(resources.sweep_runner().store.delete, name),
        )
