"""What a request asks for: read from its JSON, checked, with a sentence for what cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicgen.audio.arrangement import INSTRUMENTS
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
    _check_names(values)
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
    return ComposeOrder(model, config, form, _read_playback(plays, playback))


def _check_names(values: Mapping[str, Any]) -> None:
    known = {info.name for info in describe(SampleConfig)} | {"model", "format", "playback"}
    unknown = sorted(name for name in values if name not in known)
    if unknown:
        raise ConfigError(
            "There is no setting named {names}. Choose from: {known}.",
            names=", ".join(repr(name[:60]) for name in unknown[:10]),
            known=", ".join(sorted(known)),
        )


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
    return _read_playback(values, values)


def _read_playback(values: Mapping[str, Any], given: Mapping[str, Any]) -> PlaybackSettings:
    """The settings; `given` are those that the request itself names, for the sentence."""
    try:
        return PlaybackSettings.from_values(values)
    except ProvenanceError as error:
        raise ConfigError(
            "It cannot be played so: {told}. Instruments: {known}.",
            told=", ".join(f"{name} {value}" for name, value in given.items())[:200],
            known=", ".join(INSTRUMENTS),
        ) from error
