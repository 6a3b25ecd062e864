"""What is made ahead: one thing an owner, the newest first, cut short where it is not wanted."""

import threading
from collections.abc import Callable

import pytest

from musicgen.errors import CompositionError
from musicgen.jobs.compose_ahead import MAX_OWNERS, Check, ComposeAhead

WAIT_S = 60


class Work:
    """Makes a value when it is told to, and checks until then."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.started = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, check: Check) -> str:
        self.started.set()
        while not self.may_end.wait(0.01):
            check()
        check()
        return self.value


@pytest.fixture
def ahead() -> ComposeAhead[str]:
    return ComposeAhead(lambda: None, delay_s=0.0)


def done(ahead: ComposeAhead[str], owner: str, key: str, value: str) -> None:
    """Has something made, and waits until it is there."""
    work = Work(value)
    ahead.ask(owner, key, work)
    work.may_end.set()
    assert work.started.wait(WAIT_S)
    wait_until(lambda: ahead.is_ready(owner))


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(WAIT_S * 100):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("it never came")


def test_what_was_made_is_taken_once(ahead):
    done(ahead, "one", "a", "tune")
    assert ahead.take("one", "a") == "tune"
    assert ahead.take("one", "a") is None


def test_another_key_gets_nothing_and_ends_what_is_there(ahead):
    done(ahead, "one", "a", "tune")
    assert ahead.take("one", "b") is None
    assert ahead.take("one", "a") is None


def test_whoever_comes_early_waits_for_what_is_under_way(ahead):
    work = Work("tune")
    ahead.ask("one", "a", work)
    assert work.started.wait(WAIT_S)
    threading.Timer(0.05, work.may_end.set).start()
    assert ahead.take("one", "a") == "tune"


def test_what_has_not_begun_is_not_waited_for():
    ahead: ComposeAhead[str] = ComposeAhead(lambda: None, delay_s=1e9)
    work = Work("tune")
    ahead.ask("one", "a", work)
    assert ahead.take("one", "a") is None
    assert not work.started.is_set()


def test_a_newer_wish_cuts_the_older_short(ahead):
    older, newer = Work("older"), Work("newer")
    ahead.ask("one", "a", older)
    assert older.started.wait(WAIT_S)
    ahead.ask("one", "b", newer)
    assert newer.started.wait(WAIT_S)  # the older never ended by itself
    newer.may_end.set()
    wait_until(lambda: ahead.is_ready("one"))
    assert ahead.take("one", "b") == "newer"


def test_the_same_wish_twice_is_made_once(ahead):
    done(ahead, "one", "a", "tune")
    again = Work("again")
    ahead.ask("one", "a", again)
    assert ahead.take("one", "a") == "tune"
    assert not again.started.is_set()


def test_owners_keep_apart(ahead):
    done(ahead, "one", "a", "tune of one")
    done(ahead, "two", "a", "tune of two")
    ahead.cancel("two")
    assert ahead.take("two", "a") is None
    assert ahead.take("one", "a") == "tune of one"


def test_failing_work_gives_nothing_and_the_next_is_made(ahead):
    def fail(_check: Check) -> str:
        raise CompositionError("no")

    ahead.ask("one", "a", fail)
    done(ahead, "two", "b", "tune")
    assert ahead.take("one", "a") is None
    assert ahead.take("two", "b") == "tune"


def test_the_oldest_wish_goes_where_there_are_too_many():
    ahead: ComposeAhead[str] = ComposeAhead(lambda: None, delay_s=0.0)
    done(ahead, "first", "a", "tune")
    for number in range(MAX_OWNERS):
        done(ahead, str(number), "a", "tune")
    assert not ahead.is_ready("first")
    assert ahead.is_ready("0")


def test_the_work_stands_aside_until_somebody_waits_for_it():
    stood = threading.Event()
    ahead: ComposeAhead[str] = ComposeAhead(stood.set, delay_s=0.0)
    work = Work("tune")
    ahead.ask("one", "a", work)
    assert stood.wait(WAIT_S)
    work.may_end.set()
    wait_until(lambda: ahead.is_ready("one"))


def test_what_one_asked_for_is_handed_over_done_or_under_way(ahead):
    done(ahead, "one", "a", "tune")
    assert ahead.hand_over("one", "other", "a")
    assert ahead.take("one", "a") is None
    assert ahead.take("other", "a") == "tune"

    work = Work("later")
    ahead.ask("one", "b", work)
    assert work.started.wait(WAIT_S)
    assert ahead.hand_over("one", "other", "b")
    work.may_end.set()
    assert ahead.take("other", "b") == "later"


def test_what_nobody_takes_over_is_not_made_to_the_end(ahead):
    work = Work("tune")
    ahead.ask("one", "a", work)
    assert work.started.wait(WAIT_S)
    assert not ahead.hand_over("one", "other", "b")
    assert not ahead.hand_over("nobody", "other", "a")
    done(ahead, "other", "b", "its own")  # the thread is free: what was under way ended
    assert ahead.take("one", "a") is None
