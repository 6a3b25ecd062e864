import threading
from types import SimpleNamespace

import pytest

from musicgen.training.loop import foreground_priority
from musicgen.training.loop.foreground_priority import MOST_S, ForegroundPriority


class Clock:
    """A clock that goes on by what is waited for."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s

    def wait(self, timeout_s: float) -> bool:
        self.now_s += timeout_s
        return False


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(foreground_priority, "time", SimpleNamespace(monotonic=found.monotonic))
    return found


def waited(priority: ForegroundPriority, clock: Clock) -> float:
    """The seconds that a training stands aside now."""
    start = clock.now_s
    priority.yield_if_busy()
    return clock.now_s - start


def make_priority(clock: Clock) -> ForegroundPriority:
    priority = ForegroundPriority()
    priority._free.wait = clock.wait
    return priority


def test_nobody_is_waited_for_where_nobody_goes_ahead(clock):
    assert waited(make_priority(clock), clock) == 0


def test_a_training_waits_until_the_last_guest_is_through():
    priority, through = ForegroundPriority(), []
    first, second = priority.foreground(), priority.foreground()
    first.__enter__()
    second.__enter__()
    begun, wait = threading.Event(), priority._free.wait

    def wait_and_tell(_timeout_s: float) -> bool:
        begun.set()
        return wait()  # as long as it takes: the guests leave by themselves

    priority._free.wait = wait_and_tell

    def leave() -> None:
        begun.wait()
        for guest in (first, second):
            through.append(guest)
            guest.__exit__(None, None, None)

    thread = threading.Thread(target=leave)
    thread.start()
    priority.yield_if_busy()
    assert through == [first, second]
    thread.join()
    assert priority._free.is_set()


def test_a_guest_who_fails_goes_too(clock):
    priority = make_priority(clock)
    with pytest.raises(ValueError, match="no tune"), priority.foreground():
        raise ValueError("no tune")
    assert waited(priority, clock) == 0


def test_however_much_is_asked_for_a_training_has_half_of_the_time(clock):
    priority = make_priority(clock)
    with priority.foreground():
        assert waited(priority, clock) == MOST_S
        assert waited(priority, clock) == 0  # not again at once
        clock.now_s += 0.9 * MOST_S
        assert waited(priority, clock) == 0
        clock.now_s += 0.1 * MOST_S
        assert waited(priority, clock) == MOST_S
