"""Hawk: a gated linear recurrence, whose gates look at the present character alone.

Layers of the real-gated linear recurrent unit of De et al. (2024, Griffin): a short convolution,
then ``h[t] = a[t] h[t-1] + sqrt(1 - a[t]²) i[t] x[t]`` with gates a and i that do not depend on
h. No product with a matrix waits for the character before, as it does at each step of an LSTM: all
of a stretch goes through a layer as a few large products, and only a cheap scan, element by
element, runs over time. (Feng et al. 2024 come to the same by taking gates away from a GRU.) What
that is worth on a processor, with a batch to fill its products as it is, ``docs/networks.md`` says.

A block is ``v + W(scan(conv(Av)) ∘ s(Bv))`` and then ``v + C(s(Dv) ∘ Ev)``, each on v normalised by
its root mean square; s is ``x sigmoid(x)``, which costs less than the paper's GELU and does as well
(Shazeer 2020).

Shapes: B batch, T time, H hidden, L layers.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.models.linear_scan import scan
from musicgen.models.network import LockedDropout, Network, init_ends

HawkState = tuple[torch.Tensor, torch.Tensor]
"""h of each layer (L, B, H), and the last inputs of its convolution, (3L, B, H)."""

TAPS = 4
_SHARPNESS = 8.0  # c of the paper
_SLOWEST, _FASTEST = 0.999, 0.9  # what is left of h after a character, at first
_LEAST = 1e-6  # of 1 - a², whose root has no slope at 0


class RecurrentUnit(nn.Module):
    """Convolution over the last four characters, and the gated scan."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.taps = nn.Parameter(nn.init.uniform_(torch.empty(TAPS, hidden), -0.5, 0.5))
        self.gates = nn.Linear(hidden, 2 * hidden)
        left = torch.linspace(_FASTEST, _SLOWEST, hidden, device="cpu")  # of empty networks too
        self.rate = nn.Parameter(torch.log(torch.expm1(-torch.log(left) / _SHARPNESS)))

    def forward(
        self, values: torch.Tensor, h: torch.Tensor, before: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Outputs (T, B, H), the last h (B, H), and the last inputs (3, B, H).

        Args:
            values: Inputs (T, B, H).
            h: Before the first of them (B, H).
            before: The three inputs before (3, B, H).
        """
        a, x, longer = self.drive(values, before)
        outputs = scan(a, x, h)
        return outputs, outputs[-1].detach(), longer[len(values) :].detach()

    def drive(
        self, values: torch.Tensor, before: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What the scan multiplies by and adds, (T, B, H), and inputs with those before them."""
        steps = len(values)
        longer = torch.cat([before, values])  # (T + 3, B, H)
        mixed = sum(self.taps[tap] * longer[tap : tap + steps] for tap in range(TAPS))
        recall, take = torch.sigmoid(self.gates(mixed).float()).chunk(2, -1)
        log_a = -_SHARPNESS * F.softplus(self.rate) * recall
        a = torch.exp(log_a)
        room = torch.sqrt((-torch.expm1(2.0 * log_a)).clamp(min=_LEAST))
        return a, room * take * mixed, longer


class HawkBlock(nn.Module):
    """A recurrent unit and a small gated network, each added to what it reads."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        self.first_norm = nn.RMSNorm(hidden)
        self.branches = nn.Linear(hidden, 2 * hidden)
        self.unit = RecurrentUnit(hidden)
        self.merge = nn.Linear(hidden, hidden)
        self.second_norm = nn.RMSNorm(hidden)
        self.widen = nn.Linear(hidden, 4 * hidden)
        self.narrow = nn.Linear(2 * hidden, hidden)
        self.dropout = LockedDropout(config.dropout)

    def forward(
        self, values: torch.Tensor, h: torch.Tensor, before: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Values (T, B, H), h and the convolution's last inputs after them."""
        moving, gate = self.branches(self.first_norm(values)).float().chunk(2, -1)
        moving, h, before = self.unit(moving, h, before)
        values = values + self._drop(self.merge(moving * F.silu(gate)))
        wide, gate = self.widen(self.second_norm(values)).chunk(2, -1)
        return values + self._drop(self.narrow(wide * F.silu(gate))), h, before

    def _drop(self, values: torch.Tensor) -> torch.Tensor:
        """Dropout whose mask, one for all time steps, expects the batch first."""
        return cast(torch.Tensor, self.dropout(values.transpose(0, 1))).transpose(0, 1)


class HawkNetwork(Network):
    """Characters through an embedding, L blocks and a last normalisation to logits.

    It always normalises and has no recurrent matrix: it ignores `layer_norm` and
    `recurrent_dropout`, and ``orthogonal`` initialisation concerns embedding and last layer alone.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        hidden = config.hidden_size
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        self.enter = nn.Linear(config.embedding_dim, hidden)
        self.blocks = nn.ModuleList(HawkBlock(config) for _ in range(config.num_layers))
        self.norm = nn.RMSNorm(hidden)
        self.dropout = LockedDropout(config.dropout)
        self.linear = nn.Linear(hidden, config.vocab_size)
        if config.init == "orthogonal":
            init_ends(self)

    def init_state(self, batch_size: int, device: torch.device | str | None = None) -> HawkState:
        """Zeros: h of each layer, and what its convolution read last."""
        layers, hidden = self.config.num_layers, self.config.hidden_size
        return (
            torch.zeros(layers, batch_size, hidden, device=device),
            torch.zeros(layers * (TAPS - 1), batch_size, hidden, device=device),
        )

    def hidden_states(
        self, ids: torch.Tensor, state: HawkState | None = None
    ) -> tuple[torch.Tensor, HawkState]:
        """Normalised output of the last block (B, T, H) and the new state for ids (B, T)."""
        h, before = state if state is not None else self.init_state(ids.shape[0], ids.device)
        values = self.enter(self.dropout(self.embedding(ids))).float().transpose(0, 1)  # (T, B, H)
        hs, lasts = [], []
        taps = before.chunk(len(self.blocks))
        for block, h_layer, before_layer in zip(self.blocks, h, taps, strict=True):
            values, h_new, last = block(values, h_layer, before_layer)
            hs.append(h_new)
            lasts.append(last)
        values = self.dropout(self.norm(values).transpose(0, 1))
        return values, (torch.stack(hs), torch.cat(lasts))
