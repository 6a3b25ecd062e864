"""The form that starts a sweep: what is varied, how it is searched, and how much of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from musicgen.config import SettingInfo, TrainingConfig, describe, parse_setting
from musicgen.jobs.sweep_axes import MAX_AXES, Axis, find_setting, list_settings, read_settings
from musicgen.jobs.sweep_plan import (
    DEFAULT_RATES,
    DEFAULT_SIZES,
    DEFAULT_STEPS,
    DEFAULT_TRIALS,
    MAX_TRIALS,
    Search,
    SweepPlan,
)
from musicgen.jobs.sweep_search import has_optuna
from musicgen.models.kinds import KINDS
from musicgen.presets import PRESETS, Preset
from musicgen.ui.base import resources
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.base.places import chosen_place, pick_place

USUAL = ("batch_size", "learning_rate")
"""What a sweep varies unless something else is chosen."""

PLACE = "sweep_place"
"""The choice of where the cells are trained."""

_VALUES: dict[str, tuple[Any, ...]] = {
    "batch_size": (4, 8, 16, 32, 64, 128),
    "learning_rate": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    "kind": KINDS,
}
_CHOSEN: dict[str, tuple[Any, ...]] = {
    "batch_size": DEFAULT_SIZES,
    "learning_rate": DEFAULT_RATES,
    "kind": KINDS[:3],
}
_KEYS = {"batch_size": "sweep_sizes", "learning_rate": "sweep_rates"}
_SHARES = (0.0, 0.1, 0.2, 0.3, 0.5)
_SEEDS = (0, 1, 2, 3, 4)

_METHODS = {"grid": N_("Grid"), "random": N_("Random"), "tpe": N_("Bayesian")}
_STOPPERS = {
    "none": N_("never"),
    "median": N_("worse than the median"),
    "hyperband": N_("Hyperband"),
}


@dataclass(frozen=True, slots=True)
class AxisTexts:
    """A setting to vary as it stands in the form: its values, or the two ends of a range."""

    name: str
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    is_log: bool = False

    def read(self) -> Axis:
        """The axis itself.

        Raises:
            ConfigError: a value does not hold.
        """
        info = find_setting(self.name)
        if self.low:
            low, high = (parse_setting(info, text) for text in (self.low, self.high))
            return Axis(self.name, (), low, high, is_log=self.is_log)
        return Axis(self.name, tuple(parse_setting(info, text) for text in self.values))


def sweep_form(is_open: bool) -> None:
    """The form; open where there is no sweep yet."""
    st.caption(
        _("One short training for each combination of settings, in the background. The map fills "
          "as they end.")
    )  # fmt: skip
    with st.expander(_("New sweep"), icon=":material/grid_on:", expanded=is_open):
        left, right = st.columns(2)
        preset = left.selectbox(_("Preset to start from"), list(PRESETS), key="sweep_preset")
        steps = right.number_input(
            _("Steps in each cell"), value=DEFAULT_STEPS, step=50, key="sweep_steps"
        )
        names = st.multiselect(
            _("Settings to vary"),
            [info.name for info in list_settings()],
            USUAL,
            key="sweep_names",
            format_func=setting_label,
            max_selections=MAX_AXES,
        )
        method = _method()
        texts = [_axis_fields(PRESETS[preset], name, method) for name in names]
        search = _search_fields(method)
        seeds = st.multiselect(
            _("Seeds"),
            _SEEDS,
            [],
            key="sweep_seeds",
            accept_new_options=True,
            help=_("Each combination is trained with each of them, and their mean counts. Without "
                   "any, once, with the preset's own."),
        )  # fmt: skip
        pick_place(PLACE)
        name = st.text_input(
            _("Name of the sweep"), resources.sweep_runner().store.new_name(), max_chars=40
        )
        count = _count(texts, search) * max(1, len(set(map(str, seeds))))
        with st.container(horizontal=True, vertical_alignment="center"):
            act_button(
                _("Start the sweep"), "sweep_start", _start,
                name.strip(), preset, tuple(texts), steps, tuple(map(str, seeds)), search,
                type="primary", icon=":material/play_arrow:", disabled=not count,
            )  # fmt: skip
            st.caption(
                ngettext("{count} training", "{count} trainings", count).format(count=count),
                width="content",
            )


def setting_label(name: str) -> str:
    """What a setting is called on the page."""
    return _(SETTING_LABELS[name]) if name in SETTING_LABELS else name


def _method() -> str:
    """How combinations are found; without Optuna only by a grid, and the page says so."""
    if not has_optuna():
        st.caption(
            _("Random and Bayesian search and early stopping need Optuna: `pip install -r "
              "requirements-search.txt`.")
        )  # fmt: skip
        return "grid"
    names = {name: _(label) for name, label in _METHODS.items()}
    method = st.segmented_control(
        _("Search"),
        list(names),
        default="grid",
        key="sweep_method",
        format_func=names.__getitem__,
        required=True,
        help=_("A grid tries all combinations. Random search tries some by chance; Bayesian search "
               "tries more where the best so far lie."),
    )  # fmt: skip
    return method or "grid"


def _search_fields(method: str) -> tuple[str, int, str]:
    """How combinations are found, how many of them, and what ends a training early."""
    if not has_optuna():
        return "grid", 0, "none"
    left, right = st.columns(2)
    trials = 0
    if method != "grid":
        trials = left.number_input(
            _("Combinations to try"), 1, MAX_TRIALS, DEFAULT_TRIALS, step=10, key="sweep_trials"
        )
    stopper = right.selectbox(
        _("End a training early"),
        list(_STOPPERS),
        key="sweep_stopper",
        format_func=lambda name: _(_STOPPERS[name]),
        help=_("At each look at held-out tunes, its loss is compared with those of the others at "
               "the same step. What is far behind ends there."),
    )  # fmt: skip
    return method, int(trials), stopper


def _axis_fields(preset: Preset, name: str, method: str) -> AxisTexts:
    """The fields of a setting: its values, or in a search for numbers, a range."""
    info = find_setting(name)
    if method != "grid" and info.kind in (int, float):
        return _range_fields(preset, info)
    known, chosen = _suggest(preset, info)
    values = st.multiselect(
        _PLURALS[name]() if name in _PLURALS else setting_label(name),
        known,
        chosen,
        key=_KEYS.get(name) or f"sweep_values_{preset.name}_{name}",
        format_func=_text,
        accept_new_options=info.kind is not bool and not info.choices and name != "kind",
        help=_help(info),
    )
    return AxisTexts(name, tuple(_text(value) for value in values))


_PLURALS = {"batch_size": lambda: _("Batch sizes"), "learning_rate": lambda: _("Learning rates")}


def _range_fields(preset: Preset, info: SettingInfo) -> AxisTexts:
    known, _chosen = _suggest(preset, info)
    label, key = setting_label(info.name), f"sweep_{preset.name}_{info.name}"
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    low = left.text_input(
        _("{setting}, from").format(setting=label), _text(known[0]), max_chars=20,
        key=f"{key}_low", help=_help(info),
    )  # fmt: skip
    high = middle.text_input(_("up to"), _text(known[-1]), max_chars=20, key=f"{key}_high")
    is_log = right.checkbox(
        _("logarithmic"), known[0] > 0 and known[-1] >= 16 * known[0], key=f"{key}_log"
    )
    return AxisTexts(info.name, (), low.strip() or "0", high.strip() or "0", is_log)


def _suggest(preset: Preset, info: SettingInfo) -> tuple[Sequence[Any], Sequence[Any]]:
    """Values to choose from, and those chosen at first."""
    if info.name in _VALUES:
        return _VALUES[info.name], _CHOSEN[info.name]
    if info.kind is bool:
        return (False, True), (False, True)
    if info.choices:
        return info.choices, info.choices[:3]
    value: Any = read_settings(preset, (info.name,))[info.name]
    if info.kind is str:
        return (value,), (value,) if value else ()
    if info.high is not None and info.kind is float and info.high <= 1:
        shares = [share for share in _SHARES if (info.low or 0.0) <= share <= info.high]
        return shares, shares[::2]
    low, high = (-math.inf if info.low is None else info.low,
                 math.inf if info.high is None else info.high)  # fmt: skip
    around = {info.kind(value * factor) for factor in (0.5, 1, 2)} if value else {0, 1, 2}
    held = [info.kind(one) for one in sorted(around) if low <= one <= high]
    return held, held


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _help(info: SettingInfo) -> str:
    bounds = "" if info.low is None else f" ({info.low:,} – {info.high:,})"
    return _(info.help) + bounds


def _count(texts: Sequence[AxisTexts], search: tuple[str, int, str]) -> int:
    """Combinations that would be tried; 0 where the form is not filled in."""
    if not texts or any(not (one.values or one.low) for one in texts):
        return 0
    if search[0] != "grid":
        return search[1]
    count = 1
    for one in texts:
        count *= len(set(one.values))
    return count


def _start(
    name: str,
    preset: str,
    texts: tuple[AxisTexts, ...],
    steps: int,
    seeds: tuple[str, ...],
    search: tuple[str, int, str],
) -> None:
    axes = tuple(one.read() for one in texts)
    seed = next(info for info in describe(TrainingConfig) if info.name == "seed")
    numbers = tuple(parse_setting(seed, text) for text in seeds)
    plan = SweepPlan(name, PRESETS[preset], axes, steps, numbers, Search(*search))
    resources.sweep_runner().start(plan, chosen_place(PLACE))
