"""Notes, bars, phrases: an LSTM for each, every one slower than the one below.

The first LSTM layer reads characters. Where a bar ends, an LSTM for bars reads what it knows and
moves by one step; where a phrase ends, an LSTM for phrases reads the bars in the same way. What
these two know is added to what the upper character layers read, until the next bar or phrase.
Clocks that follow the text rather than the time are those of hierarchical multiscale networks
(Chung et al. 2016), except that here the notation itself says where the boundaries are; bars and
phrases as levels above notes are those of Wu et al. (2018, hierarchical recurrent networks for
melodies) and of MusicVAE's conductor (Roberts et al. 2018). Nothing above flows back into the first
layer, so each level runs over a whole stretch at once.

Shapes: B batch, T time, H hidden, U = H / 2 rounded up, N boundaries in a stretch.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.models.bar_boundaries import find_boundaries
from musicgen.models.lstm_stack import LayerWeights, LSTMStack, LSTMState, init_lstm_weights

HierarchicalState = tuple[torch.Tensor, ...]
"""An LSTM's h and c, (L, B, H); h and c of bars and of phrases, (1, B, U); counters (1, B, 2)."""


class _Events(NamedTuple):
    """Where the boundaries of each row stand.

    `counts` (B, T) counts those up to and with each character, `places` (B, N) are their characters
    and anything behind the last, `is_there` (B, N) says which are real.
    """

    counts: torch.Tensor
    places: torch.Tensor
    is_there: torch.Tensor


class Level(nn.Module):
    """An LSTM that moves at boundaries only and keeps its state between them."""

    def __init__(self, size_in: int, size: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(size_in, size, batch_first=True)

    @property
    def weights(self) -> LayerWeights:
        """As `torch.nn.LSTM` keeps them."""
        return cast(LayerWeights, tuple(self.lstm.all_weights[0]))

    def forward(
        self, values: torch.Tensor, is_boundary: torch.Tensor, state: LSTMState
    ) -> tuple[torch.Tensor, LSTMState]:
        """What the level knows with each character (B, T, U), and its new state.

        Args:
            values: What the level below knows with each character, (B, T, ·).
            is_boundary: Where the level moves, (B, T) bool.
            state: (h, c), each (1, B, U).
        """
        events = _locate(is_boundary)
        w_input, w_recurrent, bias_input, bias_recurrent = self.weights
        read = _pick(values, events.places)  # (B, N, ·)
        inputs = F.linear(read, w_input).float() + (bias_input + bias_recurrent)
        h, c = state[0][0], state[1][0]
        states = [h]
        for number in range(read.shape[1]):
            gates = inputs[:, number] + F.linear(h, w_recurrent).float()
            i, f, g, o = gates.chunk(4, 1)
            is_there = events.is_there[:, number, None]
            c = torch.where(is_there, f.sigmoid() * c + i.sigmoid() * g.tanh(), c)
            h = torch.where(is_there, o.sigmoid() * c.tanh(), h)
            states.append(h)
        known = _pick(torch.stack(states, 1), events.counts)
        return known, (h[None], c[None])


class HierarchicalNetwork(LSTMStack):
    """L character layers, of which those above the first also read a bar's and a phrase's LSTM.

    With one layer, bars and phrases feed the output layer. Dropout acts on their outputs, too.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        hidden, size = config.hidden_size, (config.hidden_size + 1) // 2
        self.bars = Level(hidden, size)
        self.phrases = Level(size, size)
        self.from_bars = nn.Linear(size, hidden, bias=False)
        self.from_phrases = nn.Linear(size, hidden, bias=False)
        if config.init == "orthogonal":
            self.init_orthogonal()
            init_lstm_weights(self.bars.weights)
            init_lstm_weights(self.phrases.weights)

    def init_state(
        self, batch_size: int, device: torch.device | str | None = None
    ) -> HierarchicalState:
        """Zeros throughout."""
        size = (self.config.hidden_size + 1) // 2
        levels = [torch.zeros(1, batch_size, size, device=device) for _ in range(4)]
        counters = torch.zeros(1, batch_size, 2, device=device)
        return (*self.init_hidden(batch_size, device), *levels, counters)

    def hidden_states(
        self, ids: torch.Tensor, state: HierarchicalState | None = None
    ) -> tuple[torch.Tensor, HierarchicalState]:
        """Output of the last layer (B, T, H) and the new state for ids (B, T)."""
        state = state if state is not None else self.init_state(ids.shape[0], ids.device)
        h, c, h_bar, c_bar, h_phrase, c_phrase, counters = state
        config = self.config
        found = find_boundaries(ids, counters, config.bar_id, config.line_id)
        values, below = self.run_layers(self.embed(ids), (h, c), 0, 1)
        bars, bar_state = self.bars(values, found.bars, (h_bar, c_bar))
        phrases, phrase_state = self.phrases(bars, found.phrases, (h_phrase, c_phrase))
        told = self.from_bars(bars) + self.from_phrases(phrases)
        values, above = self.run_layers(values + self.dropout(told), (h, c), 1)
        both = (torch.cat(pair) for pair in zip(below, above, strict=True))
        return values, (*both, *bar_state, *phrase_state, found.counters)


def _locate(is_boundary: torch.Tensor) -> _Events:
    counts = is_boundary.cumsum(1)
    totals = counts[:, -1]
    most = int(totals.max())
    order = torch.argsort(is_boundary.int(), dim=1, descending=True, stable=True)
    is_there = torch.arange(most, device=totals.device) < totals[:, None]
    return _Events(counts, order[:, :most], is_there)


def _pick(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """The values (B, N, ·) at places (B, N) of the second axis."""
    return values.gather(1, places[..., None].expand(-1, -1, values.shape[2]))
