"""A tune on the music stand: what sounds, how it is practised, and the score below."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.files import MIME_TYPES, audio_bytes
from musicgen.audio.practice import (
    PracticeSettings,
    beats_per_minute,
    plan_practice,
    render_practice,
)
from musicgen.config import describe
from musicgen.errors import AudioError, NotationError
from musicgen.library.book_tune import to_file_name
from musicgen.notation.analysis.bar_numbers import find_bars, number_bars
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.components.score import ScoreOverlay, score, touched
from musicgen.ui.practise.on_the_stand import other_tune, replace_tune, tunes_of_the_set
from musicgen.ui.tune import listening, rendering, viewing
from musicgen.ui.tune.bar_choice import name_selection
from musicgen.ui.tune.fingering_choice import fingering_choice
from musicgen.ui.tune.my_instrument import fit_line, instrument_choice
from musicgen.ui.tune.performance import Sound
from musicgen.ui.tune.rendering import PLAYER, lay_out
from musicgen.ui.tune.sound_controls import ACCOMPANIMENT_NAMES, instrument_field
from musicgen.ui.tune.viewing import SCORE

_HERE = Path(__file__).parent
_HELP = {info.name: info.help for info in describe(PracticeSettings)}
MAX_SOUNDS = 3


def _help(name: str) -> str:
    return _(_HELP[name])


def practise(tune: Tune) -> None:
    """Draws the player, what can be set, and the score.

    Raises:
        TunebookError: the tunebook cannot be read.
    """
    viewing.hold_viewing()
    with st.container(horizontal=True, vertical_alignment="center", key="practise_bar"):
        st.markdown(f"**{plain(tune.title) or _('untitled')}**", width="content")
        with st.popover(_("Another tune"), icon=":material/menu_book:"):
            other_tune()
        with st.popover(_("How"), icon=":material/tune:"):
            settings = _settings(tune)
        with st.popover(_("Who plays"), icon=":material/instant_mix:"):
            arrangement = _arrangement()
        with st.popover(_("My instrument"), icon=":material/straighten:"):
            instrument_choice("practise_instrument_choice")
            fingering = fingering_choice("practise_fingering")
        with st.popover(_("View"), icon=":material/visibility:"):
            viewing.choose_notation("practise_notation")
            is_big = st.toggle(_("Big notes"), key="practise_big")
    tunes_of_the_set()
    place = st.container(key="sound")
    text, tune = tune.text, _as_read(tune)
    bars_key = _bars_key(text)
    try:
        with st.spinner(_("Making the sound")):
            sound, speeds, answers = _sound(tune.text, settings, arrangement)
    except AudioError as error:
        st.warning(sentence(error), icon=":material/volume_off:")
        return
    place.audio(sound.wav, "audio/flac")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            _("Beats a minute: {speeds}").format(speeds=", ".join(f"{one:.0f}" for one in speeds)),
            width="content",
        )
        _chosen_bars(tune, settings, bars_key)
        _save(tune, sound)
    fit_line(tune, 0, lambda semitones: _move(text, semitones))
    fingers = viewing.fingering_of(tune, fingering)
    score(
        lay_out(tune, sound.moments, fingering=fingers, is_big=is_big),
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key=SCORE,
        audio=PLAYER,
        library=resources.paths().abcjs,
        touch=_touch(tune, settings, answers, bars_key),
        is_numbered=viewing.is_numbered(),
    )
    st.caption(
        _(
            "Drag over bars to practise these alone. Space plays and stops, Home begins anew, the "
            "arrow keys and Page Up and Down, as a pedal sends them, turn pages. The screen stays "
            "awake while it sounds."
        )
    )
    if sound.is_fallback:
        st.caption(rendering.better_sound())
    _stand()(key="practise_stand", data={"audio": PLAYER, "score": ".st-key-score"})


def _as_read(tune: Tune) -> Tune:
    """In the clef and the octave of one's instrument; as it is where it cannot be written so."""
    clef, octave = listening.reading()
    try:
        return PlaybackSettings(clef=clef, octave=octave).apply_to(tune)
    except NotationError as error:
        st.warning(sentence(error), icon=":material/error:")
        return tune


def _move(text: str, semitones: int) -> None:
    """Puts the tune on the stand in another key; where it came from it stays as it is."""
    attempt(lambda: replace_tune(text, transpose(text, semitones)))


def _settings(tune: Tune) -> PracticeSettings:
    usual = round(beats_per_minute(tune))
    low, high = max(20, -(-usual // 4)), min(400, 4 * usual)
    bpm = st.number_input(
        _("Beats a minute"), low, high, min(max(usual, low), high),
        key=f"practise_bpm_{usual}", step=2,
    )  # fmt: skip
    times = st.number_input(_("Times"), 1, 20, 3, key="practise_times", help=_help("times"))
    start = st.slider(
        _("First pass"), 30, 100, 100, 5, format="%d %%", key="practise_start",
        help=_help("start_percent"),
    )  # fmt: skip
    count_in = st.number_input(
        _("Bars counted before"), 0, 4, 1, key="practise_count_in", help=_help("count_in")
    )
    has_metronome = st.toggle(
        _("Metronome"), True, key="practise_metronome", help=_help("has_metronome")
    )
    answer = st.number_input(
        _("Bars to answer"), 0, 8, 0, key="practise_answer", help=_help("answer_bars")
    )
    numbers = number_bars(tune.bars) or (1,)
    ends = first, last = numbers[0], numbers[-1]
    if last > first:
        key = _bars_key(tune.text)
        if key not in st.session_state:
            state.put(key, ends)
        chosen = st.slider(
            _("From bar to bar"), *ends, key=key, persist_state="session",
            help=_("As musicians count them: a pickup is bar 0."),
        )  # fmt: skip
        first, last = cast("tuple[int, int]", chosen)
    is_whole = (first, last) == ends
    begin, end = find_bars(numbers, first, last)
    return PracticeSettings(
        0 if bpm == usual else int(bpm), int(times), int(start), int(count_in), has_metronome,
        int(answer), st.session_state.get("practise_melody", True),
        st.session_state.get("practise_drone", False),
        0 if is_whole else begin + 1, 0 if is_whole else end + 1,
    )  # fmt: skip


def _bars_key(text: str) -> str:
    """Of the field with the bars of a tune; its text as it lies on the stand, in any clef."""
    return f"practise_bars_{hash(text)}"


def _chosen_bars(tune: Tune, settings: PracticeSettings, key: str) -> None:
    """Says which bars are practised alone, and offers all of them."""
    if not settings.last_bar:
        return
    numbers = number_bars(tune.bars)
    chosen = name_selection(numbers, (settings.first_bar - 1, settings.last_bar - 1))
    st.caption(chosen, width="content")
    st.button(
        _("The whole tune"), key="practise_whole", icon=":material/close:", type="tertiary",
        on_click=state.put, args=(key, (numbers[0], numbers[-1])),
    )  # fmt: skip


def _touch(
    tune: Tune, settings: PracticeSettings, answers: tuple[tuple[float, float], ...], key: str
) -> ScoreOverlay:
    """Bars can be chosen by hand; the keys are those of the stand."""
    numbers = number_bars(tune.bars)
    return ScoreOverlay(
        tuple(note.bar for note in tune.notes),
        tuple(numbers[note.bar] for note in tune.notes),
        viewing.note_names(tune),
        selection=(settings.first_bar - 1, settings.last_bar - 1) if settings.last_bar else None,
        answers=answers,
        has_keys=False,
        on_touch=lambda: _on_touch(key, numbers),
    )


def _on_touch(key: str, numbers: Sequence[int]) -> None:
    """Takes the bars that hands chose, and drops whatever else a browser may send."""
    selection, _take = touched(SCORE)
    if selection and 0 <= selection[0] <= selection[1] < len(numbers):
        state.put(key, (numbers[selection[0]], numbers[selection[1]]))


def _arrangement() -> Arrangement:
    st.toggle(_("Melody"), True, key="practise_melody", help=_help("has_melody"))
    instrument = instrument_field()
    accompaniment = st.segmented_control(
        _("Plays along"), list(ACCOMPANIMENT_NAMES), default="none", key="practise_accompaniment",
        format_func=lambda name: _(ACCOMPANIMENT_NAMES[name]), required=True,
    )  # fmt: skip
    has_drum = st.toggle(_("Bodhrán"), key="practise_drum")
    st.toggle(_("Drone"), key="practise_drone", help=_help("has_drone"))
    return Arrangement(
        instrument=instrument, lilt=1.0, accompaniment=accompaniment or "none", drum=has_drum
    )


@st.cache_resource(max_entries=MAX_SOUNDS, show_spinner=False)
def _sound(
    text: str, settings: PracticeSettings, arrangement: Arrangement
) -> tuple[Sound, tuple[float, ...], tuple[tuple[float, float], ...]]:
    """The sound of a practice, as FLAC, with its moments; the speed of each pass; and when, in
    seconds, the reader answers.

    Raises:
        AudioError: it cannot be played so.
    """
    practice = plan_practice(read_tune(text)[0], settings, arrangement)
    made = render_practice(practice)
    data = audio_bytes(made.waveform, made.sample_rate, "flac")
    sound = Sound(data, b"", practice.moments, made.is_fallback)
    return sound, tuple(one.bpm for one in practice.passes), practice.answers


def _save(tune: Tune, sound: Sound) -> None:
    """The sound as a file, made when it is asked for."""
    popover = st.popover(_("Save"), icon=":material/download:", on_change="rerun",
                         key="practise_files")  # fmt: skip
    if not popover.open:
        return
    kind = popover.pills(
        _("Format"), ("mp3", "flac"), default="mp3", key="practise_format", required=True,
        format_func=str.upper, label_visibility="collapsed",
    )  # fmt: skip
    data = sound.wav if kind == "flac" else to_mp3(sound.wav)
    popover.download_button(
        _("Save {format}").format(format=str(kind).upper()), data,
        f"{to_file_name(tune.title or 'tune')}-practice.{kind}", MIME_TYPES[str(kind)],
        key="practise_save", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def to_mp3(flac: bytes) -> bytes:
    """A FLAC file as MP3."""
    import soundfile

    samples, rate = soundfile.read(io.BytesIO(flac), dtype="float32", always_2d=True)
    return audio_bytes(samples.T, rate, "mp3")


@cache
def _stand() -> ComponentRenderer:
    script = (_HERE / "stand.js").read_text(encoding="utf-8")
    return st.components.v2.component("musicgen_stand", js=script)
