"""The one reader of JSON in this project: bounded in size and depth, strict about numbers and keys.

A file on the disk may come from a stranger, from another version, or from a disk that went bad.
What `parse_json` returns can be shown, compared, written as JSON again and sent to a browser: no
number is infinite, no text holds half a character, nothing is nested so deeply that a walk through
it fails. All that is refused rises as a `JsonError`, which is a `ValueError`.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

MAX_JSON_BYTES = 4_000_000
"""Of a file of which nothing else is said."""

MAX_DEPTH = 64
"""Lists and objects within one another; the deepest file of this project has six."""

MAX_INTEGER = 2**63 - 1
"""Greatest size of a whole number: what tables and browsers can hold."""


class JsonError(ValueError):
    """A text is not JSON, or is not JSON that this project reads."""


def parse_json(
    data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES, allow_nan: bool = False
) -> Any:
    """The value that a JSON text means.

    Args:
        data: The text; as bytes it is UTF-8, with or without a byte order mark.
        max_bytes: The most bytes, or characters of a `str`, that it may have.
        allow_nan: Takes ``NaN`` and ``Infinity``, and numbers too large for a float as infinite.

    Raises:
        JsonError: it is no JSON, larger than `max_bytes`, nested deeper than `MAX_DEPTH`, has a
            number that is not finite or a whole number beyond `MAX_INTEGER`, has a key twice in
            one object, or a text that is no Unicode.
    """
    if len(data) > max_bytes:
        raise JsonError(f"larger than {max_bytes:,} bytes")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        value = _DECODERS[allow_nan].decode(text)
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _check_depth(value)
        if "\\u" in text:
            text = json.dumps(value, ensure_ascii=False)
        text.encode("utf-8")
    except RecursionError as error:
        raise JsonError("nested too deeply") from error
    except ValueError as error:
        raise error if isinstance(error, JsonError) else JsonError(str(error)) from error
    return value


def read_json(path: Path, *, max_bytes: int = MAX_JSON_BYTES, allow_nan: bool = False) -> Any:
    """The value in a JSON file, as `parse_json` gives it.

    Raises:
        JsonError: see there.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return parse_json(file.read(max_bytes + 1), max_bytes=max_bytes, allow_nan=allow_nan)


def is_number(value: object, low: float = -1e15, high: float = 1e15) -> bool:
    """Whether a value is a finite number between two bounds, both included; True is none."""
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and low <= value <= high  # type: ignore[operator]


def is_count(value: object, high: int = MAX_INTEGER) -> bool:
    """Whether a value is a whole number from 0 to a bound; True is none."""
    return type(value) is int and 0 <= value <= high


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [child for parent in level for child in _children(parent)]
    raise JsonError("nested too deeply")


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise JsonError("an object has a key twice")
    return values


def _refuse(name: str) -> NoReturn:
    raise JsonError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise JsonError("a number is too large")
    return value


def _whole(text: str) -> int:
    value = int(text) if len(text) <= 20 else MAX_INTEGER + 1
    if abs(value) > MAX_INTEGER:
        raise JsonError("a whole number is too large")
    return value


_DECODERS = {
    False: json.JSONDecoder(
        object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite, parse_int=_whole
    ),
    True: json.JSONDecoder(object_pairs_hook=_unique, parse_int=_whole),
}
