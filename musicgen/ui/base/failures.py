"""Errors after a click: shown on top of the page until the next click.

A callback cannot show an error where it is: what it draws in a fragment stays on the page for good,
and what it draws elsewhere is gone at the next redraw, which a clock may ask for a moment later. So
an error waits here for the page, which shows it until it has been drawn to its end and somebody
does something else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st

from musicgen.errors import MusicgenError, StorageError
from musicgen.ui.base import state


def attempt(change: Callable[..., object], *arguments: object) -> None:
    """Does something in a callback; where it fails, the page shows the sentence that says why."""
    state.FAILURE.set(None)
    try:
        change(*arguments)
    except MusicgenError as error:
        state.FAILURE.set(error)
        state.FAILURE_IS_NEW.set(True)
        state.FAILURE_IS_SHOWN.set(False)


def take_failure() -> MusicgenError | None:
    """What the page is to show now: the latest error, until somebody does something else."""
    is_kept = state.FAILURE_IS_NEW.get() or state.REDRAWN.get()
    is_kept = is_kept or not state.FAILURE_IS_SHOWN.get()
    state.FAILURE_IS_NEW.set(False)
    state.REDRAWN.set(False)
    if not is_kept:
        state.FAILURE.set(None)
    return state.FAILURE.get()


def failure_is_shown() -> None:
    """The page has been drawn to its end, and was not cut short with the error on it."""
    if not state.FAILURE_IS_SHOWN.get():
        state.FAILURE_IS_SHOWN.set(True)


def has_new_failure() -> bool:
    """Whether a callback failed since the page was drawn, as in a fragment that is drawn alone."""
    return state.FAILURE_IS_NEW.get()


def redraw() -> NoReturn:
    """Draws the page anew because something else has changed; the error on it stays."""
    state.REDRAWN.set(True)
    st.rerun()


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turns what the disk says while files are read into an error that says what to do.

    Files may go while they are read: a training replaces them, another tab deletes them.
    """
    try:
        yield
    except OSError as error:
        raise StorageError("{name} could not be read. Load the page anew.", name=name) from error
