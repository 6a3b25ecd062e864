"""What happens to the tune on the screen, without a page and without a network."""

from dataclasses import replace

import pytest

from musicgen.config import SampleConfig
from musicgen.errors import CompositionError
from musicgen.library.serialization import to_values
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import Composition
from musicgen.sampling.edit_list import MAX_EDITS, Rewrite, Take
from musicgen.ui.tune.history import History
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.play_session import PlaySession
from musicgen.ui.tune.request import Request
from tests.ui.tiny_model import TUNE

FINGERPRINT = "f" * 64


def wanted(seed, count=1, edits=(), take=0):
    return Request("house", SampleConfig(seed=seed, count=count), edits, take)


def composition(seed):
    tune, problems = read_tune(TUNE)
    config = SampleConfig(seed=seed)
    return Composition(
        TUNE, tune, problems, (), 2, is_complete=True, seed=seed, config=config,
        checkpoint="house", fingerprint=FINGERPRINT,
    )  # fmt: skip


def performed(request):
    return Performance(request, composition(request.config.seed + request.take), None)


def compose(play, request):
    """What Play does with a tune that is asked for."""
    play.ask(request, is_heard=True)
    play.begin()
    takes = [composition(request.config.seed + take) for take in range(request.config.count)]
    play.keep(request, takes)
    play.show(performed(request))


def seeds(play):
    return [entry.request.config.seed for entry in play.history.entries]


@pytest.fixture
def play():
    return PlaySession()


def test_at_first_nothing_is_there_and_nothing_is_due(play):
    assert play.due is play.wanted is play.shown is None
    assert play.history == History()
    assert not play.click and not play.can_change
    play.undo_change()
    play.change(Take(3, "B"), 0)
    assert play.wanted is None


def test_what_is_asked_for_is_due_until_it_is_shown(play):
    play.ask(wanted(1), is_heard=True)
    assert play.due == wanted(1)
    play.show(performed(wanted(1)))
    assert play.due is None and play.click


def test_asked_for_again_it_is_heard_again(play):
    compose(play, wanted(1))
    first = play.click
    play.ask(wanted(1), is_heard=False)
    assert play.due is None and not play.click
    play.ask(wanted(1), is_heard=True)
    assert play.due == wanted(1)
    assert play.click not in ("", first)
    assert play.find(wanted(1), FINGERPRINT)


def test_what_cannot_be_had_is_not_wanted_any_more(play):
    play.ask(wanted(1), is_heard=True)
    play.give_up()
    assert play.wanted is None
    compose(play, wanted(1))
    play.ask(wanted(2), is_heard=True)
    play.give_up()
    play.rest()
    assert play.due is None and play.shown.request == wanted(1) and not play.click


def test_a_change_is_heard_from_its_bar_and_undone(play):
    compose(play, wanted(1))
    edit = Take(30, "B")
    play.change(edit, 4)
    assert play.due == wanted(1, edits=(edit,))
    assert play.cue[1] == 4 and not play.click
    play.show(performed(play.due))
    play.change(Rewrite(1, 2, 3, 0), 0)
    assert play.due.edits == (edit, Rewrite(1, 2, 3, 0))
    play.undo_change()
    assert play.wanted == wanted(1) and play.cue is None


def test_one_take_alone_is_changed(play):
    compose(play, wanted(5, count=3, take=2))
    play.change(Take(30, "B"), 0)
    assert play.due == wanted(7, edits=(Take(30, "B"),))


def test_there_is_an_end_to_changes(play):
    play.show(performed(wanted(1, edits=(Rewrite(1, 1, 0, 0),) * (MAX_EDITS - 1))))
    assert play.can_change
    play.show(performed(wanted(1, edits=(Rewrite(1, 1, 0, 0),) * MAX_EDITS)))
    assert not play.can_change
    play.change(Take(30, "B"), 0)
    assert play.wanted is None


def test_a_step_along_the_history_needs_no_composing(play):
    for seed in (1, 2, 3):
        compose(play, wanted(seed))
    play.step_to(1)
    assert play.shown is None and play.due == wanted(2) and play.click
    assert play.recall(play.due).seed == 2
    assert seeds(play) == [1, 2, 3]
    play.step_to(99)
    assert play.due == wanted(3)


def test_what_is_asked_for_is_not_taken_from_the_history_unseen(play):
    compose(play, wanted(1))
    play.step_to(0)
    assert play.recall(wanted(2)) is None
    play.ask(wanted(1), is_heard=True)
    assert play.recall(wanted(1)) is None


def test_the_same_of_the_same_network_is_found_and_comes_last(play):
    compose(play, wanted(1))
    compose(play, wanted(2))
    assert play.find(wanted(1), "another") is None
    assert seeds(play) == [1, 2]
    assert play.find(wanted(1), FINGERPRINT).seed == 1
    assert seeds(play) == [2, 1]


def test_takes_are_switched_and_remembered(play):
    compose(play, wanted(5, count=3))
    play.switch_take(2)
    assert play.due.take == 2
    assert play.recall(play.due).seed == 7
    compose(play, wanted(1))
    assert play.reopen(wanted(5, count=3, take=1))
    assert play.recall(play.due).seed == 6


def test_back_in_the_browser_changes_nothing_in_the_history(play):
    compose(play, wanted(1))
    compose(play, wanted(2))
    assert play.reopen(wanted(1))
    assert (seeds(play), play.history.at) == ([1, 2], 0)
    assert not play.reopen(wanted(3))
    assert play.wanted == wanted(1)


def test_a_tune_from_elsewhere_is_the_last_of_the_history(play):
    compose(play, wanted(1))
    play.open(wanted(9), to_values(composition(9)))
    assert seeds(play) == [1, 9]
    assert play.due == wanted(9)
    assert play.recall(play.due).seed == 9


def test_a_tune_that_does_not_hold_is_said_to_be_damaged(play):
    play.open(wanted(9), {"abc": "X:1"})
    with pytest.raises(CompositionError):
        play.recall(wanted(9))


def test_another_sound_goes_on_at_the_same_place_and_another_tune_does_not(play):
    compose(play, wanted(1))
    first = play.click
    play.replay(performed(wanted(1)))
    assert play.is_same_place and play.click != first and play.due is None
    compose(play, wanted(2))
    assert not play.is_same_place


def test_a_new_name_is_kept_in_the_history_and_the_tune_goes_on(play):
    compose(play, wanted(1))
    compose(play, wanted(2, count=2, take=1))
    shown = play.shown
    play.rename(replace(shown, composition=replace(shown.composition, name="Mine")))
    assert play.shown.composition.public_tune.title == "Mine"
    assert play.is_same_place and play.due is None
    names = [[take["name"] for take in entry.takes] for entry in play.history.entries]
    assert names == [[""], ["", "Mine"]]


def test_a_visit_goes_on_and_what_it_wants_need_not_be_composed_again(play):
    before = PlaySession()
    for seed in (1, 2, 3):
        compose(before, wanted(seed))
    play.ask(wanted(2), is_heard=False)
    play.continue_from(before.history)
    assert (seeds(play), play.history.at) == ([1, 2, 3], 1)
    assert play.recall(play.due).seed == 2


def test_what_is_on_the_screen_stays_there_as_a_visit_goes_on(play):
    before = PlaySession()
    compose(before, wanted(1))
    compose(play, wanted(2))
    shown = play.shown
    play.continue_from(before.history)
    assert play.shown is shown and play.due is None
    assert (seeds(play), play.history.at) == ([1, 2], 1)
