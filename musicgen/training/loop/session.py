"""One sitting of a training: a trainer, a run folder, and what is saved when."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from musicgen.allocator import keeping_large_blocks
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import PreferenceError, RunError, StorageError, TrainingDiverged
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata, load_checkpoint
from musicgen.models.extension import extend_network, extend_vocabulary
from musicgen.presets import Preset
from musicgen.training.critic_pairs import compose_own_pairs
from musicgen.training.loop.distillation import check_teacher
from musicgen.training.loop.following import invite
from musicgen.training.loop.group import ALONE, Group, Order
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.precision import set_threads
from musicgen.training.loop.trainer import Trainer
from musicgen.training.preference_pairs import PreferencePair, require_start
from musicgen.training.runs.run import Run
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.samples import Sample, compose_sample, is_sample_due
from musicgen.training.trackers import NoTracker, Tracker, open_tracker

logger = logging.getLogger(__name__)


def fit_preset(preset: Preset, vocabulary: Vocabulary) -> Preset:
    """The preset with what its network must know of a vocabulary: its size and some characters."""
    network = preset.network.replace(
        vocab_size=len(vocabulary),
        bar_id=vocabulary.ids.get("|", -1),
        line_id=vocabulary.ids.get("\n", -1),
        colon_id=vocabulary.ids.get(":", -1),
        characters="".join(vocabulary.characters) if preset.network.position else "",
    )
    return replace(preset, network=network)


class TrainingSession:
    """Trains a run, new or interrupted, and keeps its folder up to date.

    A full disk stops the saving, not the training: `warning` then holds the sentence, and the next
    save tries again.

    Args:
        run: The run; if it has a last save, training goes on from there.
        dataset: What to learn from; characters that a network to start from lacks are added.
        on_step: Called after each step, in the thread that trains.
        group: The processes that train together; this one leads them.

    `samples` has the tunes composed along the way, earlier sittings included; each new one makes a
    new tuple, so that other threads may read it at any time.
    """

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        on_step: Callable[[StepMetrics], None],
        group: Group = ALONE,
    ) -> None:
        self.run = run
        self._group = group
        self.dataset = dataset
        self._start = run.start()
        self.vocabulary = dataset.vocabulary
        if self._start:
            self.vocabulary = extend_vocabulary(self._start.vocabulary, dataset.vocabulary)
        self.preset = fit_preset(run.preset, self.vocabulary)
        self.warning = ""
        self.progress = Progress()
        self.samples: tuple[Sample, ...] = run.read_samples()
        self._on_step = on_step
        self._saved_step = -1
        self._last_step = -1
        self._tracker: Tracker = NoTracker()

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> str:
        """Trains until the end or until told to stop; returns ``finished`` or ``stopped``.

        Raises:
            RunError: another process trains this run.
            TrainingDiverged: the loss is no longer a number; what was saved is kept.
            CheckpointError: the last save is damaged, or the teacher is gone.
            PreferenceError: there are no pairs of tunes, and none can be made.
            ProcessLost: one that trains along is gone; what was saved is kept.
        """
        with self.run.locked(), keeping_large_blocks():
            set_threads(self.preset.training)
            pairs = self._find_pairs(should_stop)
            if pairs is None:
                self._storing(lambda: self.run.write_status("stopped", "", 0, self.progress))
                return "stopped"
            trainer = self._build_trainer(pairs)
            self._write_status(trainer, "running")
            self._tracker = open_tracker(self.run.path, self.run.id, self.preset, trainer.step + 1)
            try:
                if not trainer.step:
                    self._listen(trainer, None)
                trainer.train(lambda metrics: self._after_step(trainer, metrics), should_stop)
            except TrainingDiverged as error:
                self._write_status(trainer, "failed", str(error))
                raise
            finally:
                self._tracker.close()
            self._finish(trainer)
            self._group.announce(Order.END)
            self._last_step = trainer.step
            status = "finished" if trainer.is_done else "stopped"
            self._write_status(trainer, status)
            return status

    def _find_pairs(self, should_stop: Callable[[], bool]) -> Sequence[PreferencePair] | None:
        """The pairs of tunes to learn from, composed now if need be; None if told to stop."""
        config = self.preset.training
        require_start(config, self._start)
        if not (config.preferences and self._start):
            return ()
        pairs = self.run.read_pairs()
        if not pairs:
            if config.preference_pairs:
                raise PreferenceError(
                    "The pairs of the run {name!r} are gone. Start a new run.", name=self.run.id
                )
            first = self.dataset.source.split("+")[0]
            real = [tune.text for tune in self.dataset.split.train if tune.source == first]
            found = compose_own_pairs(
                self._start, real, config.preference_count, config.seed, should_stop
            )
            if found is None:
                return None
            pairs = found
            self._storing(lambda: self.run.write_pairs(found))
        return pairs

    def _build_trainer(self, pairs: Sequence[PreferencePair]) -> Trainer:
        dataset = self.dataset
        network = None
        if self._start:
            shape, seed = self.preset.network, self.preset.training.seed
            network = extend_network(self._start.network, shape, seed)
        readings = self.preset.training.first_readings
        sides = dataset.training_texts(readings), dataset.texts("val")
        trainer = Trainer(
            self.preset, self.vocabulary, *sides, network, self._load_teacher(), pairs
        )
        if self.run.can_resume:
            self.progress = self.run.restore(trainer)
            self._saved_step = trainer.step
        elif self.run.has_best:
            raise RunError(
                "The run {name!r} was never saved so that it could go on, perhaps because "
                "the disk was full. Its best checkpoint plays; to train further, start a new run.",
                name=self.run.id,
            )
        else:
            self.run.clear_metrics()  # of a sitting that ended before its first save
        self.samples = self.run.read_samples()
        invite(self._group, trainer, self.preset, sides[0])
        return trainer

    def _load_teacher(self) -> Checkpoint | None:
        folder = self.run.path / "teacher"
        teacher = load_checkpoint(folder) if self.preset.training.teacher else None
        check_teacher(teacher, self.dataset.vocabulary)
        return teacher

    @property
    def is_saved(self) -> bool:
        """Whether the last save holds the newest step."""
        return self._saved_step == self._last_step

    def _after_step(self, trainer: Trainer, metrics: StepMetrics) -> None:
        self._storing(lambda: self.run.append_metrics(metrics))
        self._tracker.log_step(metrics)
        self._keep_best(trainer, metrics.val_loss)
        self._listen(trainer, metrics.val_loss)
        if metrics.val_loss is not None or metrics.step % self.preset.training.save_interval == 0:
            self._save_last(trainer)
            self._write_status(trainer, "running")
        self._on_step(metrics)

    def _listen(self, trainer: Trainer, val_loss: float | None) -> None:
        """Lets the network compose when it is time, before the save that goes with the step."""
        has_ended_early = trainer.has_converged and trainer.config.samples > 0
        if not (is_sample_due(trainer.config, trainer.step) or has_ended_early):
            return
        sample = compose_sample(trainer.trained, trainer.vocabulary, trainer.step, val_loss)
        if sample:
            self.samples = (*self.samples, sample)
            self._storing(lambda: self.run.append_sample(sample))
            self._tracker.log_sample(sample)
        if trainer.config.moments:
            self._storing(lambda: self.run.save_moment(trainer, self._metadata(trainer)))

    def _keep_best(self, trainer: Trainer, val_loss: float | None) -> None:
        best = self.progress.best_val_loss
        # Goals over whole tunes may cost a little loss: the newest look has what they brought.
        is_better = best is None or trainer.config.has_tune_goals or (val_loss or 0.0) < best
        if val_loss is None or not (is_better and math.isfinite(val_loss)):
            return
        self.progress = Progress(val_loss, trainer.step)
        self._storing(lambda: self.run.save_best(trainer, self._metadata(trainer)))

    def _finish(self, trainer: Trainer) -> None:
        """Saves what the last steps brought; a training stopped early can be played, too."""
        if trainer.step and not self.run.has_best:
            if trainer.val_tunes:
                self._keep_best(trainer, trainer.evaluate().loss)
            else:
                self._storing(lambda: self.run.save_best(trainer, self._metadata(trainer)))
        if trainer.step != self._saved_step:
            self._save_last(trainer)

    def _save_last(self, trainer: Trainer) -> None:
        def save() -> None:
            self.run.save_last(trainer, self._metadata(trainer), self.progress)
            self._saved_step = trainer.step

        self._storing(save)

    def _write_status(self, trainer: Trainer, status: str, message: str = "") -> None:
        text = message or self.warning
        self._storing(lambda: self.run.write_status(status, text, trainer.step, self.progress))

    def _describe_corpus(self) -> dict[str, Any]:
        description = self.dataset.describe()
        if self._start:
            before = self._start
            description["started_from"] = {
                "name": before.name,
                "fingerprint": before.fingerprint,
                "step": before.metadata.step,
                "preset": before.metadata.preset,
                "source": before.metadata.corpus.get("source", ""),
                "plain": before.metadata.training.plain,
                "started_from": before.metadata.corpus.get("started_from"),
                "compressed_from": before.metadata.corpus.get("compressed_from"),
            }
        return description

    def _storing(self, save: Callable[[], None]) -> None:
        try:
            save()
        except StorageError as error:
            if str(error) != self.warning:
                logger.warning("%s", error)
            self.warning = str(error)

    def _metadata(self, trainer: Trainer) -> CheckpointMetadata:
        return CheckpointMetadata(
            name=self.run.id,
            step=trainer.step,
            network=trainer.network.config,
            training=trainer.config,
            vocabulary=trainer.vocabulary.characters,
            preset=self.preset.name,
            corpus=self._describe_corpus(),
            metrics={"val_loss": self.progress.best_val_loss, "best_step": self.progress.best_step},
            parameters=trainer.network.num_parameters,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
