"""What was changed in a tune after it had been composed: plain values that JSON can hold.

An edit is ``{"take": [offset, character]}`` (another character at an offset, and the network goes
on from there with the tune's own seed) or ``{"rewrite": [first_bar, last_bar, seed, choice]}``
(bars, counted from 1 as they are written, filled anew). Replayed in order they give the same tune.

These counts are places in the text and stay what they are, so that links and files of every age
mean the same bars. They are not the numbers a musician sees: those are
`notation.analysis.bar_numbers`.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from musicgen.errors import ConfigError

MAX_EDITS = 40
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Take:
    """Another character at an offset of the text; what stood behind it is composed anew."""

    offset: int
    character: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Bars `first_bar` to `last_bar`, counted from 1, by drawing number `choice` of a seed."""

    first_bar: int
    last_bar: int
    seed: int
    choice: int


Edit = Take | Rewrite


def edits_to_json(edits: Sequence[Edit]) -> list[dict[str, list[Any]]]:
    """Edits as JSON-ready values."""
    return [{type(edit).__name__.lower(): list(astuple(edit))} for edit in edits]


def parse_edits(values: object) -> tuple[Edit, ...]:
    """Edits from JSON values.

    Raises:
        ConfigError: this is no list of edits, or one of more than `MAX_EDITS`.
    """
    if not isinstance(values, list):
        raise ConfigError("The changes to a tune must be a list.")
    if len(values) > MAX_EDITS:
        raise ConfigError(
            "{count} changes to a tune are too many: at most {most} are made.",
            count=len(values),
            most=MAX_EDITS,
        )
    return tuple(_parse_edit(value) for value in values)


def _parse_edit(value: object) -> Edit:
    if isinstance(value, dict) and len(value) == 1:
        ((name, parts),) = value.items()
        if name == "take" and _is_take(parts):
            return Take(*parts)
        if name == "rewrite" and _is_rewrite(parts):
            return Rewrite(*parts)
    raise ConfigError(
        "{value} is no change to a tune that this program knows. Update the program, or leave "
        "the changes out.",
        value=repr(value)[:80],
    )


def _is_take(parts: object) -> bool:
    if not isinstance(parts, list) or len(parts) != 2:
        return False
    offset, character = parts
    return _is_number(offset) and isinstance(character, str) and len(character) == 1


def _is_rewrite(parts: object) -> bool:
    is_four = isinstance(parts, list) and len(parts) == 4 and all(map(_is_number, parts))
    return is_four and isinstance(parts, list) and 1 <= parts[0] <= parts[1]


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_NUMBER
