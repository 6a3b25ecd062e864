"""A tune as a piano roll: time to the right, pitch upwards, a line that follows the sound."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.notation.display.note_names import name_note, name_pitches
from musicgen.notation.model import Tune
from musicgen.ui.base.language import _
from musicgen.ui.base.libraries import PLOTLY, need_library

_HERE = Path(__file__).parent
GAP = 0.92
"""Share of its time that a note fills, so that repeated ones stand apart."""


def piano_roll(
    tune: Tune,
    moments: Sequence[tuple[int, float, float]],
    bits: Sequence[float] | None,
    *,
    key: str,
    audio: str,
) -> None:
    """Draws a tune as it is played, repeats and all; a click plays from there.

    Args:
        tune: The tune.
        moments: Its notes as `musicgen.audio.midi.timeline` gives them.
        bits: Surprise of each written note, None for one colour.
        key: Names the roll across updates.
        audio: CSS selector of the audio element that plays the tune.
    """
    need_library(PLOTLY)
    data = roll_data(tune, moments, bits) | {
        "audio": audio,
        "label": _("The notes of the tune over time"),
        "seconds": _("seconds"),
        "surprise": _("surprise in bits"),
    }
    _roll()(key=key, data=data)


def roll_data(
    tune: Tune, moments: Sequence[tuple[int, float, float]], bits: Sequence[float] | None
) -> dict[str, Any]:
    """One bar of the chart for each pitch that sounds: columns of equal length, and the axis."""
    places = {note.start: number for number, note in enumerate(tune.notes)}
    rows = [
        (onset, duration * GAP, pitch, places[start])
        for start, onset, duration in moments
        if start in places
        for pitch in tune.notes[places[start]].pitches
    ]
    names = [name_note(tune, note) for note in tune.notes]
    known = {pitch: name for note in tune.notes for pitch, name in name_pitches(tune, note)}
    pitches = sorted({pitch for _onset, _duration, pitch, _note in rows})
    return {
        "onsets_s": [round(onset, 4) for onset, *_rest in rows],
        "durations_s": [round(duration, 4) for _onset, duration, *_rest in rows],
        "pitches": [pitch for *_times, pitch, _note in rows],
        "names": [names[note] for *_times, note in rows],
        "bits": [bits[note] for *_times, note in rows] if bits else None,
        "ticks": pitches,
        "tick_names": [f"{known.get(pitch, '')}{pitch // 12 - 1}" for pitch in pitches],
    }


@cache
def _roll() -> ComponentRenderer:
    return st.components.v2.component(
        "musicgen_roll",
        html='<div class="musicgen-roll"><div class="musicgen-roll-chart" role="img"></div>'
        '<div class="musicgen-roll-line" hidden></div></div>',
        css=(_HERE / "piano_roll.css").read_text(encoding="utf-8"),
        js=(_HERE / "piano_roll.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
