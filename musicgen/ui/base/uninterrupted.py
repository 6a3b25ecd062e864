"""Stretches of a run that no other request may cut short.

`musicgen.ui.frame.whole_callbacks` keeps what Streamlit does to this.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_now = threading.local()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What is done in it is done whole; another request is looked for after it."""
    before = is_uninterrupted()
    _now.is_so = True
    try:
        yield
    finally:
        _now.is_so = before


def is_uninterrupted() -> bool:
    """Whether the run of this thread is in such a stretch."""
    return getattr(_now, "is_so", False)
