import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.sampling.engine import ForwardEngine, build_engine
from musicgen.training.loop import adversary as module
from musicgen.training.loop.adversary import Adversary, compute_advantages
from musicgen.training.loop.discriminator import Discriminator
from musicgen.training.loop.free_drawing import compose_ids
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import Run, RunStore

VOCABULARY = Vocabulary(tuple("\nAX:a"))
UPPER, LOWER = VOCABULARY.ids["A"], VOCABULARY.ids["a"]


@pytest.fixture
def start(checkpoint_folder: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_folder)


def train(run: Run, dataset: Dataset, stop_after: int = 10**9) -> None:
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda item: seen.append(item.step))
    session.train(lambda: len(seen) >= stop_after)


def small_network(seed: int = 0) -> torch.nn.Module:
    shape = NetworkConfig(vocab_size=len(VOCABULARY), embedding_dim=4, hidden_size=8)
    return build_network(shape, seed)


def texts(letter: int, luck: np.random.Generator, count: int = 8) -> list[np.ndarray]:
    """Texts in which three characters of four are one letter, and the others the other."""
    other = LOWER if letter == UPPER else UPPER
    return [
        np.where(luck.random(luck.integers(10, 30)) < 0.75, letter, other).astype(np.int64)
        for _ in range(count)
    ]


def test_a_discriminator_separates_two_kinds_of_texts_it_has_not_seen() -> None:
    luck = np.random.default_rng(1)
    judge = Discriminator(len(VOCABULARY), torch.Generator().manual_seed(1), torch.device("cpu"))
    first = judge.learn(texts(UPPER, luck), texts(LOWER, luck))
    for _ in range(40):
        last = judge.learn(texts(UPPER, luck), texts(LOWER, luck))
    assert last < 0.3 < first
    assert (judge.score(texts(UPPER, luck)) > 0).float().mean() > 0.9
    assert (judge.score(texts(LOWER, luck)) < 0).float().mean() > 0.9


def test_padding_changes_nothing_of_a_score() -> None:
    judge = Discriminator(len(VOCABULARY), torch.Generator().manual_seed(1), torch.device("cpu"))
    tunes = texts(UPPER, np.random.default_rng(2), 3)
    alone = torch.cat([judge.score([tune]) for tune in tunes])
    torch.testing.assert_close(judge.score(tunes), alone, atol=1e-5, rtol=1e-4)


def test_advantages_are_against_the_mean_of_the_others() -> None:
    found = compute_advantages(torch.tensor([0.1, 0.0, -0.1]))
    torch.testing.assert_close(found, torch.tensor([0.15, 0.0, -0.15]))  # small ones stay small
    wide = compute_advantages(torch.tensor([100.0, 0.0, 0.0, 0.0, 0.0]))
    assert wide.abs().max() <= 3.0
    assert wide[0] > 1.0
    assert (wide[1:] < 0).all()


@pytest.mark.parametrize("kind", [build_engine, ForwardEngine])
def test_composed_ids_end_at_their_end_or_at_the_limit(kind: type) -> None:
    network = small_network().eval()
    begun = [VOCABULARY.encode("\n\nX:")] * 6 + [VOCABULARY.encode("\n\nAX:")] * 2
    end = VOCABULARY.encode("\n\n")
    drawn = [
        compose_ids(kind(network), begun, end, 40, torch.Generator().manual_seed(4))
        for _ in range(2)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*drawn, strict=True))
    for one, beginning in zip(drawn[0], begun, strict=True):
        assert np.array_equal(one[: len(beginning)], beginning)
        text = VOCABULARY.decode(one[len(beginning) - 1 :].tolist())
        assert "\n\n" not in text[:-2]
        assert text.endswith("\n\n") or len(one) == len(beginning) + 40
    assert len({len(one) for one in drawn[0]}) > 1


def test_the_reward_makes_the_network_compose_more_of_the_real_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WARM_UP", 3)
    config = TrainingConfig(
        adversary=1.0, adversary_batch=12, adversary_length=16, adversary_interval=1, seed=4
    )
    network = small_network(3)
    real = ["X:" + "A" * 8 + "\n"] * 4
    goal = Adversary(config, network, VOCABULARY, torch.float32, real, real)
    optimizer = torch.optim.Adam(network.parameters(), 0.05)
    shares = []
    for step in range(1, 17):
        optimizer.zero_grad()
        seen = goal.add_gradients(step)
        optimizer.step()
        drawn = np.concatenate(goal._kept[-12:])
        shares.append((drawn == UPPER).mean())
    assert np.mean(shares[-3:]) > 2 * np.mean(shares[:3])
    assert set(seen) == {"adversary_loss", "adversary_accuracy", "reward"}


def test_nothing_is_rewarded_while_the_discriminator_warms_up_nor_between_rounds() -> None:
    config = TrainingConfig(
        adversary=1.0, adversary_batch=4, adversary_length=16, adversary_interval=2
    )
    network = small_network()
    goal = Adversary(config, network, VOCABULARY, torch.float32, ["X:AAAA"], [])
    assert goal.add_gradients(1) == {}
    assert goal.add_gradients(2)["adversary_loss"] > 0
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.parametrize("stop_after", [1, 6])
def test_a_resumed_run_is_the_same_bit_for_bit(
    tmp_path: Path,
    tiny_preset: Preset,
    dataset: Dataset,
    start: Checkpoint,
    stop_after: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WARM_UP", 1)
    settings = tiny_preset.training.replace(
        adversary=0.5, adversary_batch=3, adversary_length=20, adversary_interval=2, transpose=1
    )
    preset = dataclasses.replace(tiny_preset, training=settings)
    store = RunStore(tmp_path / "own")
    whole, parts = (store.create(name, preset, start) for name in ("whole", "parts"))
    train(whole, dataset)
    train(parts, dataset, stop_after)
    train(Run(parts.path), dataset)
    ours, theirs = (load_checkpoint(run.path / "last").network for run in (whole, parts))
    for key, value in ours.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[key]), key
    figures = [[item.figures for item in run.read_metrics()] for run in (whole, parts)]
    assert figures[0] == figures[1]
    assert [bool(item) for item in figures[0]] == [False, True] * 6


def test_described_tunes_go_on_from_headers_of_real_ones(dataset: Dataset) -> None:
    config = TrainingConfig(adversary=1.0, adversary_batch=3, adversary_length=16, described=True)
    shape = NetworkConfig(vocab_size=len(dataset.vocabulary), embedding_dim=4, hidden_size=8)
    goal = Adversary(
        config,
        build_network(shape, 1),
        dataset.vocabulary,
        torch.float32,
        dataset.texts("train"),
        [],
    )
    assert goal.add_gradients(4)
    read = [dataset.vocabulary.decode(ids.tolist()) for ids in goal._kept]
    assert all(len(text) <= 16 and "K:" not in text for text in read)
