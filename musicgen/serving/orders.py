"""What a request asks for: read from its JSON, checked, with a sentence for what cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicgen.config import SampleConfig, describe
from musicgen.errors import ConfigError, ProvenanceError
from musicgen.json_reading import JsonError, parse_json
from musicgen.rendering.files.formats import FORMATS
from musicgen.rendering.playback_settings import AS_DANCED, PlaybackSettings

MAX_COUNT = 16
MAX_CHARACTERS = 3_000
"""Of a tune that is composed."""

MAX_CANDIDATES = 8

TEXT_FORMATS = ("json", "text")
"""What composing answers beside the formats of files: JSON, and text as it is written."""

SAMPLE_SETTINGS = tuple(info for info in describe(SampleConfig) if info.name != "max_new_tokens")


@dataclass(frozen=True, slots=True)
class ComposeOrder:
    """A request to compose: the model's name, settings, in which format, and how it is played."""

    model: str
    config: SampleConfig
    format: str
    playback: PlaybackSettings


def read_compose_order(body: bytes, default_model: str) -> ComposeOrder:
    """What a body asks for.

    Raises:
        JsonError: it is no JSON.
        ConfigError: a name or a value is not one.
    """
    values = read_object(body)
    model = _take_text(values, "model", default_model)
    form = _take_text(values, "format", "json")
    if form not in TEXT_FORMATS and form not in FORMATS:
        known = ", ".join((*TEXT_FORMATS, *FORMATS))
        raise ConfigError(
            "There is no format {name!r}. Choose from: {known}.", name=form[:60], known=known
        )
    playback = values.pop("playback", {})
    if not isinstance(playback, dict):
        raise ConfigError("playback takes an object with its settings.")
    given = {"max_new_tokens": 1500} | values
    config = SampleConfig.from_dict(given)
    _check_bounds(config, is_one=form != "json")
    plays = PlaybackSettings(AS_DANCED).to_values() | playback
    return ComposeOrder(model, config, form, _read_playback(plays))


def _check_bounds(config: SampleConfig, *, is_one: bool) -> None:
    bounds = {
        "count": 1 if is_one else MAX_COUNT,
        "max_new_tokens": MAX_CHARACTERS,
        "candidates": MAX_CANDIDATES,
    }
    for name, most in bounds.items():
        if getattr(config, name) > most:
            raise ConfigError(
                "{name} is {value}; this service takes at most {most:,}.",
                name=name,
                value=getattr(config, name),
                most=most,
            )


def read_object(body: bytes) -> dict[str, Any]:
    """The object of a JSON body; an empty body is an empty one.

    Raises:
        JsonError: it is no JSON, or something else than an object.
    """
    values = parse_json(body or b"{}")
    if not isinstance(values, dict):
        raise JsonError("not an object")
    return values


def _take_text(values: dict[str, Any], name: str, default: str) -> str:
    value = values.pop(name, default)
    if not isinstance(value, str):
        raise ConfigError("{name} takes a text.", name=name)
    return value


def read_playback(query: Mapping[str, str]) -> PlaybackSettings:
    """How a tune is to be rendered, from the query of an address: transpose and instrument.

    Raises:
        ConfigError: a value is not one.
    """
    values: dict[str, Any] = {}
    if "transpose" in query:
        text = query["transpose"]
        if not text.lstrip("-").isdigit() or len(text) > 3:
            raise ConfigError("transpose takes a whole number of semitones.")
        values["transpose"] = int(text)
    if "instrument" in query:
        values["instrument"] = query["instrument"]
    return _read_playback(values)


def _read_playback(values: Mapping[str, Any]) -> PlaybackSettings:
    try:
        return PlaybackSettings.from_values(values)
    except ProvenanceError as error:
        told = ", ".join(f"{name} {value}" for name, value in values.items())
        raise ConfigError("It cannot be played so: {told}.", told=told[:200]) from error
