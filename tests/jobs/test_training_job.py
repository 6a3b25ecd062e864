import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.errors import ClassError, CorpusError, RunError
from musicgen.jobs import training_job as module
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.fair_turn import FairQueue
from musicgen.jobs.seat import Machine, Seat
from musicgen.jobs.training_job import JobRegistry, TrainingJob
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import Preset
from musicgen.training.loop.foreground_priority import ForegroundPriority
from musicgen.training.runs.run import RunStore
from tests.examples import stand_in

LIMIT_S = 240


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


@pytest.fixture
def registry(
    tmp_path: Path, paths: Paths, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> JobRegistry:
    monkeypatch.setattr(module, "load_dataset", stand_in(dataset))
    return JobRegistry(RunStore(tmp_path / "runs"), paths)


def long(preset: Preset) -> Preset:
    return dataclasses.replace(preset, training=preset.training.replace(max_steps=100_000))


def test_a_job_trains_to_the_end(registry: JobRegistry, tiny_preset: Preset) -> None:
    job = registry.start(tiny_preset, "one")
    assert job.wait(LIMIT_S)
    snapshot = job.snapshot()
    assert snapshot.status is TaskStatus.FINISHED
    assert [item.step for item in snapshot.metrics] == list(range(1, 13))
    assert (snapshot.step, snapshot.max_steps, snapshot.time_left_s) == (12, 12, 0.0)
    assert snapshot.has_checkpoint
    assert snapshot.best_val_loss == min(i.val_loss for i in snapshot.metrics if i.val_loss)
    assert registry.current() is job is registry.get("one")


def test_how_far_a_training_is_takes_no_copy_of_its_metrics(
    registry: JobRegistry, tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = registry.start(tiny_preset, "one")
    assert job.wait(LIMIT_S)
    registry.store.get("one").set_max_steps(24)
    now = job.snapshot()
    monkeypatch.setattr(TrainingJob, "snapshot", None)
    assert registry.current() is job
    assert (job.status, job.step, job.samples) == (now.status, now.step, now.samples)
    again = registry.resume("one")  # it begins where the last sitting ended
    assert again.step >= 12 and again.state.progress >= 0.5
    assert again.wait(LIMIT_S)
    assert (again.status, again.step) == (TaskStatus.FINISHED, 24)


def test_pause_holds_resume_goes_on_and_stop_keeps(
    registry: JobRegistry, tiny_preset: Preset
) -> None:
    job = registry.start(long(tiny_preset), "two")
    wait_for(lambda: job.snapshot().step > 3)
    job.pause()
    wait_for(lambda: job.snapshot().status is TaskStatus.PAUSED)
    time.sleep(0.1)  # the step under way may still end
    held = job.snapshot().step
    time.sleep(0.2)
    assert job.snapshot().step == held
    job.resume()
    wait_for(lambda: job.snapshot().step > held + 2)
    job.cancel()
    assert job.wait(LIMIT_S)
    snapshot = job.snapshot()
    assert snapshot.status is TaskStatus.CANCELLED
    assert snapshot.has_checkpoint
    assert registry.store.get("two").info().step == snapshot.step


def test_a_paused_job_can_be_stopped(registry: JobRegistry, tiny_preset: Preset) -> None:
    job = registry.start(long(tiny_preset), "three")
    wait_for(lambda: job.snapshot().step > 1)
    job.pause()
    job.cancel()
    assert job.wait(LIMIT_S)
    assert job.snapshot().status is TaskStatus.CANCELLED


def test_trainings_follow_one_another(registry: JobRegistry, tiny_preset: Preset) -> None:
    first = registry.start(long(tiny_preset), "first")
    second = registry.start(tiny_preset, "second")
    wait_for(lambda: first.snapshot().step > 1)
    assert second.snapshot().status is TaskStatus.WAITING
    assert registry.current() is first
    first.cancel()
    assert second.wait(LIMIT_S)
    assert second.snapshot().status is TaskStatus.FINISHED


def test_a_job_in_the_queue_can_be_stopped(registry: JobRegistry, tiny_preset: Preset) -> None:
    first = registry.start(long(tiny_preset), "first")
    second = registry.start(tiny_preset, "second")
    second.cancel()
    assert second.snapshot().status is TaskStatus.CANCELLING
    first.cancel()
    assert second.wait(LIMIT_S)
    assert (second.snapshot().status, second.snapshot().step) == (TaskStatus.CANCELLED, 0)


def test_a_stopped_run_is_resumed_with_its_history(
    registry: JobRegistry, tiny_preset: Preset
) -> None:
    slow = long(tiny_preset)
    job = registry.start(slow, "again")
    wait_for(lambda: job.snapshot().step > 3)
    with pytest.raises(RunError, match="already"):
        registry.resume("again")
    job.cancel()
    assert job.wait(LIMIT_S)
    done = job.snapshot().step
    resumed = registry.resume("again")
    wait_for(lambda: resumed.snapshot().step > done)
    resumed.cancel()
    assert resumed.wait(LIMIT_S)
    steps = [item.step for item in resumed.snapshot().metrics]
    assert steps == list(range(1, len(steps) + 1))


def test_what_goes_wrong_is_a_sentence(
    registry: JobRegistry, tiny_preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> Dataset:
        raise CorpusError("The corpus has not been fetched.")

    monkeypatch.setattr(module, "load_dataset", missing)
    with pytest.raises(CorpusError, match="has not been fetched"):
        registry.start(tiny_preset, "bad")
    assert not registry.store.root.exists()
    registry.store.create("bad", tiny_preset)
    job = registry.resume("bad")
    assert job.wait(LIMIT_S)
    snapshot = job.snapshot()
    assert snapshot.status is TaskStatus.FAILED
    assert snapshot.message == "The corpus has not been fetched."


def test_a_corpus_that_is_too_small_leaves_no_folder(
    registry: JobRegistry, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = dataclasses.replace(
        dataset, split=dataclasses.replace(dataset.split, val=(), test=()), tunes=dataset.tunes[:1]
    )
    monkeypatch.setattr(module, "load_dataset", lambda *_: one)
    with pytest.raises(CorpusError, match=r"too few tunes \(1\)"):
        registry.start(tiny_preset, "bad")
    assert not registry.store.root.exists()


def test_a_training_can_go_on_from_a_checkpoint(
    registry: JobRegistry, tiny_preset: Preset, checkpoint_folder: Path
) -> None:
    start = load_checkpoint(checkpoint_folder)
    job = registry.start(tiny_preset, "further", start)
    assert job.wait(LIMIT_S)
    assert job.snapshot().status is TaskStatus.FINISHED
    kept = load_checkpoint(registry.store.get("further").path / "best").metadata
    assert kept.corpus["started_from"]["fingerprint"] == start.fingerprint


def test_a_fault_of_the_program_ends_the_job_and_frees_the_turn(
    registry: JobRegistry, tiny_preset: Preset, dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def broken(*_: object) -> Dataset:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "load_dataset", broken)
    registry.store.create("bad", tiny_preset)
    job = registry.resume("bad")
    assert job.wait(LIMIT_S)
    assert job.snapshot().status is TaskStatus.FAILED
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.setattr(module, "load_dataset", stand_in(dataset))
    after = registry.start(tiny_preset, "good")
    assert after.wait(LIMIT_S)
    assert after.snapshot().status is TaskStatus.FINISHED


def test_a_snapshot_does_not_change_afterwards(registry: JobRegistry, tiny_preset: Preset) -> None:
    job = registry.start(long(tiny_preset), "frozen")
    wait_for(lambda: job.snapshot().step > 2)
    snapshot = job.snapshot()
    length = len(snapshot.metrics)
    wait_for(lambda: job.snapshot().step > snapshot.step + 3)
    job.cancel()
    assert job.wait(LIMIT_S)
    assert len(snapshot.metrics) == length
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.step = 1  # type: ignore[misc]
    assert isinstance(job, TrainingJob)


def sit(person: str, machine: Machine, tmp_path: Path, paths: Paths) -> JobRegistry:
    """The registry of one of several people who share a machine."""
    seat = Seat(machine, person, lambda _estimate, _training, _active: None)
    return JobRegistry(RunStore(tmp_path / person / "runs"), paths, seat)


@pytest.fixture
def machine() -> Machine:
    return Machine(FairQueue(0.0), FairQueue(), ForegroundPriority())


def test_several_people_train_in_turns_and_each_ends_as_if_alone(
    registry: JobRegistry,
    machine: Machine,
    tmp_path: Path,
    paths: Paths,
    tiny_preset: Preset,
) -> None:
    training = tiny_preset.training.replace(max_steps=6, samples=2)
    preset = dataclasses.replace(tiny_preset, training=training)
    alone = registry.start(preset, "alone")
    assert alone.wait(LIMIT_S)
    jobs = [sit(one, machine, tmp_path, paths).start(preset, "same") for one in "ab"]
    assert all(job.wait(LIMIT_S) for job in jobs)
    wanted = alone.snapshot()
    for job in jobs:
        now = job.snapshot()
        assert now.status is TaskStatus.FINISHED and now.error is None
        assert [one.train_loss for one in now.metrics] == [one.train_loss for one in wanted.metrics]
        assert [one.abc for one in now.samples] == [one.abc for one in wanted.samples]
        assert now.train_characters == wanted.train_characters
    assert set(machine.trainings.used_s()) == {"a", "b"}
    assert machine.trainings.places() == []


def test_one_who_pauses_keeps_nobody_waiting_and_goes_on_later(
    registry: JobRegistry, machine: Machine, tmp_path: Path, paths: Paths, tiny_preset: Preset
) -> None:
    first = sit("a", machine, tmp_path, paths).start(long(tiny_preset), "one")
    wait_for(lambda: first.step > 3)
    first.pause()
    second = sit("b", machine, tmp_path, paths).start(tiny_preset, "two")
    assert second.wait(LIMIT_S) and second.status is TaskStatus.FINISHED
    held = first.step
    assert first.status is TaskStatus.PAUSED
    first.resume()
    wait_for(lambda: first.step > held)
    first.cancel()
    assert first.wait(LIMIT_S) and first.status is TaskStatus.CANCELLED
    assert first.snapshot().has_checkpoint


def test_a_job_that_waits_among_people_is_stopped_at_once(
    registry: JobRegistry, machine: Machine, tmp_path: Path, paths: Paths, tiny_preset: Preset
) -> None:
    first = sit("a", machine, tmp_path, paths).start(long(tiny_preset), "one")
    wait_for(lambda: first.step > 0)
    machine.trainings.slice_s = 1e9
    second = sit("b", machine, tmp_path, paths).start(tiny_preset, "two")
    wait_for(lambda: second.status is TaskStatus.WAITING and second.before == 1)
    second.cancel()
    assert second.wait(LIMIT_S) and second.status is TaskStatus.CANCELLED
    assert not first.is_over
    first.cancel()
    assert first.wait(LIMIT_S)


def test_a_person_is_asked_whether_they_may_before_a_run_is_made(
    registry: JobRegistry, machine: Machine, tmp_path: Path, paths: Paths, tiny_preset: Preset
) -> None:
    asked = []

    def refuse(estimate, training, active) -> None:
        asked.append((estimate.parameters > 0, training.max_steps, active))
        raise ClassError("No.")

    registry = JobRegistry(RunStore(tmp_path / "runs"), paths, Seat(machine, "a", refuse))
    with pytest.raises(ClassError):
        registry.start(tiny_preset, "one")
    assert asked == [(True, 12, 0)]
    assert registry.store.list() == [] and registry.jobs() == []
