"""Pruning of networks built around an LSTM: single weights, or whole units.

*Magnitude pruning* sets the smallest weights of each matrix to zero (Han et al. 2015, "Learning
both Weights and Connections for Efficient Neural Networks"). The matrices keep their shapes: what
it saves is what a packer or a sparse product makes of zeros. *Structured pruning* takes whole
memory cells out of each layer, so that a network is smaller and faster everywhere. Which ones:
those whose output varies least, times the weights that read it. What they said on average is added
to the biases of those that read them.

Both are a beginning: train on from the result. Shapes: H hidden, N characters that were read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.int8_weights import SMALLEST
from musicgen.models.lstm_weights import LSTM_KINDS, LSTMWeights
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import build_engine, find_weights

Array = NDArray[np.float32]
Ints = NDArray[np.int64]

GRANULARITY = 8
"""Numbers of cells that are left are multiples of it: products are made of such blocks."""

_TUNES, _CHARACTERS = 8, 300


@dataclass(frozen=True)
class UnitActivity:
    """Mean and standard deviation of what each unit of a layer puts out, each (H,)."""

    mean: Array
    deviation: Array


def prune_weights(arrays: LSTMWeights, share: float) -> LSTMWeights:
    """A copy in which that share of each matrix, the smallest, is zero.

    Args:
        arrays: The network.
        share: 0 to 1; small arrays, such as biases, are left as they are.
    """
    pruned = {}
    for name, values in arrays.arrays.items():
        count = round(share * values.size) if values.ndim > 1 and values.size >= SMALLEST else 0
        order = np.argsort(np.abs(values), axis=None, kind="stable")[:count]
        flat = values.copy().ravel()
        flat[order] = 0.0
        pruned[name] = flat.reshape(values.shape)
    return LSTMWeights(arrays.config, pruned)


def prune_units(
    weights: LSTMWeights, share: float, activity: Sequence[UnitActivity]
) -> LSTMWeights:
    """A smaller network without that share of the units of each layer.

    Args:
        weights: The network.
        share: 0 to 1; at least `GRANULARITY` units are left.
        activity: Of each layer, the lowest first.
    """
    before = weights.config.hidden_size
    wanted = round((1.0 - share) * before / GRANULARITY) * GRANULARITY
    count = min(before, max(GRANULARITY, wanted))
    kept = [
        np.sort(np.argsort(-score_units(weights, layer, one), kind="stable")[:count])
        for layer, one in enumerate(activity)
    ]
    return remove_units(weights, kept, activity)


def score_units(weights: LSTMWeights, layer: int, activity: UnitActivity) -> Array:
    """How much would be missed of each unit of a layer, (H,): how far its output moves what reads
    it, by its deviation and the length of its outgoing weights.
    """
    readers = [weights.layer(layer)[1], *_readers_above(weights, layer)]
    lengths = np.sqrt(sum(np.square(one).sum(0) for one in readers))
    scores: Array = activity.deviation * lengths
    return scores


def _readers_above(weights: LSTMWeights, layer: int) -> list[Array]:
    """The matrices (·, H) that read what a layer puts out, but for its own."""
    if layer + 1 < weights.config.num_layers:
        return [weights.layer(layer + 1)[0]]
    names = ("linear.weight", "gates.weight", "relative.weight")
    return [weights.arrays[name] for name in names if name in weights.arrays]


def remove_units(
    weights: LSTMWeights, kept: Sequence[Ints], activity: Sequence[UnitActivity]
) -> LSTMWeights:
    """A network of the units that are kept of each layer; the means of the others go into biases.

    Where layers are normalised the means stay out: a norm would change them.
    """
    arrays = dict(weights.arrays)
    config, size = weights.config, weights.config.hidden_size
    for layer, units in enumerate(kept):
        gone = np.setdiff1d(np.arange(size), units)
        mean = activity[layer].mean * (0.0 if config.layer_norm else 1.0)
        names = [f"layers.{layer}.{part}" for part in ("weight_ih_l0", "weight_hh_l0")]
        biases = [f"layers.{layer}.{part}" for part in ("bias_ih_l0", "bias_hh_l0")]
        arrays[biases[1]] = arrays[biases[1]] + arrays[names[1]][:, gone] @ mean[gone]
        _feed_mean(arrays, layer, gone, mean, is_last=layer + 1 == config.num_layers)
        rows = (np.arange(4)[:, None] * size + units).ravel()
        arrays[names[1]] = arrays[names[1]][:, units]
        for name in (*names, *biases):
            arrays[name] = arrays[name][rows]
        for name in (f"norms.{layer}.weight", f"norms.{layer}.bias"):
            if name in arrays:
                arrays[name] = arrays[name][units]
        for name in _reader_names(arrays, layer, is_last=layer + 1 == config.num_layers):
            arrays[name] = arrays[name][:, units]
    smaller = config.replace(hidden_size=len(kept[0]))
    return LSTMWeights(smaller, {name: np.ascontiguousarray(one) for name, one in arrays.items()})


def _reader_names(arrays: dict[str, Array], layer: int, *, is_last: bool) -> list[str]:
    if not is_last:
        return [f"layers.{layer + 1}.weight_ih_l0"]
    names = ("linear.weight", "gates.weight", "relative.weight")
    return [name for name in names if name in arrays]


def _feed_mean(
    arrays: dict[str, Array], layer: int, gone: Ints, mean: Array, *, is_last: bool
) -> None:
    """Adds what units said on average to the biases above; degrees and intervals have none."""
    if not is_last:
        above = f"layers.{layer + 1}"
        said = arrays[f"{above}.weight_ih_l0"][:, gone] @ mean[gone]
        arrays[f"{above}.bias_ih_l0"] = arrays[f"{above}.bias_ih_l0"] + said
        return
    arrays["linear.bias"] = arrays["linear.bias"] + arrays["linear.weight"][:, gone] @ mean[gone]
    if "gates.weight" in arrays:
        arrays["trust"] = arrays["trust"] + arrays["gates.weight"][:, gone] @ mean[gone]


def observe_units(checkpoint: Checkpoint, seed: int = 1) -> list[UnitActivity]:
    """What the units of each layer put out while the network draws tunes at temperature 0.8."""
    weights = require_lstm_weights(checkpoint)
    engine = build_engine(checkpoint)
    generator = np.random.default_rng(seed)
    ids = np.full(_TUNES, checkpoint.vocabulary.ids.get("X", 0), np.int64)
    state = engine.init_state(_TUNES)
    seen: list[list[Array]] = [[] for _ in range(weights.config.num_layers)]
    for _ in range(_CHARACTERS):
        logits, state = engine.step(ids, state)
        ids = draw(compute_probs(logits, 0.8), generator.random(_TUNES))
        lstm = state[0] if weights.has_echoes else state
        for layer, values in enumerate(seen):
            values.append(lstm[2 * layer].numpy().copy())  # h, before c
    outputs = [np.concatenate(values) for values in seen]  # (N, H)
    return [
        UnitActivity(one.mean(0).astype(np.float32), one.std(0).astype(np.float32))
        for one in outputs
    ]


def require_lstm_weights(checkpoint: Checkpoint) -> LSTMWeights:
    """The weights of a network built around an LSTM.

    Raises:
        CheckpointError: it is another kind of network.
    """
    weights = find_weights(checkpoint)
    if weights is None:
        raise CheckpointError(
            "{name} is a network of the kind {kind!r}. Networks that can be made smaller so: "
            "{kinds}.",
            name=checkpoint.name,
            kind=checkpoint.metadata.network.kind,
            kinds=", ".join(LSTM_KINDS),
        )
    return replace(weights)
