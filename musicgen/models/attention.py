"""Attention over an LSTM's past: earlier places like this one, and what followed there.

After the last layer each character attends to the W characters before it. The keys are made of the
LSTM's state *before* a character, the values of its state *after* it: a place that was like the
present one thus contributes what came next there, as in the continuous cache of Grave et al.
(2017). The rest is global attention as Luong et al. (2015) have it, after Bahdanau et al. (2015):
scaled products of query and keys, and one head on top of an LSTM (Merity 2019, SHA-RNN). A learned
key without a place takes what belongs nowhere, as the sentinel of Merity et al. (2017); a learned
bias for each distance weighs near against far. It never attends beyond a blank line, where another
tune ended; composing and measuring begin with an empty memory, too.

Shapes: B batch, T time, H hidden, D = H / 2 rounded up, W window.
"""

from typing import ClassVar, NamedTuple

import torch
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.models.lstm_stack import LSTMStack, LSTMState


class Memory(NamedTuple):
    """The last W places, the oldest first: keys and values (W, B, D), and the key of the place to
    come (1, B, D).

    `counters` (1, B, 2) holds how many places of this tune there are yet, W at most, and whether
    the last character was a line end.
    """

    keys: torch.Tensor
    values: torch.Tensor
    next_key: torch.Tensor
    counters: torch.Tensor


AttentionState = tuple[
    torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor
]
"""An LSTM's h and c, then the four tensors of a `Memory`."""


class AttentionNetwork(LSTMStack):
    """L layers of LSTM whose output is joined by what it was at places that resemble the present.

    Layer normalisation and dropout act on the LSTM as elsewhere; dropout acts on what was looked
    up, too.
    """

    values_per_pair: ClassVar[float] = 4.0
    """All places of a stretch are weighed against one another; as measured."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        hidden, width = config.hidden_size, (config.hidden_size + 1) // 2
        self.query = nn.Linear(hidden, width, bias=False)
        self.key = nn.Linear(hidden, width, bias=False)
        self.value = nn.Linear(hidden, width, bias=False)
        self.join = nn.Linear(width, hidden, bias=False)
        self.nowhere = nn.Parameter(torch.zeros(width))
        self.nearness = nn.Parameter(torch.zeros(config.window))
        if config.init == "orthogonal":
            self.init_orthogonal()

    def init_state(
        self, batch_size: int, device: torch.device | str | None = None
    ) -> AttentionState:
        """Zeros: an LSTM's, and those of a memory without places."""
        window, width = self.config.window, len(self.nowhere)
        memory = (
            torch.zeros(window, batch_size, width, device=device),
            torch.zeros(window, batch_size, width, device=device),
            torch.zeros(1, batch_size, width, device=device),
            torch.zeros(1, batch_size, 2, device=device),
        )
        return (*self.init_hidden(batch_size, device), *memory)

    def hidden_states(
        self, ids: torch.Tensor, state: AttentionState | None = None
    ) -> tuple[torch.Tensor, AttentionState]:
        """Output of the last layer and what it looked up, (B, T, H), and the new state."""
        hidden, lstm, memory = self._read_lstm(ids, state)
        weights, values, memory = self._look_back(ids, hidden, memory)
        found = self.dropout(self.join(weights @ values))
        return hidden + found, (*lstm, *memory)

    @torch.no_grad()
    def attention_weights(
        self, ids: torch.Tensor, state: AttentionState | None = None
    ) -> torch.Tensor:
        """Share of attention (B, T, W) that each character of ids (B, T) gives to the past.

        The last axis is the distance, the character before first. A row's shares sum to 1 at most;
        the rest went nowhere.
        """
        hidden, _, memory = self._read_lstm(ids, state)
        weights, _, _ = self._look_back(ids, hidden, memory)
        window, steps = self.config.window, ids.shape[1]
        places = window - 1 + torch.arange(steps)[:, None] - torch.arange(window)  # (T, W)
        return weights.gather(2, places.to(ids.device).expand(len(ids), -1, -1))

    def _read_lstm(
        self, ids: torch.Tensor, state: AttentionState | None
    ) -> tuple[torch.Tensor, LSTMState, Memory]:
        state = state if state is not None else self.init_state(ids.shape[0], ids.device)
        values, lstm = self.run_layers(self.embed(ids), state[:2])
        return values, lstm, Memory(*state[2:])

    def _look_back(
        self, ids: torch.Tensor, hidden: torch.Tensor, memory: Memory
    ) -> tuple[torch.Tensor, torch.Tensor, Memory]:
        """Attention (B, T, W + T) to all places, their values (B, W + T, D), the new memory."""
        window = self.config.window
        reach, counters = _count_places(ids, memory.counters, self.config.line_id, window)
        past = memory.keys.transpose(0, 1), memory.values.transpose(0, 1)  # (B, W, D)
        own = self.key(hidden).float()
        keys = torch.cat([past[0], memory.next_key.transpose(0, 1), own], 1)  # (B, W + T + 1, D)
        values = torch.cat([past[1], self.value(hidden).float()], 1)  # (B, W + T, D)
        weights = self._weigh(self.query(hidden).float(), keys[:, :-1], reach)
        memory = Memory(
            keys[:, -1 - window : -1].transpose(0, 1),
            values[:, -window:].transpose(0, 1),
            keys[:, -1:].transpose(0, 1),
            counters,
        )
        return weights, values, memory

    def _weigh(
        self, queries: torch.Tensor, keys: torch.Tensor, reach: torch.Tensor
    ) -> torch.Tensor:
        window, steps = self.config.window, queries.shape[1]
        scale = queries.shape[2] ** -0.5
        places = torch.arange(window + steps, device=queries.device)
        distances = window + torch.arange(steps, device=queries.device)[:, None] - places
        is_there = (distances >= 1) & (distances <= reach[..., None])  # (B, T, W + T)
        nearness = self.nearness[distances.clamp(1, window) - 1]
        scores = (queries @ keys.transpose(1, 2)).float() * scale + nearness
        scores = scores.masked_fill(~is_there, -torch.inf)
        nowhere = (queries @ self.nowhere).float()[..., None] * scale
        weights = torch.softmax(torch.cat([scores, nowhere], -1), -1)
        return weights[..., :-1]


def _count_places(
    ids: torch.Tensor, counters: torch.Tensor, line_id: int, window: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """How many places each character of ids (B, T) may look back on, (B, T), and new counters.

    The second line end of a blank line sees none, and is the first place of what follows.
    """
    is_line = ids == line_id
    before = torch.cat([counters[0, :, 1:] > 0, is_line[:, :-1]], 1)
    steps = torch.arange(ids.shape[1], device=ids.device)
    begins = torch.where(is_line & before, steps, -counters[0, :, :1].long()).cummax(1).values
    reach = (steps - begins).clamp(max=window)
    last = torch.stack([(reach[:, -1] + 1).clamp(max=window), is_line[:, -1].long()], 1)
    return reach, last.to(counters.dtype)[None]
