import threading
import time

import pytest

from musicgen.training.loop import foreground_priority
from musicgen.training.loop.foreground_priority import Courtesy


def seconds_of(call) -> float:
    start = time.monotonic()
    call()
    return time.monotonic() - start


def test_nobody_is_waited_for_where_nobody_goes_ahead():
    assert seconds_of(Courtesy().give_way) < 0.5


def test_a_training_waits_until_the_last_guest_is_through():
    manners, through = Courtesy(), []
    first, second = manners.ahead(), manners.ahead()
    first.__enter__()
    second.__enter__()

    def leave() -> None:
        for guest in (first, second):
            time.sleep(0.1)
            through.append(guest)
            guest.__exit__(None, None, None)

    thread = threading.Thread(target=leave)
    thread.start()
    manners.give_way()
    assert through == [first, second]
    thread.join()
    assert seconds_of(manners.give_way) < 0.5


def test_a_guest_who_fails_goes_too():
    manners = Courtesy()
    with pytest.raises(ValueError, match="no tune"), manners.ahead():
        raise ValueError("no tune")
    assert seconds_of(manners.give_way) < 0.5


def test_however_much_is_asked_for_a_training_has_half_of_the_time(monkeypatch):
    monkeypatch.setattr(foreground_priority, "MOST_S", 0.8)
    manners = Courtesy()
    with manners.ahead():
        assert seconds_of(manners.give_way) > 0.7
        assert seconds_of(manners.give_way) < 0.5  # not again at once
        time.sleep(0.9)
        assert seconds_of(manners.give_way) > 0.7
