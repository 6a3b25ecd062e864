"""The sections of the page, one at a time: only the chosen one is computed."""

from collections.abc import Callable

import streamlit as st

from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.base.libraries import ABCJS, PLOTLY, need_library
from musicgen.ui.base.links import train_link
from musicgen.ui.inside import choices
from musicgen.ui.inside.anatomy_view import anatomy
from musicgen.ui.inside.development_view import when_it_learned
from musicgen.ui.inside.embedding_view import embeddings
from musicgen.ui.inside.expect_view import what_it_expects
from musicgen.ui.inside.look_view import where_it_looks
from musicgen.ui.inside.silence_view import silence_it
from musicgen.ui.inside.units_view import units
from musicgen.ui.tune.models import Models

_SECTIONS: dict[str, Callable[[Checkpoint], None]] = {
    "units": units,
    "silence": silence_it,
    "look": where_it_looks,
    "expect": what_it_expects,
    "embedding": embeddings,
    "anatomy": anatomy,
    "learned": when_it_learned,
}


def sections(models: Models) -> None:
    """The choice of a section, and that section of the chosen model."""
    need_library(PLOTLY)  # before any button whose press a new run of the page would lose
    need_library(ABCJS)
    for slot in choices.HELD:
        slot.hold()
    view = choices.pick_view()
    with show_errors():
        _SECTIONS[view](resources.checkpoint(models.find(state.MODEL.get())))


def nothing_trained() -> None:
    """What stands where a network would, and the way to the first one."""
    with st.container(border=True, key="empty"):
        st.subheader(_("No network to look into yet"), anchor=False)
        st.write(_("Train one: in three minutes there is something to see inside."))
        train_link()
