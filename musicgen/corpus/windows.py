"""Windows of text as the lab draws them: random starts, targets one character later."""

import numpy as np
import torch

from musicgen.corpus.vocabulary import Ids
from musicgen.errors import CorpusError


def draw_windows(
    ids: Ids, seq_len: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets, each (B, T) int64, from uniformly random starts (with replacement).

    The lab draws starts in ``0 .. len(ids) - 1 - seq_len`` so that the last target exists.

    Raises:
        CorpusError: the text is not longer than one window.
    """
    starts_count = len(ids) - seq_len
    if starts_count < 1:
        raise CorpusError(
            "The text has {count} characters, too few for windows of {seq_len}. "
            "Choose a shorter seq_len or a larger corpus.",
            count=len(ids),
            seq_len=seq_len,
        )
    starts = torch.randint(starts_count, (batch_size,), generator=generator).numpy()
    windows = ids[starts[:, None] + np.arange(seq_len + 1)]  # (B, T + 1)
    both = torch.from_numpy(windows)
    return both[:, :-1], both[:, 1:]
