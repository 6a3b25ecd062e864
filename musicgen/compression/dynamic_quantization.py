"""Dynamic quantisation as PyTorch has it: ``nn.LSTM`` and ``nn.Linear`` with 8-bit weights.

It is what the studies of the lab's network describe, and is here to be compared with: weights have
one scale for a whole matrix, and what a product reads is scaled by its largest value at each step,
over all tunes of a batch. The result cannot be written as a checkpoint or as ONNX.

Shapes: B tunes at once, E embedding, H hidden, L layers, R rows summed.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from musicgen.models.checkpoint import Checkpoint
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.models.position import TunePosition
from musicgen.sampling.echo_reading import EchoReader
from musicgen.sampling.engine import Engine, build_engine, find_weights
from musicgen.sampling.lstm_graph import input_rows, last_layer

if TYPE_CHECKING:
    import torch
    from torch import nn

DYNAMIC = "dynamic"
"""What the report calls this arithmetic."""

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]
DynamicState = tuple["torch.Tensor", "torch.Tensor", Ids, tuple[TunePosition, ...]]
"""h and c, each (L, B, H), and what echoes remember of each tune."""


def open_engine(checkpoint: Checkpoint, precision: str) -> Engine:
    """An engine of its own in this arithmetic: ``float32``, ``int8`` or `DYNAMIC`.

    Raises:
        CompositionError: the network is no LSTM, and it is not float32.
    """
    weights = find_weights(checkpoint)
    if precision == DYNAMIC and weights is not None:
        return DynamicEngine(weights)
    return build_engine(checkpoint, precision)


class DynamicEngine:
    """Steps an LSTM, with or without echoes, through PyTorch's quantised layers."""

    def __init__(self, weights: LSTMWeights) -> None:
        import torch

        self._reader = EchoReader(weights) if weights.has_echoes else None
        table = input_rows(weights) if weights.has_echoes else weights.arrays["embedding.weight"]
        self._table = torch.from_numpy(np.ascontiguousarray(table))
        self._shape = weights.config.num_layers, weights.config.hidden_size
        layers, self._norms, linear = _build_layers(weights)
        self.size_bytes = 4 * table.size + _count_bytes([*layers, linear])
        self._layers = [_quantize(layer) for layer in layers]
        self._linear = _quantize(linear)

    def init_state(self, batch_size: int) -> DynamicState:
        """Zeros, and an empty memory."""
        import torch

        memory, places = (
            self._reader.begin(batch_size) if self._reader else (np.zeros((batch_size, 0), int), ())
        )
        zeros = torch.zeros(self._shape[0], batch_size, self._shape[1])
        return zeros, zeros, memory, places

    def step(self, ids: Ids, state: DynamicState) -> tuple[Logits, DynamicState]:
        """One character."""
        import torch

        h, c, memory, places = state
        reading, rows = None, ids[None]
        if self._reader:
            reading, memory, places = self._reader.read(ids, memory, places)
            rows = reading.rows
        with torch.inference_mode():
            values = self._table[torch.from_numpy(rows)].sum(0)[None]  # (1, B, E)
            hidden, cells = [], []
            for layer, run in enumerate(self._layers):
                values, (new_h, new_c) = run(values, (h[layer][None], c[layer][None]))
                hidden.append(new_h)
                cells.append(new_c)
                values = self._norms[layer](values)
            said: Logits = self._linear(values[0]).numpy()
            after = torch.cat(hidden), torch.cat(cells)
        logits = self._reader.add_up(said, reading) if self._reader and reading else said
        return logits, (*after, memory, places)

    def read(self, ids: Ids) -> tuple[Logits, DynamicState]:
        """Character by character."""
        state = self.init_state(1)
        for index in range(len(ids) - 1):
            _, state = self.step(ids[index : index + 1], state)
        return self.step(ids[-1:], state)

    def select(self, state: DynamicState, rows: list[int]) -> DynamicState:
        """Rows of all."""
        h, c, memory, places = state
        return h[:, rows], c[:, rows], memory[rows], tuple(places[row] for row in rows if places)

    def join(self, states: Sequence[DynamicState]) -> DynamicState:
        """All of all."""
        import torch

        h, c, memory, places = zip(*states, strict=True)
        joined = tuple(place for group in places for place in group)
        return torch.cat(h, 1), torch.cat(c, 1), np.concatenate(memory), joined


def _build_layers(
    weights: LSTMWeights,
) -> tuple[list["nn.Module"], list["nn.Module"], "nn.Module"]:
    """The layers, the norm behind each, and the last one, in float32."""
    import torch
    from torch import nn

    def fill(module: nn.Module, values: Sequence[Logits]) -> nn.Module:
        state = dict(zip(module.state_dict(), map(torch.from_numpy, values), strict=True))
        module.load_state_dict(state)
        return module.eval()

    layers: list[nn.Module] = []
    norms: list[nn.Module] = []
    for number in range(weights.config.num_layers):
        arrays, norm = weights.layer(number), weights.norm(number)
        layers.append(fill(nn.LSTM(arrays[0].shape[1], weights.config.hidden_size), arrays))
        norms.append(fill(nn.LayerNorm(len(norm[0])), norm) if norm else nn.Identity())
    weight, bias = last_layer(weights)
    return layers, norms, fill(nn.Linear(weight.shape[1], len(bias)), (weight, bias))


def _count_bytes(modules: Sequence["nn.Module"]) -> int:
    """What modules take once their matrices are in 8 bits."""
    values = [value for module in modules for value in module.state_dict().values()]
    return sum(value.numel() * (1 if value.ndim > 1 else 4) for value in values)


def _quantize(module: "nn.Module") -> "nn.Module":
    from torch import nn
    from torch.ao.quantization import quantize_dynamic

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it moves to a package of its own one day
        holder = quantize_dynamic(nn.Sequential(module), {nn.LSTM, nn.Linear})  # type: ignore[no-untyped-call]
    return cast("nn.Module", holder[0])
