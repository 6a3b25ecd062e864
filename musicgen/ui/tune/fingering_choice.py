"""The instrument of the reader: how its notes are played, remembered in the tunebook."""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.notation.analysis.fingering import FINGERINGS
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import N_, _

FINGERING_NAMES = {
    "": N_("nothing"),
    "numbers": N_("numbers (jianpu)"),
    "whistle D": N_("whistle in D"),
    "whistle C": N_("whistle in C"),
    "whistle G": N_("whistle in G"),
    "fiddle": N_("fiddle"),
    "mandolin": N_("mandolin, tenor banjo (GDAE)"),
    "guitar": N_("guitar"),
    "guitar DADGAD": N_("guitar in DADGAD"),
    "banjo gDGBD": N_("five-string banjo"),
    "harmonica C": N_("harmonica in C"),
    "harmonica D": N_("harmonica in D"),
    "harmonica G": N_("harmonica in G"),
    "concertina C/G": N_("Anglo concertina in C/G"),
}
CHOICE = "fingering"
"""What the tunebook calls the choice."""


def remembered_fingering() -> str:
    """What was chosen last on this computer; empty for nothing."""
    try:
        found = resources.tunebook().choice(CHOICE)
    except MusicgenError:
        return ""
    return found if found in FINGERINGS else ""


def fingering_choice(key: str) -> str:
    """A choice of what is written below the notes, remembered for all pages and visits.

    Args:
        key: Of the widget.
    """
    state.put(key, remembered_fingering())
    return st.selectbox(
        _("Below the notes"), list(FINGERING_NAMES), key=key,
        format_func=lambda name: _(FINGERING_NAMES[name]), on_change=attempt, args=(_keep, key),
        persist_state="session",
        help=_("How your instrument plays them, or numbers of the scale. It is remembered."),
    )  # fmt: skip


def _keep(key: str) -> None:
    resources.tunebook().choose(CHOICE, str(st.session_state[key]))
