"""A place in the text, chosen by a slider or by a click on a character."""

from collections.abc import Sequence

import streamlit as st

from musicgen.ui.base.language import _
from musicgen.ui.components.coloured_text import (
    NO_LINKS,
    Colours,
    TextLinks,
    clicked_place,
    coloured_text,
)
from musicgen.ui.inside import choices, figures
from musicgen.ui.inside.choices import PLACE


def pick_place(text: str, worth: Sequence[float]) -> int:
    """The slider; the place of the character that is to be predicted, from 1 on.

    Args:
        text: The text.
        worth: How much there is to see at each character: the first place is where it is most.
    """
    last = max(1, len(text) - 1)
    if not PLACE.get():
        PLACE.set(max(range(len(worth)), key=worth.__getitem__))
    choices.clamp(PLACE, 1, last)
    if last > 1:
        st.slider(
            _("Place in the text"), 1, last, step=1, key=PLACE.name, persist_state="session",
            help=_("The character that is predicted, counted from 0. Or click on it in the text."),
        )  # fmt: skip
    place = PLACE.get()
    return min(place, len(text) - 1)


def place_name(text: str, place: int) -> str:
    """A character with its number, for sentences."""
    shown = figures.sign(text[place]).replace("\\", "\\\\").replace("`", "")
    return _("character {place}, `{character}`").format(place=place, character=shown)


def clickable_text(
    text: str, colours: Colours, key: str, label: str, links: TextLinks = NO_LINKS
) -> None:
    """The text, in which a click chooses the place."""

    def take() -> None:
        place = clicked_place(key)
        if place is not None and 1 <= place < len(text):
            PLACE.set(place)

    coloured_text(text, colours, key=key, label=label, links=links, on_place=take)
