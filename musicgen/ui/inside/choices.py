"""What is chosen on the page: the section, the tune, the unit, the place in the text."""

from dataclasses import dataclass

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.interpretation.recording import GATES
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.state import Slot

VIEWS = {
    "units": N_("Units"),
    "silence": N_("Silence it"),
    "look": N_("Where it looks"),
    "expect": N_("What it expects"),
    "embedding": N_("Embeddings"),
    "anatomy": N_("Anatomy"),
    "learned": N_("When it learned that"),
}
"""Name in the address, and what it is called on the page."""

COMPOSED, HELD_OUT, TYPED = "composed", "held-out", "typed"
SOURCES = {COMPOSED: N_("Composed"), HELD_OUT: N_("Held out"), TYPED: N_("Typed in")}
"""Where the tune comes from that is looked at."""

MAX_TYPED = 2000
"""Characters of a tune that is typed in."""

SOURCE = Slot("inside_source", COMPOSED)
SEED = Slot("inside_seed", 1)
TEMPERATURE = Slot("inside_temperature", SampleConfig().temperature)
NUMBER = Slot("inside_number", 1)
TEXT = Slot("inside_text", "")
HAS_TEXT = Slot("inside_has_text", False)
"""Whether a text was put into its box: at first it is the tune that was composed."""

LAYER = Slot("inside_layer", 0)
SIGNAL = Slot("inside_signal", "hidden")
UNIT = Slot("inside_unit", 0)
PLACE = Slot("inside_place", 0)
"""The character that is predicted; 0 until one is chosen."""

FREE = Slot("inside_free", True)
"""Whether the tunes of *Silence it* are composed without the grammar."""

HELD = (SOURCE, SEED, TEMPERATURE, NUMBER, TEXT, LAYER, SIGNAL, UNIT, PLACE, FREE)
"""Values of widgets, held on while their section or the page is not open."""

_KEY = "inside_view"
_PARAMETER = "view"


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit of a layer, both from 0 on, and what of it is looked at."""

    layer: int
    signal: str
    unit: int


def chosen_view() -> str:
    """The section that is open, before its control is drawn."""
    for wanted in (st.session_state.get(_KEY), st.query_params.get(_PARAMETER)):
        if wanted in VIEWS:
            return str(wanted)
    return next(iter(VIEWS))


def pick_view() -> str:
    """The control that chooses the section, and the section that is chosen."""
    view = st.segmented_control(
        _("Section"),
        list(VIEWS),
        default=chosen_view(),
        key=_KEY,
        format_func=lambda name: _(VIEWS[name]),
        required=True,
        label_visibility="collapsed",
        on_change=_write_address,
    )
    return view or chosen_view()


def clamp(slot: Slot[int], low: int, high: int) -> None:
    """Brings the value of a widget into its bounds, before it is drawn.

    Streamlit gives a widget whose bounds have changed its lowest value, unless it is set anew.
    """
    value, bounds = min(max(low, slot.get()), high), f"{slot.name}_bounds"
    if st.session_state.get(bounds, (low, high)) != (low, high):
        st.session_state[slot.name] = value
    slot.set(value)
    st.session_state[bounds] = low, high


def signal_name(signal: str) -> str:
    """What a signal of a layer is called."""
    names = {"hidden": _("hidden state"), "cell": _("cell")}
    return names.get(signal) or _(GATES[signal])


def _write_address() -> None:
    st.query_params[_PARAMETER] = st.session_state[_KEY]
