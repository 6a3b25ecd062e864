"""Thumbs: whether a tune is good, said with one click; a model can learn from it."""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.listening.thumbs import ThumbStore
from musicgen.sampling.composer import Composition
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _


def thumbs(composition: Composition, key: str) -> None:
    """Two buttons for a tune; a second click takes the thumb back.

    Args:
        composition: The tune.
        key: Begins with the page's name.
    """
    given = _store().find(composition, state.VISIT.get())
    for is_up, name, label, icon in (
        (True, "good", _("Good"), "thumb_up"),
        (False, "poor", _("Not good"), "thumb_down"),
    ):
        st.button(
            label,
            key=f"{key}_{name}",
            icon=f":material/{icon}:",
            type="primary" if given is is_up else "secondary",
            help=_("What you say of tunes is kept on this computer; a model can learn from it, on "
                   "the page Listen."),
            on_click=_give,
            args=(composition, None if given is is_up else is_up),
        )  # fmt: skip


def _give(composition: Composition, is_up: bool | None) -> None:
    try:
        _store().give(composition, state.VISIT.get(), is_up)
    except MusicgenError as error:
        st.toast(sentence(error), icon=":material/error:")


def _store() -> ThumbStore:
    return ThumbStore(resources.paths().listening)
