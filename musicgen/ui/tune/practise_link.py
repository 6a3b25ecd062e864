"""From a tune on any page to the page Practise."""

import streamlit as st

from musicgen.ui.base import state
from musicgen.ui.base.language import _
from musicgen.ui.base.links import kept_parameters

TUNE = "tune"
"""The parameter of the address of Practise: a key of the tunebook, or the page the tune is on."""

SET = "set"
"""The parameter that names a set of the tunebook."""

MAX_CHARACTERS = 50_000


def practise_link(abc: str, name: str) -> None:
    """A link that opens the page Practise with a tune.

    Args:
        abc: The text of the tune.
        name: A key of the tunebook, or the name of a page, whose tune is remembered for a visit.
    """
    state.PRACTISE_OFFERS.set(state.PRACTISE_OFFERS.get() | {name: abc[:MAX_CHARACTERS]})
    with st.container(key="link_practise", width="content"):
        st.page_link(
            "pages/Practise.py",
            label=_("Practise"),
            icon=":material/speed:",
            help=_("With count-in and metronome, slower and faster, in parts."),
            query_params=kept_parameters() | {TUNE: name},
        )


def practise_set_link(name: str) -> None:
    """A link that opens the page Practise with the tunes of a set that is kept."""
    with st.container(key="link_practise_set", width="content"):
        st.page_link(
            "pages/Practise.py",
            label=_("Practise the set"),
            icon=":material/speed:",
            help=_("Each tune of the set in its key, one after the other."),
            query_params=kept_parameters() | {SET: name},
        )
