"""Buttons whose press lasts until what they ask for is done.

A run of a page in which a button was pressed may be cut short by another run, as by a score that
tells the page something, and the press is forgotten with it. So the press is remembered here, by a
callback, which comes before anything else, and the next run does the work.

A callback itself is no place for work that depends on a field: its arguments are those of the run
before, and who fills in a field and presses the button at once sends both in one request. The press
would do what the field said before. `act_button` reads the fields first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.ui.base.failures import attempt
from musicgen.ui.base.state import Slot
from musicgen.ui.base.uninterrupted import uninterrupted

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


def act_button(
    label: str, key: str, act: Callable[..., object], *arguments: object, **options: Any
) -> None:
    """Draws a button that does something with what the fields of this run say.

    What it does is done once and whole, and the page is drawn anew after it; where it fails, the
    page says why. A press is forgotten where the button cannot be pressed any more.

    Args:
        label: In the reader's language.
        key: Of the widget.
        act: What a press does; it is quick, or begins what goes on in the background.
        arguments: Of `act`.
        options: Of `st.button`, less its callback.
    """
    if not ask_button(label, key, **options):
        return
    with uninterrupted():
        forget(key)
        if not options.get("disabled"):
            attempt(act, *arguments)
    st.rerun()


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
