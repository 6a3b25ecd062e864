"""The views of Compare, one at a time: the one that is open stands in the address."""

import streamlit as st

from musicgen.ui.base.language import N_, _
from musicgen.ui.base.links import train_link

VIEWS = {
    "runs": N_("Runs"),
    "pair": N_("By ear"),
    "study": N_("Studies"),
    "sweep": N_("Heat map"),
}
"""Name in the address, and what it is called on the page."""

_KEY = "compare_view"
_PARAMETER = "view"


def chosen_view() -> str:
    """The view that is open, before its control is drawn."""
    for wanted in (st.session_state.get(_KEY), st.query_params.get(_PARAMETER)):
        if wanted in VIEWS:
            return str(wanted)
    return next(iter(VIEWS))


def pick_view() -> str:
    """The control that chooses the view, and the view that is chosen."""
    view = st.segmented_control(
        _("View"),
        list(VIEWS),
        default=chosen_view(),
        key=_KEY,
        format_func=lambda name: _(VIEWS[name]),
        required=True,
        label_visibility="collapsed",
        on_change=_write_address,
    )
    return view or chosen_view()


def nothing_trained() -> None:
    """What stands where runs would, and the way to the first one."""
    with st.container(border=True, key="empty"):
        st.subheader(_("Nothing of your own yet"), anchor=False)
        st.write(
            _(
                "Train a model or two with different settings, and see here what they changed. "
                "Until then: how those that come with the program learned."
            )
        )
        train_link()


def _write_address() -> None:
    st.query_params[_PARAMETER] = st.session_state[_KEY]
