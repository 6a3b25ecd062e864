import threading
import time

import pytest

from musicgen.jobs.fair_turn import FairQueue

LIMIT_S = 60


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return FairQueue(10.0, clock)


def wait_until(is_so):
    end = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.002)


class Worker:
    """Somebody's piece of work in a thread: it has the turn when it is let go on."""

    def __init__(self, queue: FairQueue, person: str, name: str) -> None:
        self.ticket = queue.ticket(person, name)
        self.go, self.got = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()
        wait_until(lambda: self.got.is_set() or self.ticket in queue._waiting)

    def _work(self) -> None:
        with self.ticket:
            self.got.set()
            self.go.wait()  # its thread ends with the tests, if it is never let go

    def end(self) -> None:
        self.go.set()
        self.thread.join(LIMIT_S)
        assert not self.thread.is_alive()


def test_turns_go_round_by_person_however_many_one_asks_for(queue, clock):
    workers = {name: Worker(queue, name[0], name) for name in ("a1", "a2", "a3", "b1", "c1", "b2")}
    order = []
    for _ in workers:
        wait_until(lambda: any(place.has_turn for place in queue.places()))
        [name] = [place.name for place in queue.places() if place.has_turn]
        order.append(name)
        clock.now += 10
        workers[name].end()
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert queue.used_s() == {"a": 30, "b": 20, "c": 10}


def test_the_row_is_told_as_it_will_come(queue):
    for name in ("a1", "a2", "b1"):
        Worker(queue, name[0], name)
    assert [(one.name, one.has_turn, one.before) for one in queue.places()] == [
        ("a1", True, 0), ("b1", False, 1), ("a2", False, 2),
    ]  # fmt: skip


def test_after_a_slice_one_gives_way_to_who_has_used_less_and_to_nobody_else(queue, clock):
    first = Worker(queue, "a", "a1")
    clock.now = 30
    assert not first.ticket.must_give_way(), "nobody waits"
    Worker(queue, "a", "a2")
    assert not first.ticket.must_give_way(), "nobody else"
    Worker(queue, "b", "b1")  # who comes new has used what the others have, and not less
    assert not first.ticket.must_give_way()
    clock.now += 1
    assert first.ticket.must_give_way()


def test_within_a_slice_nobody_gives_way(queue, clock):
    first = Worker(queue, "a", "a1")
    Worker(queue, "b", "b1")
    clock.now = 9.9
    assert not first.ticket.must_give_way()
    clock.now = 10
    assert first.ticket.must_give_way()


def test_seconds_of_standing_aside_are_not_counted(queue, clock):
    first = Worker(queue, "a", "a1")
    clock.now = 10
    first.ticket.excuse(4.0)
    assert queue.used_s() == {"a": 6.0}
    first.end()
    assert queue.used_s() == {"a": 6.0}


def test_who_stayed_away_saves_nothing_up(queue, clock):
    Worker(queue, "c", "c1").end()  # long ago, and next to nothing
    first = Worker(queue, "a", "a1")
    clock.now = 100
    second = Worker(queue, "c", "c2")
    assert queue.used_s()["c"] == 100 and queue.had_s()["c"] == 0
    first.end()
    assert second.got.wait(LIMIT_S)
    third = Worker(queue, "a", "a2")
    clock.now = 111
    assert second.ticket.must_give_way()
    assert not third.got.is_set()


def test_a_ticket_that_is_given_up_waits_no_longer_and_holds_nothing(queue):
    first, second, third = (Worker(queue, name, name) for name in "abc")
    second.go.set()
    second.ticket.give_up()
    second.thread.join(LIMIT_S)
    assert not second.thread.is_alive()
    assert [one.name for one in queue.places()] == ["a", "c"]
    first.end()
    assert third.got.wait(LIMIT_S)


def test_one_that_was_never_waited_with_can_be_given_up(queue):
    ticket = queue.ticket("a", "a")
    ticket.give_up()
    assert not ticket.acquire()
    assert queue.places() == []


def test_shares_are_equal_whatever_each_wishes(queue, clock):
    """Eight people whose work has many steps of half a second, one and a half slices at least."""
    has = dict.fromkeys("abcdefgh", 0.0)
    is_over = threading.Event()

    def work(person: str) -> None:
        ticket = queue.ticket(person, "work")
        while not is_over.is_set():
            with ticket:
                while not is_over.is_set() and not ticket.must_give_way():
                    clock.now += 0.5
                    has[person] += 0.5
                    if clock.now >= 1_000:
                        is_over.set()

    threads = [threading.Thread(target=work, args=(person,), daemon=True) for person in has]
    with queue.ticket("teacher", "before all"):  # so that all of them wait when it begins
        for thread in threads:
            thread.start()
        wait_until(lambda: len(queue.places()) == 9)
    for thread in threads:
        thread.join(LIMIT_S)
        assert not thread.is_alive()
    assert sum(has.values()) == 1_000
    assert max(has.values()) - min(has.values()) <= queue.slice_s
