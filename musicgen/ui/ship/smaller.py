"""Making a model smaller: a method, how much is to go, and a name."""

import streamlit as st

from musicgen.compression.variants import METHODS, compress
from musicgen.models.checkpoint import CheckpointRef
from musicgen.names import MAX_NAME_CHARACTERS
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.links import train_link
from musicgen.ui.base.words import plain

_PERCENT = 100


def make_smaller(ref: CheckpointRef) -> None:
    """The form; what was made is said below it."""
    with st.container(border=True, key="ship_smaller"):
        st.subheader(_("Make it smaller"), anchor=False)
        method = st.segmented_control(
            _("How"),
            list(METHODS),
            default="int8",
            required=True,
            key="ship_method",
            format_func=lambda name: _(METHODS[name].label),
        )
        chosen = METHODS[method]
        st.caption(_(chosen.meaning))
        share = 40
        if chosen.has_share:
            share = st.slider(_("How much is to go, in percent"), 10, 90, 40, 10, key="ship_share")
        suggested = _suggest(ref.name, method, share if chosen.has_share else 0)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                _("Name of the smaller model"), suggested, max_chars=MAX_NAME_CHARACTERS,
                key=f"ship_name_{suggested}", width=320,
            )  # fmt: skip
            st.button(
                _("Make"), type="primary", icon=":material/compress:", key="ship_make",
                on_click=attempt, args=(_make, ref, method, name.strip(), share / _PERCENT),
            )  # fmt: skip
        made = state.SHIP_MADE.get()
        if made:
            st.success(
                _("{name} is made: it can be played, compared below, taken away, and trained on.")
                .format(name=f"**{plain(made)}**"),
                icon=":material/check:",
            )  # fmt: skip
            train_link(_("Train on from it"), start=made)
            if state.SHIP_HAS_ZEROS.get():
                st.caption(_("Turn on “Zeros stay zero” there, or the weights come back."))


def _suggest(model: str, method: str, share: int) -> str:
    """A name that is free, as far as the runs there are say."""
    stem = f"{model}-{method}" + (f"-{share}" if share else "")
    taken = {ref.name for ref in resources.checkpoints()}
    number, name = 2, stem
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name[:MAX_NAME_CHARACTERS]


def _make(ref: CheckpointRef, method: str, name: str, share: float) -> None:
    with resources.registry().foreground_priority.foreground():
        run = compress(resources.checkpoint(ref), method, name, resources.store(), share)
    state.SHIP_MADE.set(run.id)
    state.SHIP_HAS_ZEROS.set(method == "weights")
