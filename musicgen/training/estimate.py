"""What a training will take, before it starts: parameters, memory and time.

A few real steps are taken on stretches much shorter than asked for, by the network itself where it
is small enough, else by a smaller one. Time and memory grow in a straight line with the length of a
stretch, and with the size of the network, so two lengths determine the rest. What a kind of network
keeps for each pair of places (`Network.values_per_pair`) is added, and what goals over whole tunes
read and compose beside the stretches.
"""

import contextlib
import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError
from musicgen.machine import available_memory_bytes, free_disk_bytes
from musicgen.models.registry import NETWORKS, build_empty_network
from musicgen.presets import Preset
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.trainer import Trainer

MAX_TRIED_PARAMETERS = 6_000_000
"""Larger networks are estimated from a narrower one, so that trying takes a moment only."""

MAX_TRIED_WORK = 1_500_000_000
"""Parameters times characters of a step tried at most; a larger one is estimated from it."""

_LENGTHS = (4, 12)
_BAR = "DEFG ABcd|"
_STEPS = 3
_WORKSPACE_BYTES = 110_000_000  # what torch takes for itself at its first step, as measured
_HELD_OUT_CHARACTERS = 20_000  # of the lab's tunebook; reading them goes one way only
_READING_SHARE = 1 / 3
_BYTES = 4
_SAVED_COPIES = 12  # best, and last with moments and average, each twice for a moment
_TUNE_CHARACTERS = 400  # to which tunes that are read together are filled up
_COMPOSING_SHARE = 1.0  # of the time of a gradient for as many characters
_ROUND_SHARE = 2.0  # likewise, for composing few tunes at once and for the discriminator
_REFERRING_SHARE = 1 / 3
_CANDIDATES = 4  # drawings for a pair
_COPIES = 4  # weights, gradients, and the two moments of Adam


@dataclass(frozen=True, slots=True)
class TrainingEstimate:
    """What a training is expected to take on this machine, as busy as it is now.

    `memory_bytes` is what comes on top of the program itself; `time_s` covers all steps and looks
    at held-out tunes, unless the training ends early; `disk_bytes` is what its folder may take
    while a save is replaced by the next.
    """

    parameters: int
    memory_bytes: int
    time_s: float
    disk_bytes: int = 0


def require_room(estimate: TrainingEstimate, folder: Path) -> None:
    """Makes sure that a training has room on this machine, as it is now, before it begins.

    Args:
        estimate: What it takes.
        folder: Where its run will lie.

    Raises:
        ConfigError: memory or disk would not suffice; the message says how much there is.
    """
    memory, disk = available_memory_bytes(), free_disk_bytes(folder)
    if memory is not None and estimate.memory_bytes > memory:
        raise ConfigError(
            "This training would take some {wanted:,.1f} GB of memory, and this machine has "
            "{free:,.1f} GB to give. Choose a smaller batch, a shorter sequence or a smaller "
            "network.",
            wanted=estimate.memory_bytes / 1e9,
            free=memory / 1e9,
        )
    if disk is not None and estimate.disk_bytes > disk:
        raise ConfigError(
            "This training would take some {wanted:,.1f} GB on the disk, and {free:,.1f} GB are "
            "free there. Delete what you can do without, or choose a smaller network.",
            wanted=estimate.disk_bytes / 1e9,
            free=disk / 1e9,
        )


@functools.lru_cache(maxsize=64)
def estimate_training(
    network: NetworkConfig, training: TrainingConfig, teacher: NetworkConfig | None = None
) -> TrainingEstimate:
    """Parameters, memory and time for settings; the same settings are tried once a process.

    Args:
        network: The network to train.
        training: How.
        teacher: Network of the trained model that is learned from; None without.

    Raises:
        ConfigError: there is no network of that kind.
    """
    parameters = count_parameters(network)
    tried = _narrowed(network)
    tried_parameters = count_parameters(tried)
    growth = parameters / tried_parameters
    most = max(1, MAX_TRIED_WORK // (tried_parameters * max(_LENGTHS)))
    batch_size = min(training.batch_size, most)
    short, long = (_try(tried, training, batch_size, length) for length in _LENGTHS)
    lanes = training.batch_size / batch_size
    step_s = _extend(short.step_s, long.step_s, training.seq_len)
    saved = _extend(short.saved_bytes, long.saved_bytes, training.seq_len)
    step_s *= lanes * growth
    taught_by = count_parameters(teacher) if teacher else 0
    step_s *= 1.0 + _READING_SHARE * training.teacher_share * taught_by / parameters
    copies = _COPIES + (training.average > 0)
    pairs = training.batch_size * training.seq_len**2
    saved += _BYTES * NETWORKS[network.kind].values_per_pair * pairs / lanes / growth**0.5
    saved *= max(1.0, _count_read_at_once(training) / (training.batch_size * training.seq_len))
    held = _BYTES * (copies * parameters + taught_by) + lanes * saved * growth**0.5
    return TrainingEstimate(
        parameters,
        round(_WORKSPACE_BYTES + held),
        training.max_steps * training.accumulate * step_s
        + _looking_s(training, step_s)
        + _goals_s(training, step_s),
        _BYTES * (_SAVED_COPIES * parameters + taught_by),
    )


def _looking_s(training: TrainingConfig, step_s: float) -> float:
    """Seconds for all looks at held-out tunes, from those for a batch."""
    looks = -(-training.max_steps // training.eval_interval)
    characters = looks * _HELD_OUT_CHARACTERS
    return _READING_SHARE * step_s * characters / (training.batch_size * training.seq_len)


def _count_read_at_once(training: TrainingConfig) -> int:
    """Characters that a goal over whole tunes reads for one gradient; 0 without such goals."""
    rewarded = training.adversary_batch * training.adversary_length
    compared = 2 * training.preference_batch * _TUNE_CHARACTERS
    return max(rewarded if training.adversary else 0, compared if training.preferences else 0)


def _goals_s(training: TrainingConfig, step_s: float) -> float:
    """Seconds for all goals over whole tunes, from those for a batch."""
    characters = 0.0
    if training.adversary:
        rounds = training.max_steps // training.adversary_interval
        drawn = training.adversary_batch * min(training.adversary_length, _TUNE_CHARACTERS)
        characters += rounds * drawn * (1.0 + _ROUND_SHARE)
    if training.preferences:
        characters += training.max_steps * 2 * training.preference_batch * _TUNE_CHARACTERS
        if not training.preference_pairs:
            drawn = training.preference_count * _TUNE_CHARACTERS
            characters += drawn * (_CANDIDATES * _COMPOSING_SHARE + 2 * _REFERRING_SHARE)
    return step_s * characters / (training.batch_size * training.seq_len)


def count_parameters(config: NetworkConfig) -> int:
    """Trainable numbers of a network, without any memory for them.

    Raises:
        ConfigError: there is no network of that kind.
    """
    return build_empty_network(config.replace(init="pytorch")).num_parameters


def _narrowed(config: NetworkConfig) -> NetworkConfig:
    """The network, or half of it as often as it takes to be tried in a moment."""
    config = config.replace(init="pytorch")  # orthogonal weights take longer than the steps
    while count_parameters(config) > MAX_TRIED_PARAMETERS and config.hidden_size > 1:
        config = config.replace(
            hidden_size=config.hidden_size // 2, embedding_dim=max(1, config.embedding_dim // 2)
        )
    return config


def _extend(short: float, long: float, length: int) -> float:
    """The value at a length on the line through those at the two that were tried."""
    slope = max(0.0, long - short) / (_LENGTHS[1] - _LENGTHS[0])
    return max(short + slope * (length - _LENGTHS[0]), length / _LENGTHS[1] * long * 0.5)


@dataclass(frozen=True, slots=True)
class _Trial:
    """The quickest step of a few, in seconds, and the bytes kept for going back through it."""

    step_s: float
    saved_bytes: int


def _try(network: NetworkConfig, training: TrainingConfig, batch_size: int, length: int) -> _Trial:
    trainer = _build_trainer(network, training, batch_size, length)
    with _threads(training):
        with _counting_saved() as saved:
            trainer.train_step()
        times = []
        for _ in range(_STEPS):
            start = time.perf_counter()
            trainer.train_step()
            times.append(time.perf_counter() - start)
    return _Trial(min(times), sum(saved.values()))


def _build_trainer(
    network: NetworkConfig, training: TrainingConfig, batch_size: int, length: int
) -> Trainer:
    """A trainer on a few bars; how tunes are read and augmented costs next to nothing.

    Where the network reads positions, it reads them of these characters, whatever its own are.
    """
    others = (chr(0x4E00 + number) for number in range(network.vocab_size))
    known = tuple(dict.fromkeys(("\n", *_BAR, *others)))[: network.vocab_size]
    vocabulary = Vocabulary(known)
    if network.position:
        network = network.replace(characters="".join(known))
    settings = TrainingConfig(
        batch_size=batch_size, seq_len=length, max_steps=_STEPS + 1, learning_rate=1e-6,
        optimizer=training.optimizer, grad_clip=training.grad_clip, average=training.average,
        precision=training.precision, threads=training.threads,
        label_smoothing=training.label_smoothing,
    )  # fmt: skip
    bar = [character for character in _BAR if character in vocabulary] or ["\n"]
    text = "".join(bar[number % len(bar)] for number in range(2 * length))
    return Trainer(Preset.without_meaning("trial", network, settings), vocabulary, [text], [])


@contextlib.contextmanager
def _threads(training: TrainingConfig) -> Iterator[None]:
    before = torch.get_num_threads()
    set_threads(training)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _counting_saved() -> Iterator[dict[int, int]]:
    """Bytes of each piece of memory that is kept for the way back, by its address."""
    saved: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> Any:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        yield saved
