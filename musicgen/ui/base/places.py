"""The choice of where work runs, on pages that begin any; there is none without Ray."""

import streamlit as st

from musicgen.places.place import HERE, LOCAL, RAY, Place, find_place, has_ray
from musicgen.ui.base.language import N_, _

_NAMES = {HERE: N_("This machine"), RAY: N_("The cluster")}


def pick_place(key: str) -> str:
    """Draws the choice, and returns its name. Whoever runs the server names the cluster.

    Args:
        key: Of the widget.
    """
    if not has_ray():
        return HERE
    chosen = st.segmented_control(
        _("Where to run"),
        list(_NAMES),
        default=HERE,
        key=key,
        format_func=lambda name: _(_NAMES[name]),
        required=True,
        help=_("On a cluster, trainings, reports and tunes go to its workers; results are the "
               "same, and a worker that is lost is replaced."),
    )  # fmt: skip
    return chosen or HERE


def chosen_place(key: str) -> Place:
    """The place that was chosen with that key, connected to.

    Raises:
        ConfigError: the cluster is not there.
    """
    name = st.session_state.get(key) or HERE
    return find_place(name) if name != HERE else LOCAL
