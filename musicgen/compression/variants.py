"""Smaller versions of a trained network, each a checkpoint of its own that knows where it is from.

A version is kept as a run that has nothing left to train, so that every page and command finds it,
and ``train --from`` goes on from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from musicgen.compression.pruning import (
    observe_units,
    prune_units,
    prune_weights,
    require_lstm_weights,
)
from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import (
    FLOAT,
    INT4,
    INT8,
    Checkpoint,
    CheckpointMetadata,
    save_checkpoint,
)
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.presets import Preset
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_files import Progress
from musicgen.translatable import N_

if TYPE_CHECKING:
    from musicgen.models.network import Network

COMPRESSED_FROM = "compressed_from"
"""The key of a checkpoint's corpus under which it says what it was made from, and how."""

MIN_SHARE, MAX_SHARE = 0.01, 0.95


@dataclass(frozen=True)
class Variant:
    """A network made smaller: the network, its settings and how its weights are to be kept."""

    network: "Network"
    metadata: CheckpointMetadata
    is_half: bool = False
    weights: str = FLOAT


@dataclass(frozen=True)
class Method:
    """A way to make a network smaller.

    Args:
        label: What people call it.
        meaning: One sentence: what it does.
        has_share: Whether one says how much of the network is to go.
        make: The smaller network, from a checkpoint and that share.
    """

    label: str
    meaning: str
    has_share: bool
    make: Callable[[Checkpoint, float], Variant]


def _describe(source: Checkpoint, method: str, **more: Any) -> CheckpointMetadata:
    known = source.metadata
    origin = {
        "name": source.name, "fingerprint": source.fingerprint, "method": method, **more,
        COMPRESSED_FROM: known.corpus.get(COMPRESSED_FROM),
    }  # fmt: skip
    return replace(
        known,
        corpus=known.corpus | {COMPRESSED_FROM: origin},
        metrics={},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _require_others(source: Checkpoint, weights: str, bits: int) -> None:
    """Raises a CheckpointError where the weights are kept so already: nothing would change."""
    if source.metadata.weights == weights:
        raise CheckpointError(
            "{name} is kept in {bits} bits already: nothing would become smaller.",
            name=source.name,
            bits=bits,
        )


def _keep_in_int8(source: Checkpoint, _share: float) -> Variant:
    _require_others(source, INT8, 8)
    return Variant(source.network, _describe(source, "int8"), weights=INT8)


def _keep_in_int4(source: Checkpoint, _share: float) -> Variant:
    _require_others(source, INT4, 4)
    require_lstm_weights(source)  # only their matrices have the names of those kept in 4 bits
    return Variant(source.network, _describe(source, "int4"), weights=INT4)


def _keep_in_half(source: Checkpoint, _share: float) -> Variant:
    return Variant(source.network, _describe(source, "half"), is_half=True)


def _without_units(source: Checkpoint, share: float) -> Variant:
    weights = require_lstm_weights(source)
    return _rebuild(source, prune_units(weights, share, observe_units(source)), "units", share)


def _without_weights(source: Checkpoint, share: float) -> Variant:
    weights = require_lstm_weights(source)
    return _rebuild(source, prune_weights(weights, share), "weights", share)


def _rebuild(source: Checkpoint, weights: LSTMWeights, method: str, share: float) -> Variant:
    import torch

    from musicgen.models.registry import build_network

    network = build_network(weights.config)
    network.load_state_dict({key: torch.from_numpy(one) for key, one in weights.arrays.items()})
    network.eval().requires_grad_(False)
    metadata = replace(
        _describe(source, method, share=share),
        network=weights.config,
        parameters=network.num_parameters,
    )
    return Variant(network, metadata)


METHODS: Mapping[str, Method] = {
    "int8": Method(
        N_("8-bit weights"),
        N_("A byte a weight, where float32 takes four; next to nothing of what it knows is lost."),
        False, _keep_in_int8,
    ),
    "int4": Method(
        N_("4-bit weights"),
        N_("Layers in 4 bits, all else in 8: a sixth of float32. What it knows changes little."),
        False, _keep_in_int4,
    ),
    "half": Method(
        N_("Half precision"),
        N_("Two bytes a weight, where float32 takes four; nothing is lost."),
        False, _keep_in_half,
    ),
    "units": Method(
        N_("Fewer units"),
        N_("The memory cells that are missed least go: smaller and faster. Train on from it."),
        True, _without_units,
    ),
    "weights": Method(
        N_("Fewer weights"),
        N_("The smallest weights become zero: packs better, but is no faster. Train on from it."),
        True, _without_weights,
    ),
}  # fmt: skip
"""The ways to make a network smaller, by name."""


def compress(
    source: Checkpoint, method: str, name: str, store: RunStore, share: float = 0.4
) -> Run:
    """Makes a smaller version of a checkpoint and keeps it as a finished run.

    Args:
        source: What is made smaller; its critic, if any, goes along.
        method: One of `METHODS`.
        name: What it is called.
        store: The runs there are.
        share: How much is to go, `MIN_SHARE` to `MAX_SHARE`, where the method asks.

    Raises:
        CheckpointError: there is no such method or share, it is not for this kind of network, or
            the weights are kept so already.
        RunError: the name is taken, or cannot be one.
        StorageError: it cannot be written.
    """
    if method not in METHODS:
        raise CheckpointError(
            "There is no way {method!r} to make a model smaller. Choose from: {known}.",
            method=method,
            known=", ".join(METHODS),
        )
    if not MIN_SHARE <= share <= MAX_SHARE:
        raise CheckpointError(
            "The share to take out is {share}; it must lie between {low} and {high}.",
            share=share,
            low=MIN_SHARE,
            high=MAX_SHARE,
        )
    store.find_place(name)  # a name that cannot be is said before any work
    variant = METHODS[method].make(source, share)
    known = variant.metadata
    run = store.create(name, Preset.without_meaning(known.preset, known.network, known.training))
    metadata = replace(known, name=run.id)
    save_checkpoint(
        run.path / "best", variant.network, metadata,
        half_precision=variant.is_half, weights=variant.weights, extra_files=source.extra_files,
    )  # fmt: skip
    run.write_status("finished", "", known.step, Progress(None, known.step))
    return run
