"""Between two versions of a network: what was learned, as far as it costs little of what was known.

The weights are put on the straight line from the start to the tuned network (WiSE-FT: M. Wortsman
and others, "Robust fine-tuning of zero-shot models", CVPR 2022). On the way the loss on tunes that
nobody learned from rises about with the square of the distance, while what was learned comes about
in proportion to it: half way costs a quarter, and brings half. So the farthest point is taken whose
loss is still near that of the start.
"""

import copy
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from musicgen.models.network import Network

logger = logging.getLogger(__name__)

MOST_RISE = 0.018
"""Nats a character that the loss over the bodies of held-out tunes may rise: a little less than
what the gate allows."""

_HALVINGS = 5


def interpolate(start: Network, tuned: Network, share: float) -> Network:
    """A network on the way: its weights are start + share · (tuned - start).

    Args:
        start: Where the way begins.
        tuned: Where it ends; of the same shape.
        share: How far to go, from 0 to 1.
    """
    found = copy.deepcopy(tuned)
    ends = tuned.state_dict()
    mixed = {
        name: weight.lerp(ends[name], share) if weight.is_floating_point() else ends[name]
        for name, weight in start.state_dict().items()
    }
    found.load_state_dict(mixed)
    return found.eval()


def find_share(
    start: Checkpoint, tuned: Checkpoint, texts: Sequence[str], most_rise: float = MOST_RISE
) -> float:
    """How far one can go so that the loss on texts rises by no more than so many nats.

    The whole way, 1, where that costs no more, and where the two networks differ in shape; else
    what some halvings of the way find, which may be 0.
    """
    if not have_one_shape(start, tuned):
        return 1.0

    def loss(network: Network) -> float:
        return compute_loss(network, start.vocabulary, texts).body_loss

    bound = loss(start.network) + most_rise
    if loss(tuned.network) <= bound:
        return 1.0
    low, high = 0.0, 1.0
    for _halving in range(_HALVINGS):
        middle = (low + high) / 2
        if loss(interpolate(start.network, tuned.network, middle)) <= bound:
            low = middle
        else:
            high = middle
    return low


def hold_near(start: Checkpoint, path: Path, texts: Sequence[str]) -> Checkpoint:
    """Moves a tuned checkpoint on the disk towards its start, as far as held-out texts ask for.

    Args:
        start: What it was tuned from.
        path: The folder of the tuned checkpoint. Its metadata will say how far it went.
        texts: Held-out tunes.

    Raises:
        CheckpointError: it cannot be read.
        StorageError: it cannot be written.
    """
    tuned = load_checkpoint(path)
    share = find_share(start, tuned, texts)
    return tuned if share == 1.0 else move_nearer(start, path, tuned, share)


def move_nearer(start: Checkpoint, path: Path, tuned: Checkpoint, share: float) -> Checkpoint:
    """Writes a checkpoint that lies between the start and a tuned one, in its folder.

    Args:
        start: What it was tuned from.
        path: The folder to write to. The metadata say how far from the start it is, as a share of
            the whole way that the training went.
        tuned: One with the start's shape, itself perhaps moved nearer before.
        share: How far from the start towards the tuned one, from 0 to 1.

    Raises:
        StorageError: it cannot be written.
    """
    corpus = dict(tuned.metadata.corpus)
    whole = share * float((corpus.get("interpolated") or {"share": 1.0})["share"])
    logger.info("%s: %.0f %% of the way from %s", path, 100 * whole, start.name)
    way = {"from": start.name, "fingerprint": start.fingerprint, "share": whole}
    metadata = replace(tuned.metadata, corpus=corpus | {"interpolated": way})
    network = interpolate(start.network, tuned.network, share)
    save_checkpoint(path, network, metadata, extra_files=tuned.extra_files)
    return load_checkpoint(path)


def have_one_shape(start: Checkpoint, tuned: Checkpoint) -> bool:
    """Whether there is a line between two networks."""
    return _shapes(start.network) == _shapes(tuned.network)


def _shapes(network: Network) -> dict[str, torch.Size]:
    return {name: weight.shape for name, weight in network.state_dict().items()}
