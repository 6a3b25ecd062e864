"""Shows the names of files that cannot be read any more, and deletes them on request."""

from collections.abc import Callable, Sequence

import streamlit as st

from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain

MAX_LISTED = 20


def damaged_files(names: Sequence[str], key: str, delete: Callable[[str], object]) -> None:
    """A line for each thing whose files are damaged, with a button that deletes it; none for none.

    Args:
        names: Of the things, the first `MAX_LISTED` of which are shown.
        key: Begins the keys of the buttons.
        delete: Called with the name of the one to be deleted.
    """
    for name in names[:MAX_LISTED]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_{name}"):
            st.warning(
                _("{name} is damaged and cannot be read.").format(name=f"**{plain(name)}**"),
                icon=":material/broken_image:",
            )
            with st.popover(_("Delete"), icon=":material/delete:", key=f"{key}_ask_{name}"):
                st.write(_("Delete it for good? What is left of its files goes with it."))
                st.button(
                    _("Delete for good"),
                    key=f"{key}_delete_{name}",
                    type="primary",
                    on_click=attempt,
                    args=(delete, name),
                )
