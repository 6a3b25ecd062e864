"""What runs on a worker: the same functions as in this process. Knows nothing of any cluster."""

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musicgen.config import SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import MusicgenError, RunError
from musicgen.evaluation.loss.text_loss import LossReport
from musicgen.evaluation.report.builder import Hooks, Scorer, make_report
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import Reference
from musicgen.evaluation.report.result import DrawnTune, Report
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.places.folder_files import Files, Stamps, read_changed, write_files
from musicgen.sampling.composer import Composition, compose
from musicgen.storage import delete_folder
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import Run

logger = logging.getLogger(__name__)

PROBE = ".probe"
"""A file in the folder of a run: whoever reads the right word in it sees that very folder."""

FREED_S = 60.0
"""How long a training waits for another process that still holds its run."""

_LOOK_S = 0.1
_LONGEST_REASON = 300
_kept: dict[str, Checkpoint] = {}


@dataclass(frozen=True, slots=True)
class News:
    """What is new of a training.

    `needs_files` says that the worker does not see the folder of the run; `metrics` are the steps
    since those that were known, `files` what was written since the last time, for a folder that is
    not shared; `status` is empty until the training is over, and `error` is why it failed.
    """

    needs_files: bool = False
    metrics: tuple[StepMetrics, ...] = ()
    files: Files | None = None
    status: str = ""
    error: MusicgenError | None = None
    warning: str = ""
    is_saved: bool = True


class TrainingWork:
    """A training in a thread of its own, asked and ordered by whoever started it.

    Args:
        folder: Of the run, as the one who started it sees it.
        probe: The word in its file `PROBE`.
        dataset: What to learn from.
    """

    def __init__(self, folder: str, probe: str, dataset: Dataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._metrics: list[StepMetrics] = []
        self._outbox: Files = {}
        self._stamps: Stamps = {}
        self._end: News | None = None
        self._go, self._stop = threading.Event(), threading.Event()
        self._go.set()
        self._own: Path | None = None
        self._run = Run(Path(folder))
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.sees_folder = _reads(Path(folder) / PROBE, probe)
        if self.sees_folder:
            self._thread.start()

    def take(self, files: Mapping[str, bytes]) -> None:
        """Begins with the files of a run, where its folder is not seen from here."""
        if self._own:
            return
        self._own = Path(tempfile.mkdtemp(prefix="musicgen-"))
        self._run = Run(self._own / self._run.id)
        write_files(self._run.path, files)
        _files, self._stamps = read_changed(self._run.path, {})
        self._thread.start()

    def poll(self, known: int) -> News:
        """What is new.

        Args:
            known: Steps of this sitting that the other side has.
        """
        if not self.sees_folder and self._own is None:
            return News(needs_files=True)
        with self._lock:
            files = self._outbox or None
            self._outbox = {}
            news = self._end or News()
            return replace(news, metrics=tuple(self._metrics[known:]), files=files)

    def order(self, word: str) -> None:
        """Does what it is told: ``hold`` pauses, ``go`` goes on, ``stop`` saves and ends."""
        if word == "hold":
            self._go.clear()
            return
        if word == "stop":
            self._stop.set()
        self._go.set()

    def _work(self) -> None:
        session: TrainingSession | None = None
        try:
            _wait_until_free(self._run)
            session = TrainingSession(self._run, self._dataset, self._on_step)
            end = News(status=session.train(self._should_stop))
        except MusicgenError as error:
            end = News(status="failed", error=error)
        except Exception as error:
            logger.exception("the training of %s failed", self._run.id)
            reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
            failure = RunError("The training failed on its worker: {reason}", reason=reason)
            end = News(status="failed", error=failure)
        self._collect()
        with self._lock:
            saved, warning = (session.is_saved, session.warning) if session else (True, "")
            self._end = replace(end, warning=warning, is_saved=saved)
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)

    def _should_stop(self) -> bool:
        self._go.wait()
        return self._stop.is_set()

    def _on_step(self, metrics: StepMetrics) -> None:
        if metrics.val_loss is not None or metrics.step % self._save_interval == 0:
            self._collect()
        with self._lock:
            self._metrics.append(metrics)

    @property
    def _save_interval(self) -> int:
        return self._run.preset.training.save_interval

    def _collect(self) -> None:
        """Puts what was written into the outbox, where the folder is not shared."""
        if self.sees_folder:
            return
        files, self._stamps = read_changed(self._run.path, self._stamps)
        with self._lock:
            self._outbox |= files


def _reads(path: Path, word: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == word
    except (OSError, ValueError):
        return False


def _wait_until_free(run: Run) -> None:
    """Waits for the worker of a process that was killed: it holds the run a moment longer."""
    end = time.monotonic() + FREED_S
    while run.is_busy() and time.monotonic() < end:
        time.sleep(_LOOK_S)


def prepare_again(run: Run) -> None:
    """Puts a run right whose training was killed between its first two saves: it begins anew.

    Raises:
        StorageError: it cannot be.
    """
    if run.has_best and not run.can_resume:
        delete_folder(run.path / "best")


def compose_part(files: Files, name: str, config: SampleConfig) -> list[Composition]:
    """The tunes of some settings, by the checkpoint in some files.

    Args:
        files: Of the checkpoint's folder.
        name: What the checkpoint is called.
        config: The settings.
    """
    return compose(_load(files, name), config)


@dataclass(frozen=True)
class ReportWork:
    """All that a report needs but its checkpoints: their tunes are composed already.

    `drawn` has them by the key of their cell, `scorers` what adds numbers to the tunes of each
    checkpoint, by its fingerprint.
    """

    plan: ReportPlan
    reference: Reference | None
    drawn: Mapping[str, Sequence[DrawnTune]]
    scorers: Mapping[str, Scorer]


def measure_report(
    work: ReportWork, names: Sequence[str], *files: Files
) -> tuple[Report, dict[str, LossReport]]:
    """A report, and the loss of each checkpoint on the real tunes.

    Args:
        work: What is to be measured.
        names: What the checkpoints are called.
        files: Of their folders.
    """
    checkpoints = [_load(one, name) for one, name in zip(files, names, strict=True)]
    losses: dict[str, LossReport] = {}
    hooks = Hooks(
        read_drawn=lambda cell, _print: work.drawn.get(cell.key, ()),
        find_scorer=lambda checkpoint: work.scorers[checkpoint.fingerprint],
        on_loss=losses.__setitem__,
    )
    return make_report(work.plan, checkpoints, work.reference, hooks), losses


def _load(files: Files, name: str) -> Checkpoint:
    """The checkpoint of some files; the last one is kept, since many parts ask for it."""
    key = f"{name} {hash(tuple(sorted(files.items())))}"
    if key not in _kept:
        with tempfile.TemporaryDirectory(prefix="musicgen-") as folder:
            path = Path(folder) / name
            path.mkdir()
            for file, data in files.items():
                (path / Path(file).name).write_bytes(data)
            loaded = load_checkpoint(path)
        _kept.clear()
        _kept[key] = loaded
    return _kept[key]
