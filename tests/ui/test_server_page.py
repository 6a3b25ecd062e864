import pytest

from musicgen.errors import MusicgenError, RunError
from musicgen.training.runs.run import RunStore
from musicgen.ui.base import resources
from musicgen.ui.frame import owner
from musicgen.ui.server.error_words import MEANINGS, error_meaning
from musicgen.ui.server.wait_charts import fitting_step, memory_figure, wait_figure
from musicgen.ui.server.work import work_under_way
from musicgen.watching import COMPOSE, ERROR, HOUR_S, SOUND, Watch, by_time
from tests.ui.test_compare_page import train


@pytest.fixture
def noted(home, monkeypatch):
    """A home in which waits are noted, and some are."""
    monkeypatch.delenv("MUSICGEN_WATCH", raising=False)
    watch = Watch(home.waits)
    for number in range(1, 11):
        watch.note(SOUND, number, "house", "Play")
        watch.note(COMPOSE, number / 10, "other", "Endless")
    watch.note(ERROR, 0.0, RunError.__name__, "Train")
    return home


def labels(app):
    return {item.proto.label for item in app.get("page_link")}


def test_it_opens_with_nothing_noted(empty_home, open_app):
    app = open_app("Server")
    assert not app.exception and not app.error
    assert any("Nobody waited" in one.value for one in app.caption)
    assert [one.label for one in app.metric][:1] == ["Memory of the server"]


def test_waits_are_shown_by_kind_model_and_page_with_errors(noted, open_app):
    app = open_app("Server")
    assert not app.exception and not app.error
    rows = str([one.value.to_dict() for one in app.table])
    assert "house" in rows and "10.00 s" in rows and "exists already" in rows
    app.segmented_control(key="server_kind").set_value(COMPOSE).run()
    rows = str([one.value.to_dict() for one in app.table])
    assert "other" in rows and "1.00 s" in rows and "10.00 s" not in rows
    app.selectbox(key="server_model").set_value("house").run()
    assert not app.exception
    assert "other" not in str([one.value.to_dict() for one in app.table])


def test_an_error_that_stays_on_a_page_counts_once(noted, open_app):
    app = open_app("Listen", study="nothing")
    assert app.error
    app.run()
    assert app.run().error
    errors = [one.model for one in resources.watch().waits() if one.kind == ERROR]
    assert errors.count("StudyError") == 1


def test_every_kind_of_error_has_its_meaning():
    def kinds(base):
        return {base} | {found for one in base.__subclasses__() for found in kinds(one)}

    ours = {one.__name__ for one in kinds(MusicgenError) if one.__module__ == "musicgen.errors"}
    assert ours == MEANINGS.keys()
    assert error_meaning("Unheard") == "Unheard"


def test_a_point_stands_for_less_time_where_waits_lie_close_together():
    assert fitting_step([0, 7200], 3600) == 900
    assert fitting_step([0, 100_000], 3600) == 3600
    assert fitting_step([5], 3600) == 10 and fitting_step([], 3600) == 10


def test_the_switch_lasts_and_all_can_be_forgotten(noted, open_app):
    app = open_app("Server")
    app.toggle(key="server_watch").set_value(False).run()
    assert not resources.watch().is_on and not Watch(noted.waits).is_on
    app.toggle(key="server_watch").set_value(True).run()
    assert Watch(noted.waits).is_on
    app.button(key="server_forget").click().run()
    assert not app.exception and resources.watch().waits() == []


def test_where_the_environment_turned_it_off_there_is_no_switch(home, open_app, monkeypatch):
    monkeypatch.setenv("MUSICGEN_WATCH", "off")
    app = open_app("Server")
    assert not app.exception and not app.toggle
    assert any("MUSICGEN_WATCH is off" in one.value for one in app.caption)


def test_visitors_from_elsewhere_see_neither_the_page_nor_its_link(noted, open_app, monkeypatch):
    assert "Server" in labels(open_app())
    monkeypatch.setattr("musicgen.ui.frame.page.is_owner", lambda: False)
    monkeypatch.setattr("musicgen.ui.server.server_view.is_owner", lambda: False)
    app = open_app("Server")
    assert "Server" not in labels(app)
    assert not app.metric and not app.table and not app.button
    assert "as localhost" in app.info[0].value


@pytest.mark.parametrize(
    ("address", "headers", "named", "expected"),
    [
        (None, {}, "", True),
        (None, {"X-Forwarded-For": "192.0.2.7"}, "", False),
        ("192.0.2.7", {}, "", False),
        ("172.17.0.1", {}, "10.0.0.1, 172.17.0.1", True),
    ],
)
def test_the_owner_is_at_this_machine_or_named(address, headers, named, expected, monkeypatch):
    class Context:
        ip_address = address

    Context.headers = headers
    monkeypatch.setattr(owner.st, "context", Context)
    monkeypatch.setenv(owner.OWNERS, named)
    assert owner.is_owner() is expected


def test_what_is_under_way_is_listed(home, open_app, monkeypatch):
    train(home, "first")
    assert RunStore(home.runs).get("first") and work_under_way() == []

    class Job:
        is_over = False
        run = type("Run", (), {"id": "second"})
        state = type("State", (), {"status": "running", "progress": 0.25})

    monkeypatch.setattr(type(resources.registry()), "jobs", lambda _self: [Job])
    (row,) = work_under_way()
    assert (row.kind, row.name, row.progress) == ("training", "second", 0.25)


def test_charts_have_a_line_for_each_percentile_and_one_for_memory(noted):
    from datetime import UTC

    waits = resources.watch().waits()
    figure = wait_figure(by_time(waits, SOUND, HOUR_S), UTC)
    assert [line["name"] for line in figure["data"]] == ["p50", "p95", "p99"]
    assert sum(map(len, (line["x"] for line in figure["data"]))) in (3, 6)  # across an hour's end
    (line,) = memory_figure([(0.0, 100.0), (60.0, 101.5)], UTC)["data"]
    assert line["x"] == ["1970-01-01 00:00:00", "1970-01-01 00:01:00"]
