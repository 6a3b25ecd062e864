"""The description of the service (OpenAPI 3.1), made from the settings there are."""

from typing import Any

from musicgen.audio.arrangement import INSTRUMENTS, Arrangement
from musicgen.config import SettingInfo, describe
from musicgen.notation.analysis.clefs import CLEFS
from musicgen.rendering.files.formats import FORMATS
from musicgen.rendering.playback_settings import MOST_OCTAVES
from musicgen.serving.orders import (
    MAX_CANDIDATES,
    MAX_CHARACTERS,
    MAX_COUNT,
    SAMPLE_SETTINGS,
    TEXT_FORMATS,
)
from musicgen.version import __version__

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
_LIMITS = {"count": MAX_COUNT, "candidates": MAX_CANDIDATES}

_ABC = {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}


def describe_service(default_model: str) -> dict[str, Any]:
    """The whole description, JSON-ready.

    Args:
        default_model: The model that composes where none is named.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "musicgen",
            "version": __version__,
            "summary": "Folk tunes in ABC notation from a recurrent network.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            "/v1/compose": {"post": _compose(default_model)},
            "/v1/check": {"post": _operation(
                "Check every tune of a text: can it be read, does it end, does it keep time.",
                body=_ABC)},
            "/v1/render": {"post": _operation(
                "The first tune of a text as a file.", body=_ABC, query=_render_query(),
                answer=_files(FORMATS))},
            "/v1/novelty": {"post": _operation(
                "Is it copied? Compare tunes with those that a model learned from.", body=_ABC,
                query=[_parameter("model", {"type": "string", "default": default_model,
                                            "description": f"By itself {default_model}."})])},
            "/v1/models": {"get": _operation("The models there are.")},
            "/health": {"get": _operation("Whether the service answers.")},
            "/metrics": {"get": _operation(
                "Counters for Prometheus.", answer={"text/plain": {"schema": {"type": "string"}}})},
            "/openapi.json": {"get": _operation("This description.")},
        },
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string", "description": "One sentence."}},
                }
            }
        },
    }  # fmt: skip


def _compose(default_model: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "model": {"type": "string", "default": default_model, "description": "Who composes."},
        "format": {
            "type": "string",
            "enum": [*TEXT_FORMATS, *FORMATS],
            "default": "json",
            "description": "json: up to 16 tunes with figures; text: one, streamed; else a file.",
        },
    }
    properties |= {info.name: _schema(info) for info in SAMPLE_SETTINGS}
    properties["max_new_tokens"] = {"type": "integer", "minimum": 1, "maximum": MAX_CHARACTERS}
    properties["playback"] = {
        "type": "object",
        "description": "How it is played and written down.",
        "properties": {info.name: _schema(info) for info in describe(Arrangement)}
        | {
            "chords": {"type": "boolean", "default": False},
            "clef": {"type": "string", "enum": ["", *CLEFS], "default": ""},
            "octave": {
                "type": "integer",
                "minimum": -MOST_OCTAVES,
                "maximum": MOST_OCTAVES,
                "default": 0,
            },
        },
    }
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    body = {"required": False, "content": {"application/json": {"schema": schema}}}
    answers = {"application/json": {"schema": {"type": "object"}}, **_files(FORMATS)}
    return _operation("Compose tunes.", body=body, answer=answers)


def _schema(info: SettingInfo) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": _TYPES[info.kind], "default": info.default, "description": info.help
    }  # fmt: skip
    if info.choices:
        schema["enum"] = list(info.choices)
    if info.low is not None:
        schema |= {"minimum": info.low, "maximum": _LIMITS.get(info.name, info.high)}
    if info.kind is str and not info.choices:
        schema["maxLength"] = info.max_length
    return schema


def _files(formats: Any) -> dict[str, Any]:
    return {one.mime: {"schema": {"type": "string"}} for one in formats.values()}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _render_query() -> list[dict[str, Any]]:
    return [
        _parameter("format", {"type": "string", "enum": [*FORMATS], "default": "midi"}),
        _parameter("transpose", {"type": "integer", "minimum": -24, "maximum": 24, "default": 0,
                                 "description": "Semitones."}),
        _parameter("instrument", {"type": "string", "description": (
            f"Who plays: {', '.join(INSTRUMENTS)}, or a name of General MIDI.")}),
    ]  # fmt: skip


def _operation(
    summary: str,
    body: dict[str, Any] | None = None,
    query: list[dict[str, Any]] | None = None,
    answer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    content = answer or {"application/json": {"schema": {"type": "object"}}}
    told: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": "Done.", "content": content},
            "4XX": {"description": "It cannot be done, and why.", "content": error},
            "503": {"description": "Too many ask at once.", "content": error},
        },
    }
    if body:
        told["requestBody"] = body
    if query:
        told["parameters"] = query
    return told
