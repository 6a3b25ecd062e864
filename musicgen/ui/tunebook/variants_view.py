"""More like this: a tune as players vary it, as another dance, and a set composed around it."""

import secrets
from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookTune, name_key, with_title
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.analysis.instruments import Instrument
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.rhythm_change import DANCES, as_dance
from musicgen.notation.writing.variation import find_distance, vary
from musicgen.sampling.composer import Composition
from musicgen.sampling.tune_sets import compose_around
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.words import plain
from musicgen.ui.components.score import score
from musicgen.ui.tune import viewing
from musicgen.ui.tune.keep_link import keep_text
from musicgen.ui.tune.music_view import as_chosen
from musicgen.ui.tune.my_instrument import remembered_instrument
from musicgen.ui.tune.rendering import lay_out

_PLACE = "variant_sound"
_VARIANT, _DANCE, _SET = "variant", "dance", "set"
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
        names = {
            _VARIANT: _("As players vary it"),
            _DANCE: _("As another dance"),
            _SET: _("A set around it"),
        }
        kind = st.segmented_control(
            _("Kind"), list(names), default=_VARIANT, key="tunebook_variant_kind",
            format_func=names.__getitem__, required=True, label_visibility="collapsed",
        )  # fmt: skip
        try:
            if kind == _SET:
                _set_around(tune)
            else:
                _show(_another_dance(tune) if kind == _DANCE else _variant(tune))
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


def _set_around(tune: BookTune) -> None:
    """Two tunes that a model composes to go with this one, each to be heard; kept as a set."""
    models = resources.checkpoints()
    if not models:
        st.caption(_("There is no model to compose with: train one first."))
        return
    names = [ref.name for ref in models]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(_("Who composes"), names, key="tunebook_around_model", width=200)
        act_button(
            _("Compose two more"), "tunebook_around", _ask_around, tune.key, name,
            icon=":material/casino:", type="primary",
        )  # fmt: skip
    asked = state.TUNEBOOK_AROUND.get()
    if not asked or asked[:2] != (tune.key, name):
        st.caption(_("In the same rhythm, each in a key that goes with the one before it."))
        return
    checkpoint = resources.checkpoint(next(ref for ref in models if ref.name == name))
    with st.spinner(_("Composing …")):
        composed = _compose_around(
            checkpoint, checkpoint.fingerprint, tune.text, asked[2], remembered_instrument()
        )
    facts = [(tune.title, tune.music_key)]
    facts += [(one.public_tune.title or "–", name_key(one.tune.key)) for one in composed]
    st.caption(" → ".join(plain(f"{title} ({key})") for title, key in facts))
    st.button(
        _("Keep the set"), key="tunebook_around_keep", icon=":material/queue_music:",
        on_click=attempt, args=(_keep_set, tune, composed),
        help=_("Its tunes become favourites, and the tunebook has them as a set."),
    )  # fmt: skip
    titles = [title for title, _key in facts[1:]]
    place = st.segmented_control(
        _("Tune"), range(len(composed)), default=0, key=f"tunebook_around_shown_{asked[2]}",
        format_func=lambda number: plain(titles[number]), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    shown = composed[place or 0].public_tune.text
    _show(shown, can_keep=False)


def _ask_around(tune: str, model: str) -> None:
    state.TUNEBOOK_AROUND.set((tune, model, secrets.randbelow(2**31)))


def _keep_set(tune: BookTune, composed: Sequence[Composition]) -> None:
    name = _("{title} and two more").format(title=tune.title)
    resources.favourite_store().add_set(name, composed, tune.key)


@lru_cache(maxsize=16)
def _compose_around(
    checkpoint: Checkpoint,
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    text: str,
    seed: int,
    instrument: Instrument | None,
) -> list[Composition]:
    return compose_around(checkpoint, read_tune(text)[0], seed, SampleConfig(), instrument)


def _show(text: str, *, can_keep: bool = True) -> None:
    """What came of it: to be heard, read, and kept."""
    place = st.container(key=_PLACE)
    tune, sound = as_chosen(read_tune(text)[0])
    if sound is None:
        return
    place.audio(sound.wav, "audio/wav")
    if can_keep:
        keep_text(text, "variant")
    fingering = viewing.fingering_of(tune)
    score(
        lay_out(tune, sound.moments, has_names=state.NOTE_NAMES.get(), fingering=fingering),
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key="variant_score",
        audio=f".st-key-{_PLACE} audio",
        library=resources.paths().abcjs,
        is_numbered=viewing.is_numbered(),
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
