"""Where a network looks: attention over the past, echoes of earlier places, clocks of levels.

Row t of all arrays is of character t of the text: what the network looks at after it has read it,
to predict the next. Before the text it reads a blank line, as in composing.

Shapes: T characters, W window of attention, K echoes.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError
from musicgen.interpretation.sites import share_weights
from musicgen.models.attention import AttentionNetwork
from musicgen.models.bar_boundaries import find_boundaries
from musicgen.models.copy_candidates import locate_candidates
from musicgen.models.echo import EchoNetwork
from musicgen.models.hierarchical import HierarchicalNetwork
from musicgen.models.network import Network
from musicgen.sampling.composer import one_thread

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]

_LEAD = len(SEPARATOR)


@dataclass(frozen=True, eq=False)
class AttentionView:
    """Attention over a text: `weights` (T, W) are shares, 0..1, of each distance, 1 first.

    What is at distance d of character t is character ``t - d`` and, as keys are made of what stood
    before, what it continued. `nowhere` (T,) is the share that went nowhere, with it rows sum
    to 1.
    """

    text: str
    weights: Floats
    nowhere: Floats

    def strongest(self, place: int, count: int = 5, least: float = 0.01) -> list[tuple[int, float]]:
        """Earlier places that a character looks at, and their shares; the largest share first.

        Args:
            place: The character that looks.
            count: Places at most.
            least: Share below which a place is not worth showing.
        """
        row = self.weights[place, :place]
        order = np.argsort(-row, kind="stable")[:count]
        return [(place - 1 - int(one), float(row[one])) for one in order if row[one] >= least]


@dataclass(frozen=True, eq=False)
class EchoView:
    """What echoes offered after each character, all (T, K); the longest run first.

    `offered` are ids of characters (-1: nothing), `places` where in the text they stand (-1:
    none), `levels` the evidence 0..7, `trust` what the gate added to the logit of the character,
    in nats (0 where nothing is offered), `is_taken` whether the text goes on with it. `gain` (T,)
    is by how much all echoes together raised the log probability, in nats, of the character that
    follows; 0 at the end.
    """

    text: str
    offered: Ints
    places: Ints
    levels: Ints
    trust: Floats
    is_taken: Flags
    gain: Floats


@dataclass(frozen=True, eq=False)
class ClockView:
    """With which characters the levels of bars and of phrases move, both (T,)."""

    text: str
    bars: Flags
    phrases: Flags


View = AttentionView | EchoView | ClockView


def look(network: Network, vocabulary: Vocabulary, text: str) -> View | None:
    """Where a network looks while it reads a text; None for a kind that looks nowhere.

    Args:
        network: Of any kind.
        vocabulary: Its characters.
        text: One tune, without the blank line before it.

    Raises:
        CorpusError: the network does not know a character of the text.
        ConfigError: there is no text.
    """
    if not text:
        raise ConfigError("There is nothing to look at: give a text.")
    ids = vocabulary.encode(SEPARATOR + text)
    network = share_weights(network)
    with torch.no_grad(), one_thread():
        if isinstance(network, AttentionNetwork):
            return _view_attention(network, text, ids)
        if isinstance(network, EchoNetwork):
            return _view_echoes(network, text, ids)
        if isinstance(network, HierarchicalNetwork):
            return _view_clocks(network, text, ids)
    return None


def _view_attention(network: AttentionNetwork, text: str, ids: Ints) -> AttentionView:
    weights = network.attention_weights(torch.from_numpy(ids[None]))[0, _LEAD:].float().numpy()
    return AttentionView(text, weights, 1.0 - weights.sum(1))


def _view_echoes(network: EchoNetwork, text: str, ids: Ints) -> EchoView:
    own = ids[_LEAD:]
    offered, levels, places = locate_candidates(own, network.signs)
    given = torch.from_numpy(ids[None])
    logits, values, _ = network.logits_and_features(given)
    is_there = torch.from_numpy(levels > 0)
    level_ids, which = torch.from_numpy(levels), torch.arange(levels.shape[1])
    trust = (network.gates(values[0, _LEAD:]) + network.trust[level_ids, which]) * is_there
    logits = logits[0, _LEAD:]
    named = torch.from_numpy(offered).clamp(min=0)
    alone = logits.scatter_add(1, named, -trust.to(logits))
    gain = np.zeros(len(own), np.float32)
    following = torch.from_numpy(own[1:, None])
    if len(own) > 1:
        both = [one[:-1].log_softmax(1).gather(1, following)[:, 0] for one in (logits, alone)]
        gain[:-1] = (both[0] - both[1]).numpy()
    is_taken = np.zeros(offered.shape, np.bool_)
    is_taken[:-1] = offered[:-1] == own[1:, None]
    return EchoView(text, offered, places, levels, trust.float().numpy(), is_taken, gain)


def _view_clocks(network: HierarchicalNetwork, text: str, ids: Ints) -> ClockView:
    config = network.config
    found = find_boundaries(
        torch.from_numpy(ids[None]), torch.zeros(1, 1, 2), config.bar_id, config.line_id
    )
    return ClockView(text, found.bars[0, _LEAD:].numpy(), found.phrases[0, _LEAD:].numpy())
