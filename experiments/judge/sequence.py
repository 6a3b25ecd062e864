"""A small recurrent network that reads the notes of a tune and says how real it sounds.

Shapes: B tunes, T words, W distinct words.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from experiments.judge.features import write_words
from musicgen.notation.model import Tune

EPOCHS = 12
BATCH = 32
MAX_WORDS = 400
_SIZE = 48
_PADDING, _RARE = 0, 1


class _Reader(nn.Module):
    """Embedding, a bidirectional GRU, the mean over time, one logit."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, _SIZE, padding_idx=_PADDING)
        self.layer = nn.GRU(_SIZE, _SIZE, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.4)
        self.linear = nn.Linear(2 * _SIZE, 1)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B,) of being real for ids (B, T)."""
        is_word = (ids != _PADDING)[..., None]
        values, _ = self.layer(self.dropout(self.embedding(ids)))  # (B, T, 2 · size)
        mean = (values * is_word).sum(1) / is_word.sum(1).clamp(min=1)
        logits: torch.Tensor = self.linear(self.dropout(mean))
        return logits[:, 0]


def score_sequences(
    train: Sequence[Tune], labels: NDArray[np.int64], test: Sequence[Tune], seed: int
) -> NDArray[np.float64]:
    """Log-odds of being real by a GRU over the notes (Cho et al. 2014), averaged over its end.

    The logits of the last third of the epochs are averaged: one epoch more or less does not matter.
    """
    texts = [write_words(tune)[:MAX_WORDS] for tune in train]
    counts = Counter(word for words in texts for word in words)
    known = [word for word, count in counts.items() if count > 1]
    numbers = {word: at for at, word in enumerate(known, _RARE + 1)}
    read = _encode(texts, numbers)
    asked = _encode([write_words(tune)[:MAX_WORDS] for tune in test], numbers)
    wanted = torch.from_numpy(np.asarray(labels, dtype=np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _Reader(len(numbers) + 2)
        optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
        totals = np.zeros(len(test))
        for epoch in range(EPOCHS):
            network.train()
            for rows in torch.split(torch.randperm(len(read)), BATCH):
                optimizer.zero_grad(set_to_none=True)
                logits = network(_pad([read[row] for row in rows.tolist()]))
                F.binary_cross_entropy_with_logits(logits, wanted[rows]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            if 3 * epoch >= 2 * EPOCHS:
                totals += _score(network, asked)
    return totals


def _encode(texts: Sequence[Sequence[str]], numbers: dict[str, int]) -> list[list[int]]:
    return [[numbers.get(word, _RARE) for word in words] or [_RARE] for words in texts]


def _pad(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[_PADDING] * (longest - len(row))] for row in rows])


@torch.inference_mode()
def _score(network: _Reader, rows: Sequence[list[int]]) -> NDArray[np.float64]:
    network.eval()
    parts = [network(_pad(rows[at : at + BATCH])) for at in range(0, len(rows), BATCH)]
    return np.asarray(torch.cat(parts).double().numpy())
