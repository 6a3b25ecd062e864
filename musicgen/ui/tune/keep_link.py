"""From a tune on any page to the page Tunebook, where its notes can be changed."""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import make_tune
from musicgen.ui.base import resources
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.links import kept_parameters
from musicgen.ui.tune.practise_link import TUNE


def keep_text(abc: str, name: str) -> None:
    """A button that keeps a tune in the tunebook; the way to it, where it is there.

    Args:
        abc: Its text.
        name: Of the page.
    """
    try:
        tune = make_tune(abc)
        is_kept = resources.tunebook().has(tune.key)
    except MusicgenError:  # no notes, or no book to be read: then there is nothing to keep
        return
    if is_kept:
        tunebook_link(tune.key)
        return
    st.button(
        _("Keep in the tunebook"), key=f"{name}_to_tunebook", icon=":material/library_add:",
        help=_("There you can change its notes, title and tempo, and put it in a set."),
        on_click=attempt, args=(_add, abc),
    )  # fmt: skip


def tunebook_link(key: str) -> None:
    """A link to a tune of the tunebook."""
    with st.container(key="link_tunebook", width="content"):
        st.page_link(
            "pages/Tunebook.py",
            label=_("Open in the tunebook"),
            icon=":material/menu_book:",
            help=_("There you can change its notes, title and tempo, and put it in a set."),
            query_params=kept_parameters() | {TUNE: key},
        )


def _add(abc: str) -> None:
    resources.tunebook().add([make_tune(abc)])
