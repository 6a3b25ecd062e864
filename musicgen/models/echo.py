"""An LSTM with candidates for copying from earlier in the tune.

A third of the bars of real tunes repeat an earlier bar, but an LSTM of this size loses the details
within four bars. Here four echoes (`musicgen.models.copy_candidates`) each offer a candidate for
the next character. The LSTM reads the candidates and their levels of evidence; at the end a gate
for each adds to the logit of its candidate, as the copy mechanisms of Gu et al. (2016) and See et
al. (2017) do with attention. The gates are learned, the places are not: finding them by attention
takes far more text than there is.

With `config.position` it also reads, for each character, its position in bar, section and scale
(`musicgen.models.position`), and with `config.relative` it says of each note how much its scale
degree and its interval are wanted (`musicgen.models.relative`).

Shapes: B batch, T time, H hidden, V vocabulary, K echoes, F features of a position, M letters.
"""

from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.models.copy_candidates import (
    ECHOES,
    LEVELS,
    StructureTokens,
    empty_memory,
    find_candidates,
)
from musicgen.models.lstm_stack import LSTMStack
from musicgen.models.position import FEATURE_ROWS, Ints, empty_seen, read_positions
from musicgen.models.relative import CLASSES, classify_letters, letter_ids

EchoState = tuple[torch.Tensor, ...]
"""An LSTM's h and c, the memory of the tune, (1, B, `copy_candidates.SIZE`) whole numbers, and with
positions also the characters read of it, (1, B, `position.SEEN_SIZE`) whole numbers."""


class EchoNetwork(LSTMStack):
    """L layers of LSTM with K echoes; without them it is an `LSTMNetwork`.

    All that is new begins at zero, so that a trained LSTM may be where it starts from.
    """

    gates: nn.Linear
    position: nn.Embedding | None
    relative: nn.Linear | None

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        size = config.embedding_dim
        self.offers = nn.Parameter(torch.zeros(config.vocab_size, ECHOES, size))
        self.levels = nn.Parameter(torch.zeros(LEVELS, ECHOES, size))
        self.gates = nn.Linear(config.hidden_size, ECHOES, bias=False)
        nn.init.zeros_(self.gates.weight)
        self.trust = nn.Parameter(torch.zeros(LEVELS, ECHOES))
        self.position = nn.Embedding(FEATURE_ROWS, size) if config.position else None
        if self.position is not None:
            nn.init.zeros_(self.position.weight)
        has_relative = config.position and config.relative
        self.relative = nn.Linear(config.hidden_size, CLASSES, bias=False) if has_relative else None
        if self.relative is not None:
            nn.init.zeros_(self.relative.weight)
        if config.init == "orthogonal":
            self.init_orthogonal()

    @property
    def signs(self) -> StructureTokens:
        """The characters that order a tune."""
        return StructureTokens(self.config.bar_id, self.config.line_id, self.config.colon_id)

    def init_state(self, batch_size: int, device: torch.device | str | None = None) -> EchoState:
        """Zeros, and an empty memory of the tune."""
        memory = torch.from_numpy(empty_memory(batch_size)).float().to(device)
        state = (*self.init_hidden(batch_size, device), memory[None])
        if self.position is None:
            return state
        return (*state, torch.from_numpy(empty_seen(batch_size)).float().to(device)[None])

    def hidden_states(
        self, ids: torch.Tensor, state: EchoState | None = None
    ) -> tuple[torch.Tensor, EchoState]:
        """Output of the last layer (B, T, H), without what the gates add, and the new state."""
        _, values, state = self.logits_and_features(ids, state)
        return values, state

    def logits_and_features(
        self, ids: torch.Tensor, state: EchoState | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, EchoState]:
        """Logits (B, T, V), the last layer's output (B, T, H) and the new state for ids (B, T)."""
        state = state if state is not None else self.init_state(ids.shape[0], ids.device)
        memory = state[2][0].cpu().numpy().astype(np.int64)
        found = find_candidates(ids.cpu().numpy(), memory, self.signs)
        offered, levels, heard = (torch.from_numpy(part).to(ids.device) for part in found)
        which = torch.arange(ECHOES, device=ids.device)
        is_there = (levels > 0)[..., None]  # (B, T, K, 1)
        characters = offered.clamp(min=0)
        echoes = self.offers[characters, which] * is_there + self.levels[levels, which]
        total = self.embedding(ids) + echoes.sum(2)
        further = []
        places = np.zeros(0, np.int64)
        if self.position is not None:
            before = state[3][0].cpu().numpy().astype(np.int64)
            places, after = read_positions(ids.cpu().numpy(), before, self.config.characters)
            total = total + self.position(torch.from_numpy(places).to(ids.device)).sum(2)
            further = [torch.from_numpy(after)[None].to(state[3])]
        read = self.dropout(total)
        values, lstm = self.run_layers(read, (state[0], state[1]))
        logits = cast(torch.Tensor, self.linear(values))
        gates = (self.gates(values) + self.trust[levels, which]) * is_there[..., 0]  # (B, T, K)
        logits = logits.scatter_add(2, characters, gates.to(logits))
        if self.relative is not None:
            logits = self._add_relative(logits, self.relative(values), places)
        return logits, values, (*lstm, heard[None].to(state[2]), *further)

    def _add_relative(
        self, logits: torch.Tensor, wanted: torch.Tensor, places: Ints
    ) -> torch.Tensor:
        """Logits (B, T, V) with what each letter gets of `wanted`, (B, T, `CLASSES`)."""
        letters = letter_ids(self.config.characters)
        known = letters >= 0
        wanted = F.pad(wanted.to(logits), (0, 1))  # nothing is added for `relative.NOTHING`
        degrees, intervals = (
            wanted.gather(2, torch.from_numpy(part[..., known]).to(logits.device))
            for part in classify_letters(places)
        )
        which = torch.from_numpy(letters[known]).to(logits.device)
        return logits.index_add(2, which, degrees + intervals)
