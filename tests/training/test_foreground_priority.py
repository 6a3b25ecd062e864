import threading
import time

import pytest

from musicgen.training.loop import foreground_priority
from musicgen.training.loop.foreground_priority import ForegroundPriority


def seconds_of(call) -> float:
    start = time.monotonic()
    call()
    return time.monotonic() - start


def test_nobody_is_waited_for_where_nobody_goes_ahead():
    assert seconds_of(ForegroundPriority().yield_if_busy) < 0.5


def test_a_training_waits_until_the_last_guest_is_through():
    priority, through = ForegroundPriority(), []
    first, second = priority.foreground(), priority.foreground()
    first.__enter__()
    second.__enter__()

    def leave() -> None:
        for guest in (first, second):
            time.sleep(0.1)
            through.append(guest)
            guest.__exit__(None, None, None)

    thread = threading.Thread(target=leave)
    thread.start()
    priority.yield_if_busy()
    assert through == [first, second]
    thread.join()
    assert seconds_of(priority.yield_if_busy) < 0.5


def test_a_guest_who_fails_goes_too():
    priority = ForegroundPriority()
    with pytest.raises(ValueError, match="no tune"), priority.foreground():
        raise ValueError("no tune")
    assert seconds_of(priority.yield_if_busy) < 0.5


def test_however_much_is_asked_for_a_training_has_half_of_the_time(monkeypatch):
    monkeypatch.setattr(foreground_priority, "MOST_S", 0.8)
    priority = ForegroundPriority()
    with priority.foreground():
        assert seconds_of(priority.yield_if_busy) > 0.7
        assert seconds_of(priority.yield_if_busy) < 0.5  # not again at once
        time.sleep(0.9)
        assert seconds_of(priority.yield_if_busy) > 0.7
