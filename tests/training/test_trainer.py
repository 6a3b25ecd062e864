import dataclasses
import math

import pytest
import torch

from musicgen.config import TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import TrainingDiverged
from musicgen.presets import Preset
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.precision import choose_precision
from musicgen.training.loop.schedule import compute_learning_rate
from musicgen.training.loop.session import fit_preset
from musicgen.training.loop.trainer import Trainer


def build(preset: Preset, dataset: Dataset, **changes: object) -> Trainer:
    preset = dataclasses.replace(preset, training=preset.training.replace(**changes))
    return Trainer(
        fit_preset(preset, dataset.vocabulary),
        dataset.vocabulary,
        dataset.texts("train"),
        dataset.texts("val"),
    )


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([value.flatten() for value in trainer.network.state_dict().values()]).clone()


def test_the_loss_falls(tiny_preset: Preset, dataset: Dataset) -> None:
    metrics: list[StepMetrics] = []
    build(tiny_preset, dataset, max_steps=60, batch_size=16).train(metrics.append)
    assert [item.step for item in metrics] == list(range(1, 61))
    assert metrics[-1].train_loss < 0.8 * metrics[0].train_loss
    assert metrics[0].train_loss == pytest.approx(math.log(len(dataset.vocabulary)), rel=0.1)


def test_held_out_tunes_are_looked_at_when_due_and_at_the_end(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    metrics: list[StepMetrics] = []
    build(tiny_preset, dataset, max_steps=10).train(metrics.append)
    assert [item.step for item in metrics if item.val_loss is not None] == [4, 8, 10]


def test_the_same_seed_trains_the_same_and_another_does_not(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    results = []
    for seed in (1, 1, 2):
        trainer = build(tiny_preset, dataset, seed=seed)
        torch.rand(seed * 17)  # what else draws from torch's own generator does not matter
        trainer.train(lambda _: None)
        results.append(weights(trainer))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_a_step_is_that_of_torchs_own_loop(
    tiny_preset: Preset, dataset: Dataset, optimizer: str
) -> None:
    preset = dataclasses.replace(tiny_preset, network=tiny_preset.network.replace(dropout=0.0))
    ours = build(preset, dataset, optimizer=optimizer, weight_decay=0.1)
    plain = build(preset, dataset)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[optimizer]
    reference = kind(plain.network.parameters(), lr=0.01, weight_decay=0.1)
    windows = torch.Generator().manual_seed(preset.training.seed)
    ids = torch.from_numpy(dataset.vocabulary.encode(dataset.train_text))
    for _ in range(3):
        starts = torch.randint(len(ids) - 16, (4,), generator=windows)
        batch = torch.stack([ids[start : start + 17] for start in starts])
        logits, _ = plain.network(batch[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), batch[:, 1:])
        reference.zero_grad()
        loss.backward()
        reference.step()
        assert ours.train_step().train_loss == pytest.approx(loss.item(), rel=1e-4)
    torch.testing.assert_close(weights(ours), weights(plain), atol=1e-5, rtol=1e-4)


def test_gradients_are_clipped_to_their_longest_length(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    trainer = build(tiny_preset, dataset, grad_clip=0.01)
    assert trainer.train_step().grad_norm > 0.01  # reported as it was before
    norms = [value.grad.norm() for value in trainer.network.parameters()]
    assert torch.stack(norms).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_numbers_that_run_away_stop_the_training_with_a_sentence(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    trainer = build(tiny_preset, dataset)
    trainer.train_step()
    with torch.no_grad():
        trainer.network.linear.bias[0] = math.inf
    before = weights(trainer)
    with pytest.raises(TrainingDiverged, match="smaller learning_rate"):
        trainer.train(lambda _: None)
    assert torch.equal(weights(trainer), before)
    assert trainer.step == 1


def test_training_stops_when_told(tiny_preset: Preset, dataset: Dataset) -> None:
    metrics: list[StepMetrics] = []
    build(tiny_preset, dataset).train(metrics.append, lambda: len(metrics) == 5)
    assert len(metrics) == 5


def test_bfloat16_trains_to_about_the_same_loss(tiny_preset: Preset, dataset: Dataset) -> None:
    losses = []
    for precision in ("float32", "bfloat16"):
        trainer = build(tiny_preset, dataset, precision=precision, max_steps=30)
        trainer.train(lambda _: None)
        losses.append(trainer.evaluate().loss)
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_auto_precision_follows_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    for has, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        assert choose_precision("auto", cpu) is expected
    assert choose_precision("float32", cpu) is torch.float32


def test_warm_up_rises_and_the_cosine_falls_to_zero() -> None:
    config = TrainingConfig(learning_rate=1.0, warmup_steps=10, max_steps=110, schedule="cosine")
    rates = [compute_learning_rate(config, step) for step in range(1, 111)]
    assert rates[4] == pytest.approx(0.5)
    assert rates[9] == pytest.approx(1.0)
    assert rates[59] == pytest.approx(0.5)  # halfway down
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_steps_halve_after_each_fifth() -> None:
    config = TrainingConfig(learning_rate=1.0, max_steps=100, schedule="step")
    rates = [compute_learning_rate(config, step) for step in (1, 19, 20, 40, 60, 80, 100)]
    assert rates == [1.0, 1.0, 0.5, 0.25, 0.125, 0.0625, 0.0625]


def test_one_cycle_rises_for_three_tenths_and_falls_to_zero() -> None:
    config = TrainingConfig(learning_rate=1.0, max_steps=1000, schedule="one-cycle")
    rates = [compute_learning_rate(config, step) for step in range(1, 1001)]
    assert rates[0] == pytest.approx(0.04, abs=1e-4)
    assert rates.index(max(rates)) == 299
    assert rates[649] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)


def test_accumulated_batches_are_one_large_batch(tiny_preset: Preset, dataset: Dataset) -> None:
    preset = dataclasses.replace(tiny_preset, network=tiny_preset.network.replace(dropout=0.0))
    parts = build(preset, dataset, batch_size=4, accumulate=3)
    whole = build(preset, dataset, batch_size=12)
    for _ in range(3):  # the same generator gives the same twelve starts
        assert parts.train_step().train_loss == pytest.approx(
            whole.train_step().train_loss, rel=1e-4
        )
    torch.testing.assert_close(weights(parts), weights(whole), atol=1e-5, rtol=1e-4)


def test_smoothing_keeps_a_network_from_certainty(tiny_preset: Preset, dataset: Dataset) -> None:
    surest = []
    for smoothing in (0.0, 0.4):
        trainer = build(
            tiny_preset, dataset, label_smoothing=smoothing, max_steps=150, batch_size=16
        )
        trainer.train(lambda _: None)
        trainer.network.eval()
        logits, _ = trainer.network(torch.zeros(1, 5, dtype=torch.int64))
        surest.append(logits.softmax(-1).max().item())
    assert surest[1] < surest[0]


def test_the_average_is_that_of_the_weights_after_each_step(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    trainer = build(tiny_preset, dataset, average=0.5)
    expected = weights(trainer)
    for step in range(1, 7):
        trainer.train_step()
        past = min(0.5, step / (step + 9))
        expected = past * expected + (1 - past) * weights(trainer)
    average = torch.cat([value.flatten() for value in trainer.trained.state_dict().values()])
    torch.testing.assert_close(average, expected, atol=1e-6, rtol=1e-5)


def test_with_a_memory_carried_a_batch_depends_on_the_one_before(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    changes = {"carry_state": True, "learning_rate": 1e-7, "seq_len": 8, "batch_size": 2}
    whole = build(tiny_preset, dataset, **(changes | {"seq_len": 16}))
    parts = build(tiny_preset, dataset, **changes)
    for trainer in (whole, parts):
        trainer.network.set_generator(None)
        trainer.network.eval()
    together = whole.train_step().train_loss
    apart = (parts.train_step().train_loss + parts.train_step().train_loss) / 2
    assert apart == pytest.approx(together, rel=1e-4)


def test_a_constant_schedule_stays() -> None:
    config = TrainingConfig(learning_rate=0.3)
    assert {compute_learning_rate(config, step) for step in (1, 100, 3000)} == {0.3}
