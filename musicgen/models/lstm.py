"""The LSTM of the lab and of the study: embedding, LSTM layers, linear output.

Baseline: Embedding(83, 256), LSTM(256, 1024), Linear(1024, 83): 5,357,395 parameters.
Improved: Embedding(83, 256), 2 x LSTM(512), Linear(512, 83): 3,742,035 parameters.
"""

from typing import cast

import torch

from musicgen.config import NetworkConfig
from musicgen.models.lstm_stack import LSTMStack, LSTMState


class LSTMNetwork(LSTMStack):
    """Characters through an embedding and L layers of LSTM, one after the other, to logits."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        if config.init == "orthogonal":
            self.init_orthogonal()

    def init_state(self, batch_size: int, device: torch.device | str | None = None) -> LSTMState:
        """Zeros: (h, c), each (L, B, H)."""
        return self.init_hidden(batch_size, device)

    def hidden_states(
        self, ids: torch.Tensor, state: LSTMState | None = None
    ) -> tuple[torch.Tensor, LSTMState]:
        """Output of the last layer (B, T, H) and the new state for ids (B, T)."""
        state = state if state is not None else self.init_state(ids.shape[0], ids.device)
        return self.run_layers(self.embed(ids), state)

    def forward(
        self,
        ids: torch.Tensor,
        state: LSTMState | None = None,
        return_state: bool = True,
    ) -> tuple[torch.Tensor, LSTMState] | torch.Tensor:
        """Logits (B, T, V) and the new state for ids (B, T); the logits alone as the lab asks."""
        values, state = self.hidden_states(ids, state)
        logits = cast(torch.Tensor, self.linear(values))  # (B, T, V)
        return (logits, state) if return_state else logits
