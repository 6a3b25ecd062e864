"""How far back in time a network can learn: the gradient of a loss at earlier hidden states.

The norm of ∂loss(t) / ∂h(t - d) over the distance d says how much of an error at t reaches what the
network did d characters before. In a plain recurrent network it falls or grows without bounds (Y.
Bengio, P. Simard and P. Frasconi, "Learning long-term dependencies with gradient descent is
difficult", 1994; R. Pascanu, T. Mikolov and Y. Bengio, 2013); the LSTM was made so that it need not
(S. Hochreiter and J. Schmidhuber, 1997).

A layer is run anew, step by step, with zeros added to its hidden states: the gradient of these
zeros is what is looked for, all ways from there to the loss included.

Shapes: B stretches of text, T = D + 1 characters, L layers, H units.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError
from musicgen.interpretation.sites import Site, find_sites, share_weights
from musicgen.models.hawk import RecurrentUnit
from musicgen.models.linear_scan import scan
from musicgen.models.network import Network, State
from musicgen.models.registry import build_network
from musicgen.sampling.composer import one_thread
from musicgen.translatable import Sentence

DISTANCE = 96
MAX_DISTANCE = 512

LEAD = 32
"""Characters that are read before, where texts have them: a state that was empty a moment ago is
unlike any later one, and gradients there are no measure of what comes."""


@dataclass(frozen=True, eq=False)
class GradientReach:
    """Norms (L, D + 1) of ∂loss/∂h at distances 0 to D, in nats a unit, the mean over stretches.

    `labels` names the layers.
    """

    labels: tuple[Sentence, ...]
    norms: NDArray[np.float64]

    @property
    def relative(self) -> NDArray[np.float64]:
        """The norms as shares of that at distance 0; NaN where that is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.norms[:, :1] > 0, self.norms / self.norms[:, :1], np.nan)

    def half_distance(self, layer: int) -> int:
        """The first distance at which less than half of the norm is left; D + 1 if nowhere."""
        below = np.flatnonzero(self.relative[layer] < 0.5)
        return int(below[0]) if len(below) else self.norms.shape[1]


class PlainRNN(Network):
    """An embedding, `torch.nn.RNN` (tanh) and a linear layer, to compare with; never trained here.

    J. Elman, "Finding Structure in Time" (1990). The state is h, (L, B, H).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        sizes = [config.embedding_dim, *[config.hidden_size] * (config.num_layers - 1)]
        self.layers = nn.ModuleList(
            nn.RNN(size, config.hidden_size, batch_first=True) for size in sizes
        )
        self.linear = nn.Linear(config.hidden_size, config.vocab_size)

    def init_state(self, batch_size: int, device: torch.device | str | None = None) -> State:
        """Zeros."""
        shape = (len(self.layers), batch_size, self.config.hidden_size)
        return torch.zeros(shape, device=device)

    def hidden_states(
        self, ids: torch.Tensor, state: State = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Output of the last layer (B, T, H) and the new state for ids (B, T)."""
        state = self.init_state(len(ids), ids.device) if state is None else state
        values, after = self.embedding(ids), []
        for layer, h in zip(self.layers, state, strict=True):
            values, last = layer(values, h[None])
            after.append(last[0])
        return values, torch.stack(after)


def build_untrained(config: NetworkConfig) -> dict[str, Network]:
    """A plain recurrent network, an LSTM and a Hawk of the sizes of a network, by their kind.

    They are as they are before their first training step, the same each time.
    """
    sizes = NetworkConfig(vocab_size=config.vocab_size, embedding_dim=config.embedding_dim,
                          hidden_size=config.hidden_size, num_layers=config.num_layers)  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found: dict[str, Network] = {"rnn": PlainRNN(sizes)}
        found |= {kind: build_network(sizes.replace(kind=kind)) for kind in ("lstm", "hawk")}
    return {kind: one.eval().requires_grad_(False) for kind, one in found.items()}


def measure_reach(
    network: Network,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    distance: int = DISTANCE,
    lead: int = LEAD,
) -> GradientReach:
    """How much of the loss at the end of each text reaches back how far, layer by layer.

    Args:
        network: Of any kind in the registry, or a `PlainRNN`; it is not changed. Levels that move
            at boundaries and what attention looks up are ways that gradients take, not layers.
        vocabulary: Its characters.
        texts: Those with more than `distance` + 1 characters count; each is read from the last
            such stretch on, so that it ends where the text does.
        distance: D, 1 to `MAX_DISTANCE`.
        lead: Characters that are read before the stretch, if the shortest text has so many.

    Raises:
        CorpusError: the network does not know a character of a text.
        ConfigError: no text is long enough, or the distance is none.
    """
    if not 1 <= distance <= MAX_DISTANCE:
        raise ConfigError("A distance is 1 to {most} characters.", most=MAX_DISTANCE)
    long = [text for text in texts if len(text) > distance + 1]
    if not long:
        raise ConfigError(
            "No text is longer than {count} characters: give a smaller distance.",
            count=distance + 1,
        )
    count = min(distance + 2 + lead, *map(len, long))
    stretches = [text[-count:] for text in long]
    ids = torch.from_numpy(np.stack([vocabulary.encode(text) for text in stretches]))
    copied = share_weights(network)
    layers = _find_layers(copied)
    probes = [torch.zeros(len(ids), count - 1, site.size, requires_grad=True) for site in layers]
    for site, probe in zip(layers, probes, strict=True):
        site.find(copied).register_forward_hook(_rerun(site, probe))
    with torch.enable_grad(), one_thread():
        logits, _ = copied(ids[:, :-1])
        loss = F.cross_entropy(logits[:, -1].float(), ids[:, -1], reduction="sum")
        slopes = torch.autograd.grad(loss, probes)
    norms = [slope.norm(dim=2).mean(0).flip(0)[: distance + 1].double().numpy() for slope in slopes]
    return GradientReach(tuple(site.label for site in layers), np.stack(norms))


def _find_layers(network: nn.Module) -> list[Site]:
    """The layers that a character passes."""
    if isinstance(network, PlainRNN):
        size = network.config.hidden_size
        return [
            Site(Sentence("layer {number}", number=number + 1), "rnn", size, _rnn_layer(number))
            for number in range(len(network.layers))
        ]
    return [site for site in find_sites(network) if site.kind in _RUNS]


def _rnn_layer(number: int) -> Callable[[nn.Module], nn.Module]:
    return lambda network: network.get_submodule(f"layers.{number}")


def _rerun(site: Site, probe: torch.Tensor) -> Any:
    """A hook that runs a layer anew with a probe added to its hidden states."""

    def replace(module: nn.Module, inputs: Any, output: Any) -> Any:
        values = _RUNS[site.kind](module, inputs, probe)
        return (values.transpose(0, 1) if site.kind == "hawk" else values, *output[1:])

    return replace


def _run_lstm(layer: nn.Module, inputs: Any, probe: torch.Tensor) -> torch.Tensor:
    """Hidden states (B, T, H) of an LSTM, the probe added to each."""
    w_input, w_recurrent, bias_input, bias_recurrent = cast(nn.LSTM, layer).all_weights[0]
    h, c = (part[0] for part in inputs[1])
    driven = inputs[0] @ w_input.T + (bias_input + bias_recurrent)
    hidden = []
    for step in range(driven.shape[1]):
        i, f, g, o = (driven[:, step] + h @ w_recurrent.T).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh() + probe[:, step]
        hidden.append(h)
    return torch.stack(hidden, 1)


def _run_rnn(layer: nn.Module, inputs: Any, probe: torch.Tensor) -> torch.Tensor:
    """Hidden states (B, T, H) of a plain recurrent layer, the probe added to each."""
    w_input, w_recurrent, bias_input, bias_recurrent = cast(nn.RNN, layer).all_weights[0]
    h = inputs[1][0]
    driven = inputs[0] @ w_input.T + (bias_input + bias_recurrent)
    hidden = []
    for step in range(driven.shape[1]):
        h = torch.tanh(driven[:, step] + h @ w_recurrent.T) + probe[:, step]
        hidden.append(h)
    return torch.stack(hidden, 1)


def _run_hawk(unit: nn.Module, inputs: Any, probe: torch.Tensor) -> torch.Tensor:
    """Hidden states (B, T, H) of a recurrent unit, the probe added to each."""
    values, h, before = inputs
    a, x, _ = cast(RecurrentUnit, unit).drive(values, before)
    return scan(a, x + probe.transpose(0, 1), h).transpose(0, 1)


_RUNS = {"lstm": _run_lstm, "rnn": _run_rnn, "hawk": _run_hawk}
