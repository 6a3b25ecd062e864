"""The tune of the next click is made ahead, and is the tune that the click would have made."""

import pytest

from musicgen.jobs.compose_ahead import SWITCH
from musicgen.sampling.composer import compose
from musicgen.ui.base import resources, state
from musicgen.ui.play import ahead
from musicgen.ui.tune import rendering
from tests.jobs.test_compose_ahead import wait_until


@pytest.fixture
def opened(home, open_app, monkeypatch):
    """Play, with its next tune there."""
    monkeypatch.setenv(SWITCH, "1")
    app = open_app()
    wait_until(lambda: resources.tunes_ahead().is_ready(owner(app)))
    return app


def owner(app) -> str:
    return app.session_state[state.PLAY_SESSION.name].name


def test_a_click_gets_the_tune_that_was_made_ahead(opened, monkeypatch):
    made = []
    monkeypatch.setattr(rendering, "compose_takes", lambda *_args: made.append(1))
    seed = opened.session_state[state.NEXT_SEED.name]
    opened.button(key="compose").click().run()
    assert not opened.exception
    assert not made
    shown = opened.session_state[state.PLAY_SESSION.name].shown.composition
    checkpoint = resources.checkpoint(resources.checkpoints()[0])
    assert shown == compose(checkpoint, shown.config)[0]
    assert shown.seed == seed == opened.session_state[state.SEED.name]


def test_after_a_click_the_next_one_is_made(opened):
    opened.button(key="compose").click().run()
    first = opened.session_state[state.PLAY_SESSION.name].shown.composition.seed
    wait_until(lambda: resources.tunes_ahead().is_ready(owner(opened)))
    opened.button(key="compose").click().run()
    assert opened.session_state[state.PLAY_SESSION.name].shown.composition.seed != first
    assert len(opened.session_state[state.PLAY_SESSION.name].history.entries) == 2


def test_other_settings_are_composed_anew(opened):
    opened.slider(key=state.TEMPERATURE.name).set_value(1.2)
    opened.button(key="compose").click().run()
    assert not opened.exception
    assert opened.session_state[state.PLAY_SESSION.name].shown.composition.config.temperature == 1.2


def test_a_kept_seed_has_nothing_made_ahead(opened):
    opened.button(key="play_lock").click().run()
    assert not resources.tunes_ahead().is_ready(owner(opened))


def test_it_can_be_switched_off(home, open_app, monkeypatch):
    asked = []
    monkeypatch.setenv(SWITCH, "0")
    monkeypatch.setattr(ahead.resources, "tunes_ahead", lambda: asked.append(1))
    open_app().button(key="compose").click().run()
    assert not asked
