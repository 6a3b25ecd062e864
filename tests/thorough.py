"""How much a test of many cases looks at: a share of them each time, all of them now and then."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

IS_THOROUGH = bool(os.environ.get("MUSICGEN_THOROUGH"))
"""Set by ``make survey``."""


def some(cases: Sequence[T], stride: int) -> Sequence[T]:
    """Every `stride`-th of the cases, always the same ones; all of them in a thorough run."""
    return cases if IS_THOROUGH else cases[::stride]


def count(usual: int, thorough: int) -> int:
    """How many cases to make."""
    return thorough if IS_THOROUGH else usual
