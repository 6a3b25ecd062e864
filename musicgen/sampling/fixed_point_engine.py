"""The step of an LSTM in whole numbers, in NumPy: `fixed_point` says what the numbers are.

Nothing of a tune depends on the others of its batch. Shapes: B tunes at once, R rows summed, H
hidden, N outputs of a product, M values that it reads.
"""

from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from musicgen.models.lstm_weights import LSTMWeights
from musicgen.sampling.fixed_point import (
    CELL_BITS,
    HIDDEN_BITS,
    LOGIT_BITS,
    MAX_CELL,
    MAX_SAID,
    ROW_BITS,
    SCALE_BITS,
    FixedMatrix,
    FixedNetwork,
    FixedNorm,
    Ints,
    bend,
    quantize,
)

FixedState = tuple[Ints, ...]
"""h in Q12 and c in Q16 of each layer, the lowest first, each (B, H)."""


class FixedLSTM:
    """Steps an LSTM in whole numbers; holds nothing that changes, so that threads may share it.

    Its logits are float32, as every engine's, and multiples of 2**-16, which float32 holds exactly.
    """

    def __init__(self, weights: LSTMWeights) -> None:
        self.network = quantize(weights)
        self._layers = [
            (_Product(layer.inputs), _Product(layer.recurrent), layer.norm)
            for layer in self.network.layers
        ]
        self._output = _Product(self.network.output)
        self._hidden_size = weights.config.hidden_size

    @property
    def trust(self) -> NDArray[np.float32] | None:
        """What a gate of an echo adds for each level, (levels, K)."""
        trust = self.network.trust
        return None if trust is None else (trust / 2**LOGIT_BITS).astype(np.float32)

    def init_state(self, batch_size: int) -> FixedState:
        """Zeros."""
        shape = (batch_size, self._hidden_size)
        return tuple(np.zeros(shape, np.int64) for _ in range(2 * len(self._layers)))

    def step(self, ids: Ints, state: FixedState) -> tuple[NDArray[np.float32], FixedState]:
        """One character, (B,), or the rows (R, B) to add up, through all layers."""
        values = _read_rows(self.network, np.atleast_2d(ids))
        after: list[Ints] = []
        for number, (inputs, recurrent, norm) in enumerate(self._layers):
            hidden, cell = state[2 * number], state[2 * number + 1]
            gates = inputs(values, recurrent, hidden)
            hidden, cell = _step_cell(gates, cell)
            after += [hidden, cell]
            values = hidden if norm is None else normalize(norm, hidden)
        said = np.clip(self._output(values), -MAX_SAID, MAX_SAID)
        return (said / 2**LOGIT_BITS).astype(np.float32), tuple(after)

    def read(self, ids: Ints) -> tuple[NDArray[np.float32], FixedState]:
        """Step by step."""
        state = self.init_state(1)
        for index in range(len(ids) - 1):
            _, state = self.step(ids[index : index + 1], state)
        return self.step(ids[-1:], state)

    def select(self, state: FixedState, rows: list[int]) -> FixedState:
        """Rows of h and c."""
        return tuple(part[rows] for part in state)

    def join(self, states: Sequence[FixedState]) -> FixedState:
        """h and c of all."""
        return tuple(np.concatenate(part) for part in zip(*states, strict=True))


class _Product:
    """A product with 8-bit weights, in float64: sums below 2**53 are exact in whatever order."""

    def __init__(self, matrix: FixedMatrix) -> None:
        self._weights = matrix.weights.T.astype(np.float64)
        self._matrix = matrix

    def __call__(
        self, values: Ints, other: "_Product | None" = None, further: Ints | None = None
    ) -> Ints:
        """Values (B, M) to (B, N) in Q16; another product of further values is added unrounded."""
        total = self._scaled(values)
        if other is not None and further is not None:
            total += other._scaled(further)
        return ((total + (1 << (SCALE_BITS - 1))) >> SCALE_BITS) + self._matrix.bias

    def _scaled(self, values: Ints) -> Ints:
        sums = (values.astype(np.float64) @ self._weights).astype(np.int64)
        return sums * self._matrix.scales


def normalize(norm: FixedNorm, hidden: Ints) -> Ints:
    """Layer normalisation (B, H) of values in Q12, without a rounding before its root."""
    size = hidden.shape[1]
    apart = size * hidden - hidden.sum(1, keepdims=True)
    spread = (apart * apart).sum(1) // size + norm.epsilon
    roots = np.array([[_root(int(one) << 10)] for one in spread])  # in Q5
    steps = (apart << (HIDDEN_BITS + 5)) // roots  # standard deviations in Q12
    scaled = (steps * norm.scale + norm.shift + (1 << (LOGIT_BITS - 1))) >> LOGIT_BITS
    kept: Ints = np.clip(scaled, -norm.limit, norm.limit)
    return kept


def _root(value: int) -> int:
    return max(1, isqrt(value))


def _read_rows(network: FixedNetwork, rows: Ints) -> Ints:
    """The sum (B, E) of rows (R, B) of the input."""
    values = network.rows[rows] * network.row_scales[rows][..., None]  # (R, B, E)
    total: Ints = values.sum(0)
    return (total + (1 << (ROW_BITS - 1))) >> ROW_BITS


def _step_cell(gates: Ints, cell: Ints) -> tuple[Ints, Ints]:
    """The new h and c (B, H) from what goes into the gates, (B, 4H) in Q16."""
    i, f, g, o = np.split(gates, 4, axis=1)
    half = 1 << (CELL_BITS - 1)
    one = 1 << (LOGIT_BITS - 1)
    added = 2 * (bend(i) + one) * bend(2 * g)
    cell = ((bend(f) + one) * cell + added + half) >> CELL_BITS
    cell = np.clip(cell, -MAX_CELL, MAX_CELL)
    shift = LOGIT_BITS + 15 - HIDDEN_BITS
    hidden = ((bend(o) + one) * bend(2 * cell) + (1 << (shift - 1))) >> shift
    return hidden, cell
