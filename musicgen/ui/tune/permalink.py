"""What the address of Play means: ``?model=house&temperature=0.8&seed=4711`` is one exact tune.

The address always describes the tune on the screen, so that a refresh, a bookmark and a link sent
to a friend all bring that tune back. A link without a seed only chooses model and settings.
"""

import json
from collections.abc import Mapping

from musicgen.config import SampleConfig, describe, out_of_bounds, parse_setting
from musicgen.errors import ConfigError
from musicgen.json_reading import parse_json
from musicgen.sampling.edit_list import Edit, edits_to_json, parse_edits
from musicgen.ui.tune import listening
from musicgen.ui.tune.request import Request

SAMPLE_NAMES = (
    "temperature", "seed", "top_k", "top_p", "prompt",
    "rhythm", "key", "meter", "sections", "bars", "range", "likeness", "book", "free", "candidates",
    "precision", "count",
)  # fmt: skip
"""The settings of `SampleConfig` that an address may name, beside the model."""

EDITS = "edits"
"""The parameter that holds what was changed in the tune, as JSON."""

MAX_EDITS_TEXT = 4_000
_EDITS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

MAX_TAKES = 4
"""Tunes that one click composes at most."""

TAKE = "take"
"""The parameter that says which of several takes is on the screen, from 1 on."""

SLIDERS = {"temperature": (0.1, 2.0), "top_p": (0.05, 1.0), "count": (1, MAX_TAKES)}
"""Ends of the sliders, for addresses too: what sounds is what the page shows. Beyond these
temperatures all models repeat themselves, or write noise."""

_INFOS = {info.name: info for info in describe(SampleConfig) if info.name in SAMPLE_NAMES}


def to_parameters(request: Request) -> dict[str, str]:
    """The address of a tune; settings that have their default are left out, except the seed."""
    values = {name: getattr(request.config, name) for name in SAMPLE_NAMES}
    shown = {
        name: str(value)
        for name, value in values.items()
        if name in ("temperature", "seed") or value != _INFOS[name].default
    }
    changed = {EDITS: _EDITS_JSON.encode(edits_to_json(request.edits))} if request.edits else {}
    take = {TAKE: str(request.take + 1)} if request.take else {}
    return {"model": request.model} | shown | take | changed


def own_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters of an address that name a tune and its playback."""
    names = ("model", *SAMPLE_NAMES, TAKE, EDITS, *listening.NAMES)
    return {name: parameters[name] for name in names if name in parameters}


def from_parameters(parameters: Mapping[str, str]) -> Request:
    """The request that an address makes; the model is empty if it names none.

    Raises:
        ConfigError: a value is not of its setting's type, or beyond the ends of its slider; the
            changes are no list of them; or there is no such take.
    """
    values = {
        name: parse_setting(_INFOS[name], parameters[name])
        for name in SAMPLE_NAMES
        if name in parameters
    }
    config = SampleConfig(**values)
    for name, (low, high) in SLIDERS.items():
        if not low <= getattr(config, name) <= high:
            raise out_of_bounds(name, getattr(config, name), low, high)
    edits = _read_edits(parameters.get(EDITS, ""))
    take = _parse_take(parameters, config.count)
    return Request(parameters.get("model", ""), config, edits, take)


def _read_edits(text: str) -> tuple[Edit, ...]:
    if len(text) > MAX_EDITS_TEXT:
        raise ConfigError("The address names more changes to the tune than can be made.")
    try:
        return parse_edits(parse_json(text)) if text else ()
    except ValueError as error:
        raise ConfigError("The changes to the tune in the address are damaged.") from error


def _parse_take(parameters: Mapping[str, str], count: int) -> int:
    text = parameters.get(TAKE, "1")
    take = int(text) if text.isdecimal() and len(text) < 3 else 0
    if not 1 <= take <= count:
        raise ConfigError("There is no take {take} of {count}.", take=text[:20], count=count)
    return take - 1


DRAWN_SEEDS = 1_000_000
"""Seeds that are drawn are short enough to be read out to a friend."""
