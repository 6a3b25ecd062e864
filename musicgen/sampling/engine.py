"""Stepping a trained network character by character.

`nn.LSTM` repacks its weights at every call; drawn one character at a time that is most of the cost.
For the LSTM the engine folds the embedding through the first layer's input projection (a table of
V rows) and takes plain matrix products; every other network is stepped through its `forward`.
"""

from typing import Protocol

import torch

from musicgen.models.lstm import LSTMNetwork
from musicgen.models.network import Network, State


class Engine(Protocol):
    """What a sampler needs of a network: a state, and a step for B tunes."""

    def init_state(self, batch_size: int) -> State:
        """The state before the first character."""

    def step(self, ids: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Logits (B, V) after reading ids (B,), and the new state."""


class ForwardEngine:
    """Steps any network through its own `forward`."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def init_state(self, batch_size: int) -> State:
        """The network's own first state."""
        return self._network.init_state(batch_size)

    @torch.inference_mode()
    def step(self, ids: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """One pass of the network over one character."""
        logits, state = self._network(ids[:, None], state)
        return logits[:, -1], state


class LSTMEngine:
    """Steps an `LSTMNetwork` with weights laid out once for one character at a time.

    The equations are those of `torch.nn.LSTM` (gates in the order input, forget, cell, output);
    only the order of additions differs, so logits agree to float32 rounding.
    """

    @torch.inference_mode()
    def __init__(self, network: LSTMNetwork) -> None:
        weights = network.layer_weights
        w_input, _, bias_input, bias_recurrent = weights[0]
        self._table = network.embedding.weight @ w_input.T + bias_input + bias_recurrent  # (V, 4H)
        self._recurrent = [w_recurrent.T.contiguous() for _, w_recurrent, _, _ in weights]
        self._inputs = [(w.T.contiguous(), b_in + b_rec) for w, _, b_in, b_rec in weights[1:]]
        self._norms = list(network.norms)
        self._out_weight = network.linear.weight.T.contiguous()
        self._out_bias = network.linear.bias
        self._network = network

    def init_state(self, batch_size: int) -> State:
        """Zeros: (h, c), each (L, B, H)."""
        return self._network.init_state(batch_size)

    @torch.inference_mode()
    def step(self, ids: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """One character through all layers."""
        h, c = state
        hs, cs = [], []
        projected = values = self._table[ids]  # (B, 4H)
        for index, recurrent in enumerate(self._recurrent):
            gates = torch.addmm(projected, h[index], recurrent)
            i, f, g, o = gates.chunk(4, dim=-1)  # (B, H) each
            cell = f.sigmoid() * c[index] + i.sigmoid() * g.tanh()
            hidden = o.sigmoid() * cell.tanh()
            hs.append(hidden)
            cs.append(cell)
            values = self._norms[index](hidden)
            if index < len(self._inputs):
                weight, bias = self._inputs[index]
                projected = torch.addmm(bias, values, weight)
        logits = torch.addmm(self._out_bias, values, self._out_weight)  # (B, V)
        return logits, (torch.stack(hs), torch.stack(cs))


def build_engine(network: Network) -> Engine:
    """The fastest exact way to step this network."""
    return LSTMEngine(network) if isinstance(network, LSTMNetwork) else ForwardEngine(network)
