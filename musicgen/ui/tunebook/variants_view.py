"""More like this: a tune as players vary it on repeats, and the same tune as another dance."""

from functools import lru_cache

import streamlit as st

from musicgen.errors import AudioError, MusicgenError
from musicgen.library.book_tune import BookTune, with_title
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.rhythm_change import DANCES, as_dance
from musicgen.notation.writing.variation import find_distance, vary
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _
from musicgen.ui.components.score import score
from musicgen.ui.tune import listening, rendering
from musicgen.ui.tune.keep_link import keep_text
from musicgen.ui.tune.my_instrument import remembered_instrument
from musicgen.ui.tune.rendering import lay_out

_PLACE = "variant_sound"
_VARIANT, _DANCE = "variant", "dance"
_DANCE_NAMES = {"jig": N_("jig"), "reel": N_("reel"), "hornpipe": N_("hornpipe"),
                "polka": N_("polka")}  # fmt: skip


def more_like_this(tune: BookTune) -> None:
    """What is like a tune, made when somebody asks for it."""
    more = st.expander(
        _("More like this"), icon=":material/alt_route:", key="tunebook_variants",
        on_change="rerun",
    )  # fmt: skip
    if not more.open:
        return
    with more:
        names = {_VARIANT: _("As players vary it"), _DANCE: _("As another dance")}
        kind = st.segmented_control(
            _("Kind"), list(names), default=_VARIANT, key="tunebook_variant_kind",
            format_func=names.__getitem__, required=True, label_visibility="collapsed",
        )  # fmt: skip
        try:
            text = _another_dance(tune) if kind == _DANCE else _variant(tune)
            _show(text)
        except MusicgenError as error:
            st.warning(sentence(error), icon=":material/error:")


def _variant(tune: BookTune) -> str:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        percent = st.slider(
            _("How far from the tune"), 0, 100, 30, 5, format="%d %%", key="tunebook_variant_far",
            help=_("Near: rolls and cuts. Further: triplets, runs, other notes and octaves. The "
                   "beginning, by which a tune is known, stays."),
        )  # fmt: skip
        st.button(
            _("Another"), key="tunebook_variant_next", icon=":material/casino:", on_click=_next
        )
    text = _vary(tune.text, percent / 100, state.TUNEBOOK_VARIANT.get(), _span(tune.tune))
    share = find_distance(tune.tune, read_tune(text)[0])
    st.caption(_("{share:.0%} of the time it goes another way.").format(share=share))
    variant = _("variant")
    return with_title(text, f"{tune.title} ({variant})")


def _another_dance(tune: BookTune) -> str:
    names = [name for name in DANCES if name != tune.rhythm.casefold()]
    dance = st.pills(
        _("Dance"), names, default=names[0], key=f"tunebook_dance_{tune.rhythm[:20]}",
        format_func=lambda name: _(_DANCE_NAMES[name]), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    name = dance or names[0]
    return with_title(as_dance(tune.tune, name), f"{tune.title} ({_(_DANCE_NAMES[name])})")


def _show(text: str) -> None:
    """What came of it: to be heard, read, and kept."""
    tune = read_tune(text)[0]
    arrangement = listening.chosen().arrangement
    place = st.container(key=_PLACE)
    try:
        sound = rendering.render_text(text, tune, "", arrangement)
    except AudioError as error:
        st.warning(sentence(error), icon=":material/volume_off:")
        return
    place.audio(sound.wav, "audio/wav")
    keep_text(text, "variant")
    score(
        lay_out(tune, sound.moments),
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key="variant_score",
        audio=f".st-key-{_PLACE} audio",
        library=resources.paths().abcjs,
    )


def _next() -> None:
    state.TUNEBOOK_VARIANT.set(state.TUNEBOOK_VARIANT.get() + 1)


@lru_cache(maxsize=64)
def _vary(text: str, amount: float, seed: int, span: tuple[int, int] | None) -> str:
    return vary(read_tune(text)[0], amount, seed, span)


def _span(tune: Tune) -> tuple[int, int] | None:
    """The range of one's instrument, where the tune is within it."""
    instrument = remembered_instrument()
    if instrument is None:
        return None
    span = INSTRUMENT_RANGES[instrument.range]
    pitches = [pitch for note in tune.notes for pitch in note.pitches]
    is_within = span.low <= min(pitches) and max(pitches) <= span.high
    return (span.low, span.high) if is_within else None
