import pytest

from musicgen.config import SampleConfig
from musicgen.ui.frame import visits
from musicgen.ui.frame.visits import MAX_AGE_S, MAX_TUNES, MAX_VISITS, VisitStore
from musicgen.ui.tune.history import History, join
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session
from tests.ui.test_history import entry, filled, seeds
from tests.ui.test_play_page import compose, text_shown


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_visit_is_found_by_its_name_and_by_no_other():
    store = VisitStore()
    store.keep("one", filled(2))
    assert store.find("one") == filled(2)
    assert store.find("other") is None
    assert store.find("") is None


def test_few_visits_are_kept_and_those_left_longest_ago_go():
    store = VisitStore()
    for number in range(MAX_VISITS + 3):
        store.keep(f"{number}", filled(1))
    assert store.find("2") is None
    assert store.find("3") == filled(1)
    for number in range(MAX_VISITS):
        store.keep(f"long {number}", filled(30))
    kept = [store.find(f"long {number}") for number in range(MAX_VISITS)]
    assert sum(len(history.entries) for history in kept if history) <= MAX_TUNES
    assert kept[-1]


def test_a_visit_is_forgotten_in_time():
    clock = Clock()
    store = VisitStore(clock)
    store.keep("one", filled(1))
    clock.now = MAX_AGE_S - 1
    assert store.find("one")
    clock.now = MAX_AGE_S + 1
    assert store.find("one") is None


def test_the_tune_on_the_screen_stays_there_when_an_earlier_history_comes():
    earlier = filled(3)
    assert join(earlier, History()) == earlier
    again = join(earlier, History((entry(1),), 0))
    assert (seeds(again), again.at) == ([0, 1, 2], 1)
    new = join(earlier, History((entry(9),), 0))
    assert (seeds(new), new.at) == ([0, 1, 2, 9], 3)


def test_the_take_on_the_screen_stays_there():
    earlier = History((entry(0), entry(1, takes=3)), 1)
    shown = Request("house", SampleConfig(seed=1, count=3), take=2)
    now = History((entry(1, takes=3),), 0).with_take(2)
    assert now.current.request.take == shown.take
    assert join(earlier, now).current.values == {"abc": "tune 1.2"}


@pytest.fixture
def session(monkeypatch):
    values = {}
    monkeypatch.setattr(visits.st, "session_state", values)
    return values


@pytest.mark.parametrize("sent", [None, {}, {"before": None}, {"before": 7}, {"before": ["a"]}])
def test_what_no_tab_of_ours_sends_is_dropped(session, sent):
    session["starter_visit"] = sent
    visits._take_over()
    assert "visit_before" not in session


def test_a_session_goes_on_from_the_visit_of_its_tab(session):
    visits._store().keep("earlier", filled(3))
    session["starter_visit"] = {"before": "earlier"}
    play_session().ask(entry(1).request, is_heard=False)
    visits._take_over()
    assert session["visit_before"] == "earlier"
    assert seeds(play_session().history) == [0, 1, 2]
    assert play_session().history.at == 1


def test_each_session_keeps_what_it_composes(home, open_app):
    app = compose(open_app())
    app.run()
    name = app.session_state["visit_name"]
    kept = visits._store().find(name)
    assert [one.values["abc"].strip() for one in kept.entries] == [text_shown(app)]
    assert open_app().session_state["visit_name"] != name
