"""Two models side by side: what differs in their settings and figures, and how each one sounds."""

import random
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.config import SampleConfig
from musicgen.errors import AudioError, MusicgenError
from musicgen.evaluation.loss.perplexity import to_perplexity, write_perplexity
from musicgen.models.checkpoint import CheckpointMetadata, CheckpointRef
from musicgen.models.figures import find_held_out_loss
from musicgen.notation.analysis.bars import check_bars
from musicgen.presets import Preset
from musicgen.sampling.composer import Composition
from musicgen.training.runs.summary import clock, differing_settings
from musicgen.ui.base import resources
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import sentence, show_error
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.libraries import ABCJS, need_library
from musicgen.ui.base.state import Slot
from musicgen.ui.base.words import plain
from musicgen.ui.compare import run_data
from musicgen.ui.compare.compare_views import nothing_trained
from musicgen.ui.components.score import score
from musicgen.ui.tune import rendering
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.permalink import DRAWN_SEEDS, SLIDERS
from musicgen.ui.tune.request import Request

COLUMNS = ("left", "right")

PERFORMED: Slot[dict[str, Performance]] = Slot("compare_shown", {})
"""What was composed last, by side."""

_FIRST_SEED = 1
_COMPOSE = "pair_compose"


@dataclass(frozen=True, slots=True)
class _Choice:
    """What both are asked for."""

    models: tuple[str, str]
    config: SampleConfig


def side_by_side() -> None:
    """Two models to choose, what differs between them, and a tune of each from one seed."""
    models = Models()
    if not models:
        nothing_trained()
        return
    need_library(ABCJS)  # before the button whose press a new run of the page would lose
    choice, is_asked = _controls(models.names)
    _differences(choice.models, models)
    if is_asked:
        PERFORMED.set({})
    with answered(_COMPOSE):
        for side, model, column in zip(COLUMNS, choice.models, st.columns(2), strict=True):
            with column:
                _one_side(side, Request(model, choice.config), is_asked, models)


def _controls(names: list[str]) -> tuple[_Choice, bool]:
    """What is chosen, and whether it is to be composed now."""
    with st.container(border=True, key="pair_controls"):
        left, right = st.columns(2)
        first = left.selectbox(_("Left"), names, 0, key="pair_left")
        second = right.selectbox(_("Right"), names, min(1, len(names) - 1), key="pair_right")
        left, right = st.columns(2)  # a row of their own, so that on a phone they follow the models
        low, high = SLIDERS["temperature"]
        temperature = left.slider(
            _("Temperature"), low, high, SampleConfig().temperature, 0.05, key="pair_temperature"
        )
        with right.container(horizontal=True, vertical_alignment="bottom"):
            st.session_state.setdefault("pair_seed", _FIRST_SEED)
            seed = st.number_input(_("Seed"), 0, 2**31 - 1, step=1, key="pair_seed", width=150)
            st.button(
                _("Another seed"), key="pair_dice", icon=":material/casino:", on_click=_throw_dice
            )
        is_asked = ask_button(
            _("Compose with both"), _COMPOSE, type="primary", icon=":material/music_note:"
        )
    config = SampleConfig(temperature=round(temperature, 2), seed=int(seed or 0))
    return _Choice((first or names[0], second or names[0]), config), is_asked


def _throw_dice() -> None:
    st.session_state["pair_seed"] = random.randrange(DRAWN_SEEDS)


def _differences(names: tuple[str, str], models: Models) -> None:
    """The figures of both, and behind them the settings in which they differ."""
    try:
        refs = [models.find(name) for name in names]
        metadata = [ref.metadata() for ref in refs]
    except MusicgenError as error:
        show_error(error, st.container())
        return
    presets = [
        Preset.without_meaning(item.preset, item.network, item.training) for item in metadata
    ]
    figures = [_figures(ref, item) for ref, item in zip(refs, metadata, strict=True)]
    rows = {label: [one[label] for one in figures] for label in figures[0]}
    _table(names, rows)
    settings = {
        _(SETTING_LABELS.get(name, name)): [f"{value}" for value in values]
        for name, values in differing_settings(presets).items()
    }
    if settings:
        with st.expander(
            ngettext("{count} setting differs", "{count} settings differ", len(settings)).format(
                count=len(settings)
            ),
            icon=":material/tune:",
        ):
            _table(names, settings)


def _table(names: tuple[str, str], rows: dict[str, list[str]]) -> None:
    left, right = zip(*rows.values(), strict=True)
    # A column's name must be its own, also where both sides have one model.
    first, second = map(plain, names)
    columns = {
        " ": list(rows),
        first: list(map(plain, left)),
        second + " " * (first == second): list(map(plain, right)),
    }
    st.table(columns, border="horizontal", hide_index=True)


def _figures(ref: CheckpointRef, metadata: CheckpointMetadata) -> dict[str, str]:
    """Figures of the weights that play: of a bundled model those it was measured to have."""
    loss = find_held_out_loss(metadata.metrics)
    elapsed_s = _training_time(ref)
    return {
        _("Held-out loss"): "–" if loss is None else f"{loss:.4f}",
        _("Perplexity"): write_perplexity(None if loss is None else to_perplexity(loss)),
        _("Step"): f"{metadata.step:,}",
        _("Parameters"): f"{metadata.parameters:,}" if metadata.parameters else "–",
        _("Training time"): "–" if elapsed_s is None else clock(elapsed_s),
        _("Preset"): metadata.preset or "–",
    }


def _training_time(ref: CheckpointRef) -> float | None:
    name = run_data.id_of(ref)
    try:
        return run_data.summary(name).elapsed_s
    except MusicgenError:  # a bundled model that went through several trainings
        return None


def _one_side(side: str, request: Request, is_asked: bool, models: Models) -> None:
    """The player first, at a fixed place: it stops when something above it comes or goes."""
    sound = st.container(key=f"sound_{side}")
    stage = st.empty()
    if is_asked:
        try:
            PERFORMED.set(PERFORMED.get() | {side: _perform(request, stage, models)})
        except MusicgenError as error:
            stage.empty()
            show_error(error, sound)
    shown = PERFORMED.get().get(side)
    if shown:
        _show(shown, side, sound, stage)


def _perform(request: Request, stage: DeltaGenerator, models: Models) -> Performance:
    checkpoint = resources.checkpoint(models.find(request.model))
    composition = rendering.compose_takes(checkpoint, request, stage)[request.take]
    try:
        return Performance(request, composition, rendering.render_sound(composition))
    except AudioError as error:
        return Performance(request, composition, None, error)


def _show(shown: Performance, side: str, sound: DeltaGenerator, stage: DeltaGenerator) -> None:
    if shown.sound:
        sound.audio(shown.sound.wav, "audio/wav")
    with stage.container(key=f"tune_{side}"):
        st.markdown(f"**{plain(shown.request.model)}**")
        if shown.silence:
            st.warning(sentence(shown.silence), icon=":material/volume_off:")
        if shown.sound:
            score(
                rendering.layouts(shown.tune, shown.sound),
                [onset for _start, onset, _duration in shown.sound.moments],
                [duration for _start, _onset, duration in shown.sound.moments],
                key=f"score_{side}",
                audio=f".st-key-sound_{side} audio",
                library=resources.paths().abcjs,
            )
        st.caption(" · ".join(_facts(shown.composition)))


def _facts(composition: Composition) -> list[str]:
    count = len(composition.char_probs)
    bars = check_bars(composition.tune)
    wrong = len(bars.wrong)
    return [
        _("seed {seed}").format(seed=composition.seed),
        _("temperature {value:g}").format(value=composition.config.temperature),
        _("Ended by itself")
        if composition.is_complete
        else ngettext("Cut after {count} character", "Cut after {count} characters", count).format(
            count=count
        ),
        ngettext("{count} bar out of time", "{count} bars out of time", wrong).format(count=wrong)
        if wrong
        else _("every bar in time"),
        _("the grammar stepped in at {share:.1%} of the characters").format(
            share=composition.intervention_share
        ),
    ]
