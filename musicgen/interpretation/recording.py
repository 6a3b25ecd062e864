"""What every unit of a network did at every character of a text.

Row t of all arrays is the network after it has read character t, so it is what the network knows
when it predicts character t + 1. Before the text it reads a blank line, as in composing; that is
not recorded. Hidden states over time were first shown so by A. Karpathy, J. Johnson and L. Fei-Fei,
"Visualizing and Understanding Recurrent Networks" (2016), and H. Strobelt et al., "LSTMVis" (2018).

Shapes: T characters, H units of a layer, F features, V vocabulary.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError
from musicgen.interpretation.sites import Site, find_sites, share_weights, take_output
from musicgen.models.network import Network
from musicgen.sampling.composer import one_thread
from musicgen.translatable import N_, Sentence

Array = NDArray[np.float32]

GATES = {
    "input": N_("input gate"),
    "forget": N_("forget gate"),
    "candidate": N_("candidate"),
    "output": N_("output gate"),
}
"""What the gates i, f, g and o of an LSTM are called; all but the candidate are in 0..1."""


@dataclass(frozen=True, eq=False)
class LayerRecording:
    """One layer over a text: `hidden` (T, H), and of an LSTM each of `GATES` and `cell` (T, H).

    A level that moves at boundaries only keeps its values between them; its gates are 0 before the
    first. Of layers that are no LSTM there are no gates, and `cell` is None.
    """

    label: Sentence
    kind: str
    hidden: Array
    gates: Mapping[str, Array] = field(default_factory=dict)
    cell: Array | None = None

    @property
    def size(self) -> int:
        """Units of the layer."""
        return int(self.hidden.shape[1])

    @property
    def signals(self) -> tuple[str, ...]:
        """Names for `get`: ``hidden``, and of an LSTM ``cell`` and those of `GATES`."""
        return ("hidden", "cell", *self.gates) if self.cell is not None else ("hidden",)

    def get(self, signal: str = "hidden") -> Array:
        """The values (T, H) of one of `signals`.

        Raises:
            ConfigError: the layer has none of this name.
        """
        if signal == "hidden":
            return self.hidden
        if signal == "cell" and self.cell is not None:
            return self.cell
        if signal in self.gates:
            return self.gates[signal]
        raise ConfigError(
            "This layer has no {signal}. Choose from: {known}.",
            signal=signal,
            known=", ".join(self.signals),
        )


@dataclass(frozen=True, eq=False)
class Recording:
    """A network over a text: its layers, what its last linear layer read (T, F), logits (T, V)."""

    text: str
    layers: tuple[LayerRecording, ...]
    features: Array
    logits: Array


def record(network: Network, vocabulary: Vocabulary, text: str) -> Recording:
    """Runs a network over a text once and keeps what all its units did.

    Args:
        network: Of any kind in the registry; it is not changed, and may be in use meanwhile.
        vocabulary: Its characters.
        text: One tune, without the blank line before it.

    Raises:
        CorpusError: the network does not know a character of the text.
        ConfigError: there is no text, or the network is of a kind of its own.
    """
    sites = find_sites(network)
    if not sites or not text:
        raise ConfigError("There is nothing to record: give a text, and a network of a known kind.")
    lead = len(SEPARATOR)
    ids = torch.from_numpy(vocabulary.encode(SEPARATOR + text)[None])
    copied = share_weights(network)
    tape = _Tape(copied, sites)
    with torch.no_grad(), one_thread():
        logits, features, _ = copied.logits_and_features(ids)
    layers = []
    for number, site in enumerate(sites):
        hidden = take_output(site, tape.outputs[number])[0]
        gates, cell = _read_gates(site, copied, tape.inputs[number], hidden)
        layers.append(
            LayerRecording(
                site.label, site.kind, _take(hidden, lead),
                {name: _take(values, lead) for name, values in gates.items()},
                None if cell is None else _take(cell, lead),
            )
        )  # fmt: skip
    return Recording(text, tuple(layers), _take(features[0], lead), _take(logits[0], lead))


class _Tape:
    """What went into each layer of a copy of a network, and what came out."""

    def __init__(self, copied: nn.Module, sites: tuple[Site, ...]) -> None:
        self.inputs: dict[int, tuple[Any, ...]] = {}
        self.outputs: dict[int, Any] = {}
        for number, site in enumerate(sites):
            site.find(copied).register_forward_hook(self._keeper(number))

    def _keeper(self, number: int) -> Any:
        def keep(_module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            self.inputs[number], self.outputs[number] = inputs, output

        return keep


@torch.no_grad()
def _read_gates(
    site: Site, network: nn.Module, inputs: tuple[Any, ...], hidden: torch.Tensor
) -> tuple[dict[str, torch.Tensor], torch.Tensor | None]:
    """Gates and cell of an LSTM, each (T, H), by its equations from the hidden states (T, H)."""
    if not site.is_recurrent:
        return {}, None
    w_input, w_recurrent, bias_input, bias_recurrent = site.lstm(network).all_weights[0]
    before = torch.cat([torch.zeros_like(hidden[:1]), hidden[:-1]])
    sums = inputs[0][0] @ w_input.T + before @ w_recurrent.T + (bias_input + bias_recurrent)
    i, f, g, o = sums.chunk(4, 1)
    gates = [i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()]
    moves = inputs[1][0] if site.kind == "level" else torch.ones(len(hidden), dtype=torch.bool)
    cell, cells = torch.zeros_like(hidden[0]), []
    kept: list[list[torch.Tensor]] = [[] for _ in gates]
    held = [torch.zeros_like(hidden[0]) for _ in gates]
    for step, is_moving in enumerate(moves.tolist()):
        if is_moving:
            held = [gate[step] for gate in gates]
            cell = held[1] * cell + held[0] * held[2]
        cells.append(cell)
        for values, value in zip(kept, held, strict=True):
            values.append(value)
    named = zip(GATES, map(torch.stack, kept), strict=True)
    return dict(named), torch.stack(cells)


def _take(values: torch.Tensor, lead: int) -> Array:
    return np.ascontiguousarray(values[lead:].float().numpy())
