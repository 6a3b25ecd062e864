import numpy as np
import pytest
import torch

from musicgen.config import TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.corpus.windows import Windows, draw_windows
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


TUNES = [f"X:{number}\nK:D\n" + "DEFG ABcd|" * number + "d8|]" for number in range(1, 9)]
VOCABULARY = Vocabulary.from_text("".join(TUNES) + "^_=,'b#Ckm4 Major")


def windows(**settings: object) -> Windows:
    config = TrainingConfig(batch_size=2, seq_len=5).replace(**settings)
    return Windows(TUNES, VOCABULARY, config)


def read(source: Windows, batches: int, progress: float = 0.0) -> list[str]:
    """What each lane reads, batch after batch."""
    drawn = [source.draw(progress) for _ in range(batches)]
    return [
        "".join(VOCABULARY.decode(window.inputs[row].tolist()) for window in drawn)
        for row in range(2)
    ]


def test_lanes_go_on_where_they_ended_and_hold_whole_tunes() -> None:
    source = windows(carry_state=True)
    lanes = read(source, 30)
    assert sum(f"\n\n{tune}\n\n" in lane for tune in TUNES for lane in lanes) >= 4


def test_each_pass_has_another_order_and_begins_without_memory() -> None:
    source = windows(carry_state=True)
    firsts, texts = [], []
    for _ in range(120):
        window = source.draw(0.0)
        if window.is_first:
            texts.append("")
        firsts.append(window.is_first)
        texts[-1] += VOCABULARY.decode(window.inputs[0].tolist())
    assert firsts[0]
    assert 2 <= sum(firsts) <= 10
    assert texts[0] != texts[1]


def test_a_curriculum_begins_with_the_shortest_tunes() -> None:
    early = "".join(read(windows(curriculum=0.5), 200))
    late = "".join(read(windows(curriculum=0.5), 400, progress=0.5))
    assert "X:1\n" in early
    assert "X:8\n" not in early
    assert "X:8\n" in late


def test_transposed_tunes_carry_their_key() -> None:
    keys = set()
    source = windows(transpose=6, carry_state=True)
    for _ in range(400):
        text = "".join(read(source, 1))
        keys.update(text.split("K:")[1:])
    assert len({key[0] for key in keys if key}) >= 4


def test_windows_go_on_from_where_they_were_saved() -> None:
    for settings in ({"carry_state": True, "transpose": 3}, {"curriculum": 1.0}, {}):
        one, other = windows(**settings), windows(**settings)
        read(one, 37, 0.3)
        other.load_state_dict(one.state_dict())
        assert read(one, 40, 0.6) == read(other, 40, 0.6)


def test_a_text_too_short_for_its_lanes_is_refused() -> None:
    with pytest.raises(CorpusError, match="smaller batch"):
        windows(carry_state=True, batch_size=500).draw(0.0)
