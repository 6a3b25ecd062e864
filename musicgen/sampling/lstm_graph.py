"""The step of an LSTM as an ONNX graph, in float32 or with 8-bit products.

The embedding is folded through the first layer's input projection: a table of V rows. Each higher
layer reads its input and its own past side by side, in one product. Gates are put in the order
input, forget, output, cell, so that one sigmoid takes three of them.

8-bit products: weights have one scale for each output (symmetric, after Jacob et al. 2018, §2);
a hidden state is in -1..1 by construction and has the fixed scale 1/127; what a layer norm puts out
has one scale for each tune. Nothing of a tune hangs on the others in its batch. Sums are exact in
32 bits, gates and cell state are float32.

An LSTM with echoes reads a sum of rows instead of one, and gives their gates beside the logits,
and what it says of degrees and intervals where it says that.

Shapes: B batch, V vocabulary, H hidden, L layers, K echoes, R rows summed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.models.copy_candidates import ECHOES
from musicgen.models.lstm_weights import NORM_EPSILON, LSTMWeights
from musicgen.models.position import FEATURES
from musicgen.sampling.onnx_writer import (
    FLOAT,
    INT32,
    INT64,
    UINT8,
    write_model,
    write_node,
    write_tensor,
    write_value_info,
)

Array = NDArray[Any]
WeightType = type[np.int8] | type[np.uint8]

_LEVELS = 127
_MIDDLE = 128
_OPSET, _CONTRIB = 21, {"com.microsoft": 1}


def make_step(
    weights: LSTMWeights,
    int8: WeightType | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """A model with the inputs ``ids`` (B,), then ``h0 c0 h1 c1 …`` (B, H), and the outputs
    ``logits`` (B, V) and the new states in the same order.

    With echoes, ``ids`` is (R, B): numbers of rows of `input_rows`; ``logits`` is (B, V + K), the
    last K of them what the last layer says of the gates; further columns, if any, are what it says
    of degrees and intervals (`musicgen.models.relative`).

    Args:
        weights: Those of an `LSTMNetwork` or an `EchoNetwork`; they go into the graph.
        int8: The type of 8-bit weights; None for float32.
        metadata: Texts to be kept in the model, by name.
    """
    graph = Graph(int8)
    size, layers = weights.config.hidden_size, weights.config.num_layers
    values, is_bounded = "", True
    for layer in range(layers):
        gates = _add_first(graph, weights) if layer == 0 else _add_higher(
            graph, weights, layer, values, is_bounded
        )  # fmt: skip
        values = _add_cell(graph, layer, gates, size)
        norm = weights.norm(layer)
        is_bounded = norm is None
        if norm is not None:
            values = graph.normalize(*norm, values)
    weight, bias = last_layer(weights)
    logits = graph.product(values, weight.T, bias, is_bounded)
    graph.add("Identity", [logits], "logits")
    states = [f"{letter}{layer}" for layer in range(layers) for letter in "hc"]
    ids = write_value_info("ids", INT64, ["R", "B"] if weights.has_echoes else ["B"])
    inputs = [ids] + [info(name, size) for name in states]
    outputs = [info("logits", len(bias))] + [info(f"{name}_new", size) for name in states]
    return graph.to_bytes(inputs, outputs, metadata)


def last_layer(weights: LSTMWeights) -> tuple[Array, Array]:
    """Weights (·, H) and bias of all that is said: logits, then gates, degrees and intervals."""
    weight, bias = weights.arrays["linear.weight"], weights.arrays["linear.bias"]
    if weights.has_echoes:
        said = [weights.arrays[name] for name in ("gates.weight", "relative.weight")
                if name in weights.arrays]  # fmt: skip
        weight = np.concatenate([weight, *said])
        bias = np.concatenate([bias, np.zeros(len(weight) - len(bias), np.float32)])
    return weight, bias


def make_product(weights: Array) -> bytes:
    """A model of one product: ``values`` uint8 (B, K) with 8-bit weights (K, N) to int32 (B, N)."""
    graph = Graph(np.int8)
    graph.add("MatMulInteger", ["values", graph.constant(weights)], "products")
    values = info("values", weights.shape[0], UINT8)
    return graph.to_bytes([values], [info("products", weights.shape[1], INT32)])


def input_rows(weights: LSTMWeights) -> Array:
    """All that a network with echoes may add up to read, (rows, E): a row for each character; then
    levels, K rows for each; then what an echo offers, K rows for each character; a row of zeros;
    then positions, if it reads them.
    """
    size = weights.config.embedding_dim
    parts = [weights.arrays[name] for name in ("embedding.weight", "levels", "offers")]
    rows = [part.reshape(-1, size) for part in parts]
    positions = [weights.arrays["position.weight"]] if weights.config.position else []
    return np.concatenate([*rows, np.zeros((1, size), np.float32), *positions])


def count_rows(weights: LSTMWeights) -> int:
    """R: how many rows of its table a step of one tune adds up."""
    if not weights.has_echoes:
        return 1
    return 1 + 2 * ECHOES + (len(FEATURES) if weights.config.position else 0)


def _add_first(graph: "Graph", weights: LSTMWeights) -> str:
    """Gates (B, 4H) of the lowest layer."""
    w_input, w_recurrent, bias_input, bias_recurrent = weights.layer(0)
    if weights.has_echoes:
        table = input_rows(weights) @ w_input.T
        table[: weights.config.vocab_size] += bias_input + bias_recurrent
        rows = graph.add("Gather", [graph.constant(reorder_gates(table)), "ids"])  # (R, B, 4H)
        projected = graph.add("ReduceSum", [rows, graph.constant(np.array([0]))], keepdims=0)
        return graph.product("h0", reorder_gates(w_recurrent.T), projected)
    table = weights.arrays["embedding.weight"] @ w_input.T + bias_input + bias_recurrent
    projected = graph.add("Gather", [graph.constant(reorder_gates(table)), "ids"])
    return graph.product("h0", reorder_gates(w_recurrent.T), projected)


def _add_higher(
    graph: "Graph", weights: LSTMWeights, layer: int, values: str, is_bounded: bool
) -> str:
    """Gates (B, 4H) of a layer that reads the one below."""
    w_input, w_recurrent, bias_input, bias_recurrent = weights.layer(layer)
    inputs, recurrent = reorder_gates(w_input.T), reorder_gates(w_recurrent.T)
    bias = reorder_gates(bias_input + bias_recurrent)
    if graph.is_float or is_bounded:
        both = graph.add("Concat", [values, f"h{layer}"], axis=1)
        return graph.product(both, np.concatenate([inputs, recurrent]), bias)
    return graph.add(
        "Add",
        [
            graph.product(values, inputs, bias, is_bounded=False),
            graph.product(f"h{layer}", recurrent, np.zeros_like(bias)),
        ],
    )


def _add_cell(graph: "Graph", layer: int, gates: str, size: int) -> str:
    """The new hidden state (B, H) of a layer."""
    sigmoids, candidate = graph.split(gates, [3 * size, size])
    i, f, o = graph.split(graph.add("Sigmoid", [sigmoids]), [size] * 3)
    kept = graph.add("Mul", [f, f"c{layer}"])
    added = graph.add("Mul", [i, graph.add("Tanh", [candidate])])
    cell = graph.add("Add", [kept, added], f"c{layer}_new")
    return graph.add("Mul", [o, graph.add("Tanh", [cell])], f"h{layer}_new")


class Graph:
    """Nodes and constants as they are added; every value has a name."""

    def __init__(self, int8: WeightType | None) -> None:
        self._int8 = int8
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    @property
    def is_float(self) -> bool:
        """Whether products are in float32."""
        return self._int8 is None

    def constant(self, value: Array) -> str:
        """The name of a new constant."""
        name = f"constant{len(self._constants)}"
        self._constants.append(write_tensor(name, value))
        return name

    def add(
        self, kind: str, inputs: list[str], output: str = "", domain: str = "", **attributes: Any
    ) -> str:
        """Adds a node with one output and returns the output's name."""
        output = output or f"value{len(self._nodes)}"
        self._nodes.append(write_node(kind, inputs, [output], domain, attributes))
        return output

    def add_node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        """Adds a node with several outputs of these names."""
        self._nodes.append(write_node(kind, inputs, outputs, "", attributes))

    def split(self, values: str, sizes: list[int]) -> list[str]:
        """The columns of values, in parts of these sizes."""
        names = [f"part{len(self._nodes)}_{number}" for number in range(len(sizes))]
        where = self.constant(np.array(sizes, np.int64))
        self.add_node("Split", [values, where], names, axis=1)
        return names

    def normalize(self, scale: Array, shift: Array, values: str) -> str:
        """The norm behind a layer."""
        inputs = [values, self.constant(scale), self.constant(shift)]
        return self.add("LayerNormalization", inputs, axis=-1, epsilon=NORM_EPSILON)

    def product(
        self, values: str, weights: Array, bias: Array | str, is_bounded: bool = True
    ) -> str:
        """Values (B, K) times weights (K, N) plus a bias: (N,), or a name of (B, N) values.

        Args:
            values: Name of the factor (B, K).
            weights: The other factor.
            bias: What is added.
            is_bounded: Whether the values lie in -1..1; if not, 8-bit products scale each row.
        """
        if self._int8 is None:
            added = bias if isinstance(bias, str) else self.constant(bias)
            return self.add("Gemm", [values, self.constant(weights), added])
        if is_bounded:
            return self._product_8bit(values, weights, bias)
        largest = self.add("ReduceMax", [self.add("Abs", [values]), self.constant(np.array([-1]))])
        bounded = self.add("Div", [values, largest])
        products = self._product_8bit(bounded, weights, np.zeros(weights.shape[1], np.float32))
        added = bias if isinstance(bias, str) else self.constant(bias)
        return self.add("Add", [self.add("Mul", [products, largest]), added])

    def _product_8bit(self, values: str, weights: Array, bias: Array | str) -> str:
        scales = np.maximum(np.abs(weights).max(0), 1e-30) / _LEVELS  # (N,)
        low = np.round(weights / scales)
        middle = _MIDDLE if self._int8 is np.uint8 else 0
        step, zero = (
            self.constant(np.array(1 / _LEVELS, np.float32)),
            self.constant(np.array(_MIDDLE, np.uint8)),
        )
        inputs = [
            self.add("QuantizeLinear", [values, step, zero]),
            self.constant((low + middle).astype(self._int8)),
            step,
            self.constant(scales.astype(np.float32)),
            zero,
            self.constant(np.array(middle, self._int8)),
        ]
        if not isinstance(bias, str):
            inputs.append(self.constant(bias))
        products = self.add("MatMulIntegerToFloat", inputs, domain="com.microsoft")
        return self.add("Add", [products, bias]) if isinstance(bias, str) else products

    def to_bytes(
        self, inputs: list[bytes], outputs: list[bytes], metadata: Mapping[str, str] | None = None
    ) -> bytes:
        """The model, as ONNX writes it."""
        opsets = {"": _OPSET} | ({} if self.is_float else _CONTRIB)
        return write_model(self._nodes, self._constants, inputs, outputs, opsets, metadata)


def info(name: str, width: int, kind: int = FLOAT) -> bytes:
    """An input or output (B, width)."""
    return write_value_info(name, kind, ["B", width])


def reorder_gates(values: Array) -> Array:
    """Columns of gates in the order of torch to input, forget, output, cell."""
    i, f, g, o = np.split(values, 4, axis=-1)
    return np.concatenate([i, f, o, g], axis=-1)
