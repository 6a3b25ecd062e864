"""Which earlier characters moved a prediction, found in two ways that know nothing of each other.

*Gradient × input*: the gradient of the log probability of the character with respect to what stands
for an earlier character, times that itself (A. Shrikumar et al., "Not Just a Black Box", 2016): to
first order what is lost if it were zero. *Deletion*: the change of the log probability when it is
zero indeed, or left out of the text (M. Zeiler and R. Fergus, "Visualizing and Understanding
Convolutional Networks", 2014; J. Li et al., "Understanding Neural Networks through Representation
Erasure", 2016). Where both agree in rank (C. Spearman, 1904), one may believe them; gradients alone
can mislead (J. Adebayo et al., "Sanity Checks for Saliency Maps", 2018).

What an echo offers for a character counts as part of it; that its echo finds another place, when a
character is left out, shows in deletion alone.

Shapes: N earlier characters that are asked about, E numbers that stand for a character.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError
from musicgen.interpretation.sites import find_entry, share_weights
from musicgen.models.network import Network, State, flatten_state, unflatten_state
from musicgen.sampling.composer import one_thread

Floats = NDArray[np.float64]

REACH = 48
"""Earlier characters that are asked about unless more are wanted."""

MAX_REACH = 256
_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Saliency:
    """What moved the prediction of ``text[place]``.

    For each of the characters from `start` to before `place`, (N,), in nats: `gradient` (gradient ×
    input), `zeroed` (what is lost if the network reads zeros there) and `left_out` (if the text
    lacks it). Above 0 it spoke for the character, below 0 against it. `log_prob` is that of the
    whole text. `agreement` and `agreement_left_out` are rank correlations, -1..1, of the gradient
    with both; NaN of fewer than two characters.
    """

    text: str
    place: int
    start: int
    gradient: Floats
    zeroed: Floats
    left_out: Floats
    log_prob: float

    @property
    def agreement(self) -> float:
        """Spearman's rank correlation of gradient × input with deletion by zeros."""
        return rank_correlation(self.gradient, self.zeroed)

    @property
    def agreement_left_out(self) -> float:
        """The same with leaving characters out."""
        return rank_correlation(self.gradient, self.left_out)


def find_saliency(
    network: Network, vocabulary: Vocabulary, text: str, place: int, reach: int = REACH
) -> Saliency:
    """Which of the characters before a place moved the prediction of the character there.

    Args:
        network: Of any kind in the registry; it is not changed, and may be in use meanwhile.
        vocabulary: Its characters.
        text: One tune, without the blank line before it.
        place: Offset of the predicted character, from 1 on.
        reach: Earlier characters asked about, 1 to `MAX_REACH`.

    Raises:
        CorpusError: the network does not know a character of the text.
        ConfigError: there is no such place.
    """
    if not 0 < place < len(text):
        raise ConfigError(
            "There is no character {place} with one before it: the text has {count}.",
            place=place,
            count=len(text),
        )
    start = max(0, place - min(max(1, reach), MAX_REACH))
    ids = torch.from_numpy(vocabulary.encode(SEPARATOR + text[: place + 1])[None])
    lead = len(SEPARATOR) + start
    before, asked, target = ids[:, :lead], ids[:, lead:-1], int(ids[0, -1])
    copied = share_weights(network)
    gate = _Gate(find_entry(copied))
    with one_thread():
        with torch.no_grad():
            _, state = copied(before)
        gradient, log_prob = _take_gradient(copied, gate, asked, state, target)
        with torch.no_grad():
            zeroed = log_prob - _zero_each(copied, gate, asked, state, target)
            left_out = log_prob - _leave_out_each(copied, before, asked, state, target)
    return Saliency(text, place, start, gradient, zeroed, left_out, log_prob)


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Spearman's correlation, -1..1, equal values at their mean rank; NaN where one is constant."""
    from scipy.stats import rankdata

    ranks = [rankdata(np.asarray(one, np.float64)) for one in (first, second)]
    if len(ranks[0]) < 2 or not all(rank.std() for rank in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


class _Gate:
    """Stands before the lowest layer of a copy: keeps what it reads, or takes some of it away."""

    def __init__(self, entry: nn.Module) -> None:
        self.kept: torch.Tensor | None = None
        self.mask: torch.Tensor | None = None
        self.is_keeping = False
        entry.register_forward_pre_hook(self._pass)

    def _pass(self, _module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        values = inputs[0]
        if self.is_keeping:
            self.kept = values.detach().requires_grad_()
            return (self.kept, *inputs[1:])
        if self.mask is not None:
            return (values * self.mask, *inputs[1:])
        return None


def _take_gradient(
    network: Network, gate: _Gate, asked: torch.Tensor, state: State, target: int
) -> tuple[Floats, float]:
    gate.is_keeping = True
    with torch.enable_grad():
        logits, _ = network(asked, state)
        log_prob = logits[0, -1].log_softmax(0)[target]
        assert gate.kept is not None  # noqa: S101 - the network has passed it
        (slope,) = torch.autograd.grad(log_prob, gate.kept)
    gate.is_keeping = False
    products = (slope * gate.kept.detach()).sum(2)[0]  # (N,)
    return products.double().numpy(), float(log_prob.detach())


def _zero_each(
    network: Network, gate: _Gate, asked: torch.Tensor, state: State, target: int
) -> Floats:
    """The log probability (N,) with zeros in the place of each character in turn."""
    count = asked.shape[1]
    found = []
    for part in torch.split(torch.arange(count), _AT_ONCE):
        mask = torch.ones(len(part), count, 1)
        mask[torch.arange(len(part)), part] = 0.0
        gate.mask = mask
        logits, _ = network(asked.expand(len(part), -1), _repeat(state, len(part)))
        found.append(logits[:, -1].log_softmax(1)[:, target])
    gate.mask = None
    return torch.cat(found).double().numpy()


def _leave_out_each(
    network: Network, before: torch.Tensor, asked: torch.Tensor, state: State, target: int
) -> Floats:
    """The log probability (N,) of the text without each character in turn."""
    count = asked.shape[1]
    if count == 1:
        logits, _ = network(before)
        alone: Floats = logits[:, -1].log_softmax(1)[:, target].double().numpy()
        return alone
    places = torch.arange(count)
    kept = torch.stack([places[places != one] for one in places.tolist()])  # (N, N - 1)
    found = []
    for part in torch.split(kept, _AT_ONCE):
        logits, _ = network(asked[0][part], _repeat(state, len(part)))
        found.append(logits[:, -1].log_softmax(1)[:, target])
    return torch.cat(found).double().numpy()


def _repeat(state: State, count: int) -> State:
    """The state of one tune for several."""
    parts = [part.expand(-1, count, *part.shape[2:]).contiguous() for part in flatten_state(state)]
    return unflatten_state(state, parts)
