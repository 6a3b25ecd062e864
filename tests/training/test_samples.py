import dataclasses
import gc
import json
import weakref
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import StorageError
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.sampling.engine import MAX_ENGINES, get_engine
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs import samples as module
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.samples import (
    Sample,
    append_sample,
    compose_sample,
    cut_samples,
    is_sample_due,
    read_samples,
)

ABC = Vocabulary.from_text(
    "\n !\"#'()*+,-./0123456789:<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_abcdefghijklmnopqrstuvwxyz{|}~"
)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def audible(tiny_preset: Preset) -> Preset:
    """The tiny settings with a tune at each of three looks."""
    return dataclasses.replace(tiny_preset, training=tiny_preset.training.replace(samples=12))


@pytest.fixture
def short_tunes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tunes of four bars, where it is not asked how they are."""
    short = module.SAMPLE_CONFIG.replace(sections=1, bars=4)
    monkeypatch.setattr(module, "SAMPLE_CONFIG", short)


def train(run: Run, dataset: Dataset, steps: int | None = None) -> TrainingSession:
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda metrics: seen.append(metrics.step))
    session.train(lambda: steps is not None and len(seen) >= steps)
    return session


def network(vocabulary: Vocabulary, preset: Preset):
    return build_network(preset.network.replace(vocab_size=len(vocabulary)), 1)


@given(st.integers(1, 9000), st.integers(1, 400), st.integers(0, 50))
def test_few_looks_are_chosen_ever_farther_apart_the_last_among_them(steps, interval, count):
    config = TrainingConfig(max_steps=steps, eval_interval=interval, samples=count)
    due = [step for step in range(1, steps + 1) if is_sample_due(config, step)]
    assert len(due) <= count
    assert all(step % interval == 0 or step == steps for step in due)
    assert not count or due[-1] == steps
    if count > 1:
        assert due[0] == min(interval, steps)


def test_of_a_long_training_the_beginning_is_heard_most() -> None:
    config = TrainingConfig(max_steps=7000, eval_interval=100, samples=12)
    due = [step // 100 for step in range(1, 7001) if is_sample_due(config, step)]
    assert due == [1, 2, 3, 5, 7, 10, 15, 22, 32, 48, 70]


@pytest.mark.usefixtures("short_tunes")
@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("stop_after", [1, 5, 8])
def test_listening_changes_no_bit_of_a_training_not_even_of_a_resumed_one(
    store: RunStore, tiny_preset: Preset, audible: Preset, dataset: Dataset,
    stop_after: int, average: float,
) -> None:  # fmt: skip
    silent, heard = (
        dataclasses.replace(preset, training=preset.training.replace(average=average))
        for preset in (tiny_preset, audible)
    )
    whole, parts = store.create("whole", silent), store.create("parts", heard)
    train(whole, dataset)
    train(parts, dataset, stop_after)
    train(Run(parts.path), dataset)
    assert [sample.step for sample in parts.read_samples()] == [0, 4, 8, 12]
    assert whole.read_samples() == ()
    for name in ("last", "best"):
        expected, resumed = (
            load_checkpoint(run.path / name).network.state_dict() for run in (whole, parts)
        )
        assert all(torch.equal(value, resumed[key]) for key, value in expected.items())
    losses = [[item.train_loss for item in run.read_metrics()] for run in (whole, parts)]
    assert losses[0] == losses[1]


@pytest.mark.usefixtures("short_tunes")
def test_a_resumed_run_has_the_tunes_of_an_uninterrupted_one(
    store: RunStore, audible: Preset, dataset: Dataset
) -> None:
    whole, parts = store.create("whole", audible), store.create("parts", audible)
    assert train(whole, dataset).samples == whole.read_samples()

    def crash(metrics: object) -> None:
        if metrics.step == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TrainingSession(parts, dataset, crash).train()
    with (parts.path / "samples.jsonl").open("a") as file:
        file.write(json.dumps(dataclasses.asdict(Sample(9, "X:1\n"))) + '\n{"step": 10, "ab')
    assert [sample.step for sample in train(Run(parts.path), dataset).samples] == [0, 4, 8, 12]
    assert parts.read_samples() == whole.read_samples()


def test_the_tune_of_a_step_carries_the_loss_of_that_step(
    store: RunStore, audible: Preset, dataset: Dataset
) -> None:
    run = store.create("one", audible)
    train(run, dataset)
    losses = {item.step: item.val_loss for item in run.read_metrics()}
    first, *samples = run.read_samples()
    assert (first.step, first.val_loss) == (0, None)  # nobody has looked yet
    for sample in samples:
        assert sample.val_loss == losses[sample.step] is not None


def test_a_run_that_ends_early_is_heard_at_its_end(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    settings = tiny_preset.training.replace(
        learning_rate=0.5, max_steps=900, eval_interval=1, patience=3, samples=2
    )
    run = store.create("still", dataclasses.replace(tiny_preset, training=settings))
    train(run, dataset)
    steps = [sample.step for sample in run.read_samples()]
    assert steps == [0, 1, run.info().step]


def test_a_network_that_has_learned_nothing_writes_a_tune_the_grammar_keeps(
    tiny_preset: Preset,
) -> None:
    sample = compose_sample(network(ABC, tiny_preset), ABC, 7, 4.0)
    assert sample and not sample.is_free
    assert (sample.step, sample.val_loss) == (7, 4.0)
    assert "\nK:" in sample.abc and "|" in sample.abc
    assert sample == compose_sample(network(ABC, tiny_preset), ABC, 7, 4.0)


def test_characters_too_few_for_the_grammar_are_written_freely(tiny_preset: Preset) -> None:
    few = Vocabulary.from_text("X:1\nabc ")
    sample = compose_sample(network(few, tiny_preset), few, 1, None)
    assert sample and sample.is_free
    assert sample.abc.startswith("X:")


def test_what_cannot_be_composed_at_all_is_left_out(
    tiny_preset: Preset, caplog: pytest.LogCaptureFixture
) -> None:
    hopeless = Vocabulary.from_text("pq")
    assert compose_sample(network(hopeless, tiny_preset), hopeless, 1, None) is None
    assert "no tune could be composed at step 1" in caplog.text


def test_a_composer_that_breaks_stops_no_training(
    store: RunStore, audible: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("musicgen.sampling.composer.compose", broken)
    run = store.create("one", audible)
    train(run, dataset)
    assert run.info().status == "finished"
    assert run.read_samples() == ()


def test_samples_leave_the_engines_of_those_who_play_and_keep_no_network(
    tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, copies = module._copy, []

    def copy(*asked: object) -> Checkpoint:
        made = kept(*asked)
        copies.append(weakref.ref(made.network))
        return made

    playing = network(ABC, tiny_preset)
    engine = get_engine(playing)
    monkeypatch.setattr(module, "_copy", copy)
    for step in range(MAX_ENGINES):
        assert compose_sample(network(ABC, tiny_preset), ABC, step, None)
    assert get_engine(playing) is engine
    gc.collect()
    assert [copy() for copy in copies] == [None] * MAX_ENGINES


def test_a_tune_that_takes_too_long_stays_as_far_as_it_came(
    tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compose_sample(network(ABC, tiny_preset), ABC, 1, None)
    monkeypatch.setattr(module, "DEADLINE_S", -1.0)
    part = compose_sample(network(ABC, tiny_preset), ABC, 1, None)
    assert whole.abc.startswith(part.abc.rstrip("\n"))
    assert len(part.abc) < len(whole.abc)


def test_a_full_disk_stops_no_training(
    store: RunStore, audible: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Run, "append_sample", refuse)
    run = store.create("full", audible)
    session = train(run, dataset)
    assert session.warning == "The disk is full."
    assert [sample.step for sample in session.samples] == [0, 4, 8, 12]


def test_samples_are_read_as_they_were_written_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    assert read_samples(path) == ()
    cut_samples(path, 5)
    written = [Sample(step, f"X:1\nT:{step}\nK:D\n\u2028|", 2.0, step < 9) for step in (4, 8, 12)]
    for sample in written:
        append_sample(path, sample)
    assert read_samples(path) == tuple(written)
    cut_samples(path, 8)
    assert read_samples(path) == tuple(written[:2])


@given(st.binary(max_size=300))
def test_any_file_is_read_as_samples_or_as_nothing(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "samples.jsonl"
    path.write_bytes(data + b'\n{"step": 1, "abc": 5}\n{"step": 3, "abc": "X:1"}\n[[]]\n"x"')
    assert read_samples(path)[-1:] == (Sample(3, "X:1"),)
