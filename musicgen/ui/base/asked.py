"""Buttons whose press lasts until what they ask for is done.

A run of a page in which a button was pressed may be cut short by another run, as by a score that
tells the page something, and the press is forgotten with it. So the press is remembered here, by a
callback, which comes before anything else, and the next run does the work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.ui.base.state import Slot

ASKED: Slot[frozenset[str]] = Slot("asked", frozenset())
"""Keys of the buttons that were pressed, and whose work is not done."""


def ask_button(label: str, key: str, place: DeltaGenerator | None = None, **options: Any) -> bool:
    """Draws a button; whether it was pressed and its work is not done: see `answered`.

    Args:
        label: In the reader's language.
        key: Of the widget.
        place: Where it is drawn; None for here.
        options: Of `st.button`, less its callback.
    """
    draw = place.button if place else st.button
    draw(label, key=key, on_click=_remember, args=(key,), **options)
    return key in ASKED.get()


@contextmanager
def answered(key: str) -> Iterator[None]:
    """The work of a button, after which its press is forgotten, also where the work fails.

    It stays remembered where the run is cut short: Streamlit tells of that by what is no
    `Exception`. So work that must not be done twice calls `forget` as soon as it is done, and
    `st.rerun` stands behind the block.
    """
    try:
        yield
    except Exception:
        forget(key)
        raise
    forget(key)


def forget(key: str) -> None:
    """The work of a button is done, or it is no longer wanted."""
    ASKED.set(ASKED.get() - {key})


def forget_all() -> None:
    """Another page was opened: what was not done by then is not wanted there."""
    ASKED.set(frozenset())


def _remember(key: str) -> None:
    ASKED.set(ASKED.get() | {key})
