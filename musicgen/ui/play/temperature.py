"""What temperature does: to the next character, and to a whole tune from one seed."""

from typing import Any

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.temperature_effect import (
    TemperatureEffect,
    choose_beginning,
    compute_effect,
    count_choices,
    find_open_place,
    open_places,
    score_next,
    show_before,
    written_text,
)
from musicgen.sampling.text_scoring import TextScores, score_text
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.state import Slot
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.components.text_block import text_block
from musicgen.ui.play import controls
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.session_state import play_session

BEFORE, AFTER = "--st-gray-text-color", "--st-primary-color"
HEIGHT = 240
MAX_TEXTS = 16
"""Texts whose prospects are kept for all sessions, some 0.2 MB each."""

IS_OPEN = Slot("temperature_open", False)
DRAWN: Slot[Any] = Slot("temperature_drawn", None)
"""The `tune.performance.Performance` whose characters are shown."""

_SIGNS = {" ": "␣", "\n": "⏎"}


def temperature_view(models: Models) -> None:
    """Closed at first; open, it follows the slider above."""
    box = st.expander(
        _("What temperature does"),
        icon=":material/thermostat:",
        key="temperature_box",
        on_change="rerun",
    )
    DRAWN.set(play_session().shown if box.open else None)
    IS_OPEN.set(bool(box.open))
    if not box.open:
        return
    with box:
        try:
            _next_character(models)
        except MusicgenError as error:
            st.info(sentence(error), icon=":material/info:")


def follow_tune() -> None:
    """Draws the page again where a tune has come since its temperature was drawn, above it."""
    if IS_OPEN.get() and play_session().shown is not DRAWN.get():
        st.rerun()


@st.fragment
def _next_character(models: Models) -> None:
    config = controls.settings(controls.seed_to_use())
    checkpoint = resources.checkpoint(models.find(state.MODEL.get()))
    shown = play_session().shown
    if shown and shown.composition.fingerprint == checkpoint.fingerprint:
        text, seen, place = _place_in_tune(checkpoint, shown)
    else:
        text, seen = _after_beginning(checkpoint, config)
        place = len(text)
    effect = compute_effect(seen, place, config)
    text_block(show_before(text, place), has_copy=False)
    live_chart(
        effect_figure(effect, config.temperature),
        "temperature_chart",
        _("Probabilities of the next character"),
        HEIGHT,
    )
    st.markdown(describe_effect(effect, config.temperature))


def _place_in_tune(checkpoint: Checkpoint, shown: Performance) -> tuple[str, TextScores, int]:
    tune = shown.composition
    text, places = written_text(tune), open_places(tune)
    seen = _seen(checkpoint.fingerprint, tune.config, text, tune.drawn_start, checkpoint)
    first, last = places[0], places[-1]
    if first == last:
        return text, seen, last
    key = f"temperature_place_{hash((tune.fingerprint, text)) & 0xFFFFFFFF}"
    if key not in st.session_state:
        st.session_state[key] = find_open_place(seen, first)
    place = st.slider(
        _("Place in the tune"),
        first,
        last,
        key=key,
        help=_("The character that is to be written next, counted from the beginning."),
    )
    return text, seen, place


def _after_beginning(checkpoint: Checkpoint, config: SampleConfig) -> tuple[str, TextScores]:
    text, rules = choose_beginning(checkpoint, config)
    return text, _ahead(checkpoint.fingerprint, rules, text, checkpoint)


@st.cache_resource(max_entries=MAX_TEXTS, show_spinner=False)
def _seen(
    fingerprint: str,  # noqa: ARG001 - the cache's key
    config: SampleConfig,
    text: str,
    drawn_start: int,
    _checkpoint: Checkpoint,
) -> TextScores:
    return score_text(_checkpoint, config, text, drawn_start)


@st.cache_resource(max_entries=MAX_TEXTS, show_spinner=False)
def _ahead(
    fingerprint: str,  # noqa: ARG001 - the cache's key
    config: SampleConfig,
    text: str,
    _checkpoint: Checkpoint,
) -> TextScores:
    return score_next(_checkpoint, config, text)


def effect_figure(effect: TemperatureEffect, temperature: float) -> dict[str, Any]:
    """Two bars for each of the likeliest characters: at temperature 1, and as chosen."""
    names = [_SIGNS.get(character, character) for character in effect.characters]
    traces = [
        _bars(names, effect.before, _("temperature {value:g}").format(value=1), BEFORE),
        _bars(names, effect.after, _("as chosen: {value:g}").format(value=temperature), AFTER),
    ]
    top = 1.0 if max((*effect.before, *effect.after), default=1.0) > 0.5 else 0.5
    layout = {
        "uirevision": "temperature",
        "barmode": "group",
        "bargap": 0.3,
        "margin": {"l": 48, "r": 8, "t": 34, "b": 32},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {"type": "category", "showgrid": False, "fixedrange": True},
        "yaxis": {
            "tickformat": ".0%",
            "range": [0, top],
            "fixedrange": True,
            "nticks": 5,
        },
    }
    return {"data": traces, "layout": layout}


def _bars(names: list[str], values: tuple[float, ...], name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": names,
        "y": [round(value, 4) for value in values],
        "marker": {"color": colour},
        "hovertemplate": "%{x}: %{y:.1%}<extra></extra>",
    }


def describe_effect(effect: TemperatureEffect, temperature: float) -> str:
    """Both entropies, and what they mean: among how many characters the network wavers."""
    before, after = effect.entropy_before, effect.entropy_after
    words = _(
        "As if among {before:.1f} equally likely characters at temperature 1 ({bits_before:.2f} "
        "bits of entropy), and among {after:.1f} at {temperature:g} ({bits_after:.2f} bits)."
    )
    return words.format(
        before=count_choices(before),
        bits_before=before,
        after=count_choices(after),
        bits_after=after,
        temperature=temperature,
    )
