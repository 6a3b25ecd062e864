"""The models that the service composes with: loaded when they are first asked for, a few kept."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from musicgen.config import Paths
from musicgen.errors import CheckpointError, MusicgenError
from musicgen.evaluation.novelty.comparison import NoveltyIndex
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import training_sources_of
from musicgen.models.checkpoint import (
    Checkpoint,
    CheckpointRef,
    list_checkpoints,
    load_checkpoint,
)
from musicgen.sampling.engine import build_engine
from musicgen.serving.batching import StepBatcher

MAX_LOADED = 3


@dataclass
class ServedModel:
    """A model in memory, and an engine for each precision that was asked for."""

    ref: CheckpointRef
    checkpoint: Checkpoint
    batchers: dict[str, StepBatcher] = field(default_factory=dict)


class ServedModels:
    """The models of this machine by name. Only names are taken, never paths.

    Args:
        paths: Where they lie.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, ServedModel] = OrderedDict()
        self._indices: OrderedDict[str, NoveltyIndex] = OrderedDict()
        self._steps, self._tunes = 0, 0  # of models that are no longer kept

    def describe(self) -> list[dict[str, Any]]:
        """Each model there is: name, origin, kind, parameters, what it learned from, losses."""
        rows = []
        for ref in list_checkpoints(self._paths):
            try:
                known = ref.metadata()
            except MusicgenError:
                continue
            rows.append(
                {
                    "name": ref.name,
                    "origin": ref.origin,
                    "kind": known.network.kind,
                    "parameters": known.parameters,
                    "source": known.corpus.get("source", ""),
                    "described": known.training.described,
                    "license": known.license,
                    "metrics": known.metrics,
                }
            )
        return rows

    def find(self, name: str) -> ServedModel:
        """The model of that name, loaded.

        Raises:
            CheckpointError: there is none, or it is damaged.
        """
        with self._lock:
            if name in self._loaded:
                self._loaded.move_to_end(name)
                return self._loaded[name]
            ref = self._find_ref(name)
            model = ServedModel(ref, load_checkpoint(ref.path))
            self._loaded[name] = model
            while len(self._loaded) > MAX_LOADED:
                _, gone = self._loaded.popitem(last=False)
                self._steps += sum(one.steps for one in gone.batchers.values())
                self._tunes += sum(one.tunes for one in gone.batchers.values())
            return model

    def _find_ref(self, name: str) -> CheckpointRef:
        """By name alone: a path of somebody who is not here is none of ours."""
        for ref in list_checkpoints(self._paths):
            if ref.name == name:
                return ref
        known = ", ".join(ref.name for ref in list_checkpoints(self._paths))
        raise CheckpointError(
            "There is no checkpoint named {name!r}. There are: {known}.",
            name=name[:60], known=known or "none yet; train one first",
        )  # fmt: skip

    def find_batcher(self, model: ServedModel, precision: str) -> StepBatcher:
        """What steps a model for all requests in a precision.

        Raises:
            CompositionError: the model has none in that precision.
        """
        with self._lock:
            if precision not in model.batchers:
                model.batchers[precision] = StepBatcher(build_engine(model.checkpoint, precision))
            return model.batchers[precision]

    def find_index(self, model: ServedModel) -> NoveltyIndex:
        """The tunes that a model learned from, ready to be compared with.

        Raises:
            CorpusError: they are not here.
        """
        with self._lock:
            key = model.checkpoint.fingerprint
            if key not in self._indices:
                sources = training_sources_of(model.checkpoint.metadata)
                self._indices[key] = load_index(sources, self._paths)
                while len(self._indices) > MAX_LOADED:
                    self._indices.popitem(last=False)
            return self._indices[key]

    def count_steps(self) -> tuple[int, int]:
        """Steps of all networks so far, and the tunes in them."""
        with self._lock:
            batchers = [one for model in self._loaded.values() for one in model.batchers.values()]
            steps = self._steps + sum(one.steps for one in batchers)
            return steps, self._tunes + sum(one.tunes for one in batchers)
