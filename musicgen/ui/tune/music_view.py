"""A tune that was not composed on this page: as the controls of the sound say, heard and drawn."""

import streamlit as st

from musicgen.errors import AudioError, MusicgenError
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.libraries import ABCJS, need_library
from musicgen.ui.components.piano_roll import piano_roll
from musicgen.ui.components.score import ScoreOverlay, score
from musicgen.ui.tune import listening, rendering, viewing
from musicgen.ui.tune.fingering_choice import fingering_choice
from musicgen.ui.tune.performance import Sound
from musicgen.ui.tune.rendering import PLAYER, lay_out
from musicgen.ui.tune.viewing import ROLL, SCORE


def as_chosen(tune: Tune) -> tuple[Tune, Sound | None]:
    """A tune as the controls of the sound say, and its sound; None where it cannot be heard."""
    playback = listening.chosen()
    try:
        shown = playback.apply_to(tune)
    except MusicgenError as error:
        st.warning(sentence(error), icon=":material/error:")
        playback = PlaybackSettings(playback.arrangement)
        shown = tune
    try:
        return shown, rendering.render_text(shown.text, shown, "", playback.arrangement)
    except AudioError as error:
        st.warning(sentence(error), icon=":material/volume_off:")
        return shown, None


def view_controls(key: str) -> None:
    """The popover with what a score can show.

    Args:
        key: Of the field for the fingering; each page has its own.
    """
    with st.popover(_("View"), icon=":material/visibility:"):
        viewing.choose_drawing()
        viewing.choose_marks()
        fingering_choice(key)


def draw_music(
    shown: Tune, sound: Sound, touch: ScoreOverlay | None = None, *, can_be_roll: bool = True
) -> None:
    """The score of a tune, or its piano roll where that was chosen.

    Args:
        shown: As it is read and played.
        sound: How it sounds.
        touch: What can be chosen and read on the score.
        can_be_roll: Without it the score is drawn in any case.
    """
    need_library(ABCJS)
    if state.VIEW.get() == ROLL and can_be_roll:
        piano_roll(shown, sound.moments, None, key="piano_roll", audio=PLAYER)
        return
    fingering = viewing.fingering_of(shown)
    score(
        lay_out(shown, sound.moments, has_names=state.NOTE_NAMES.get(), fingering=fingering),
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key=SCORE,
        audio=PLAYER,
        library=resources.paths().abcjs,
        touch=touch,
        is_numbered=viewing.is_numbered(),
    )
