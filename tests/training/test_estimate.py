from pathlib import Path

import pytest
import torch

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.errors import ConfigError
from musicgen.models.registry import build_network
from musicgen.presets import PRESETS
from musicgen.training import estimate as module
from musicgen.training.estimate import (
    MAX_TRIED_PARAMETERS,
    count_parameters,
    estimate_training,
    require_room,
)

SMALL = NetworkConfig(embedding_dim=8, hidden_size=16)
SHORT = TrainingConfig(batch_size=4, seq_len=16, max_steps=10, precision="float32", threads=1)


@pytest.mark.parametrize("name", PRESETS)
def test_parameters_are_those_of_the_network_itself(name: str) -> None:
    network = PRESETS[name].network
    assert count_parameters(network) == build_network(network).num_parameters


def test_the_parameters_of_the_lab_are_those_of_the_lab() -> None:
    assert count_parameters(PRESETS["baseline"].network) == 5_357_395


def test_weights_gradients_and_moments_have_room() -> None:
    assert estimate_training(SMALL, SHORT).memory_bytes > 16 * count_parameters(SMALL)


def test_what_takes_more_memory_is_estimated_higher() -> None:
    sizes = [
        estimate_training(SMALL, SHORT.replace(batch_size=batch, seq_len=length)).memory_bytes
        for batch, length in ((4, 16), (8, 16), (8, 64), (64, 64))
    ]
    assert sizes == sorted(set(sizes))


def test_memory_kept_for_the_way_back_is_that_of_a_real_step() -> None:
    """All that the LSTM must keep for each character: gates, cell, output, logits, and so on."""
    few, many = (
        estimate_training(SMALL, SHORT.replace(batch_size=32, seq_len=length)).memory_bytes
        for length in (100, 1100)
    )
    per_character = (many - few) / (32 * 1000 * 4)
    hidden, vocabulary = SMALL.hidden_size, SMALL.vocab_size
    assert 4 * hidden + vocabulary < per_character < 12 * hidden + 4 * vocabulary


def test_the_same_settings_are_tried_once() -> None:
    one = estimate_training(SMALL, SHORT)
    assert one.time_s > 0
    assert estimate_training(SMALL, SHORT) is one  # tried once


def test_a_network_too_large_to_be_tried_is_estimated_all_the_same() -> None:
    huge = SMALL.replace(hidden_size=4096, embedding_dim=2048, num_layers=8)
    found = estimate_training(huge, SHORT.replace(batch_size=1024, seq_len=2048))
    assert found.parameters > 100 * MAX_TRIED_PARAMETERS
    assert found.memory_bytes > 16 * found.parameters
    assert found.time_s > 3600


def test_trying_leaves_torchs_threads_and_random_numbers_alone() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    estimate_training(SMALL.replace(hidden_size=17, dropout=0.3), SHORT)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_a_kind_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="'tree'"):
        estimate_training(SMALL.replace(kind="tree"), SHORT)


def test_a_training_that_this_machine_cannot_hold_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = SMALL.replace(hidden_size=4096, embedding_dim=2048, num_layers=8)
    found = estimate_training(huge, SHORT.replace(batch_size=1024, seq_len=2048))
    monkeypatch.setattr(module, "available_memory_bytes", lambda: 20 * 10**9)
    with pytest.raises(ConfigError, match=r"memory, and this machine has 20\.0 GB"):
        require_room(found, tmp_path)
    small = estimate_training(SMALL, SHORT)
    require_room(small, tmp_path)
    monkeypatch.setattr(module, "free_disk_bytes", lambda _folder: 1000)
    with pytest.raises(ConfigError, match="on the disk"):
        require_room(small, tmp_path)
    monkeypatch.setattr(module, "available_memory_bytes", lambda: None)
    monkeypatch.setattr(module, "free_disk_bytes", lambda _folder: None)
    require_room(found, tmp_path)  # nobody says: it is tried


def test_attention_over_long_stretches_grows_with_their_square() -> None:
    attention = SMALL.replace(kind="attention", window=64)
    sizes = [
        estimate_training(attention, SHORT.replace(seq_len=length)).memory_bytes
        for length in (1024, 2048)
    ]
    assert sizes[1] - sizes[0] > 4 * 4 * (2048**2 - 1024**2) * 4


def test_goals_over_whole_tunes_take_time_and_memory() -> None:
    rewarded = SHORT.replace(adversary=0.5, adversary_interval=1)
    preferring = SHORT.replace(preferences=1.0, preference_pairs="mine")
    plain = estimate_training(SMALL, SHORT)
    for more in (rewarded, preferring):
        assert estimate_training(SMALL, more).memory_bytes > 1.01 * plain.memory_bytes
    assert module._goals_s(SHORT, 1.0) == 0.0
    steps = SHORT.max_steps
    compared = 2 * 8 * 400 / (4 * 16)  # tunes of 400 characters beside four stretches of sixteen
    assert module._goals_s(preferring, 1.0) == pytest.approx(steps * compared)
    every = module._goals_s(rewarded, 1.0)
    assert every > steps * 16 * 400 / (4 * 16)
    assert module._goals_s(rewarded.replace(adversary_interval=10), 1.0) == every / 10
    assert module._goals_s(preferring.replace(preference_pairs=""), 1.0) > steps * compared
