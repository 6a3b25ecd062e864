"""Two versions, one seed, unnamed: hear both, choose, and see which was which."""

import random

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import CheckpointRef
from musicgen.sampling.composer import Composition, compose
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.tune import rendering

_LETTERS = ("A", "B")
_PAIR = "ship_pair"


def hear_blind(ref: CheckpointRef, others: list[CheckpointRef]) -> None:
    """The choice of the other version, both tunes, and the answer."""
    with st.container(border=True, key="ship_blind"):
        st.subheader(_("Hear two of them, blind"), anchor=False)
        if not others:
            st.caption(_("There is one model here only. Make a smaller one above."))
            return
        st.caption(_("Both write a tune from the same seed. Which do you like better?"))
        names = [one.name for one in others]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            other = st.selectbox(_("Beside it"), names, key=f"ship_other_{ref.name}", width=320)
            is_asked = ask_button(_("Compose both"), _PAIR, icon=":material/hearing:")
        if is_asked:
            state.SHIP_PAIR.set(())
            with answered(_PAIR), st.spinner(_("Both compose …")):
                _compose(ref, others[names.index(other)])
        pair = state.SHIP_PAIR.get()
        if pair:
            _show(pair)


def _compose(ref: CheckpointRef, other: CheckpointRef) -> None:
    seed = random.randrange(10**6)
    refs = [ref, other]
    random.shuffle(refs)
    with resources.registry().foreground_priority.foreground():
        state.SHIP_PAIR.set(
            tuple(compose(resources.checkpoint(one), SampleConfig(seed=seed))[0] for one in refs)
        )
    state.SHIP_ANSWER.set("")


def _show(pair: tuple[Composition, ...]) -> None:
    answer = state.SHIP_ANSWER.get()
    for letter, tune, column in zip(_LETTERS, pair, st.columns(2), strict=True):
        with column:
            st.markdown(f"**{letter}**" + (f" · {plain(tune.checkpoint)}" if answer else ""))
            sound = rendering.render_sound(tune)
            st.audio(sound.wav, "audio/wav")
            st.button(
                _("I like {letter} better").format(letter=letter), key=f"ship_like_{letter}",
                on_click=state.SHIP_ANSWER.set, args=(letter,), disabled=bool(answer),
            )  # fmt: skip
    if answer:
        liked = pair[_LETTERS.index(answer)]
        st.info(
            _("You chose {name}; both had the seed {seed}.").format(
                name=f"**{plain(liked.checkpoint)}**", seed=liked.seed
            ),
            icon=":material/visibility:",
        )
