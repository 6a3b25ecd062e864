"""The fields of a training's settings: what matters first in sight, the rest in tabs.

What the chosen network or goal does not need is not shown, and keeps its value.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.config import NetworkConfig, SettingInfo, TrainingConfig, describe
from musicgen.models.registry import NETWORKS
from musicgen.presets import Preset
from musicgen.training.preference_pairs import list_pairs
from musicgen.ui.base import resources
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.base.language import N_, _

KIND_LABELS = {
    "lstm": N_("LSTM: remembers as it reads"),
    "echo": N_("Echo: an LSTM that hears what comes again"),
    "attention": N_("Attention: an LSTM that looks back"),
    "hierarchical": N_("Hierarchical: notes, bars, phrases"),
    "hawk": N_("Hawk: gated linear recurrence"),
}
"""What a kind of network is, in one line."""

FIRST = (
    ("kind", "embedding_dim", "hidden_size", "num_layers", "dropout"),
    ("learning_rate", "max_steps", "batch_size", "seq_len"),
)
"""What a first training is made of, in sight: settings of the network, and of the training."""

NETWORK_GROUP = ("init", "layer_norm", "recurrent_dropout", "window", "position", "relative")
"""The other settings of a network."""

SETTING_GROUPS = (
    (N_("Steps and looks"), ("eval_interval", "save_interval", "samples", "moments", "seed",
                             "precision", "threads", "tracker")),
    (N_("Optimizer"), ("optimizer", "schedule", "warmup_steps", "grad_clip", "accumulate")),
    (N_("Against memorising"), ("weight_decay", "keep_zeros", "label_smoothing", "average",
                                 "patience")),
    (N_("What is read"), ("plain", "described", "first_readings", "carry_state", "transpose",
                          "truncate", "vary_rhythm", "curriculum")),
    (N_("What else is learned"), ("multi_task", "teacher", "teacher_weight",
                                  "teacher_temperature", "teacher_share")),
    (N_("Discriminator"), ("adversary", "adversary_batch", "adversary_length",
                           "adversary_interval")),
    (N_("Preferences"), ("preferences", "preference_pairs", "preference_beta",
                         "preference_likelihood", "preference_batch", "preference_count")),
)  # fmt: skip
"""The other settings of a training by what they are for; the corpus stands above all."""

_MEANINGS = {
    "Discriminator": N_(
        "From a trained model on: it composes, and a discriminator that is shown real tunes and "
        "these rewards what it takes for real."
    ),
    "Preferences": N_(
        "From a trained model on: of two tunes, the network learns which one is preferred, by "
        "people or by its critic."
    ),
}

_ATTENTION, _ECHO = ("attention",), ("echo",)

NEEDS: Mapping[str, tuple[str, tuple[object, ...] | None]] = {
    "window": ("kind", _ATTENTION),
    "position": ("kind", _ECHO),
    "relative": ("position", (True,)),
    "first_readings": ("described", (True,)),
    "teacher_weight": ("teacher", None),
    "teacher_temperature": ("teacher", None),
    "teacher_share": ("teacher", None),
    "adversary_batch": ("adversary", None),
    "adversary_length": ("adversary", None),
    "adversary_interval": ("adversary", None),
    "preference_pairs": ("preferences", None),
    "preference_beta": ("preferences", None),
    "preference_likelihood": ("preferences", None),
    "preference_batch": ("preferences", None),
    "preference_count": ("preferences", None),
}
"""Settings that wait for another one: which, and for what value; None is for any but none."""

_TOLD = {"kind": "", "teacher": N_("nobody"), "preference_pairs": N_("composed by the model")}
"""Choices that are told in words, and what the empty one is called."""

_COLUMNS = 3


def setting_fields(preset: Preset, start: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draws all fields, and returns what stands in them: of the network, and of the training.

    Args:
        preset: Whose values they have at first.
        start: The model to go on from, or nothing. It keeps its network: no fields for that.
    """
    network, training = _Fields(preset, "network"), _Fields(preset, "training")
    of_network, of_training = FIRST
    grid = _Grid()
    if start:
        st.caption(
            _("The network is that of {model}, with its layers and sizes.").format(model=start)
        )
    else:
        network.draw(of_network, grid)
    training.draw(of_training, grid)
    groups = SETTING_GROUPS if start else ((N_("Network"), NETWORK_GROUP), *SETTING_GROUPS)
    for tab, (title, names) in zip(
        st.tabs([_(title) for title, _names in groups], key="train_groups"), groups, strict=True
    ):
        with tab:
            if title in _MEANINGS:
                st.caption(_(_MEANINGS[title]))
            (network if names is NETWORK_GROUP else training).draw(names, _Grid())
    return network.values, training.values


class _Grid:
    """Columns that are filled from left to right, row by row."""

    def __init__(self) -> None:
        self._left: list[DeltaGenerator] = []

    def cell(self) -> DeltaGenerator:
        """The next place."""
        self._left = self._left or list(st.columns(_COLUMNS))
        return self._left.pop(0)


class _Fields:
    """The fields of one half of a preset; `values` are those of all that were drawn."""

    def __init__(self, preset: Preset, part: str) -> None:
        self._settings: NetworkConfig | TrainingConfig = getattr(preset, part)
        self._known = {info.name: info for info in describe(type(self._settings))}
        self._key = f"train_{preset.name}_{part}_"
        self.values: dict[str, Any] = {}

    def draw(self, names: Sequence[str], grid: _Grid) -> None:
        """Draws those that are needed, from left to right; each may wait for one before it."""
        for name in names:
            if self._is_folded(name):
                continue
            with grid.cell():
                value = getattr(self._settings, name)
                self.values[name] = _field(self._known[name], value, self._key + name)

    def _is_folded(self, name: str) -> bool:
        if name not in NEEDS:
            return False
        other, wanted = NEEDS[name]
        if self._is_folded(other):
            return True
        value = self.values.get(other, getattr(self._settings, other))
        return value not in wanted if wanted is not None else not value


def _field(info: SettingInfo, value: Any, key: str) -> Any:
    label = _(SETTING_LABELS[info.name]) if info.name in SETTING_LABELS else info.name
    choices = info.choices or _known_names(info.name)
    if info.name in _TOLD:
        return _told_field(label, info, choices, value, key)
    if choices:
        index = choices.index(value) if value in choices else 0
        return st.selectbox(label, choices, index, key=key, help=_(info.help))
    if info.kind is bool:
        return st.checkbox(label, value, key=key, help=_(info.help))
    if info.kind is str:
        return st.text_input(label, value, info.max_length, key=key, help=_(info.help))
    # No bounds here: the browser would hold the form back without a word. The settings check them.
    return st.number_input(
        label,
        value=value,
        step=_step(info, value),
        format=_format(info),
        key=key,
        help=_help(info),
    )


def _told_field(
    label: str, info: SettingInfo, choices: tuple[str, ...], value: str, key: str
) -> str:
    """A choice that says more than names."""
    words = {
        name: _(KIND_LABELS[name]) if name in KIND_LABELS else name or _(_TOLD[info.name])
        for name in choices
    }
    index = choices.index(value) if value in choices else 0
    chosen = st.selectbox(
        label, choices, index, key=key, help=_(info.help), format_func=words.__getitem__
    )
    return str(chosen)


def _help(info: SettingInfo) -> str:
    if info.low is None or info.high is None:
        return _(info.help)
    return f"{_(info.help)} ({info.low:,} – {info.high:,})"


def _known_names(setting: str) -> tuple[str, ...]:
    if setting == "teacher":
        return ("", *(ref.name for ref in resources.checkpoints()))
    if setting == "preference_pairs":
        return ("", *list_pairs(resources.paths()))
    return tuple(NETWORKS) if setting == "kind" else ()


def _step(info: SettingInfo, value: float) -> float:
    """One for whole numbers; else a unit of the value's first digit: 0.001 for 0.005."""
    if info.kind is int:
        return 1
    return 10.0 ** math.floor(math.log10(value)) if value else 0.1


def _format(info: SettingInfo) -> str | None:
    return "%g" if info.kind is float else None
