from musicgen.config import SampleConfig
from musicgen.ui.tune.history import MAX_ENTRIES, Entry, History
from musicgen.ui.tune.request import Request


def entry(seed, takes=1):
    values = tuple({"abc": f"tune {seed}.{take}"} for take in range(takes))
    return Entry(Request("house", SampleConfig(seed=seed, count=takes)), values)


def filled(count):
    history = History()
    for seed in range(count):
        history = history.added(entry(seed))
    return history


def seeds(history):
    return [one.request.config.seed for one in history.entries]


def test_the_last_tune_is_the_current_one_and_the_way_leads_back_and_forth():
    history = filled(3)
    assert history.current == entry(2)
    back = history.moved(history.at - 1)
    assert back.current == entry(1)
    assert back.moved(back.at + 1).current == entry(2)
    assert back.moved(-5).current == entry(0)
    assert back.moved(99).current == entry(2)


def test_a_new_tune_after_a_step_back_loses_none_and_leads_back_to_what_was_heard_last():
    history = filled(3).moved(0).added(entry(9))
    assert seeds(history) == [1, 2, 0, 9]
    assert history.moved(history.at - 1).current == entry(0)


def test_the_same_tune_again_stands_there_once():
    history = filled(3).added(entry(1))
    assert seeds(history) == [0, 2, 1]


def test_there_is_an_end_to_remembering():
    history = filled(MAX_ENTRIES + 5)
    assert len(history.entries) == MAX_ENTRIES
    assert seeds(history)[-1] == MAX_ENTRIES + 4
    assert history.at == MAX_ENTRIES - 1


def test_each_entry_remembers_which_take_was_looked_at():
    history = History().added(entry(1, takes=3)).with_take(2)
    assert history.current.values == {"abc": "tune 1.2"}
    later = history.added(entry(2)).moved(0)
    assert later.current.values == {"abc": "tune 1.2"}


def test_a_tune_is_found_by_its_request_and_its_take():
    history = filled(2).added(entry(5, takes=2))
    assert history.find(entry(0).request).current == entry(0)
    assert history.find(Request("house", SampleConfig(seed=5, count=2), take=1)).current.values == {
        "abc": "tune 5.1"
    }
    assert history.find(Request("house", SampleConfig(seed=5, count=2), take=2)) is None
    assert history.find(entry(8).request) is None


def test_nothing_is_there_before_the_first():
    assert History().current is None
