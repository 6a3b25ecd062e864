"""What the server has ready before anybody asks for a tune: the first of the first visitor."""

import pytest

from musicgen.config import Paths
from musicgen.jobs.compose_ahead import SWITCH
from musicgen.models.checkpoint import WEIGHTS_FILE
from musicgen.sampling.composer import compose
from musicgen.ui.base import resources, state
from musicgen.ui.play import warming
from musicgen.ui.play.ahead import FIRST
from musicgen.ui.tune import rendering
from tests.jobs.test_compose_ahead import wait_until


@pytest.fixture
def warm(home, monkeypatch):
    """A server that has just started, and has its tune."""
    monkeypatch.setenv(SWITCH, "1")
    assert warming.load()
    wait_until(lambda: resources.tunes_ahead().is_ready(FIRST))
    yield
    resources.tunes_ahead().cancel(FIRST)


def shown(app):
    return app.session_state[state.PLAY_SESSION.name].shown


def test_the_first_visitor_is_given_the_tune(warm, open_app, monkeypatch):
    composed = []
    really = rendering.compose_takes

    def counting(*arguments):
        composed.append(1)
        return really(*arguments)

    monkeypatch.setattr(rendering, "compose_takes", counting)
    first = open_app()
    assert not resources.tunes_ahead().is_ready(FIRST)
    seed = first.session_state[state.NEXT_SEED.name]
    first.button(key="compose").click().run()
    assert not first.exception
    assert not composed  # it was there
    checkpoint = resources.checkpoint(resources.checkpoints()[0])
    assert shown(first).composition.seed == seed
    assert shown(first).composition == compose(checkpoint, shown(first).composition.config)[0]


def test_who_wants_something_else_has_ones_own_made(warm, open_app):
    app = open_app(temperature="1.3")
    assert not resources.tunes_ahead().is_ready(FIRST)  # nobody waits for it any more
    app.button(key="compose").click().run()
    assert not app.exception
    assert shown(app).composition.config.temperature == 1.3


def test_a_model_that_is_damaged_stops_nothing(home):
    for path in home.checkpoints.glob(f"*/{WEIGHTS_FILE}"):
        path.write_bytes(b"nothing")
    assert warming.load()
    assert resources.tunes_ahead().take(FIRST, None) is None


def test_where_no_model_is_nothing_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "server_paths", lambda: Paths(tmp_path, tmp_path))
    assert not warming.load()


def test_it_can_be_turned_off(monkeypatch):
    monkeypatch.setenv(warming.SWITCH, "0")
    assert warming.warm_up() is None
