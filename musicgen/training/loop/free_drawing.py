"""Tunes drawn from a network in the middle of its training: freely, as ids, and for their own sake.

`musicgen.sampling.composer` composes for people: with the grammar, with settings, and as text.
"""

from collections.abc import Sequence

import numpy as np
import torch

from musicgen.corpus.vocabulary import Ids
from musicgen.models.network import Network
from musicgen.models.registry import build_network
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import Engine


def copy_network(network: Network) -> Network:
    """The network as it is now, on the processor, in eval mode and without its generator."""
    copied = build_network(network.config.replace(init="pytorch"))
    copied.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    return copied.eval()


def compose_ids(
    engine: Engine, begun: Sequence[Ids], end: Ids, length: int, generator: torch.Generator
) -> list[Ids]:
    """Ids of tunes drawn freely at temperature 1, beginnings included, up to their end.

    Args:
        engine: Steps the network.
        begun: What each tune begins with, at least one character.
        end: Ids that end a tune.
        length: Characters drawn of a tune at most.
        generator: Draws one number for each tune and character, whether it has ended or not.
    """
    beginnings = list(dict.fromkeys(tuple(one.tolist()) for one in begun))
    read = [engine.read(np.array(one)) for one in beginnings]
    rows = [beginnings.index(tuple(one.tolist())) for one in begun]
    state = engine.select(engine.join([state for _logits, state in read]), rows)
    logits = np.concatenate([one for one, _state in read])[rows]
    tunes = [one.tolist() for one in begun]
    active, closing = list(range(len(begun))), end.tolist()
    for count in range(length):
        uniforms = torch.rand(len(begun), generator=generator, dtype=torch.float64).numpy()
        ids = draw(compute_probs(logits), uniforms[active])
        for index, number in zip(active, ids.tolist(), strict=True):
            tunes[index].append(number)
        keep = [row for row, index in enumerate(active) if tunes[index][-len(closing) :] != closing]
        if not keep or count == length - 1:
            break
        if len(keep) < len(active):
            ids, state = ids[keep], engine.select(state, keep)
            active = [active[row] for row in keep]
        logits, state = engine.step(ids, state)
    return [np.array(tune, dtype=np.int64) for tune in tunes]
