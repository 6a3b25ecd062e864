"""The same seed at several temperatures, side by side, to play, read and choose from."""

import secrets
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.audio.midi import timeline
from musicgen.errors import MusicgenError
from musicgen.library.serialization import Values, from_values, to_values
from musicgen.notation.analysis.bars import is_in_time
from musicgen.rendering.playback_settings import DANCED
from musicgen.sampling.composer import Composition
from musicgen.sampling.temperature_comparison import COMPARED_TEMPERATURES
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.state import Slot
from musicgen.ui.components.audio import start
from musicgen.ui.components.score import score
from musicgen.ui.play import controls
from musicgen.ui.play.tune_bar import fill_in_current
from musicgen.ui.tune import listening, rendering
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session


@dataclass(frozen=True, slots=True)
class TemperatureSample:
    """One temperature's tune, kept as values."""

    request: Request
    values: Values


SAMPLES: Slot[tuple[TemperatureSample, ...]] = Slot("ladder_rungs", ())
"""What was composed last."""

PLAYING = Slot("ladder_playing", -1)
"""Index of the tune that plays; -1 for none."""

_COMPOSE = "ladder_compose"

CLICK = Slot("ladder_asked", "")
"""Names the click that asked for it, so that it starts once."""


def temperature_comparison(models: Models) -> None:
    """Behind its name: a button that composes the tunes, and the tunes. Only where there is one."""
    if play_session().shown is None:
        return
    box = st.expander(
        _("One seed at four temperatures"),
        icon=":material/grid_view:",
        key="ladder_box",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        st.caption(_("The same dice, thrown for networks that dare more and more."))
        if ask_button(_("Compose all four"), _COMPOSE, icon=":material/music_note:"):
            with answered(_COMPOSE):
                _compose(models)
        if SAMPLES.get():
            _show(SAMPLES.get())


def _compose(models: Models) -> None:
    base = controls.settings(controls.seed_to_use()).replace(count=1)
    samples: list[TemperatureSample] = []
    SAMPLES.set(())
    PLAYING.set(-1)
    progress = st.progress(0.0)
    try:
        checkpoint = resources.checkpoint(models.find(state.MODEL.get()))
        for number, temperature in enumerate(COMPARED_TEMPERATURES):
            progress.progress(
                number / len(COMPARED_TEMPERATURES),
                _("Composing at temperature {value:g}").format(value=temperature),
            )
            request = Request(state.MODEL.get(), base.replace(temperature=temperature))
            tune = rendering.compose_takes(checkpoint, request, None)[0]
            samples.append(TemperatureSample(request, to_values(tune)))
    except MusicgenError as error:
        st.error(sentence(error), icon=":material/error:")
    finally:
        progress.empty()
    SAMPLES.set(tuple(samples))


def _show(samples: tuple[TemperatureSample, ...]) -> None:
    sound = st.container(key="sound_ladder")
    for first in range(0, len(samples), 2):
        for number, column in zip((first, first + 1), st.columns(2, gap="medium"), strict=True):
            if number < len(samples):
                with column.container(border=True, key=f"rung_{number}"):
                    _sample(number, samples[number], sound)


def _sample(number: int, sample: TemperatureSample, sound: DeltaGenerator) -> None:
    composition = from_values(sample.values)
    is_playing = PLAYING.get() == number
    temperature = _("temperature {value:g}").format(value=sample.request.config.temperature)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{temperature}**", width="stretch")
        st.button(
            _("Listen"),
            key=f"ladder_listen_{number}",
            icon=":material/volume_up:" if is_playing else ":material/play_arrow:",
            on_click=_listen,
            args=(number,),
        )
        st.button(
            _("Take this one"),
            key=f"ladder_take_{number}",
            icon=":material/check:",
            on_click=_take,
            args=(sample,),
        )
    tune = _prepared(sample, composition)
    if is_playing:
        tune = rendering.perform(sample.request, composition, tune.listening)
        _play(tune, sound)
    _score(number, tune, is_playing)
    st.caption(_("every bar in time") if is_in_time(composition.tune) else _("not in time"))


def _prepared(sample: TemperatureSample, composition: Composition) -> Performance:
    """The tune as the controls of the sound say; as it was composed where that cannot be."""
    try:
        return rendering.prepare(sample.request, composition, listening.chosen())
    except MusicgenError:
        return rendering.prepare(sample.request, composition, DANCED)


def _play(tune: Performance, sound: DeltaGenerator) -> None:
    if tune.sound:
        with sound:
            st.audio(tune.sound.wav, "audio/wav")
            start(".st-key-sound_ladder audio", CLICK.get(), "starter_ladder")
    elif tune.silence:
        sound.warning(sentence(tune.silence), icon=":material/volume_off:")


def _score(number: int, tune: Performance, is_playing: bool) -> None:
    moments = timeline(tune.tune, tune.listening.arrangement)
    score(
        rendering.lay_out(tune.tune, moments)[-1:],
        [onset for _start, onset, _length in moments],
        [length for _start, _onset, length in moments],
        key=f"score_ladder_{number}",
        audio=".st-key-sound_ladder audio" if is_playing else ".musicgen-silent",
        library=resources.paths().abcjs,
    )


def _listen(number: int) -> None:
    PLAYING.set(number)
    CLICK.set(secrets.token_hex(4))


def _take(sample: TemperatureSample) -> None:
    """Makes it the tune on the screen, and its settings those of the controls."""
    play_session().open(sample.request, sample.values)
    PLAYING.set(-1)
    fill_in_current()
