import dataclasses
import io
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from musicgen.config import TrainingConfig
from musicgen.corpus.auxiliary_labels import IGNORED, TASKS
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.corpus.windows import Window
from musicgen.errors import CheckpointError, RunError
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.models.kinds import KINDS
from musicgen.presets import Preset
from musicgen.training.loop.distillation import Teacher, check_teacher, distillation_loss
from musicgen.training.loop.objectives import Objective, TaskHeads
from musicgen.training.loop.session import TrainingSession, fit_preset
from musicgen.training.loop.trainer import Trainer
from musicgen.training.runs.archive import export_run, import_run
from musicgen.training.runs.run import Run, RunStore
from tests.examples import write_checkpoint


@pytest.fixture
def teacher(checkpoint_folder: Path) -> Checkpoint:
    return load_checkpoint(checkpoint_folder)


@pytest.fixture
def taught(tiny_preset: Preset) -> Preset:
    """Settings with everything that is learned beside the next character."""
    settings = tiny_preset.training.replace(
        teacher="small", teacher_weight=0.7, teacher_share=0.5, multi_task=0.5, carry_state=True,
        transpose=2, average=0.9, accumulate=2, label_smoothing=0.1,
    )  # fmt: skip
    return dataclasses.replace(tiny_preset, training=settings)


def train(run: Run, dataset: Dataset, stop_after: int = 10**9) -> None:
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda item: seen.append(item.step))
    session.train(lambda: len(seen) >= stop_after)


def test_the_gradient_of_distillation_is_that_of_the_paper() -> None:
    """τ (softmax(z / τ) - p) per character (Hinton et al. 2015, equation 2, times τ²)."""
    torch.manual_seed(0)
    logits = torch.randn(5, 7, dtype=torch.float64, requires_grad=True)
    probs = torch.softmax(torch.randn(5, 7, dtype=torch.float64), -1)
    distillation_loss(logits, probs, 3.0).backward()
    expected = 3.0 * (torch.softmax(logits / 3.0, -1) - probs) / 5
    torch.testing.assert_close(logits.grad, expected)


def test_a_student_that_says_the_same_has_nothing_to_learn() -> None:
    logits = torch.tensor([[1.0, 2.0, -math.inf]]).double()
    probs = torch.softmax(logits / 2.0, -1)
    same = logits.masked_fill(logits.isinf(), -1e3)
    assert distillation_loss(same, probs, 2.0).item() == pytest.approx(0.0, abs=1e-9)


def test_a_by_hand_example_of_distillation() -> None:
    probs = torch.tensor([[0.75, 0.25]])
    loss = distillation_loss(torch.zeros(1, 2), probs, 2.0)
    by_hand = 4 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5))
    assert loss.item() == pytest.approx(by_hand, rel=1e-5)


def test_a_teacher_speaks_the_students_alphabet(teacher: Checkpoint) -> None:
    own = teacher.vocabulary
    theirs = Vocabulary((*reversed(own.characters), "§"))
    text = "K:D\nDEFG|"
    reading = Teacher(teacher, theirs, torch.device("cpu"))
    ids = torch.from_numpy(theirs.encode(text))[None]
    probs = reading.compute_probs(ids, True, 1.0)
    expected = torch.softmax(teacher.network(torch.from_numpy(own.encode(text))[None])[0], -1)
    torch.testing.assert_close(probs[..., :-1].flip(-1), expected)
    assert (probs[..., -1] == 0).all()
    again = reading.compute_probs(ids, False, 1.0)
    assert not torch.equal(again, probs)  # it remembers what it read


def test_a_teacher_that_cannot_read_the_corpus_is_refused(teacher: Checkpoint) -> None:
    check_teacher(teacher, teacher.vocabulary)
    check_teacher(None, Vocabulary(("§", "%")))
    with pytest.raises(RunError, match=r"'small' never saw .*'§'"):
        check_teacher(teacher, Vocabulary(("§", "D")))


def test_heads_count_labelled_characters_only() -> None:
    heads = TaskHeads(6, seed=0)
    features = torch.randn(2, 5, 6)
    labels = torch.full((len(TASKS), 2, 5), IGNORED)
    assert heads(features, labels).item() == 0.0
    labels[0, 1, 2] = 4
    layer = heads.layers["place"]
    alone = F.cross_entropy(layer(features[1, 2])[None], torch.tensor([4]))
    assert heads(features, labels).item() == pytest.approx(alone.item() / len(TASKS), rel=1e-5)


def test_the_goal_is_the_weighted_sum_of_its_parts(
    tiny_preset: Preset, dataset: Dataset, teacher: Checkpoint
) -> None:
    def gradient(**changes: object) -> torch.Tensor:
        settings = tiny_preset.training.replace(**changes)
        plain = tiny_preset.network.replace(dropout=0.0)
        preset = dataclasses.replace(tiny_preset, network=plain, training=settings)
        preset = fit_preset(preset, dataset.vocabulary)
        taught_by = teacher if settings.teacher else None
        trainer = Trainer(preset, dataset.vocabulary, dataset.texts("train"), [], teacher=taught_by)
        trainer._compute_gradients()
        return trainer.network.linear.weight.grad

    tunes = gradient()
    teaching = gradient(teacher="small", teacher_weight=1.0)
    mixed = gradient(teacher="small", teacher_weight=0.3)
    torch.testing.assert_close(mixed, 0.7 * tunes + 0.3 * teaching, atol=1e-6, rtol=1e-4)
    assert not torch.allclose(tunes, teaching)
    torch.testing.assert_close(gradient(multi_task=0.5), tunes)  # heads have layers of their own


def test_a_teacher_that_reads_some_lanes_counts_in_these_alone(
    tiny_preset: Preset, dataset: Dataset, teacher: Checkpoint
) -> None:
    lanes, length, size = 4, 6, len(dataset.vocabulary)
    inputs = torch.from_numpy(dataset.vocabulary.encode(dataset.texts("train")[0][: lanes * 7]))
    both = inputs.view(lanes, 7)
    window = Window(both[:, :-1], both[:, 1:], is_first=True)
    torch.manual_seed(0)
    logits = torch.randn(lanes * length, size)

    def goal(window: Window, logits: torch.Tensor, **changes: object) -> float:
        settings = tiny_preset.training.replace(teacher="small", teacher_weight=0.7, **changes)
        reading = Teacher(teacher, dataset.vocabulary, torch.device("cpu"))
        objective = Objective(settings, None, reading)
        return objective.compute(torch.empty(0), logits, window)[1].item()

    half = lanes // 2
    taught = Window(window.inputs[:half], window.targets[:half], is_first=True)
    alone = F.cross_entropy(logits[half * length :], window.targets[half:].flatten()).item()
    expected = 0.5 * goal(taught, logits[: half * length]) + 0.5 * alone
    assert goal(window, logits, teacher_share=0.5) == pytest.approx(expected, rel=1e-5)
    assert goal(window, logits, teacher_share=0.0) != pytest.approx(alone)  # one lane at least


def find_best_logits(temperature: float, weight: float) -> torch.Tensor:
    """What a student learns that has one voice for two places its teacher tells apart."""
    places = torch.tensor([[0.9, 0.05, 0.05], [0.1, 0.3, 0.6]]).double()  # what follows, and taught
    logits = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def compute_goal() -> torch.Tensor:
        optimizer.zero_grad()
        said = logits.expand(2, 3)
        probs = torch.softmax(places.log() / temperature, -1)
        hard = F.cross_entropy(said, places)
        goal = (1 - weight) * hard + weight * distillation_loss(said, probs, temperature)
        goal.backward()
        return goal

    optimizer.step(compute_goal)
    return logits.detach()


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9, 1.0])
def test_at_temperature_1_a_student_too_small_learns_the_likeliest_music(weight: float) -> None:
    """At 2, as it was before, the teacher pulls it elsewhere, the harder the more it counts."""
    mean = torch.tensor([0.5, 0.175, 0.325]).double()
    best = torch.softmax(find_best_logits(1.0, weight), -1)
    torch.testing.assert_close(best, mean, atol=1e-5, rtol=0)
    pulled = torch.softmax(find_best_logits(2.0, weight), -1)
    assert torch.allclose(pulled, mean, atol=1e-2) == (weight == 0.0)


def test_the_usual_teacher_counts_most_and_is_not_flattened() -> None:
    config = TrainingConfig()
    assert (config.teacher_temperature, config.teacher_weight) == (1.0, 0.9)


def test_further_tasks_are_learned_and_change_the_network(
    tiny_preset: Preset, dataset: Dataset
) -> None:
    settings = tiny_preset.training.replace(multi_task=1.0, max_steps=60, batch_size=8)
    preset = fit_preset(dataclasses.replace(tiny_preset, training=settings), dataset.vocabulary)
    trainer = Trainer(preset, dataset.vocabulary, dataset.texts("train"), [])
    heads = trainer._objective.heads
    window = trainer._windows.draw(0.0)

    def loss() -> float:
        return heads(trainer.network.eval().hidden_states(window.inputs)[0], window.labels).item()

    before = loss()
    trainer.train(lambda _: None)
    assert loss() < 0.7 * before


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_teacher_and_tasks_a_resumed_run_is_the_same_bit_for_bit(
    tmp_path: Path, taught: Preset, dataset: Dataset, teacher: Checkpoint, kind: str
) -> None:
    preset = dataclasses.replace(taught, network=taught.network.replace(kind=kind, window=9))
    store = RunStore(tmp_path / "own")
    whole, parts = (store.create(name, preset, teacher=teacher) for name in ("whole", "parts"))
    train(whole, dataset)
    train(parts, dataset, 5)
    train(Run(parts.path), dataset)
    for name in ("best", "last"):
        ours, theirs = (load_checkpoint(run.path / name).network for run in (whole, parts))
        for key, value in ours.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[key]), (name, key)


def test_heads_and_teacher_stay_out_of_the_checkpoint(
    tmp_path: Path, taught: Preset, dataset: Dataset, teacher: Checkpoint
) -> None:
    run = RunStore(tmp_path / "own").create("one", taught, teacher=teacher)
    train(run, dataset)
    bare = fit_preset(taught, dataset.vocabulary).network
    best = load_checkpoint(run.path / "best")
    assert best.metadata.network == bare
    assert not any("heads" in name for name in best.network.state_dict())
    assert best.metadata.training.teacher == "small"


def test_a_run_keeps_its_teacher_wherever_it_goes(
    tmp_path: Path, taught: Preset, dataset: Dataset, teacher: Checkpoint, checkpoint_folder: Path
) -> None:
    run = RunStore(tmp_path / "own").create("one", taught, teacher=teacher)
    train(run, dataset, 5)
    write_checkpoint(checkpoint_folder, dataset.vocabulary, "another")
    file = io.BytesIO()
    export_run(run, file)
    taken = import_run(RunStore(tmp_path / "there"), file)
    train(run, dataset)
    train(taken, dataset)
    ours, theirs = (load_checkpoint(one.path / "last").network for one in (run, taken))
    assert torch.equal(ours.linear.weight, theirs.linear.weight)


def test_a_run_whose_teacher_is_gone_says_so(
    tmp_path: Path, taught: Preset, dataset: Dataset
) -> None:
    run = RunStore(tmp_path / "own").create("one", taught)
    with pytest.raises(CheckpointError, match="teacher"):
        train(run, dataset)


def test_a_teacher_is_no_part_of_settings_without_one() -> None:
    assert TrainingConfig().teacher == ""
    assert TrainingConfig().multi_task == 0.0
