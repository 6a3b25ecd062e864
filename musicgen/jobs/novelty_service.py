"""Indices of what the models learned from, made ready aside while people play.

Reading thousands of tunes is Python's work alone; a thread of the server would take the time of
those who listen, so a process of its own does it, at low priority (``novelty --prepare``). It
leaves the index on the disk, and dies with the server, to whom it reports.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from musicgen.config import Paths
from musicgen.corpus.corpus_cache import digest_source
from musicgen.errors import CorpusError, MusicgenError
from musicgen.evaluation.novelty.comparison import NoveltyIndex
from musicgen.evaluation.novelty.index_files import find_index
from musicgen.evaluation.novelty.training_sources import (
    TrainingSource,
    require_here,
    training_sources_of,
)
from musicgen.models.checkpoint import CheckpointRef

logger = logging.getLogger(__name__)

MAX_INDICES = 3
"""Indices kept in memory; that of all shared books takes 15 MB."""

RETRY_S = 60.0
"""For how long a failure stands before it is tried again."""


KEY_S = 20.0
"""For how long the files of a corpus are taken to be as they were: hashing takes 0.2 seconds."""


@dataclass(frozen=True, slots=True)
class IndexInProgress:
    """An index that is being made: how many tunes were read so far."""

    tunes: int


@dataclass
class _Work:
    tunes: int = 0
    failure: MusicgenError | None = None
    ended_s: float = 0.0
    is_done: bool = False
    thread: threading.Thread | None = field(default=None, repr=False)


class NoveltyService:
    """Hands out indices, and has them made where they are not; one for all sessions."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._indices: dict[str, NoveltyIndex] = {}
        self._work: dict[str, _Work] = {}
        self._keys: dict[tuple[TrainingSource, ...], tuple[str, float]] = {}

    def ask(self, ref: CheckpointRef) -> NoveltyIndex | IndexInProgress:
        """The index of what a model learned from, or how far it is; answers within 0.2 seconds.

        Raises:
            CorpusError: its tunes are not here, or could not be read.
            CheckpointError: the model is damaged.
        """
        learned_from = training_sources_of(ref.metadata())
        key = self._key(learned_from)
        with self._lock:
            index = self._indices.get(key) or self._find(key, learned_from)
            if index is not None:
                self._indices[key] = index
                for old in list(self._indices)[:-MAX_INDICES]:
                    del self._indices[old]
                return index
            return self._progress(key, ref)

    def _key(self, learned_from: tuple[TrainingSource, ...]) -> str:
        """By what is in the files, which are looked at anew only every so often.

        Raises:
            CorpusError: they are not here.
        """
        key, read_s = self._keys.get(learned_from, ("", -KEY_S))
        if time.monotonic() - read_s >= KEY_S:
            require_here(learned_from, self._paths)
            key = " ".join(
                digest_source(source.source, self._paths, source.plain) for source in learned_from
            )
            self._keys[learned_from] = key, time.monotonic()
        return key

    def _find(self, key: str, learned_from: tuple[TrainingSource, ...]) -> NoveltyIndex | None:
        """What is on the disk, unless somebody is still at work on it."""
        work = self._work.get(key)
        return None if work and not work.is_done else find_index(learned_from, self._paths)

    def _progress(self, key: str, ref: CheckpointRef) -> IndexInProgress:
        work = self._work.get(key)
        if work and work.failure and time.monotonic() - work.ended_s < RETRY_S:
            raise work.failure
        if work is None or work.is_done:
            work = self._work[key] = _Work()
            work.thread = threading.Thread(
                target=self._prepare, args=(work, ref), name="novelty", daemon=True
            )
            work.thread.start()
        return IndexInProgress(work.tunes)

    def _prepare(self, work: _Work, ref: CheckpointRef) -> None:
        command = [
            sys.executable, "-m", "musicgen", "novelty", "--prepare", "--checkpoint", str(ref.path),
        ]  # fmt: skip
        try:
            with subprocess.Popen(
                command,
                cwd=Paths.default().project,
                env=os.environ | {"MUSICGEN_HOME": str(self._paths.home)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process:
                said = ""
                for line in process.stdout or ():
                    said, (number, _, _) = line.strip() or said, line.partition(" ")
                    work.tunes = int(number) if number.isdigit() else work.tunes
            if process.returncode:
                work.failure = _failure(said)
        except OSError as error:
            work.failure = _failure(error.strerror or str(error))
        finally:
            work.ended_s = time.monotonic()
            work.is_done = True


def _failure(reason: str) -> CorpusError:
    logger.warning("The tunes a model learned from could not be read: %s", reason)
    return CorpusError("The tunes it learned from could not be read.")
