"""A small network that reads the notes of a tune in order and says how real they sound.

Shapes: B tunes, T words, E embedding, C channels.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from musicgen.evaluation.judge.features import TuneFeatures
from musicgen.sampling.composer import one_thread

EPOCHS = 12
MAX_WORDS = 400
_BATCH = 16
_CROP = 96
_EMBEDDING, _CHANNELS, _WIDTH = 24, 48, 5
_DROPOUT = 0.4
_LEARNING_RATE, _WEIGHT_DECAY = 5e-3, 0.05
_PADDING, _RARE = 0, 1
_PARTS = 3

Part = tuple[str, str, str]


class _Reader(nn.Module):
    """Embeddings, a convolution over five words, its mean and maximum over time, one logit.

    After Y. Kim, "Convolutional Neural Networks for Sentence Classification" (EMNLP 2014). All
    that is drawn comes from a generator of its own: other threads draw from that of torch.

    Args:
        sizes: Distinct values of each part of a word.
        generator: For first weights and dropout.
    """

    def __init__(self, sizes: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator
        self.embeddings = nn.ParameterList(
            torch.empty(size, _EMBEDDING).normal_(generator=generator) for size in sizes
        )
        self.filters = self._weights(_CHANNELS, _EMBEDDING, _WIDTH)
        self.bias = nn.Parameter(torch.zeros(_CHANNELS))
        self.output = self._weights(1, 2 * _CHANNELS)
        self.offset = nn.Parameter(torch.zeros(1))

    def _weights(self, *shape: int) -> nn.Parameter:
        reach = 1 / math.sqrt(math.prod(shape[1:]))
        return nn.Parameter(torch.empty(shape).uniform_(-reach, reach, generator=self._generator))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B,) of being real for ids (B, T, 3)."""
        is_word = (ids[..., :1] != _PADDING).float()  # (B, T, 1)
        parts = [table[ids[..., part]] for part, table in enumerate(self.embeddings)]
        read = self._drop(torch.stack(parts).sum(0)) * is_word  # (B, T, E)
        found = F.conv1d(read.transpose(1, 2), self.filters, self.bias, padding=_WIDTH // 2)
        found = torch.relu(found) * is_word.transpose(1, 2)  # (B, C, T)
        mean = found.sum(2) / is_word.sum(1)
        whole = self._drop(torch.cat([mean, found.amax(2)], 1))  # (B, 2 C)
        return F.linear(whole, self.output, self.offset)[:, 0]

    def _drop(self, values: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return values
        keep = 1 - _DROPOUT
        return values * torch.empty_like(values).bernoulli_(keep, generator=self._generator) / keep


def score_sequences(
    train: Sequence[TuneFeatures],
    labels: NDArray[np.int64],
    test: Sequence[TuneFeatures],
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Log-odds of being real by a convolutional network over the notes.

    The logits of the last third of the epochs are added: one epoch more or less does not matter.
    It works on one core, so that it leaves others alone and always gives the same.

    Args:
        train: Tunes to learn from.
        labels: 1 for each real one, 0 for each composed one.
        test: Tunes to score.
        seed: Of first weights, order and dropout.
        on_step: Called before each epoch; what it raises ends the scoring.
    """
    texts = [split_words(tune) for tune in train]
    tables = [_number_values([word[part] for words in texts for word in words])
              for part in range(_PARTS)]  # fmt: skip
    read = [_encode(words, tables) for words in texts]
    asked = [_encode(split_words(tune), tables) for tune in test]
    wanted = torch.from_numpy(np.asarray(labels, dtype=np.float32))
    generator = torch.Generator().manual_seed(seed)
    network = _Reader([len(table) + _RARE + 1 for table in tables], generator)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
    )
    total = np.zeros(len(test))
    with one_thread():
        for epoch in range(EPOCHS):
            on_step()
            network.train()
            for rows in torch.split(torch.randperm(len(read), generator=generator), _BATCH):
                optimizer.zero_grad(set_to_none=True)
                batch = [_crop(read[row], generator) for row in rows.tolist()]
                logits = network(_pad(batch))
                F.binary_cross_entropy_with_logits(logits, wanted[rows]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            if 3 * epoch >= 2 * EPOCHS:
                total += _score(network, asked)
    return total


def split_words(tune: TuneFeatures) -> list[Part]:
    """The first `MAX_WORDS` words: steps above the tonic, steps from the note before, length.

    A bar line is itself in all three. Where a step has no note before it, it is empty.
    """
    parts: list[Part] = []
    before: int | None = None
    for word in tune.words[:MAX_WORDS]:
        steps, colon, length = word.partition(":")
        if not colon:
            parts.append((word, word, word))
            continue
        parts.append((steps, "" if before is None else str(int(steps) - before), length))
        before = int(steps)
    return parts


def _number_values(values: Sequence[str]) -> dict[str, int]:
    """Numbers of the values that come more than once, beyond those of padding and rare ones."""
    known = [value for value, count in Counter(values).items() if count > 1]
    return {value: number for number, value in enumerate(known, _RARE + 1)}


def _encode(words: Sequence[Part], tables: Sequence[dict[str, int]]) -> torch.Tensor:
    """Numbers (T, 3); a tune without words has a rare one."""
    rows = [[table.get(value, _RARE) for value, table in zip(word, tables, strict=True)]
            for word in words]  # fmt: skip
    return torch.tensor(rows or [[_RARE] * _PARTS])


def _crop(row: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """At most `_CROP` words in a row, from a random place: another piece of the tune each time."""
    last = max(0, len(row) - _CROP)
    start = int(torch.randint(last + 1, (), generator=generator))
    return row[start : start + _CROP]


def _pad(rows: Sequence[torch.Tensor]) -> torch.Tensor:
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=_PADDING)


@torch.inference_mode()
def _score(network: _Reader, rows: Sequence[torch.Tensor]) -> NDArray[np.float64]:
    network.eval()
    logits = [network(_pad(rows[at : at + _BATCH])) for at in range(0, len(rows), _BATCH)]
    return np.asarray(torch.cat(logits).double().numpy())
