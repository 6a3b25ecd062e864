"""The LSTM of the lab and of the study: embedding, LSTM layers, linear output.

Baseline: Embedding(83, 256), LSTM(256, 1024), Linear(1024, 83): 5,357,395 parameters.
Improved: Embedding(83, 256), 2 x LSTM(512), Linear(512, 83): 3,742,035 parameters.
"""

import itertools
from typing import cast

import torch
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.models.lstm_layer import run_lstm_layer
from musicgen.models.network import LockedDropout, Network

LSTMState = tuple[torch.Tensor, torch.Tensor]

LayerWeights = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Input (4H, in), recurrent (4H, H), and two biases (4H,); gates input, forget, cell, output."""


class LSTMNetwork(Network):
    """Characters through an embedding and L layers of LSTM to logits.

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
        if config.init == "orthogonal":
            self._init_orthogonal()

    @property
    def layer_weights(self) -> list[LayerWeights]:
        """Weights of each layer, the lowest first, as `torch.nn.LSTM` keeps them."""
        return [
            cast(LayerWeights, tuple(cast(nn.LSTM, layer).all_weights[0])) for layer in self.layers
        ]

    def init_state(self, batch_size: int, device: torch.device | str | None = None) -> LSTMState:
        """Zeros: (h, c), each (L, B, H)."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        return torch.zeros(shape, device=device), torch.zeros(shape, device=device)

    def init_hidden(self, batch_size: int, device: torch.device | str | None = None) -> LSTMState:
        """The lab's name for `init_state`."""
        return self.init_state(batch_size, device)

    def forward(
        self,
        ids: torch.Tensor,
        state: LSTMState | None = None,
        return_state: bool = True,
    ) -> tuple[torch.Tensor, LSTMState] | torch.Tensor:
        """Logits (B, T, V) and the new state for ids (B, T); the logits alone as the lab asks."""
        h, c = state if state is not None else self.init_state(ids.shape[0], ids.device)
        values = self.dropout(self.embedding(ids))  # (B, T, E)
        hs, cs = [], []
        for index, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            values, (h_new, c_new) = self._run(cast(nn.LSTM, layer), values, h[index], c[index])
            values = self.dropout(norm(values))  # (B, T, H)
            hs.append(h_new)
            cs.append(c_new)
        logits = cast(torch.Tensor, self.linear(values))  # (B, T, V)
        return (logits, (torch.stack(hs), torch.stack(cs))) if return_state else logits

    def _run(
        self, layer: nn.LSTM, values: torch.Tensor, h: torch.Tensor, c: torch.Tensor
    ) -> tuple[torch.Tensor, LSTMState]:
        """One layer over (B, T, ·); in low precision on the processor by our own, exact sums."""
        if values.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            precision = torch.get_autocast_dtype("cpu")
            weights = cast(LayerWeights, tuple(layer.all_weights[0]))
            outputs, h, c = run_lstm_layer(values.transpose(0, 1), h, c, weights, precision)
            return outputs.transpose(0, 1), (h, c)
        outputs, (h, c) = layer(values, (h[None], c[None]))
        return outputs, (h[0], c[0])

    @torch.no_grad()
    def _init_orthogonal(self) -> None:
        """Normal embedding, orthogonal recurrence, Xavier elsewhere, forget-gate bias 1.

        The bias follows Jozefowicz et al. 2015; PyTorch has two biases a gate, so one is set.
        """
        nn.init.normal_(self.embedding.weight, std=0.1)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        for layer in self.layer_weights:
            w_input, w_recurrent, bias_input, bias_recurrent = layer
            nn.init.xavier_uniform_(w_input)
            for gate in w_recurrent.chunk(4):
                nn.init.orthogonal_(gate)
            nn.init.zeros_(bias_recurrent)
            nn.init.zeros_(bias_input)
            bias_input.chunk(4)[1].fill_(1.0)
