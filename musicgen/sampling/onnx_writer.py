"""Writes an ONNX model: nodes, constants, inputs and outputs, in the wire format of protobuf.

The package onnx does the same, and more than a graph of thirty nodes needs: importing it takes
longer than composing a tune. Field numbers are those of ``onnx.proto`` (IR version 10).
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 10

FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7
"""Types of elements (``TensorProto.DataType``)."""

_TYPES = {"float32": FLOAT, "uint8": UINT8, "int8": INT8, "int32": INT32, "int64": INT64}
_VARINT, _LENGTH, _FOUR_BYTES = 0, 2, 5
_FLOAT_ATTRIBUTE, _INT_ATTRIBUTE = 1, 2


def write_node(
    kind: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    domain: str,
    attributes: dict[str, Any],
) -> bytes:
    """A ``NodeProto``; attributes are whole numbers or floats."""
    parts = [_text(1, name) for name in inputs]
    parts += [_text(2, name) for name in outputs]
    parts.append(_text(4, kind))
    parts += [_message(5, _attribute(name, value)) for name, value in sorted(attributes.items())]
    if domain:
        parts.append(_text(7, domain))
    return b"".join(parts)


def write_tensor(name: str, values: NDArray[Any]) -> bytes:
    """A ``TensorProto`` with the values of an array, of any shape."""
    values = np.asarray(values, order="C")
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    dims = b"".join(_number(1, size) for size in values.shape)
    kind = _number(2, _TYPES[values.dtype.name])
    return dims + kind + _text(8, name) + _message(9, little.tobytes())


def write_value_info(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    """A ``ValueInfoProto``: an input or output; a size may be a name that stands for any."""
    dims = b"".join(
        _message(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape
    )
    tensor = _number(1, kind) + _message(2, dims)
    return _text(1, name) + _message(2, _message(1, tensor))


def write_model(
    nodes: Sequence[bytes],
    constants: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    opsets: dict[str, int],
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """A ``ModelProto`` of one graph, made of what the other functions wrote, with texts by name."""
    graph = b"".join(
        [
            *(_message(1, node) for node in nodes),
            _text(2, "step"),
            *(_message(5, constant) for constant in constants),
            *(_message(11, value) for value in inputs),
            *(_message(12, value) for value in outputs),
        ]
    )
    sets = [_text(1, domain) + _number(2, version) for domain, version in opsets.items()]
    texts = [_text(1, name) + _text(2, value) for name, value in (metadata or {}).items()]
    return b"".join(
        [
            _number(1, IR_VERSION),
            _message(7, graph),
            *(_message(8, one) for one in sets),
            *(_message(14, one) for one in texts),
        ]
    )


def _attribute(name: str, value: float | int) -> bytes:
    if isinstance(value, float):
        tag = _varint(2 << 3 | _FOUR_BYTES)
        return _text(1, name) + tag + struct.pack("<f", value) + _number(20, _FLOAT_ATTRIBUTE)
    return _text(1, name) + _number(3, value) + _number(20, _INT_ATTRIBUTE)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as its 64 bits."""
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
