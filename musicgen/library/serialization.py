"""Compositions as plain values: small enough to keep many, and whole enough to come back the same.

What can be read from the text again (the tune, its problems) is left out.
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

from musicgen.config import SampleConfig
from musicgen.errors import CompositionError, MusicgenError
from musicgen.json_reading import is_count
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import MAX_PROMPT_CHARACTERS, Composition
from musicgen.sampling.edit_list import Edit, edits_to_json, parse_edits

Values = Mapping[str, Any]
"""A composition as JSON has it."""

MAX_CHARACTERS = MAX_PROMPT_CHARACTERS + 20_000 + 1_000
"""More than a beginning, the header it may get, and what is written after it."""

_LONGEST_NAME = 4_096
_READ_AGAIN = frozenset({"tune", "problems"})
_KINDS = {
    "abc": str,
    "char_probs": list,
    "drawn_start": int,
    "is_complete": bool,
    "seed": int,
    "config": dict,
    "checkpoint": str,
    "fingerprint": str,
    "mask_interventions": int,
}
_NEWER = {"header_length": int, "title": str, "log_odds": list, "chosen": int, "name": str}
"""What tunes kept by earlier versions lack."""


def to_values(composition: Composition) -> dict[str, Any]:
    """A composition as JSON-ready values."""
    values = {
        field.name: getattr(composition, field.name)
        for field in dataclasses.fields(Composition)
        if field.name not in _READ_AGAIN
    }
    probs = [float(f"{prob:.6g}") for prob in composition.char_probs]
    return values | {
        "config": composition.config.to_dict(),
        "char_probs": probs,
        "log_odds": [round(one, 4) for one in composition.log_odds],
        "edits": edits_to_json(composition.edits),
    }


def from_values(values: Values) -> Composition:
    """The composition that `to_values` was given, its text read again.

    Raises:
        CompositionError: the values do not hold, or are those of a newer version.
    """
    config = check_values(values)
    edits = _read_edits(values)
    tune, problems = read_tune(values["abc"])
    rest = {
        name: _frozen(value) for name, value in values.items() if name not in ("config", "edits")
    }
    return Composition(tune=tune, problems=tuple(problems), config=config, edits=edits, **rest)


def header_field(abc: str, letter: str) -> str:
    """The first value of a header field in a text; empty where there is none."""
    found = re.search(rf"^{letter}:[ \t]*([^\n%]*)", abc, re.MULTILINE)
    return found[1].strip() if found else ""


def check_values(values: Values) -> SampleConfig:
    """The settings of kept values that hold.

    Raises:
        CompositionError: they do not hold, or are those of a newer version.
    """
    if not _is_right(values):
        raise _damaged()
    try:
        _read_edits(values)
        return SampleConfig.from_dict(values["config"])
    except MusicgenError as error:
        raise _damaged() from error


def _read_edits(values: Values) -> tuple[Edit, ...]:
    return parse_edits(values.get("edits", []))


def _is_right(values: Values) -> bool:
    known = {field.name for field in dataclasses.fields(Composition)} - _READ_AGAIN
    return (
        _KINDS.keys() <= values.keys() <= known
        and all(type(values[name]) is kind for name, kind in _KINDS.items())
        and all(type(values[name]) is kind for name, kind in _NEWER.items() if name in values)
        and len(values["abc"]) <= MAX_CHARACTERS
        and len(values["char_probs"]) <= MAX_CHARACTERS
        and all(type(prob) in (int, float) and 0 <= prob <= 1 for prob in values["char_probs"])
        and is_count(values["drawn_start"], MAX_CHARACTERS)
        and is_count(values["mask_interventions"], MAX_CHARACTERS)
        and is_count(values["seed"], 2**32)
        and is_count(values.get("header_length", 0), len(values["abc"]))
        and all(len(values.get(name, "")) <= _LONGEST_NAME for name in ("title", "name"))
        and all(_is_finite(one) for one in values.get("log_odds", []))
        and is_count(values.get("chosen", 0), max(1, len(values.get("log_odds", []))) - 1)
        and all(len(values[name]) <= _LONGEST_NAME for name in ("checkpoint", "fingerprint"))
    )


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _damaged() -> CompositionError:
    return CompositionError("This tune was kept by another version, or its file is damaged.")
