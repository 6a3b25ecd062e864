"""A sweep to watch, to go on with, and what it found: map, parallel coordinates, what mattered."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.jobs.sweep import SweepSnapshot
from musicgen.jobs.sweep_axes import Axis, list_settings, value_text
from musicgen.jobs.sweep_plan import SweepCell, SweepPlan
from musicgen.jobs.sweep_results import (
    SweepPoint,
    estimate_left_s,
    find_best_cell,
    find_edges,
    gather_points,
)
from musicgen.jobs.sweep_search import compute_importances, has_optuna
from musicgen.storage import is_folder
from musicgen.training.runs.summary import clock
from musicgen.ui.base import resources, state
from musicgen.ui.base.damaged import damaged_files
from musicgen.ui.base.errors import sentence, show_errors
from musicgen.ui.base.failures import attempt, has_new_failure, reading, redraw
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.links import play_link
from musicgen.ui.base.places import chosen_place
from musicgen.ui.base.words import plain
from musicgen.ui.compare import run_data
from musicgen.ui.compare.comparison_charts import curves_figure
from musicgen.ui.compare.sweep_charts import (
    SweepWords,
    heat_map_figure,
    importance_figure,
    parallel_figure,
    scatter_figure,
)
from musicgen.ui.compare.sweep_form import PLACE, setting_label, sweep_form
from musicgen.ui.components.live_chart import clicked, live_chart

TICK_S = 1.0

_CELL_WORDS = {
    "queued": N_("waiting"),
    "running": N_("training"),
    "stopped": N_("stopped"),
    "failed": N_("diverged"),
    "pruned": N_("ended early"),
}
_CHOSEN = "sweep_chosen"


def sweeps() -> None:
    """What there is to see of sweeps, and the form that starts one."""
    now = resources.sweep_runner().snapshot()
    plans = {plan.name: plan for plan in resources.sweep_runner().store.plans()}
    if not (now and now.is_running):
        sweep_form(is_open=not plans)
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
        points = gather_points(cells)
        is_over = all(point.is_done for point in points)
        _charts(plan, points, is_over=is_over)
        with show_errors(), reading(name):
            _cell(points)


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
                args=(_resume, plan.name),
            )
        if best and is_folder(resources.store().root / best.run_id / "best"):
            play_link(best.run_id, best.step, _("Play the best cell"), "sweep")


def _resume(name: str) -> None:
    resources.sweep_runner().resume(name, chosen_place(PLACE))


def _charts(plan: SweepPlan, points: list[SweepPoint], *, is_over: bool) -> None:
    words = _words()
    across, upwards = _pick_axes(plan)
    draw = heat_map_figure if plan.search.is_grid else scatter_figure
    rows = len(upwards.values) if upwards and plan.search.is_grid else 1
    height = 140 + 64 * rows if plan.search.is_grid else 360
    live_chart(
        draw(plan, points, words, across, upwards),
        "heat_map",
        _("Held-out loss by {settings}").format(settings=", ".join(map(setting_label, plan.names))),
        height,
        _choose_cell("heat_map"),
    )
    st.caption(
        _("Held-out loss in nats per character: lower is better; the best is bold. All cells take "
          "equally many steps, so that larger batches read more. Only the best cell keeps its "
          "network.")
    )  # fmt: skip
    if len(plan.axes) > 2 and plan.search.is_grid:
        st.caption(_("Each place shows the best over all other settings."))
    if is_over:
        _edges(plan, points)
    if len(plan.axes) > 1 and sum(point.shown_loss is not None for point in points) > 1:
        _compare_settings(plan, points, words)


def _pick_axes(plan: SweepPlan) -> tuple[Axis, Axis | None]:
    """The settings across and upwards: the last two, or those that were chosen."""
    axes = {axis.name: axis for axis in plan.axes}
    if len(axes) == 1:
        return plan.axes[0], None
    if len(axes) == 2:
        return plan.axes[1], plan.axes[0]
    left, right = st.columns(2)
    names = list(axes)
    across = left.selectbox(
        _("Across"), names, 1, format_func=setting_label, key=f"sweep_across_{plan.name}"
    )
    upwards = right.selectbox(
        _("Upwards"),
        [name for name in names if name != across],
        format_func=setting_label,
        key=f"sweep_upwards_{plan.name}_{across}",
    )
    return axes[across], axes[upwards]


def _edges(plan: SweepPlan, points: list[SweepPoint]) -> None:
    for edge in find_edges(plan, points):
        text = (
            _("The best value of {setting}, {value}, is the largest that was tried: there may be "
              "better beyond it.")
            if edge.is_upper
            else _("The best value of {setting}, {value}, is the smallest that was tried: there "
                   "may be better below it.")
        )  # fmt: skip
        st.info(
            text.format(setting=setting_label(edge.name), value=value_text(edge.value)),
            icon=":material/open_in_full:",
        )


def _compare_settings(plan: SweepPlan, points: list[SweepPoint], words: SweepWords) -> None:
    st.subheader(_("Parallel coordinates"), anchor=False)
    live_chart(
        parallel_figure(plan, points, words),
        "sweep_parallel",
        _("A line for each combination, through its settings to its loss"),
        360,
        _choose_cell("sweep_parallel"),
    )
    st.caption(_("A line for each combination; the stronger its colour, the lower its loss."))
    if not has_optuna():
        return
    done = tuple((point.number, point.loss) for point in points if point.is_done)
    shares = _importances(plan.name, done, plan, points)
    if shares:
        st.subheader(_("What mattered"), anchor=False)
        live_chart(
            importance_figure(shares, words),
            "sweep_importance",
            _("Share of the differences in loss that each setting explains"),
            72 + 36 * len(shares),
        )
        st.caption(
            _("Share of the differences in loss that each setting explains, by fANOVA. With few "
              "combinations it is no more than a hint.")
        )  # fmt: skip


@st.cache_resource(max_entries=8, show_spinner=False)
def _importances(
    name: str,  # noqa: ARG001 - in the cache's key
    done: tuple[tuple[int, float | None], ...],  # noqa: ARG001 - likewise
    _plan: SweepPlan,
    _points: list[SweepPoint],
) -> dict[str, float]:
    return compute_importances(_plan, _points)


def _words() -> SweepWords:
    return SweepWords(
        {status: _(word) for status, word in _CELL_WORDS.items()},
        {info.name: setting_label(info.name) for info in list_settings()},
        _("held-out loss"),
        _("nats per character"),
    )


def _choose_cell(key: str) -> Callable[[], None]:
    """What a click on a chart does: the combination is looked at."""

    def choose() -> None:
        number = clicked(key)
        if number:
            st.session_state[state.SWEEP_CELL.name] = number

    return choose


def _cell(points: list[SweepPoint]) -> None:
    """The combination that was chosen: its settings, what was measured, its curves."""
    begun = {point.number: point for point in points if point.settings}
    if state.SWEEP_CELL.get() not in begun:
        st.session_state[state.SWEEP_CELL.name] = 0
    number = st.selectbox(
        _("Look at a cell"),
        [0, *begun],
        key=state.SWEEP_CELL.name,
        format_func=lambda one: _settings_line(begun[one]) if one else _("choose, or click one"),
    )
    if not number:
        return
    point = begun[number]
    started = [cell for cell in point.cells if cell.status != "empty" and cell.step]
    st.caption(" · ".join(_cell_facts(point)))
    if not started:
        st.caption(_("This run has taken no steps yet."))
        return
    curves = [run_data.curves(cell.run_id) for cell in started]
    titles = (_("step"), _("loss (nats per character)"))
    live_chart(
        curves_figure(curves, "steps", titles),
        "sweep_cell_curves",
        _("Losses of this cell over its steps"),
    )
    for cell in started:
        if is_folder(resources.store().root / cell.run_id / "best"):
            play_link(cell.run_id, cell.step, _("Play"), f"sweep_cell_{cell.seed}")


def _settings_line(point: SweepPoint) -> str:
    parts = [f"{setting_label(name)} {value_text(value)}"
             for name, value in point.settings.items()]  # fmt: skip
    loss = [] if point.shown_loss is None else [f"{point.shown_loss:.3f}"]
    return " · ".join(parts + loss)


def _cell_facts(point: SweepPoint) -> list[str]:
    words = {status: _(word) for status, word in _CELL_WORDS.items()}
    facts = [plain(", ".join(cell.run_id for cell in point.cells))]
    facts.append(words.get(point.status, _("finished")))
    facts.append(_("step {step:,}").format(step=max(cell.step for cell in point.cells)))
    if point.shown_loss is not None:
        spread = f" ± {point.spread:.4f}" if point.spread is not None else ""
        facts.append(
            _("held-out loss {loss} nats per character").format(
                loss=f"{point.shown_loss:.4f}{spread}"
            )
        )
    return facts


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
