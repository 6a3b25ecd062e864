"""What is measured of networks and texts, kept for all sessions within a number of bytes."""

from collections.abc import Callable, Hashable
from pathlib import Path

import numpy as np
import streamlit as st

from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.interpretation.associations import Association, find_associations
from musicgen.interpretation.attention_view import View, look
from musicgen.interpretation.changed_network import change_checkpoint, compose_changed
from musicgen.interpretation.critic_stage import find_critic_stage
from musicgen.interpretation.development import TEXTS, Moment, look_at_moment
from musicgen.interpretation.expectation import Expectation, Stage, find_expectation
from musicgen.interpretation.facts import read_facts
from musicgen.interpretation.interventions import Intervention
from musicgen.interpretation.material import FEW_TUNES, Material, find_held_out, find_known
from musicgen.interpretation.probes import Probe, fit_probes
from musicgen.interpretation.recording import LayerRecording, Recording, record
from musicgen.interpretation.saliency import Saliency, find_saliency
from musicgen.models.checkpoint import METADATA_FILE, Checkpoint, load_checkpoint
from musicgen.sampling.composer import Composition, compose
from musicgen.storage import modified_ns
from musicgen.ui.base import resources
from musicgen.ui.base.bounded_cache import BoundedCache

TUNES = FEW_TUNES
"""Held-out tunes that units are held against."""

MAX_RECORDING_BYTES = 24_000_000
MAX_MATERIAL_BYTES = 32_000_000
MAX_ASSOCIATION_BYTES = 12_000_000
MAX_ORDER_BYTES = 1_000_000
MAX_PROBE_BYTES = 8_000_000
MAX_TEXT_BYTES = 8_000_000
MAX_MOMENT_BYTES = 24_000_000

BEAT_FACTS = ("place", "beat", "bar_line")
"""What units that count the bar follow."""

_ASSOCIATION_BYTES = 300
_BYTES_A_CHARACTER = 500
_BYTES_OF_A_LOSS = 200
_NOTHING = np.zeros((0, 0), np.float32)


def recording(checkpoint: Checkpoint, text: str) -> Recording:
    """What all units did over a text; a text is recorded once.

    Raises:
        CorpusError: the network does not know a character of the text.
        ConfigError: there is no text, or the network is of a kind of its own.
    """
    key = checkpoint.fingerprint, text
    return _recordings().get(key, lambda: record(checkpoint.network, checkpoint.vocabulary, text))


def held_out_texts(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Held-out tunes as the network reads them, each with a line end at its end.

    Raises:
        CorpusError: the book it learned from is not there.
    """
    return _held_out_texts(checkpoint.fingerprint, resources.paths(), checkpoint)


@st.cache_resource(max_entries=8, show_spinner=False)
def _held_out_texts(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    where: Paths,
    _checkpoint: Checkpoint,
) -> tuple[str, ...]:
    return find_known(_checkpoint, where)


def has_material(checkpoint: Checkpoint, signal: str) -> bool:
    """Whether held-out tunes are recorded already."""
    return (checkpoint.fingerprint, signal) in _materials()


def material(
    checkpoint: Checkpoint, signal: str, on_tune: Callable[[int], None] = lambda _done: None
) -> Material:
    """Held-out tunes with one signal of all units; where a layer lacks it, its hidden state.

    In the recordings it is called ``hidden``: all other signals are let go.

    Raises:
        CorpusError: the book is not there.
    """
    texts = held_out_texts(checkpoint)[:TUNES]

    def make() -> Material:
        found = []
        for number, text in enumerate(texts):
            found.append(_keep(record(checkpoint.network, checkpoint.vocabulary, text), signal))
            on_tune(number + 1)
        return Material(texts, tuple(found), tuple(map(read_facts, texts)))

    return _materials().get((checkpoint.fingerprint, signal), make)


def _keep(seen: Recording, signal: str) -> Recording:
    layers = (
        LayerRecording(one.label, one.kind, one.get(signal if signal in one.signals else "hidden"))
        for one in seen.layers
    )
    return Recording(seen.text, tuple(layers), _NOTHING, _NOTHING)


def associations(checkpoint: Checkpoint, layer: int, signal: str) -> list[Association]:
    """What the units of a layer follow on held-out tunes, the strongest first."""
    tunes = material(checkpoint, signal)
    return _associations().get(
        (checkpoint.fingerprint, layer, signal),
        lambda: find_associations(tunes.recordings, tunes.facts, layer),
    )


def has_associations(checkpoint: Checkpoint, layer: int, signal: str) -> bool:
    """Whether that is known already."""
    return (checkpoint.fingerprint, layer, signal) in _associations()


def probes(checkpoint: Checkpoint) -> list[Probe]:
    """Linear probes for all facts on all layers, by hidden states on held-out tunes.

    Raises:
        ConfigError: there is too little to learn from.
        CorpusError: the book is not there.
    """
    tunes = material(checkpoint, "hidden")
    if not tunes.recordings:
        raise ConfigError("The held-out tunes are too few to say anything of units.")
    return _probes().get(checkpoint.fingerprint, lambda: fit_probes(tunes.recordings, tunes.facts))


def has_probes(checkpoint: Checkpoint) -> bool:
    """Whether these are fitted already."""
    return checkpoint.fingerprint in _probes()


def known_associations(checkpoint: Checkpoint, layer: int, signal: str) -> list[Association]:
    """The same where it was asked for before; else none, at once."""
    is_known = has_associations(checkpoint, layer, signal)
    return associations(checkpoint, layer, signal) if is_known else []


def kept_order(key: Hashable, make: Callable[[], list[int]]) -> list[int]:
    """An order of units, made once for a key."""
    return _orders().get(key, make)


def beat_units(checkpoint: Checkpoint, layer: int, count: int = 8) -> tuple[int, ...]:
    """The units of a layer that say most of beat and bar line, the strongest first."""
    tunes = material(checkpoint, "hidden")
    found = _associations().get(
        (checkpoint.fingerprint, layer, "beat"),
        lambda: find_associations(tunes.recordings, tunes.facts, layer, names=BEAT_FACTS),
    )
    shares: dict[int, float] = {}
    for one in found:
        shares[one.unit] = shares.get(one.unit, 0.0) + one.share
    return tuple(sorted(shares, key=lambda unit: -shares[unit])[:count])


def composed(
    checkpoint: Checkpoint, config: SampleConfig, change: Intervention | None = None
) -> Composition:
    """A tune of a network, or of a changed one.

    Raises:
        ConfigError: there is no such layer, unit or part.
        CompositionError, GrammarError: it cannot be composed so.
    """
    changed = change or Intervention()
    key = changed.fingerprint(checkpoint.fingerprint), config

    def make() -> Composition:
        with resources.registry().foreground_priority.foreground():
            if changed == Intervention():
                return compose(checkpoint, config)[0]
            return compose_changed(checkpoint, config, changed)[0]

    return _compositions().get(key, make)


def held_out_loss(checkpoint: Checkpoint, change: Intervention) -> float:
    """The loss of a network, or of a changed one, on `TUNES` held-out tunes, in nats a character.

    Raises:
        CorpusError: the book is not there.
    """

    def make() -> float:
        changed = change_checkpoint(checkpoint, change)
        texts = held_out_texts(checkpoint)[:TUNES]
        return compute_loss(changed.network, changed.vocabulary, texts).loss

    return _losses().get(change.fingerprint(checkpoint.fingerprint), make)


def view_of(checkpoint: Checkpoint, text: str) -> View | None:
    """Where a network looks while it reads a text; None for a kind that looks nowhere."""
    seen = _views().get(
        (checkpoint.fingerprint, text),
        lambda: (look(checkpoint.network, checkpoint.vocabulary, text),),
    )
    return seen[0]


def saliency(checkpoint: Checkpoint, text: str, place: int, reach: int) -> Saliency:
    """Which earlier characters moved the prediction at a place."""
    return _saliencies().get(
        (checkpoint.fingerprint, text, place, reach),
        lambda: find_saliency(checkpoint.network, checkpoint.vocabulary, text, place, reach),
    )


def expectation(checkpoint: Checkpoint, text: str) -> Expectation:
    """What a network expected at each character of a text."""
    return _expectations().get(
        (checkpoint.fingerprint, text), lambda: find_expectation(checkpoint, text)
    )


def critic_stage(
    checkpoint: Checkpoint, config: SampleConfig, text: str, place: int, before: Stage
) -> Stage | None:
    """What the critic makes of a distribution; None where it has no choice.

    Raises:
        CheckpointError: the critic is damaged.
        GrammarError: the text before the place breaks the rules.
    """
    key = checkpoint.fingerprint, config, text[:place], before.name
    found = _critic_stages().get(
        key, lambda: (find_critic_stage(checkpoint, config, text, place, before),)
    )
    return found[0]


def knows_moment(run: str, folder: Path) -> bool:
    """Whether a moment of a training was looked at already."""
    return _key_of_moment(run, folder) in _moments()


def moment(run: str, folder: Path) -> Moment:
    """A look at a network at a moment of its training.

    Raises:
        CheckpointError: the weights are damaged.
        CorpusError: the book it learned from is not there.
        ConfigError: there is nothing to measure.
    """

    def make() -> Moment:
        checkpoint = load_checkpoint(folder)
        texts = find_held_out(checkpoint, resources.paths(), TEXTS)
        return look_at_moment(checkpoint, texts)

    return _moments().get(_key_of_moment(run, folder), make)


def _key_of_moment(run: str, folder: Path) -> Hashable:
    return run, folder, modified_ns(folder / METADATA_FILE)


def _size_of_recording(seen: Recording) -> int:
    arrays = [seen.features, seen.logits]
    for one in seen.layers:
        arrays += [one.hidden, *one.gates.values(), *([one.cell] if one.cell is not None else [])]
    return sum(array.nbytes for array in arrays)


@st.cache_resource(show_spinner=False)
def _recordings() -> BoundedCache[Recording]:
    return BoundedCache(MAX_RECORDING_BYTES, _size_of_recording)


@st.cache_resource(show_spinner=False)
def _moments() -> BoundedCache[Moment]:
    return BoundedCache(MAX_MOMENT_BYTES, lambda one: one.size_bytes)


@st.cache_resource(show_spinner=False)
def _materials() -> BoundedCache[Material]:
    return BoundedCache(
        MAX_MATERIAL_BYTES, lambda one: sum(map(_size_of_recording, one.recordings))
    )


@st.cache_resource(show_spinner=False)
def _associations() -> BoundedCache[list[Association]]:
    return BoundedCache(MAX_ASSOCIATION_BYTES, lambda one: _ASSOCIATION_BYTES * len(one))


@st.cache_resource(show_spinner=False)
def _probes() -> BoundedCache[list[Probe]]:
    return BoundedCache(MAX_PROBE_BYTES, lambda found: sum(one.weights.nbytes for one in found))


@st.cache_resource(show_spinner=False)
def _orders() -> BoundedCache[list[int]]:
    return BoundedCache(MAX_ORDER_BYTES, lambda one: 8 * len(one))


@st.cache_resource(show_spinner=False)
def _compositions() -> BoundedCache[Composition]:
    return BoundedCache(MAX_TEXT_BYTES, lambda one: _BYTES_A_CHARACTER * len(one.abc))


@st.cache_resource(show_spinner=False)
def _losses() -> BoundedCache[float]:
    return BoundedCache(MAX_ORDER_BYTES, lambda _one: _BYTES_OF_A_LOSS)


@st.cache_resource(show_spinner=False)
def _views() -> BoundedCache[tuple[View | None]]:
    return BoundedCache(
        MAX_TEXT_BYTES, lambda one: _BYTES_A_CHARACTER * len(one[0].text) if one[0] else 1
    )


@st.cache_resource(show_spinner=False)
def _saliencies() -> BoundedCache[Saliency]:
    return BoundedCache(MAX_TEXT_BYTES, lambda one: len(one.text) + 3 * one.gradient.nbytes)


@st.cache_resource(show_spinner=False)
def _critic_stages() -> BoundedCache[tuple[Stage | None]]:
    return BoundedCache(MAX_TEXT_BYTES, lambda one: one[0].probs.nbytes if one[0] else 1)


@st.cache_resource(show_spinner=False)
def _expectations() -> BoundedCache[Expectation]:
    return BoundedCache(MAX_TEXT_BYTES, lambda one: one.probs.nbytes)
