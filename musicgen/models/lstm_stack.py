"""What all networks built around an LSTM share: embedding, LSTM layers, linear output.

Shapes: B batch, T time, V vocabulary, E embedding, H hidden, L layers.
"""

import itertools
from typing import cast

import torch
from torch import nn
from torch.func import functional_call

from musicgen.config import NetworkConfig
from musicgen.models.lstm_layer import run_lstm_layer
from musicgen.models.network import LockedDropout, Network, init_ends

LSTMState = tuple[torch.Tensor, torch.Tensor]

LayerWeights = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Input (4H, in), recurrent (4H, H), and two biases (4H,); gates input, forget, cell, output."""

_NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


class LSTMStack(Network):
    """Embedding, L layers of LSTM and a linear layer; subclasses say how they are connected.

    Dropout sits on every connection that is not recurrent (Zaremba et al. 2014): after the
    embedding and after each layer. Layer normalisation, where asked for, acts on each layer's
    output.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        sizes = [config.embedding_dim] + [config.hidden_size] * config.num_layers
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        self.layers = nn.ModuleList(
            nn.LSTM(size_in, size_out, batch_first=True)
            for size_in, size_out in itertools.pairwise(sizes)
        )
        norm = nn.LayerNorm if config.layer_norm else nn.Identity
        self.norms = nn.ModuleList(norm(config.hidden_size) for _ in self.layers)
        self.dropout = LockedDropout(config.dropout)
        self.linear = nn.Linear(config.hidden_size, config.vocab_size)

    @property
    def layer_weights(self) -> list[LayerWeights]:
        """Weights of each layer, the lowest first, as `torch.nn.LSTM` keeps them."""
        return [
            cast(LayerWeights, tuple(cast(nn.LSTM, layer).all_weights[0])) for layer in self.layers
        ]

    def init_hidden(self, batch_size: int, device: torch.device | str | None = None) -> LSTMState:
        """Zeros: (h, c), each (L, B, H)."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        return torch.zeros(shape, device=device), torch.zeros(shape, device=device)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """What the first layer reads, (B, T, E), for ids (B, T)."""
        return cast(torch.Tensor, self.dropout(self.embedding(ids)))

    def run_layers(
        self, values: torch.Tensor, state: LSTMState, first: int = 0, last: int | None = None
    ) -> tuple[torch.Tensor, LSTMState]:
        """Output (B, T, H) of the layers from `first` up to before `last`, and their new state.

        Args:
            values: What the first of them reads, (B, T, ·).
            state: That of all layers, (h, c), each (L, B, H).
            first: Number of the first layer.
            last: Number after the last layer; None for all.
        """
        h, c = state
        hs, cs = [], []
        for index in range(first, self.config.num_layers if last is None else last):
            layer = cast(nn.LSTM, self.layers[index])
            weights = self._thin(cast(LayerWeights, tuple(layer.all_weights[0])))
            values, (h_new, c_new) = _run(layer, values, h[index], c[index], weights)
            values = self.dropout(self.norms[index](values))  # (B, T, H)
            hs.append(h_new)
            cs.append(c_new)
        if not hs:
            return values, (h[:0], c[:0])
        return values, (torch.stack(hs), torch.stack(cs))

    def _thin(self, weights: LayerWeights) -> LayerWeights:
        """Weights for one pass: while training a share of the recurrent ones is left out.

        The same for all steps of the pass, as DropConnect on an LSTM's hidden-to-hidden matrices
        (Merity et al. 2018, "Regularizing and Optimizing LSTM Language Models", §2).
        """
        share = self.config.recurrent_dropout
        if not (self.training and share):
            return weights
        w_input, w_recurrent, *biases = weights
        keep = 1.0 - share
        mask = torch.empty(w_recurrent.shape).bernoulli_(keep, generator=self.dropout.generator)
        return (w_input, w_recurrent * (mask / keep).to(w_recurrent), *biases)  # type: ignore[return-value]

    @torch.no_grad()
    def init_orthogonal(self) -> None:
        """Normal embedding, orthogonal recurrence, Xavier elsewhere, forget-gate bias 1.

        The bias follows Jozefowicz et al. 2015; PyTorch has two biases a gate, so one is set.
        """
        init_ends(self)
        for layer in self.layer_weights:
            init_lstm_weights(layer)


@torch.no_grad()
def init_lstm_weights(weights: LayerWeights) -> None:
    """Orthogonal recurrence, Xavier input, no bias but 1 for the forget gate."""
    w_input, w_recurrent, bias_input, bias_recurrent = weights
    nn.init.xavier_uniform_(w_input)
    for gate in w_recurrent.chunk(4):
        nn.init.orthogonal_(gate)
    nn.init.zeros_(bias_recurrent)
    nn.init.zeros_(bias_input)
    bias_input.chunk(4)[1].fill_(1.0)


def _run(
    layer: nn.LSTM, values: torch.Tensor, h: torch.Tensor, c: torch.Tensor, weights: LayerWeights
) -> tuple[torch.Tensor, LSTMState]:
    """One layer over (B, T, ·); in low precision on the processor by our own, exact sums."""
    if values.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        precision = torch.get_autocast_dtype("cpu")
        outputs, h, c = run_lstm_layer(values.float().transpose(0, 1), h, c, weights, precision)
        return outputs.transpose(0, 1), (h, c)
    if weights[1] is layer.weight_hh_l0:
        outputs, (h, c) = layer(values, (h[None], c[None]))
    else:
        changed = dict(zip(_NAMES, weights, strict=True))
        outputs, (h, c) = functional_call(layer, changed, (values, (h[None], c[None])))
    return outputs, (h[0], c[0])
