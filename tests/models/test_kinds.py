"""What every kind of network must keep to."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from experiments.networks import ENTRIES
from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.models.checkpoint import CheckpointMetadata, load_checkpoint, save_checkpoint
from musicgen.models.extension import extend_network
from musicgen.models.kinds import KINDS
from musicgen.models.network import Network, flatten_state
from musicgen.models.registry import NETWORKS, build_network
from musicgen.presets import PRESETS, Preset
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer
from musicgen.ui.train.setting_fields import KIND_LABELS

SMALL = NetworkConfig(
    vocab_size=11, embedding_dim=5, hidden_size=7, num_layers=2, window=6, bar_id=0, line_id=1
)
PROJECT = Path(__file__).parents[2]
TABLES = ("docs/networks.md", "docs/findings.md", "docs/findings.zh-CN.md")
"""Documents that have a row for each kind of network, which begins with its name."""


def test_the_names_of_kinds_are_those_of_the_registry() -> None:
    assert tuple(NETWORKS) == KINDS
    assert tuple(KIND_LABELS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_all_that_is_kept_for_each(kind: str) -> None:
    compared = {changes.get("kind", "lstm") for changes, _ in ENTRIES.values()}
    there = {
        "a class in musicgen/models/registry.py": kind in NETWORKS,
        "a line in musicgen/ui/train/setting_fields.py": kind in KIND_LABELS,
        "a preset in musicgen/presets.py": kind in {one.network.kind for one in PRESETS.values()},
        "an entry in experiments/networks.py": kind in compared,
    } | {f"a row in {name}": has_row(PROJECT / name, kind) for name in TABLES}
    assert [name for name, is_there in there.items() if not is_there] == []


def has_row(document: Path, kind: str) -> bool:
    return bool(re.search(rf"^\| `{kind}` \|", document.read_text("utf-8"), re.MULTILINE))


def build(kind: str, **changes: object) -> Network:
    """A network whose every weight is far from zero, so that each part of it speaks."""
    network = build_network(SMALL.replace(kind=kind, **changes), 0).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in network.parameters():
            value += 0.3 * torch.randn(value.shape, generator=generator)
    return network


def draw_ids(batch: int, steps: int) -> torch.Tensor:
    return torch.randint(11, (batch, steps), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("length", [1, 4, 7])
def test_a_text_may_be_read_in_stretches_of_any_length(kind: str, layers: int, length: int) -> None:
    network = build(kind, num_layers=layers)
    ids = draw_ids(3, 40)
    whole, end = network(ids)
    state, parts = None, []
    for stretch in ids.split(length, 1):
        logits, state = network(stretch, state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole)
    for ours, theirs in zip(flatten_state(state), flatten_state(end), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_character_changes_nothing_before_it(kind: str) -> None:
    network = build(kind)
    ids = draw_ids(2, 30)
    changed = ids.clone()
    changed[:, 17:] = (changed[:, 17:] + 1) % 11
    before, after = network(ids)[0], network(changed)[0]
    torch.testing.assert_close(before[:, :17], after[:, :17])
    assert (before[:, 17:] - after[:, 17:]).abs().amax(-1).min() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_tunes_read_side_by_side_do_not_hear_one_another(kind: str) -> None:
    network = build(kind)
    ids = draw_ids(3, 30)
    together, state = network(ids)
    for row in range(3):
        alone, own = network(ids[row : row + 1])
        torch.testing.assert_close(alone, together[row : row + 1])
        for ours, theirs in zip(flatten_state(own), flatten_state(state), strict=True):
            torch.testing.assert_close(ours, theirs[:, row : row + 1])


@pytest.mark.parametrize("kind", KINDS)
def test_every_weight_learns(kind: str) -> None:
    network = build(kind).train()
    ids = draw_ids(4, 60)
    state = network(ids)[1]
    logits, _ = network(ids, state)
    F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
    for name, value in network.named_parameters():
        assert value.grad is not None and value.grad.abs().max() > 0, name


@pytest.mark.parametrize("kind", KINDS)
def test_low_precision_says_almost_the_same_and_hands_on_a_plain_state(kind: str) -> None:
    network = build_network(SMALL.replace(kind=kind, hidden_size=32), 0).eval()
    ids = draw_ids(2, 30)
    exact, _ = network(ids)
    with torch.autocast("cpu", torch.bfloat16):
        rounded, state = network(ids)
        again, _ = network(ids, state)
    torch.testing.assert_close(rounded.float(), exact, atol=0.05, rtol=0.05)
    assert torch.isfinite(again).all()
    assert all(value.dtype == torch.float32 for value in flatten_state(state))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("init", ["pytorch", "orthogonal"])
def test_fresh_weights_know_nothing_and_follow_the_seed(kind: str, init: str) -> None:
    config = SMALL.replace(kind=kind, init=init, layer_norm=True)
    first, second, third = (build_network(config, seed) for seed in (1, 1, 2))
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert not torch.equal(first.embedding.weight, third.embedding.weight)
    loss = F.cross_entropy(first(draw_ids(8, 30))[0].flatten(0, 1), draw_ids(8, 30).flatten())
    assert loss.item() == pytest.approx(torch.log(torch.tensor(11.0)).item(), abs=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_follows_its_generator(kind: str) -> None:
    network = build(kind, dropout=0.5).train()
    results = []
    for seed in (7, 7, 8):
        network.set_generator(torch.Generator().manual_seed(seed))
        results.append(network(draw_ids(2, 20))[0])
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("carry_state", [False, True])
def test_each_network_learns_a_tiny_tunebook(
    kind: str, carry_state: bool, tiny_preset: Preset, dataset: Dataset
) -> None:
    preset = dataclasses.replace(
        tiny_preset,
        network=tiny_preset.network.replace(kind=kind, hidden_size=32, dropout=0.0, window=16),
        training=tiny_preset.training.replace(
            max_steps=120, batch_size=8, seq_len=32, carry_state=carry_state, grad_clip=1.0
        ),
    )
    losses: list[float] = []
    trainer = Trainer(
        fit_preset(preset, dataset.vocabulary),
        dataset.vocabulary,
        dataset.texts("train"),
        [],
    )
    trainer.train(lambda item: losses.append(item.train_loss))
    assert losses[-1] < 0.4 * losses[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_of_any_kind_comes_back_as_it_was(kind: str, tmp_path) -> None:
    network = build(kind)
    characters = tuple("|\nabcdefghi")
    metadata = CheckpointMetadata("one", 1, network.config, TrainingConfig(), characters)
    save_checkpoint(tmp_path / "one", network, metadata)
    loaded = load_checkpoint(tmp_path / "one")
    assert loaded.metadata.network == network.config
    torch.testing.assert_close(loaded.network(draw_ids(2, 20))[0], network(draw_ids(2, 20))[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_keeps_what_it_knew_when_characters_are_added(kind: str) -> None:
    network = build(kind)
    extended = extend_network(network, network.config.replace(vocab_size=14), 0).eval()
    ids = draw_ids(2, 20)
    torch.testing.assert_close(extended(ids)[0][..., :11], network(ids)[0])
