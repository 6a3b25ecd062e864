import numpy as np
import pytest
import torch

from musicgen.corpus.windows import draw_windows
from musicgen.errors import CorpusError


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_targets_are_inputs_one_character_later() -> None:
    inputs, targets = draw_windows(np.arange(50), 7, 5, generator())
    assert inputs.shape == targets.shape == (5, 7)
    assert torch.equal(targets, inputs + 1)


def test_every_start_is_drawn_and_no_other() -> None:
    inputs, _ = draw_windows(np.arange(10), 4, 2000, generator())
    assert set(inputs[:, 0].tolist()) == set(range(6))


def test_the_same_generator_gives_the_same_windows() -> None:
    first, _ = draw_windows(np.arange(99), 4, 8, generator())
    second, _ = draw_windows(np.arange(99), 4, 8, generator())
    assert torch.equal(first, second)


def test_a_text_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(CorpusError, match="too few"):
        draw_windows(np.arange(7), 7, 1, generator())
