"""A trained LSTM in whole numbers: what every machine computes alike, to the last bit.

`quantize` turns the weights of an LSTM, with or without echoes, into the numbers of a
`FixedNetwork`; ``docs/fixed-point.md`` is the whole definition. Weights are 8-bit with one scale
for each output (symmetric, after Jacob et al. 2018, §2), values that pass between layers are
16-bit, sums are exact in 32 bits, and everything else is additions, products, shifts and one table
of the hyperbolic tangent. So a program in C, a page in a browser, a microcontroller and NumPy
write the same tune from the same seed.

Numbers written "in Qn" are multiples of 2**-n. Shapes: H hidden, E embedding, V vocabulary, K
echoes, R rows of what the lowest layer reads, O outputs of the last layer.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musicgen.errors import CompositionError
from musicgen.models.lstm_weights import NORM_EPSILON, LSTMWeights
from musicgen.sampling.lstm_graph import input_rows

Ints = NDArray[np.int64]

LOGIT_BITS = 16
"""Logits, biases and what goes into gates are in Q16."""

HIDDEN_BITS = 12
"""A hidden state, -1 to 1, is in Q12, so that sums over 4,096 units stay in 32 bits."""

CELL_BITS = 16
SCALE_BITS = 24
"""A sum times its scale is shifted right by this."""

ROW_BITS = 14
"""A row of the input times its scale is in units of 2**-14 of the unit of the input."""

MAX_CELL = 256 << CELL_BITS
MAX_SAID = 32 << LOGIT_BITS
"""What one output may add to a logit: all that is added stays exact in float32."""

MAX_TRUST = 7 << LOGIT_BITS
MAX_CHARACTERS = 255
"""Of a vocabulary: an id is one byte, and the sum of all chances is below 2**32."""

BEND_STEPS = 32
"""Entries of the table of tanh(z / 2) for each 1 of z."""

BEND_END = 16
"""From this z on, tanh(z / 2) is 1 to the last bit."""

_LEVELS = 127
_LARGEST = 2**31 - 1
_MAX_VALUE = 2**15 - 1
_MAX_SCALE = 2**30
_NORM_REACH = 8.0
"""Standard deviations beyond which a normalised value is cut off."""


@dataclass(frozen=True, eq=False)
class FixedMatrix:
    """8-bit weights (N, M), their scales (N,), and the bias (N,) in Q16."""

    weights: NDArray[np.int8]
    scales: Ints
    bias: Ints


@dataclass(frozen=True, eq=False)
class FixedNorm:
    """Layer normalisation: scale (H,) and shift (H,) in Q16 of the unit of what it puts out.

    `epsilon` is what is added to the variance, in the square of Q12; `limit` bounds the values.
    """

    scale: Ints
    shift: Ints
    epsilon: int
    limit: int


@dataclass(frozen=True, eq=False)
class FixedLayer:
    """Gates of a layer from what it reads and from its own past; the bias is with the former."""

    inputs: FixedMatrix
    recurrent: FixedMatrix
    norm: FixedNorm | None


@dataclass(frozen=True, eq=False)
class FixedNetwork:
    """All numbers of a network.

    Attributes:
        source: The weights that it was made of.
        rows: What the lowest layer reads, 8-bit (R, E): `lstm_graph.input_rows`.
        row_scales: One for each row, (R,).
        layers: The lowest first.
        output: Logits, then gates of echoes, then degrees and intervals, as there are.
        trust: What a gate adds for each level, (levels, K), in Q16; None without echoes.
    """

    source: LSTMWeights
    rows: NDArray[np.int8]
    row_scales: Ints
    layers: tuple[FixedLayer, ...]
    output: FixedMatrix
    trust: Ints | None

    @property
    def size_bytes(self) -> int:
        """Of the 8-bit numbers alone."""
        matrices = [part for layer in self.layers for part in (layer.inputs, layer.recurrent)]
        return self.rows.size + sum(one.weights.size for one in [*matrices, self.output])


def quantize(weights: LSTMWeights) -> FixedNetwork:
    """The network in whole numbers; the same weights give the same numbers on every machine.

    Raises:
        CompositionError: it knows more characters than a byte can number, or is too wide.
    """
    config = weights.config
    if config.vocab_size > MAX_CHARACTERS:
        raise CompositionError(
            "Fixed-point arithmetic is for networks of up to {most} characters; this one has "
            "{count}.",
            most=MAX_CHARACTERS,
            count=config.vocab_size,
        )
    rows, row_scales, unit = _quantize_rows(weights)
    layers = []
    for number in range(config.num_layers):
        inputs, recurrent, *biases = map(_exactly, weights.layer(number))
        norm, after = _quantize_norm(weights, number)
        layers.append(
            FixedLayer(
                _matrix(inputs, biases[0] + biases[1], unit),
                _matrix(recurrent, np.zeros(len(recurrent)), 2.0**-HIDDEN_BITS),
                norm,
            )
        )
        unit = after
    trust = weights.arrays.get("trust")
    return FixedNetwork(
        weights, rows, row_scales, tuple(layers), _quantize_output(weights, unit),
        None if trust is None
        else np.clip(_round(_exactly(trust) * 2**LOGIT_BITS), -MAX_TRUST, MAX_TRUST),
    )  # fmt: skip


@lru_cache(maxsize=1)
def bend_table() -> Ints:
    """tanh(z / 2) in Q15 at z = 0, 1/32, ..., 16; exact to half a unit on every machine."""
    with localcontext() as context:
        context.prec = 30
        growth = [(-Decimal(k) / BEND_STEPS).exp() for k in range(BEND_STEPS * BEND_END + 1)]
        values = [(1 - one) / (1 + one) * 2**15 for one in growth]
        return np.array([int(value.to_integral_value()) for value in values], np.int64)


def bend(values: Ints) -> Ints:
    """tanh(z / 2) in Q15 of z in Q16, between the entries of the table along a straight line.

    The logistic function in Q16 is 32768 more than this, and tanh(z) is this of 2 z.
    """
    table = bend_table()
    shift = LOGIT_BITS - 5  # 32 entries for each 1
    sizes = np.minimum(np.abs(values), (BEND_END << LOGIT_BITS) - 1)
    places = sizes >> shift
    rests = sizes & ((1 << shift) - 1)
    found = table[places]
    found += ((table[places + 1] - found) * rests + (1 << (shift - 1))) >> shift
    signed: Ints = np.where(values < 0, -found, found)
    return signed


def _quantize_rows(weights: LSTMWeights) -> tuple[NDArray[np.int8], Ints, float]:
    """Rows of the input, their scales, and what a 1 of their sum is worth."""
    table = weights.arrays["embedding.weight"]
    parts = [table]
    if weights.has_echoes:
        parts += [weights.arrays[name][:, k] for name in ("levels", "offers")
                  for k in range(weights.arrays["levels"].shape[1])]  # fmt: skip
        parts += _position_parts(weights)
        table = input_rows(weights)
    # The largest that a sum of one row of each part can be.
    bound = max(1e-6, float(sum(np.abs(_exactly(part)).max(0) for part in parts).max()))
    width = weights.config.embedding_dim
    limit = min(_MAX_VALUE, _LARGEST // (_LEVELS * width)) - len(parts)
    unit = bound / limit
    low, sizes = _quantize(_exactly(table))
    return low, _round(sizes / unit * 2**ROW_BITS), unit


def _position_parts(weights: LSTMWeights) -> list[NDArray[np.float32]]:
    from musicgen.models.position import FEATURES

    if not weights.config.position:
        return []
    ends = np.cumsum(list(FEATURES.values()))[:-1]
    return np.split(weights.arrays["position.weight"], ends)


def _quantize_norm(weights: LSTMWeights, number: int) -> tuple[FixedNorm | None, float]:
    """The norm behind a layer, and what a 1 of what leaves the layer is worth."""
    found = weights.norm(number)
    if found is None:
        return None, 2.0**-HIDDEN_BITS
    scale, shift = map(_exactly, found)
    size = len(scale)
    limit = min(_MAX_VALUE, _LARGEST // (_LEVELS * size))
    unit = max(1e-6, float((np.abs(scale) * _NORM_REACH + np.abs(shift)).max())) / limit
    return (
        FixedNorm(
            _round(scale / unit * 2 ** (LOGIT_BITS - HIDDEN_BITS)),
            _round(shift / unit * 2**LOGIT_BITS),
            int(_round(np.array(NORM_EPSILON * 2.0 ** (2 * HIDDEN_BITS) * size**2))),
            limit,
        ),
        unit,
    )


def _quantize_output(weights: LSTMWeights, unit: float) -> FixedMatrix:
    names = ["linear.weight", "gates.weight", "relative.weight"]
    rows = np.concatenate([weights.arrays[name] for name in names if name in weights.arrays])
    bias = np.zeros(len(rows))
    bias[: weights.config.vocab_size] = weights.arrays["linear.bias"]
    return _matrix(_exactly(rows), bias, unit)


def _matrix(weights: NDArray[np.float64], bias: NDArray[np.float64], unit: float) -> FixedMatrix:
    """Weights for values whose 1 is worth `unit`, so that a product is in Q16."""
    low, sizes = _quantize(weights)
    scales = np.minimum(_round(sizes * unit * 2.0 ** (LOGIT_BITS + SCALE_BITS)), _MAX_SCALE)
    largest = 2.0**30
    return FixedMatrix(low, scales, _round(np.clip(bias * 2**LOGIT_BITS, -largest, largest)))


def _quantize(rows: NDArray[np.float64]) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """8-bit rows, and what a 1 of each is worth."""
    sizes = np.abs(rows).max(-1) / _LEVELS
    safe = np.where(sizes > 0, sizes, 1.0)
    return _round(rows / safe[:, None]).astype(np.int8), sizes


def _exactly(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values.astype(np.float64)


def _round(values: NDArray[np.float64]) -> Ints:
    return np.rint(values).astype(np.int64)
