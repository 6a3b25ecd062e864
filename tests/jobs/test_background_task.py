"""The core of all that runs in the background."""

import threading
import time
from collections.abc import Callable

import pytest

from musicgen.errors import CorpusError, RunError
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus

LIMIT_S = 240
FAILURE = RunError("It failed. The server's log says where.")


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


class Counting(BackgroundTask):
    """Counts until somebody cancels it."""

    def __init__(self, turn: "threading.Lock | None" = None) -> None:
        super().__init__("counting", self._count, FAILURE, turn)
        self.count = 0

    def _count(self) -> None:
        while not self.must_end():
            self.count += 1
            self.show_progress(0.25)
            time.sleep(0.001)
        raise TaskCancelled


def run(work: Callable[[], None]) -> BackgroundTask:
    task = BackgroundTask("test", work, FAILURE)
    task.start()
    assert task.wait(LIMIT_S)
    return task


def test_work_that_returns_is_finished() -> None:
    threads: list[str] = []
    task = run(lambda: threads.append(threading.current_thread().name))
    assert threads == ["test"]
    assert (task.status, task.state.progress, task.state.error) == (TaskStatus.FINISHED, 1.0, None)
    assert task.is_over


def test_a_cancelled_task_keeps_how_far_it_was() -> None:
    task = Counting()
    task.start()
    wait_for(lambda: task.count > 2)
    assert task.status is TaskStatus.RUNNING
    assert not task.wait(0.0)
    task.cancel()
    assert task.wait(LIMIT_S)
    assert (task.status, task.state.progress) == (TaskStatus.CANCELLED, 0.25)


def test_work_that_ended_all_the_same_is_finished() -> None:
    has_begun, goes_on = threading.Event(), threading.Event()

    def work() -> None:
        has_begun.set()
        goes_on.wait(LIMIT_S)

    task = BackgroundTask("test", work, FAILURE)
    task.start()
    assert has_begun.wait(LIMIT_S)
    task.cancel()
    assert task.status is TaskStatus.CANCELLING
    goes_on.set()
    assert task.wait(LIMIT_S)
    assert task.status is TaskStatus.FINISHED


def test_a_paused_task_holds_and_goes_on() -> None:
    task = Counting()
    task.start()
    wait_for(lambda: task.count > 2)
    task.pause()
    assert task.status is TaskStatus.PAUSED
    time.sleep(0.1)  # the round under way may still end
    held = task.count
    time.sleep(0.1)
    assert task.count == held
    task.resume()
    wait_for(lambda: task.count > held)
    task.pause()
    task.cancel()
    assert task.wait(LIMIT_S)
    assert task.status is TaskStatus.CANCELLED
    task.pause()
    task.resume()
    assert task.status is TaskStatus.CANCELLED


def test_tasks_with_one_turn_follow_one_another() -> None:
    turn = threading.Lock()
    first, second, third = Counting(turn), Counting(turn), Counting(turn)
    first.start()
    wait_for(lambda: first.count > 0)
    second.start()
    third.start()
    third.cancel()
    assert third.status is TaskStatus.CANCELLING
    assert second.status is TaskStatus.WAITING
    first.cancel()
    wait_for(lambda: second.count > 0 or third.is_over)
    second.cancel()
    assert second.wait(LIMIT_S) and third.wait(LIMIT_S)
    assert (third.status, third.count) == (TaskStatus.CANCELLED, 0)
    assert not turn.locked()


def test_an_error_stays_a_sentence_that_can_be_translated() -> None:
    def missing() -> None:
        raise CorpusError("The corpus {name!r} is missing.", name="lab")

    task = run(missing)
    error = task.state.error
    assert task.status is TaskStatus.FAILED
    assert (str(error), error.template) == (
        "The corpus 'lab' is missing.", "The corpus {name!r} is missing.",
    )  # fmt: skip


def test_a_fault_of_the_program_is_logged_and_frees_the_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    turn = threading.Lock()
    task = BackgroundTask("broken", broken, FAILURE, turn)
    task.start()
    assert task.wait(LIMIT_S)
    assert (task.status, task.state.error) == (TaskStatus.FAILED, FAILURE)
    assert "broken failed" in caplog.text and "ZeroDivisionError" in caplog.text
    assert not turn.locked()


def test_a_state_does_not_change_afterwards() -> None:
    task = Counting()
    before = task.state
    task.start()
    wait_for(lambda: task.count > 0)
    task.cancel()
    assert task.wait(LIMIT_S)
    assert (before.status, before.progress) == (TaskStatus.PREPARING, 0.0)


@pytest.mark.parametrize("status", TaskStatus)
def test_the_words_in_files_of_runs_stay(status: TaskStatus) -> None:
    from musicgen.training.runs.run_files import STATUSES

    assert status in STATUSES
    assert len(STATUSES) == len(TaskStatus)
