"""Novelty indices of models, made in the background while people play.

Reading thousands of tunes holds Python's interpreter lock; a thread of the server would slow down
playing, so a process of its own does it, at low priority (``novelty --prepare``). It leaves the
index on the disk, reports to the server, and ends with it.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from musicgen.config import Paths
from musicgen.corpus.corpus_cache import digest_source
from musicgen.errors import CorpusError
from musicgen.evaluation.novelty.comparison import NoveltyIndex
from musicgen.evaluation.novelty.index_files import find_index
from musicgen.evaluation.novelty.training_sources import (
    TrainingSource,
    require_here,
    training_sources_of,
)
from musicgen.jobs.background_task import BackgroundTask
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


class _IndexTask(BackgroundTask):
    """Has one index made by a process of its own; `tunes` is how many were read so far."""

    def __init__(self, ref: CheckpointRef, paths: Paths) -> None:
        super().__init__("novelty", self._prepare, _sentence())
        self.tunes = 0
        self.ended_s = 0.0
        self._ref = ref
        self._paths = paths

    def _prepare(self) -> None:
        try:
            self._run_process()
        except OSError as error:
            raise _failure(error.strerror or str(error)) from error
        finally:
            self.ended_s = time.monotonic()

    def _run_process(self) -> None:
        command = [
            sys.executable, "-m", "musicgen", "novelty", "--prepare",
            "--checkpoint", str(self._ref.path),
        ]  # fmt: skip
        homes = {"MUSICGEN_HOME": str(self._paths.home)}
        if self._paths.shared:
            homes["MUSICGEN_SHARED"] = str(self._paths.shared)
        with subprocess.Popen(
            command,
            cwd=Paths.default().project,
            env=os.environ | homes,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            said = ""
            for line in process.stdout or ():
                said, (number, _, _) = line.strip() or said, line.partition(" ")
                self.tunes = int(number) if number.isdigit() else self.tunes
        if process.returncode:
            raise _failure(said)


class NoveltyService:
    """Hands out indices, and has them made where they are not; one for all sessions."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._indices: dict[str, NoveltyIndex] = {}
        self._tasks: dict[str, _IndexTask] = {}
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
        task = self._tasks.get(key)
        return None if task and not task.is_over else find_index(learned_from, self._paths)

    def _progress(self, key: str, ref: CheckpointRef) -> IndexInProgress:
        task = self._tasks.get(key)
        error = task.state.error if task else None
        if task and error and time.monotonic() - task.ended_s < RETRY_S:
            raise error
        if task is None or task.is_over:
            task = self._tasks[key] = _IndexTask(ref, self._paths)
            task.start()
        return IndexInProgress(task.tunes)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for all indices that are being made; True if they came in time."""
        with self._lock:
            tasks = list(self._tasks.values())
        return all(task.wait(timeout_s) for task in tasks)


def _failure(reason: str) -> CorpusError:
    logger.warning("The tunes a model learned from could not be read: %s", reason)
    return _sentence()


def _sentence() -> CorpusError:
    return CorpusError("The tunes it learned from could not be read.")
