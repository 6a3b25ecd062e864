"""The step of an LSTM as a LiteRT model (a ``.tflite`` file), in float32 or with 8-bit weights.

LiteRT's converters begin at TensorFlow or at a traced torch program; a step of an LSTM is twenty
operators that all of its interpreters know, so it is written as it is, with the classes of the
format's schema that come with LiteRT. Shapes are fixed: one tune, one character; states go in and
come out. Weights in 8 bits have one scale for each output, and the interpreter rounds what they
read to 8 bits itself (*dynamic range* quantisation); all else is float32.

Shapes: E embedding, H hidden, V vocabulary, R rows summed, S all that the last layer says.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.errors import ExportError
from musicgen.models.lstm_weights import NORM_EPSILON, LSTMWeights
from musicgen.sampling.lstm_graph import count_rows, input_rows, last_layer

Array = NDArray[Any]

SIGNATURE = "step"
_SCHEMA_VERSION = 3
_IDENTIFIER = b"TFL3"
_LEVELS = 127
_TINY = 1e-30


def make_step(
    weights: LSTMWeights, *, is_int8: bool, metadata: Mapping[str, str] | None = None
) -> bytes:
    """A model with the inputs ``ids`` int32 (R,), then ``h0 c0 h1 c1 …`` (1, H), and the outputs
    ``logits`` (1, S) and the new states; all by name in the signature ``step``.

    ``ids`` is one character; with echoes, the rows of `musicgen.sampling.echo_reading`.

    Args:
        weights: Those of an `LSTMNetwork` or an `EchoNetwork`.
        is_int8: Whether weights are in 8 bits.
        metadata: Texts to be kept in the model, by name.

    Raises:
        ExportError: LiteRT is not installed.
    """
    graph = Graph(is_int8)
    layers, size = range(weights.config.num_layers), weights.config.hidden_size
    ids = graph.input("ids", (count_rows(weights),), np.int32)
    states = [graph.input(f"{letter}{layer}", (1, size)) for layer in layers for letter in "hc"]
    table = input_rows(weights) if weights.has_echoes else weights.arrays["embedding.weight"]
    values = graph.look_up(table, ids)
    after = []
    for layer in layers:
        hidden, cell = states[2 * layer : 2 * layer + 2]
        new_hidden, new_cell = _add_layer(graph, weights, layer, (values, hidden, cell))
        after += [new_hidden, new_cell]
        norm = weights.norm(layer)
        values = new_hidden if norm is None else _normalise(graph, new_hidden, *norm)
    logits = graph.product(values, *last_layer(weights))
    names = ["logits", *(f"{letter}{layer}_new" for layer in layers for letter in "hc")]
    return graph.to_bytes(dict(zip(names, [logits, *after], strict=True)), metadata or {})


def _add_layer(
    graph: "Graph", weights: LSTMWeights, layer: int, before: tuple[int, int, int]
) -> tuple[int, int]:
    """The new hidden and cell state of a layer, from what it reads and its states."""
    values, hidden, cell = before
    w_input, w_recurrent, bias_input, bias_recurrent = weights.layer(layer)
    read = graph.product(values, w_input, bias_input + bias_recurrent)
    gates = graph.add("ADD", [read, graph.product(hidden, w_recurrent)])
    i, f, g, o = graph.split(gates, 4)
    i, f, o = (graph.add("LOGISTIC", [one]) for one in (i, f, o))
    taken = graph.add("MUL", [i, graph.add("TANH", [g])])
    new_cell = graph.add("ADD", [graph.add("MUL", [f, cell]), taken])
    return graph.add("MUL", [o, graph.add("TANH", [new_cell])]), new_cell


def _normalise(graph: "Graph", values: int, scale: Array, shift: Array) -> int:
    away = graph.add("SUB", [values, graph.reduce("MEAN", values, 1)])
    variance = graph.reduce("MEAN", graph.add("MUL", [away, away]), 1)
    epsilon = graph.constant(np.array([[NORM_EPSILON]], np.float32))
    length = graph.add("RSQRT", [graph.add("ADD", [variance, epsilon])])
    scaled = graph.add("MUL", [graph.add("MUL", [away, length]), graph.constant(scale[None])])
    return graph.add("ADD", [scaled, graph.constant(shift[None])])


class Graph:
    """Tensors and operators as they are added; every tensor has a number.

    Args:
        is_int8: Whether matrices are kept in 8 bits.

    Raises:
        ExportError: LiteRT is not installed.
    """

    def __init__(self, is_int8: bool) -> None:
        self._schema = import_schema()
        self._is_int8 = is_int8
        self._inputs: dict[str, int] = {}
        self._tensors: list[Any] = []
        self._shapes: list[tuple[int, ...]] = []
        self._operators: list[Any] = []
        self._codes: list[str] = []
        self._buffers: list[Any] = [self._schema.BufferT()]  # the first is empty by definition

    def input(self, name: str, shape: tuple[int, ...], kind: type[np.generic] = np.float32) -> int:
        """A new input of the model."""
        self._inputs[name] = self._tensor(name, shape, kind)
        return self._inputs[name]

    def constant(self, value: Array, scales: Array | None = None) -> int:
        """A new constant; with scales, of whole numbers, one scale for each row."""
        number = self._tensor(f"constant{len(self._tensors)}", value.shape, value.dtype.type)
        tensor = self._tensors[number]
        tensor.buffer = self._buffer(np.ascontiguousarray(value).tobytes())
        if scales is not None:
            tensor.quantization = self._schema.QuantizationParametersT()
            tensor.quantization.scale = scales.astype(np.float32)
            tensor.quantization.zeroPoint = np.zeros(len(scales), np.int64)
            tensor.quantization.quantizedDimension = 0
        return number

    def add(
        self, kind: str, inputs: Sequence[int], shape: tuple[int, ...] | None = None, **options: Any
    ) -> int:
        """Adds an operator with one output, of the first input's shape if not given."""
        wide = max((self._shapes[one] for one in inputs), key=np.prod) if shape is None else shape
        output = self._tensor(f"value{len(self._tensors)}", wide, np.float32)
        self._operator(kind, inputs, [output], options)
        return output

    def reduce(self, kind: str, values: int, axis: int) -> int:
        """The sum or mean along an axis, which stays with one value."""
        shape = tuple(1 if at == axis else n for at, n in enumerate(self._shapes[values]))
        where = self.constant(np.array([axis], np.int32))
        return self.add(kind, [values, where], shape, keepDims=True)

    def split(self, values: int, count: int) -> list[int]:
        """Equal parts of the columns (1, N)."""
        width = self._shapes[values][1] // count
        parts = [self._tensor(f"part{len(self._tensors)}_{number}", (1, width), np.float32)
                 for number in range(count)]  # fmt: skip
        axis = self.constant(np.array(1, np.int32))
        self._operator("SPLIT", [axis, values], parts, {"numSplits": count})
        return parts

    def product(self, values: int, weights: Array, bias: Array | None = None) -> int:
        """Values (1, K) times weights (N, K), plus a bias (N,)."""
        inputs = [values, self._matrix(weights)]
        if bias is not None:
            inputs.append(self.constant(np.asarray(bias, np.float32)))
        shape = (1, weights.shape[0])
        return self.add("FULLY_CONNECTED", inputs, shape, asymmetricQuantizeInputs=False)

    def look_up(self, table: Array, ids: int) -> int:
        """The sum (1, E) of some rows of a table (·, E)."""
        shape = (*self._shapes[ids], table.shape[1])
        if not self._is_int8:
            rows = self.add("GATHER", [self.constant(table.astype(np.float32)), ids], shape, axis=0)
            return self.reduce("SUM", rows, 0)
        numbers, scales = _round(table)
        low = self._tensor(f"value{len(self._tensors)}", shape, np.int8)
        self._operator("GATHER", [self.constant(numbers), ids], [low], {"axis": 0})
        kinds = self._schema.TensorType
        wide = self.add("CAST", [low], shape, inDataType=kinds.INT8, outDataType=kinds.FLOAT32)
        steps = self.constant(scales[:, None])
        step = self.add("GATHER", [steps, ids], (shape[0], 1), axis=0)
        return self.reduce("SUM", self.add("MUL", [wide, step]), 0)

    def _matrix(self, weights: Array) -> int:
        if not self._is_int8:
            return self.constant(np.asarray(weights, np.float32))
        return self.constant(*_round(weights))

    def _tensor(self, name: str, shape: tuple[int, ...], kind: type[np.generic]) -> int:
        tensor = self._schema.TensorT()
        tensor.name, tensor.shape, tensor.hasRank = name, list(shape), True
        tensor.type = getattr(self._schema.TensorType, np.dtype(kind).name.upper())
        tensor.buffer = 0
        self._tensors.append(tensor)
        self._shapes.append(tuple(shape))
        return len(self._tensors) - 1

    def _buffer(self, data: bytes) -> int:
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(data, np.uint8)
        self._buffers.append(buffer)
        return len(self._buffers) - 1

    def _operator(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: Mapping[str, Any]
    ) -> None:
        operator = self._schema.OperatorT()
        operator.opcodeIndex = self._code(kind)
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if name := _OPTIONS.get(kind, ""):
            operator.builtinOptionsType = getattr(self._schema.BuiltinOptions, name)
            operator.builtinOptions = getattr(self._schema, f"{name}T")()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
        self._operators.append(operator)

    def _code(self, kind: str) -> int:
        if kind not in self._codes:
            self._codes.append(kind)
        return self._codes.index(kind)

    def to_bytes(self, outputs: Mapping[str, int], metadata: Mapping[str, str]) -> bytes:
        """The model, as LiteRT reads it."""
        import flatbuffers

        schema = self._schema
        part = schema.SubGraphT()
        part.name, part.tensors, part.operators = SIGNATURE, self._tensors, self._operators
        part.inputs, part.outputs = list(self._inputs.values()), list(outputs.values())
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = SIGNATURE, 0
        signature.inputs = [self._named(*pair) for pair in self._inputs.items()]
        signature.outputs = [self._named(*pair) for pair in outputs.items()]
        model = schema.ModelT()
        model.version, model.description = _SCHEMA_VERSION, "a step of a network of musicgen"
        model.operatorCodes = [self._operator_code(kind) for kind in self._codes]
        model.subgraphs, model.signatureDefs = [part], [signature]
        model.metadata = [self._text(*pair) for pair in metadata.items()]
        model.buffers = self._buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
        return bytes(builder.Output())

    def _named(self, name: str, tensor: int) -> Any:
        pair = self._schema.TensorMapT()
        pair.name, pair.tensorIndex = name, tensor
        return pair

    def _text(self, name: str, text: str) -> Any:
        entry = self._schema.MetadataT()
        entry.name, entry.buffer = name, self._buffer(text.encode("utf-8"))
        return entry

    def _operator_code(self, kind: str) -> Any:
        code = self._schema.OperatorCodeT()
        code.builtinCode = getattr(self._schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = code.builtinCode  # all of ours are of the first 127
        code.version = self._version(kind)
        return code

    def _version(self, kind: str) -> int:
        return _INT8_VERSIONS.get(kind, 1) if self._is_int8 else 1


_OPTIONS = {
    "ADD": "AddOptions",
    "MUL": "MulOptions",
    "SUB": "SubOptions",
    "SUM": "ReducerOptions",
    "MEAN": "ReducerOptions",
    "SPLIT": "SplitOptions",
    "GATHER": "GatherOptions",
    "CAST": "CastOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
}
"""The table of options of each operator that has one."""

_INT8_VERSIONS = {"FULLY_CONNECTED": 12, "GATHER": 2, "CAST": 1}
"""Versions in which operators read 8 bits as they do here."""


def _round(weights: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers, and the scale of each row."""
    scales = np.maximum(np.abs(weights).max(1), _TINY) / _LEVELS
    return np.round(weights / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def import_schema() -> Any:
    """The classes of the format.

    Raises:
        ExportError: LiteRT is not installed.
    """
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise ExportError(
            "LiteRT is not installed here. Install it with: pip install -r requirements-litert.txt"
        ) from error
    return schema_py_generated
