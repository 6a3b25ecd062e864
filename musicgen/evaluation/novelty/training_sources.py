"""What a checkpoint learned from: its corpus, and that of every training it was started from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from musicgen.config import Paths
from musicgen.corpus.cleaning import CorpusTune
from musicgen.corpus.dataset import Dataset, load_dataset
from musicgen.corpus.sources import SOURCES, require_source
from musicgen.corpus.user_corpora import PREFIX, store_of
from musicgen.errors import CorpusError
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.presets import PRESETS

_MAX_STARTS = 8


@dataclass(frozen=True, slots=True)
class TrainingSource:
    """A corpus that was learned from: its sources joined by ``+``, and if they were made plain."""

    source: str
    plain: bool = False


def training_sources_of(metadata: CheckpointMetadata) -> tuple[TrainingSource, ...]:
    """The corpora of a checkpoint, the last first.

    Checkpoints of older versions do not say whether the corpus of the training they were started
    from was made plain; then its preset does.

    Raises:
        CorpusError: the checkpoint does not say what it learned from.
    """
    learned_from = [TrainingSource(_source(metadata.corpus), metadata.training.plain)]
    start = metadata.corpus.get("started_from")
    for _ in range(_MAX_STARTS):
        if not isinstance(start, Mapping):
            break
        learned_from.append(TrainingSource(_source(start), _was_plain(start)))
        start = start.get("started_from")
    return tuple(dict.fromkeys(learned_from))


def require_here(learned_from: tuple[TrainingSource, ...], paths: Paths) -> None:
    """Makes sure, in a moment, that all corpora are on this machine.

    Raises:
        CorpusError: one is not; the message says how to get it.
    """
    for name in dict.fromkeys(name for source in learned_from for name in source.source.split("+")):
        if name in SOURCES:
            require_source(SOURCES[name], paths)
        else:
            own = name.removeprefix(PREFIX)
            store_of(own, paths).get(own)


def load_learned(
    learned_from: tuple[TrainingSource, ...],
    paths: Paths,
    on_progress: Callable[[int], None] = lambda _tunes: None,
) -> tuple[CorpusTune, ...]:
    """The training tunes of all corpora, each once.

    Raises:
        CorpusError: a corpus is not here.
    """
    tunes: dict[str, CorpusTune] = {}
    for source in learned_from:
        dataset: Dataset = load_dataset(source.source, paths, source.plain, on_progress=on_progress)
        for tune in dataset.split.train:
            tunes.setdefault(tune.text, tune)
    return tuple(tunes.values())


def _source(corpus: Mapping[str, Any]) -> str:
    source = corpus.get("source")
    if not isinstance(source, str) or not source:
        raise CorpusError("This model does not say which tunes it learned from.")
    return source


def _was_plain(start: Mapping[str, Any]) -> bool:
    preset = PRESETS.get(str(start.get("preset", "")))
    return bool(start.get("plain", preset.training.plain if preset else False))
