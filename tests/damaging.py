"""Ways in which a file of JSON goes bad, the same ones for the same seed."""

import json
import random
from collections.abc import Iterator
from typing import Any

VALUES = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "-1", "-1e14", "800.0", "1e15", "1e300",
    "9" * 5000, str(2**63), str(2**31), "0", "1.5", "true", "false", "null", "[]", "[[1]]", "{}",
    '{"a": {"b": 1}}', '""', '"text"', '"<b>![x](http://x)</b>"', '"\\ud800"', '"\\u0000"',
    '"{0.__class__}"', '"1/0"', '"' + "x" * 5000 + '"', "[" * 300 + "]" * 300,
    "[" * 100_000 + "]" * 100_000,
)  # fmt: skip
"""What may stand where a value should be, as JSON or as what pretends to be."""

_HERE = "the one place"


def damage_json(text: str, seed: int, count: int) -> list[str]:
    """`count` damaged versions of a JSON text: a value put in another's place, a key left out."""
    choice = random.Random(seed)
    made = []
    while len(made) < count:
        values = json.loads(text)
        places = list(_places(values))
        if not places:
            return []
        parent, key = choice.choice(places)
        kind = choice.random()
        if kind < 0.1 and isinstance(parent, dict):
            del parent[key]
            made.append(json.dumps(values))
        elif kind < 0.2 and isinstance(parent, dict):
            parent["no such key"] = 1
            made.append(json.dumps(values))
        elif kind < 0.25 and isinstance(parent, dict):
            value = json.dumps(parent.pop(key))
            parent[_HERE] = 0
            twice = f"{json.dumps(key)}: 1, {json.dumps(key)}: {value}"
            made.append(json.dumps(values).replace(f'"{_HERE}": 0', twice))
        else:
            parent[key] = _HERE
            made.append(json.dumps(values).replace(f'"{_HERE}"', choice.choice(VALUES)))
    return made


def damage_lines(text: str, seed: int, count: int) -> list[str]:
    """`count` versions of a text of JSON lines, some lines of which are damaged."""
    choice = random.Random(seed)
    made = []
    for number in range(count):
        lines = text.splitlines()
        for place in range(len(lines)):
            if choice.random() < 0.5:
                (lines[place],) = damage_json(lines[place], 1000 * seed + 10 * number + place, 1)
        made.append("\n".join(lines) + "\n")
    return made


def damage_bytes(data: bytes, seed: int) -> list[bytes]:
    """A file cut short, emptied, and filled with what is no text or no object."""
    choice = random.Random(seed)
    cut = choice.randrange(1, max(2, len(data)))
    whole = (b"", b"\xff\xfe\x00", b"\0" * 100, b"[]", b"3", b"null", b'"x"', b"{", b"NaN",
             b"[" * 200_000, b'{"a":' * 100_000, b"{}", b"\xef\xbb\xbf{}")  # fmt: skip
    return [data[:cut], *whole]


def _places(values: Any) -> Iterator[tuple[Any, Any]]:
    pairs = (
        values.items()
        if isinstance(values, dict)
        else enumerate(values)
        if isinstance(values, list)
        else ()
    )
    for key, value in list(pairs):
        yield values, key
        yield from _places(value)
