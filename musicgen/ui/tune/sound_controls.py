"""The popover "Sound": who plays, how fast, with how much lilt, with whom, how loud, in which key.

A change plays the tune that is there in the new way; nothing is composed for it.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from musicgen.audio.arrangement import ACCOMPANIMENTS, INSTRUMENTS, Arrangement
from musicgen.audio.practice import beats_per_minute
from musicgen.config import describe
from musicgen.notation.model import Tune
from musicgen.notation.writing.field_changes import TEMPI
from musicgen.ui.base import state
from musicgen.ui.base.language import N_, _
from musicgen.ui.tune.listening import LILT, TEMPO, SheetSettings

INSTRUMENT_NAMES = {
    "flute": N_("flute"),
    "whistle": N_("whistle"),
    "fiddle": N_("fiddle"),
    "accordion": N_("accordion"),
    "concertina": N_("concertina"),
    "harmonica": N_("harmonica"),
    "pipes": N_("pipes"),
    "clarinet": N_("clarinet"),
    "harp": N_("harp"),
    "piano": N_("piano"),
    "guitar": N_("guitar"),
    "banjo": N_("banjo"),
    "mandolin": N_("mandolin"),
    "dulcimer": N_("dulcimer"),
    "marimba": N_("marimba"),
    "music box": N_("music box"),
}
ACCOMPANIMENT_NAMES = {
    "none": N_("nobody"),
    "guitar": N_("guitar"),
    "piano": N_("piano"),
    "harp": N_("harp"),
}
_BPM = "sound_bpm"
_HELP = {info.name: info.help for kind in (Arrangement, SheetSettings) for info in describe(kind)}


def _help(name: str) -> str:
    return _(_HELP[name])


def sound_controls(tune: Tune) -> None:
    """The popover with all settings of the sound of a tune."""
    with st.popover(_("Sound"), icon=":material/instant_mix:"):
        band_controls()
        _tempo(beats_per_minute(tune))
        _playing()
        _reading()
        _volumes()


def band_controls() -> None:
    """Melody instrument, and who plays along."""
    instrument_field()
    st.segmented_control(
        _("Plays along"),
        ACCOMPANIMENTS,
        key=state.SOUND["accompaniment"].name,
        persist_state="session",
        format_func=_labels(ACCOMPANIMENTS, ACCOMPANIMENT_NAMES).__getitem__,
        required=True,
    )
    st.toggle(
        _("Bodhrán"), key=state.SOUND["drum"].name, persist_state="session", help=_help("drum")
    )


def instrument_field() -> str:
    """Who plays the melody, on every page; a name that `audio.arrangement.find_program` takes."""
    slot = state.SOUND["instrument"]
    known = tuple(INSTRUMENTS)
    options = (*known, *(() if slot.get() in known else (slot.get(),)))
    st.selectbox(
        _("Instrument"),
        options,
        key=slot.name,
        persist_state="session",
        format_func=_labels(options, INSTRUMENT_NAMES).__getitem__,
    )
    return str(slot.get())


def _tempo(usual: float) -> None:
    """The tempo as a share of the usual one of a tune, and in beats of its meter a minute."""
    _percent_slider(_("Tempo"), "tempo_factor", TEMPO)
    low, high = map(int, TEMPI)
    bpm = round(usual * state.SOUND["tempo_factor"].get())
    state.put(_BPM, min(max(bpm, low), high))
    st.number_input(
        _("Beats a minute"), low, high, step=2, key=_BPM, on_change=_set_tempo, args=(usual,),
        persist_state="session",
    )  # fmt: skip


def _set_tempo(usual: float) -> None:
    slowest, fastest = TEMPO
    share = round(st.session_state[_BPM] / usual, 3)
    state.SOUND["tempo_factor"].set(min(max(share, slowest), fastest))


def _playing() -> None:
    _percent_slider(_("Lilt"), "lilt", LILT)
    st.toggle(
        _("Ornaments"),
        key=state.SOUND["ornaments"].name,
        persist_state="session",
        help=_help("ornaments"),
    )


def _percent_slider(label: str, name: str, ends: tuple[float, float]) -> None:
    st.slider(
        label,
        *ends,
        step=0.05,
        key=state.SOUND[name].name,
        persist_state="session",
        format="percent",
        help=_help(name),
    )


def _volumes() -> None:
    """A slider for everyone who plays."""
    has_chords = state.SOUND["accompaniment"].get() != "none"
    has_drum = state.SOUND["drum"].get()
    if not (has_chords or has_drum):
        return
    with st.container(gap=None):
        for label, name, plays in (
            (_("Volume of the melody"), "melody_volume", True),
            (_("Volume of the chords"), "chord_volume", has_chords),
            (_("Volume of the bass"), "bass_volume", has_chords),
            (_("Volume of the drum"), "drum_volume", has_drum),
        ):
            if plays:
                st.slider(
                    label,
                    0,
                    150,
                    step=5,
                    key=state.SOUND[name].name,
                    persist_state="session",
                    format="%d %%",
                )


def _reading() -> None:
    st.number_input(
        _("Transpose by semitones"),
        -12,
        12,
        step=1,
        key=state.SOUND["transpose"].name,
        persist_state="session",
        help=_("Up, or down where negative; the sheet music moves along."),
    )
    st.toggle(
        _("Name the chords"),
        key=state.SOUND["chords"].name,
        persist_state="session",
        help=_help("chords"),
    )


def _labels(options: tuple[Any, ...], names: Mapping[str, str]) -> dict[Any, str]:
    return {option: _(names[option]) if option in names else str(option) for option in options}
