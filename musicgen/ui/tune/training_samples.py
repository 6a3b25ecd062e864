"""The samples of a training (*Hear it learn*), one step after the other."""

import secrets
from collections.abc import Sequence

import streamlit as st

from musicgen.errors import AudioError
from musicgen.notation.parsing.reader import read_tune
from musicgen.training.runs.samples import SAMPLE_CONFIG, Sample
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.components.audio import start
from musicgen.ui.components.score import score
from musicgen.ui.components.text_block import text_block
from musicgen.ui.tune import rendering


def hear_it_learn(samples: Sequence[Sample], run_id: str, place: str) -> None:
    """A choice of steps, and the tune of the chosen one: sound, sheet music, and its loss.

    The step that is shown stays while new ones come, so that nobody's tune is cut off.

    Args:
        samples: The tunes so far; with none, nothing is drawn.
        run_id: The run they are from.
        place: Names this player among those of the page.
    """
    if not samples:
        return
    with st.container(border=True, key=f"{place}_hear"):
        st.subheader(_("Hear it learn"), anchor=False)
        st.caption(
            _("The same wish at every step: a short tune. Only what was learned is different.")
        )
        _tune(_choose(samples, run_id, place), run_id, place)


def _choose(samples: Sequence[Sample], run_id: str, place: str) -> Sample:
    by_step = {sample.step: sample for sample in samples}
    slot, key = f"{place}_heard_{run_id}", f"{place}_steps_{run_id}"
    if st.session_state.get(slot) not in by_step:
        st.session_state[slot] = samples[-1].step

    def choose() -> None:
        st.session_state[slot] = st.session_state[key]
        st.session_state[f"{place}_asked"] = secrets.token_hex(4)

    st.segmented_control(
        _("Step"),
        list(by_step),
        default=st.session_state[slot],
        key=key,
        format_func="{:,}".format,
        required=True,
        on_change=choose,
    )
    return by_step[st.session_state[slot]]


def _tune(sample: Sample, run_id: str, place: str) -> None:
    st.markdown(f"**{_line(sample)}**")
    tune, _problems = read_tune(sample.abc)
    sound_key = f"{place}_sound"
    try:
        sound = rendering.render_text(sample.abc, tune, _comment(sample, run_id))
    except AudioError as error:
        _text(sample, error, has_notes=not all(note.is_rest for note in tune.notes))
        return
    with st.container(key=sound_key):
        st.audio(sound.wav, "audio/wav")
        asked = st.session_state.get(f"{place}_asked", "")
        start(f".st-key-{sound_key} audio", asked, f"starter_{place}")
    score(
        rendering.layouts(tune, sound),
        [onset for _start, onset, _duration in sound.moments],
        [duration for _start, _onset, duration in sound.moments],
        key=f"{place}_score",
        audio=f".st-key-{sound_key} audio",
        library=resources.paths().abcjs,
    )


def _text(sample: Sample, error: AudioError, has_notes: bool) -> None:
    if has_notes:
        st.warning(sentence(error), icon=":material/volume_off:")
    else:
        st.info(
            _("No notes yet: the network is still finding out how a tune is written down."),
            icon=":material/music_off:",
        )
    text_block(sample.abc)


def _line(sample: Sample) -> str:
    parts = [_("step {step:,}").format(step=sample.step)]
    if sample.val_loss is not None:
        parts.append(_("held-out loss {loss:.3f}").format(loss=sample.val_loss))
    if sample.is_free:
        parts.append(_("written without the grammar"))
    return " · ".join(parts)


def _comment(sample: Sample, run_id: str) -> str:
    return (
        f"musicgen run={run_id} step={sample.step} seed={SAMPLE_CONFIG.seed} "
        f"temperature={SAMPLE_CONFIG.temperature}"
    )
