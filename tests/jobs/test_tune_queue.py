import threading

import pytest

from musicgen.errors import AudioError, CheckpointError, CompositionError
from musicgen.jobs.tune_queue import AHEAD, IDLE_S, KEPT, TuneQueue


def wait_for(queue: TuneQueue, count: int, playing: int = -1):
    """Looks until so many pieces are ready."""
    for _look in range(2_000):
        pieces = queue.look(playing)
        if len(pieces) >= count:
            return pieces
        threading.Event().wait(0.005)
    raise AssertionError(f"Only {len(queue.look(playing))} pieces came.")


@pytest.fixture
def made():
    return []


@pytest.fixture
def queue(made):
    def make(number):
        made.append(number)
        return f"tune {number}"

    queue = TuneQueue(make)
    yield queue
    queue.stop()


def test_it_keeps_a_little_ahead_and_no_further(queue, made):
    pieces = wait_for(queue, AHEAD + 1)
    assert [piece.content for piece in pieces] == ["tune 0", "tune 1", "tune 2"]
    threading.Event().wait(0.1)
    assert made == [0, 1, 2]


def test_hours_of_music_take_no_more_memory_than_minutes(queue):
    for playing in range(60):
        pieces = wait_for(queue, AHEAD + 1, playing)
        assert [piece.number for piece in pieces] == [playing, playing + 1, playing + 2]


def test_nothing_is_made_before_somebody_asks(queue, made):
    threading.Event().wait(0.05)
    assert made == [] and not queue.is_working


def test_it_ends_when_nobody_asks_any_more_and_begins_again():
    now = [0.0]
    queue = TuneQueue(str, clock=lambda: now[0])
    wait_for(queue, AHEAD + 1)
    now[0] = IDLE_S + 1
    for _look in range(100):
        if not queue.is_working:
            break
        threading.Event().wait(0.1)
    assert not queue.is_working
    assert wait_for(queue, AHEAD + 1, playing=2)[-1].number == 4
    queue.stop()


def test_a_change_makes_anew_what_is_not_playing(queue):
    wait_for(queue, AHEAD + 1)
    queue.change(lambda number: f"other {number}", playing=0)
    contents = [piece.content for piece in wait_for(queue, AHEAD + 1, 0)]
    assert contents[0] == "tune 0"
    assert all(content.startswith("other") for content in contents[1:])


def test_what_is_under_way_during_a_change_is_thrown_away():
    gate, begun = threading.Event(), threading.Event()

    def slow(number):
        begun.set()
        gate.wait(120)
        return f"old {number}"

    queue = TuneQueue(slow)
    queue.look()
    assert begun.wait(120)
    queue.change(lambda number: f"new {number}", playing=-1)
    gate.set()
    pieces = wait_for(queue, AHEAD + 1)
    assert all(piece.content.startswith("new") for piece in pieces)
    queue.stop()


def test_a_tune_without_notes_is_left_out():
    def make(number):
        if number == 1:
            raise AudioError("There is nothing to play.")
        return number

    queue = TuneQueue(make)
    assert [piece.number for piece in wait_for(queue, AHEAD + 1)] == [0, 2, 3]
    queue.stop()


def test_what_cannot_go_on_is_told_to_who_asks():
    def make(_number):
        raise CheckpointError("The model is gone.")

    queue = TuneQueue(make)
    with pytest.raises(CheckpointError, match="gone"):
        wait_for(queue, 1)
    queue.stop()


def test_a_fault_of_the_program_is_logged_and_told_in_a_sentence(caplog):
    def make(_number):
        raise ZeroDivisionError

    queue = TuneQueue(make)
    with pytest.raises(CompositionError, match="log says where"):
        wait_for(queue, 1)
    assert "ZeroDivisionError" in caplog.text
    queue.stop()


def test_after_stop_nothing_is_made(queue, made):
    wait_for(queue, 1)
    queue.stop()
    count = len(made)
    assert queue.look() == ()
    threading.Event().wait(0.1)
    assert len(made) <= count + 1


def test_one_can_go_back_and_what_was_composed_is_rendered_again():
    made, rendered = [], []

    def make(number):
        made.append(number)
        return f"tune {number}"

    def render(tune):
        rendered.append(tune)
        return f"sound of {tune}"

    queue = TuneQueue(make, render)
    for playing in range(4):
        wait_for(queue, AHEAD + 1, playing)
    assert [number for number, _tune in queue.composed(3)] == [3, 2, 1, 0]
    pieces = wait_for(queue, AHEAD + 1, 1)
    assert [piece.number for piece in pieces] == [1, 2, 3]
    assert pieces[0].content == "sound of tune 1"
    assert rendered.count("tune 1") == 2
    assert made == sorted(set(made))
    queue.stop()


def test_a_row_that_was_stopped_goes_on_where_it_was():
    queue = TuneQueue(str)
    wait_for(queue, AHEAD + 1, 2)
    queue.stop()
    assert queue.look(2) == ()
    assert queue.composed(2)[0] == (2, "2")
    queue.go_on()
    assert [piece.number for piece in wait_for(queue, AHEAD + 1, 2)] == [2, 3, 4]
    queue.stop()


def test_of_the_tunes_before_a_bounded_number_is_kept():
    queue = TuneQueue(str)
    for playing in range(KEPT + 9):
        wait_for(queue, 1, playing)
    assert len(queue.composed(KEPT + 8)) == KEPT + 1
    queue.stop()
