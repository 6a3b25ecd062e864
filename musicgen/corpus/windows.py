"""Stretches of text for training: random ones as the lab draws them, or one after the other.

Shapes: B batch, T time. Targets are the inputs one character later.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch

from musicgen.config import TrainingConfig
from musicgen.corpus.augmentation import Augmentation, augment
from musicgen.corpus.auxiliary_labels import IGNORED, TASKS, Labels, label_characters
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Ids, Vocabulary
from musicgen.errors import CorpusError

_FIRST_SHARE = 0.2
"""Of the tunes, the shortest first, with which a curriculum begins."""


@dataclass(frozen=True, slots=True)
class Window:
    """A batch: inputs and targets, each (B, T) int64.

    `is_first` says that no stretch of it goes on from the batch before. `labels`, (tasks, B, T),
    are those of the targets, in the order of `tasks.TASKS`, where they are asked for.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    is_first: bool
    labels: torch.Tensor | None = None

    def to(self, device: torch.device) -> Self:
        """The batch on another device."""
        labels = None if self.labels is None else self.labels.to(device)
        return replace(
            self, inputs=self.inputs.to(device), targets=self.targets.to(device), labels=labels
        )

    def lanes(self, first: int, end: int) -> Self:
        """Some lanes of the batch, from `first` up to before `end`."""
        labels = None if self.labels is None else self.labels[:, first:end]
        part = slice(first, end)
        return replace(self, inputs=self.inputs[part], targets=self.targets[part], labels=labels)


class Windows:
    """The batches of a training, one after the other, from its tunes.

    Without settings that say otherwise the tunes are one text, and stretches begin anywhere in it.
    With `carry_state` each pass over the tunes reads all of them in a new order: the text is cut
    into B lanes, and each batch goes on where the one before ended. Augmentation and curriculum
    make another text for each pass. All of it follows from the seed and from `state_dict`.

    Args:
        tunes: Training tunes, one text each.
        vocabulary: Must know all their characters; an augmented tune that it does not know is
            read as it was.
        config: Batch size, sequence length and how tunes are read.
    """

    def __init__(
        self, tunes: Sequence[str], vocabulary: Vocabulary, config: TrainingConfig
    ) -> None:
        self._tunes = sorted(tunes, key=len) if config.curriculum else list(tunes)
        self._vocabulary = vocabulary
        self._config = config
        self._changes = Augmentation(
            config.transpose, config.truncate, config.vary_rhythm, config.described
        )
        self._generator = torch.Generator().manual_seed(config.seed)
        self._pass = 0
        self._drawn = 0
        self._share = 1.0
        self._labels: Labels | None = None
        self._ids = self._read_pass() if not self._is_changing else None

    @property
    def _is_changing(self) -> bool:
        """Whether each pass has a text of its own."""
        config = self._config
        return bool(self._changes) or config.carry_state or config.curriculum > 0

    def draw(self, progress: float) -> Window:
        """The next batch; `progress`, 0..1, is how much of the training is done.

        Raises:
            CorpusError: the text is too short for the batch.
        """
        config = self._config
        ids = self._ids
        if ids is None or self._drawn >= self._windows_of(ids):
            ids = self._begin_pass(progress)
        is_first = self._drawn == 0 or not config.carry_state
        if config.carry_state:
            starts = _lanes(len(ids), config.seq_len, config.batch_size, self._drawn)
        else:
            starts = _draw_starts(len(ids), config.seq_len, config.batch_size, self._generator)
        self._drawn += self._is_changing
        inputs, targets = _cut(ids, starts, config.seq_len)
        return Window(inputs, targets, is_first, self._cut_labels(starts))

    def _cut_labels(self, starts: Ids) -> torch.Tensor | None:
        if self._labels is None:
            return None
        places = starts[:, None] + np.arange(1, self._config.seq_len + 1)  # (B, T)
        return torch.from_numpy(self._labels[:, places])

    def state_dict(self) -> dict[str, Any]:
        """Where the reading stands; everything else follows from the settings."""
        return {
            "generator": self._generator.get_state(),
            "pass": self._pass,
            "drawn": self._drawn,
            "share": self._share,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from what `state_dict` gave."""
        self._generator.set_state(state["generator"])
        self._pass, self._drawn = int(state["pass"]), int(state["drawn"])
        self._share = float(state["share"])
        if self._is_changing and self._pass:
            self._ids = self._read_pass()

    def _begin_pass(self, progress: float) -> Ids:
        curriculum = self._config.curriculum
        self._pass += 1
        self._drawn = 0
        self._share = 1.0
        if curriculum and progress < curriculum:
            self._share = _FIRST_SHARE + (1.0 - _FIRST_SHARE) * progress / curriculum
        self._ids = self._read_pass()
        return self._ids

    def _read_pass(self) -> Ids:
        """The text of the present pass."""
        generator = random.Random(f"{self._config.seed}/{self._pass}")
        tunes = self._tunes[: max(1, round(self._share * len(self._tunes)))]
        if self._config.carry_state:
            generator.shuffle(tunes)
        texts = [self._changed(tune, generator) for tune in tunes]
        if self._config.multi_task:
            self._labels = _label(texts)
        return self._vocabulary.encode("".join(text + SEPARATOR for text in texts))

    def _changed(self, tune: str, generator: random.Random) -> str:
        if not self._changes:
            return tune
        changed = augment(tune, self._changes, generator)
        return tune if self._vocabulary.unknown(changed) else changed

    def _windows_of(self, ids: Ids) -> int:
        """Batches of a pass; without end where the text stays the same."""
        config = self._config
        if not self._is_changing:
            return self._drawn + 1
        count = (len(ids) - 1) // (config.batch_size * config.seq_len)
        if count < 1 and config.carry_state:
            raise _too_few(len(ids), config.seq_len * config.batch_size)
        return max(1, count)


def _label(texts: Sequence[str]) -> Labels:
    """Labels (tasks, T) of all tunes and of the blank lines behind them."""
    blank = np.full((len(TASKS), len(SEPARATOR)), IGNORED, dtype=np.int64)
    return np.concatenate([part for text in texts for part in (label_characters(text), blank)], 1)


def _lanes(length: int, seq_len: int, batch_size: int, number: int) -> Ids:
    """Where batch `number` begins in a text cut into B lanes of equal length."""
    lane = (length - 1) // batch_size
    if number * seq_len + seq_len > lane:
        raise _too_few(length, seq_len * batch_size)
    return np.arange(batch_size) * lane + number * seq_len


def draw_windows(
    ids: Ids, seq_len: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets, each (B, T) int64, from uniformly random starts (with replacement).

    The lab draws starts in ``0 .. len(ids) - 1 - seq_len`` so that the last target exists.

    Raises:
        CorpusError: the text is not longer than one window.
    """
    return _cut(ids, _draw_starts(len(ids), seq_len, batch_size, generator), seq_len)


def _draw_starts(length: int, seq_len: int, batch_size: int, generator: torch.Generator) -> Ids:
    starts_count = length - seq_len
    if starts_count < 1:
        raise _too_few(length, seq_len)
    starts: Ids = torch.randint(starts_count, (batch_size,), generator=generator).numpy()
    return starts


def _cut(ids: Ids, starts: Ids, seq_len: int) -> tuple[torch.Tensor, torch.Tensor]:
    both = torch.from_numpy(ids[starts[:, None] + np.arange(seq_len + 1)])  # (B, T + 1)
    return both[:, :-1], both[:, 1:]


def _too_few(count: int, wanted: int) -> CorpusError:
    return CorpusError(
        "The text has {count} characters, too few for windows of {wanted}. "
        "Choose a shorter sequence, a smaller batch or a larger corpus.",
        count=count,
        wanted=wanted,
    )
