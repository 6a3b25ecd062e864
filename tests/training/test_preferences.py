import dataclasses
import io
import math
from pathlib import Path

import pytest
import torch

from musicgen.config import NetworkConfig, Paths, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import ConfigError, PreferenceError, RunError
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.training.loop.goals import encode_tune, mean_log_probs
from musicgen.training.loop.preferences import Preferences, preference_losses
from musicgen.training.loop.session import TrainingSession
from musicgen.training.preference_pairs import (
    MAX_CHARACTERS,
    PreferencePair,
    list_pairs,
    read_pairs,
    resolve_pairs,
    split_pairs,
    to_lines,
    write_pairs,
)
from musicgen.training.runs.archive import export_run, import_run
from musicgen.training.runs.run import Run, RunStore

VOCABULARY = Vocabulary(tuple("\nABCDXabcd:"))
PAIRS = [
    PreferencePair(f"X:\n{first * 6}{second}\n", f"X:\n{first}{second.lower() * 7}\n")
    for first in "ABCD"
    for second in "ABCD"
]
"""Upper case is preferred to lower case."""


@pytest.fixture
def start(checkpoint_folder: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_folder)


@pytest.fixture
def preferring(tiny_preset: Preset) -> Preset:
    settings = tiny_preset.training.replace(preferences=1.0, preference_batch=3, average=0.9)
    return dataclasses.replace(tiny_preset, training=settings)


def tune_pairs(dataset: Dataset) -> list[PreferencePair]:
    texts = dataset.texts("train")
    return [
        PreferencePair(a + "\n", b + "\n") for a, b in zip(texts[::2], texts[1::2], strict=False)
    ]


def train(run: Run, dataset: Dataset, stop_after: int = 10**9) -> None:
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda item: seen.append(item.step))
    session.train(lambda: len(seen) >= stop_after)


def test_the_loss_of_a_pair_by_hand() -> None:
    """-log σ(10 (0.1 - (-0.2))) of Rafailov et al. 2023, equation 7."""
    found = preference_losses(torch.tensor([0.1]), torch.tensor([-0.2]), 10.0)
    assert found.item() == pytest.approx(math.log(1 + math.exp(-3.0)), rel=1e-5)


def test_log_probabilities_are_means_over_the_characters_that_count() -> None:
    network = build_network(
        NetworkConfig(vocab_size=len(VOCABULARY), embedding_dim=4, hidden_size=6, dropout=0.5), 1
    ).train()
    tunes = [encode_tune(VOCABULARY, "X:\nABC", 3), encode_tune(VOCABULARY, "X:\nABCDabcd", 3)]
    found = mean_log_probs(network, tunes, torch.float32)
    assert network.training
    network.eval()
    ids = torch.from_numpy(VOCABULARY.encode("\n\nX:\nABC\n\n"))
    logits = network(ids[None, :-1])[0][0].log_softmax(-1)
    by_hand = [logits[place - 1, ids[place]].item() for place in range(5, 10)]
    assert found[0].item() == pytest.approx(sum(by_hand) / 5, rel=1e-4)


def test_what_both_begin_with_does_not_count_and_the_reference_begins_even() -> None:
    config = TrainingConfig(preferences=1.0, seed=5)
    network = build_network(NetworkConfig(vocab_size=len(VOCABULARY), hidden_size=6), 1)
    goal = Preferences(config, network, VOCABULARY, torch.float32, PAIRS)
    starts = {tune.start for pair in goal._train for tune in pair.tunes}
    assert starts == {6}  # a blank line, the field, and the first note
    seen = goal.look(network)
    assert seen["val_preference_loss"] == pytest.approx(math.log(2), rel=1e-4)
    assert seen["val_preference_margin"] == pytest.approx(0.0, abs=1e-4)


def test_held_out_pairs_are_preferred_as_those_that_were_learned() -> None:
    config = TrainingConfig(
        preferences=1.0, preference_batch=8, preference_beta=2.0, learning_rate=0.02, seed=2
    )
    shape = NetworkConfig(vocab_size=len(VOCABULARY), embedding_dim=8, hidden_size=16)
    network = build_network(shape, 2)
    goal = Preferences(config, network, VOCABULARY, torch.float32, PAIRS)
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    before = mean_log_probs(network, [pair.tunes[0] for pair in goal._held_out], torch.float32)
    for step in range(1, 31):
        optimizer.zero_grad()
        seen = goal.add_gradients(step)
        optimizer.step()
    assert seen["preference_accuracy"] == 1.0
    after = goal.look(network)
    assert after["val_preference_accuracy"] == 1.0
    assert after["val_preference_margin"] > 1.0
    assert after["val_preference_loss"] < 0.3
    chosen = mean_log_probs(network, [pair.tunes[0] for pair in goal._held_out], torch.float32)
    assert (chosen > before).all()  # the likelihood of what is preferred rises, too


@pytest.mark.parametrize("stop_after", [3, 6])
def test_a_resumed_run_is_the_same_bit_for_bit(
    tmp_path: Path, preferring: Preset, dataset: Dataset, start: Checkpoint, stop_after: int
) -> None:
    store, pairs = RunStore(tmp_path / "own"), tune_pairs(dataset)
    whole, parts = (store.create(name, preferring, start, pairs=pairs) for name in ("a", "b"))
    train(whole, dataset)
    train(parts, dataset, stop_after)
    file = io.BytesIO()
    export_run(parts, file)
    parts = import_run(RunStore(tmp_path / "there"), file)  # the pairs travel with a run
    train(parts, dataset)
    ours, theirs = (load_checkpoint(run.path / "last").network for run in (whole, parts))
    for key, value in ours.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[key]), key
    assert load_checkpoint(whole.path / "best").metadata.step == 12  # the newest look plays
    figures = [[item.figures for item in run.read_metrics()] for run in (whole, parts)]
    assert figures[0] == figures[1]
    assert {"preference_loss", "val_preference_margin"} <= set(figures[0][-1])
    assert "val_preference_loss" not in figures[0][0]


def test_without_preferences_nothing_is_written_of_them(
    tmp_path: Path, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = RunStore(tmp_path).create("one", tiny_preset)
    train(run, dataset, 1)
    assert "figures" not in (run.path / "metrics.jsonl").read_text()
    assert not (run.path / "preferences.jsonl").exists()


def test_preferences_without_a_start_are_refused_in_a_sentence(
    paths: Paths, preferring: Preset, dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="choose one to start from"):
        resolve_pairs(preferring, paths, None, dataset.vocabulary)
    run = RunStore(tmp_path / "own").create("one", preferring)
    with pytest.raises(ConfigError, match="choose one to start from"):
        train(run, dataset)


def test_pairs_are_found_by_name_or_by_path(
    paths: Paths, preferring: Preset, dataset: Dataset, start: Checkpoint
) -> None:
    pairs = tune_pairs(dataset)
    write_pairs(paths.preferences / "mine.jsonl", pairs)
    (paths.preferences / "notes.txt").write_text("no pairs")
    assert list_pairs(paths) == ["mine"]
    for name in ("mine", str(paths.preferences / "mine.jsonl")):
        settings = preferring.training.replace(preference_pairs=name)
        asked = dataclasses.replace(preferring, training=settings)
        named, found = resolve_pairs(asked, paths, start, dataset.vocabulary)
        assert (named.training.preference_pairs, found) == ("mine", pairs)
    settings = preferring.training.replace(preference_pairs="others")
    with pytest.raises(PreferenceError, match="There are: mine"):
        resolve_pairs(
            dataclasses.replace(preferring, training=settings), paths, start, dataset.vocabulary
        )


def test_pairs_with_characters_that_nobody_knows_are_refused(
    paths: Paths, preferring: Preset, dataset: Dataset, start: Checkpoint
) -> None:
    write_pairs(
        paths.preferences / "odd.jsonl", [PreferencePair("X:1§\n", f"X:{n}\n") for n in range(5)]
    )
    settings = preferring.training.replace(preference_pairs="odd")
    with pytest.raises(PreferenceError, match="'§', which are in odd"):
        resolve_pairs(
            dataclasses.replace(preferring, training=settings), paths, start, dataset.vocabulary
        )


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"chosen": "X:1"}',
        '{"chosen": "X:1", "rejected": "X:2", "why": "because"}',
        '{"chosen": "X:1", "rejected": 2}',
        '{"chosen": "X:1", "rejected": "  "}',
        '{"chosen": "X:1\\n", "rejected": "X:1"}',
        '{"chosen": "X:1\\n\\nX:3", "rejected": "X:2"}',
        '{"chosen": "X:1", "chosen": "X:3", "rejected": "X:2"}',
        f'{{"chosen": "{"A" * (MAX_CHARACTERS + 1)}", "rejected": "X:2"}}',
    ],
)
def test_a_line_that_is_no_pair_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(to_lines(PAIRS) + line.encode() + b"\n")
    with pytest.raises(PreferenceError, match=f"Line {len(PAIRS) + 1} of pairs is no pair"):
        read_pairs(path)


def test_files_that_are_none_or_have_too_few_pairs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    with pytest.raises(PreferenceError, match="cannot be read"):
        read_pairs(path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(PreferenceError, match="cannot be read"):
        read_pairs(path)
    path.write_bytes(to_lines([PAIRS[0]] * 9))
    with pytest.raises(PreferenceError, match="1 different pairs"):
        read_pairs(path)


def test_a_tenth_of_the_pairs_is_held_out_and_at_least_one() -> None:
    train_pairs, held_out = split_pairs(PAIRS)
    assert len(held_out) == 1
    assert set(train_pairs) | set(held_out) == set(PAIRS)
    assert not set(train_pairs) & set(held_out)
    assert len(split_pairs(PAIRS[:4])[1]) == 1


def test_a_run_whose_pairs_are_gone_says_so(
    tmp_path: Path, preferring: Preset, dataset: Dataset, start: Checkpoint
) -> None:
    settings = preferring.training.replace(preference_pairs="mine")
    named = dataclasses.replace(preferring, training=settings)
    run = RunStore(tmp_path / "own").create("one", named, start)
    with pytest.raises(RunError, match="are gone"):
        train(run, dataset)
