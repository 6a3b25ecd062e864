import itertools
import shutil

import pytest
import streamlit as st

from musicgen.library.favourites import FavouriteStore
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling import composer
from musicgen.ui.base import state
from musicgen.ui.play import beginning
from musicgen.ui.tune import rendering
from tests.ui.conftest import texts
from tests.ui.test_play_page import address_of, button, compose, facts, text_shown
from tests.ui.tiny_model import TUNE


@pytest.fixture
def composed(monkeypatch):
    """The settings of every call of the composer."""
    calls = []

    def watched(checkpoint: Checkpoint, config, on_text=None):
        calls.append(config)
        return composer.compose(checkpoint, config, on_text)

    monkeypatch.setattr(rendering, "compose", watched)
    return calls


def lock(app, seed=7):
    return app.number_input(key="play_seed").set_value(seed).run()


def warm(app, temperature):
    return app.slider(key="play_temperature").set_value(temperature).run()


def click(app, key):
    return app.button(key=key).click().run()


def history_of(app):
    labels = [item.label for item in app.button if item.key.startswith("history_")]
    return [label.replace("\\", "") for label in labels]


# Takes


def test_takes_are_composed_at_once_and_switched_without_composing(home, open_app, composed):
    app = lock(open_app())
    app.button_group(key="play_count").set_value(3).run()
    compose(app)
    assert [config.count for config in composed] == [3]
    for take in (1, 2, 0):
        app.button_group(key="play_take").set_value(take).run()
        assert f"seed {7 + take} ·" in facts(app)
        assert address_of(app).get("take") == (str(take + 1) if take else None)
        assert app.number_input(key="play_seed").value == 7
    assert len(composed) == 1


def test_a_link_brings_all_takes_and_the_one_that_was_heard(home, open_app):
    app = lock(open_app())
    app.button_group(key="play_count").set_value(4).run()
    compose(app)
    app.button_group(key="play_take").set_value(2).run()
    again = open_app(**address_of(app))
    assert facts(again) == facts(app)
    assert again.button_group(key="play_take").value == 2
    assert again.button_group(key="play_count").value == 4
    assert address_of(again) == address_of(app)


def test_the_other_takes_sound_at_once(home, open_app, monkeypatch):
    rendered = []
    perform = rendering.perform

    def watched(request, composition, listening):
        rendered.append(composition.seed)
        return perform(request, composition, listening)

    monkeypatch.setattr(rendering, "perform", watched)
    app = lock(open_app())
    app.button_group(key="play_count").set_value(3).run()
    compose(app)
    assert rendered == [7, 8, 9]
    app.run()
    assert rendered == [7, 8, 9]


# As settings change


def test_with_a_locked_seed_a_change_composes_at_once(home, open_app, composed):
    app = compose(lock(open_app()))
    warm(app, 1.2)
    assert "seed 7 · temperature 1.2" in facts(app)
    assert address_of(app)["temperature"] == "1.2"
    app.selectbox(key="play_tonic").select("D").run()
    assert address_of(app)["key"] == "D Major"
    assert len(composed) == 3
    app.run()
    assert len(composed) == 3


def test_switched_off_a_change_waits_for_the_button(home, open_app, composed):
    app = compose(lock(open_app()))
    app.toggle(key="play_live").set_value(False).run()
    warm(app, 1.2)
    assert "temperature 0.85" in facts(app)
    app.toggle(key="play_live").set_value(True).run()
    assert len(composed) == 1
    assert "temperature 1.2" in facts(compose(app))


def test_before_the_first_tune_nothing_composes_by_itself(home, open_app, composed):
    warm(lock(open_app()), 1.2)
    assert not composed


def test_the_switch_is_there_only_beside_a_locked_seed(home, open_app):
    app = open_app()
    assert "play_live" not in [item.key for item in app.toggle]
    assert "play_live" in [item.key for item in lock(app).toggle]


def test_the_dice_compose_where_a_tune_is_there(home, open_app, composed):
    app = compose(open_app())
    click(app, "play_dice")
    assert len(composed) == 2
    assert composed[0].seed != composed[1].seed == app.number_input(key="play_seed").value


def test_a_beginning_waits_for_the_button(home, open_app, composed):
    app = compose(lock(open_app()))
    app.session_state["play_prompt"] = TUNE[:70]
    app.run()
    assert len(composed) == 1
    compose(app)
    assert composed[-1].prompt == TUNE[:70]


def test_a_change_keeps_the_take_that_is_listened_to(home, open_app):
    app = lock(open_app())
    app.button_group(key="play_count").set_value(2).run()
    compose(app)
    app.button_group(key="play_take").set_value(1).run()
    warm(app, 1.1)
    assert "seed 8 · temperature 1.1" in facts(app)


# History


def test_a_step_back_brings_tune_and_settings_without_composing(home, open_app, composed):
    app = compose(lock(open_app()))
    warm(app, 1.2)
    before = facts(app), address_of(app)
    assert app.button(key="play_redo").disabled
    click(app, "play_undo")
    assert "temperature 0.85" in facts(app)
    assert app.slider(key="play_temperature").value == 0.85
    assert address_of(app)["temperature"] == "0.85"
    assert app.button(key="play_undo").disabled
    click(app, "play_redo")
    assert (facts(app), address_of(app)) == before
    assert len(composed) == 2


def test_the_history_lists_the_tunes_and_leads_to_each(home, open_app, composed):
    app = lock(open_app())
    for temperature in (0.5, 0.8, 1.1):
        compose(warm(app, temperature))
    assert [label.split(" · ")[2] for label in history_of(app)] == [
        f"temperature {value}" for value in (1.1, 0.8, 0.5)
    ]
    assert "The Patient Machine · D Major" in history_of(app)[0]
    calls = len(composed)
    click(app, "history_0")
    assert "temperature 0.5" in facts(app)
    assert len(composed) == calls


def test_a_tune_that_was_composed_by_a_model_since_changed_comes_back_as_it_was(
    home, tiny_model, open_app, composed
):
    shutil.copytree(tiny_model, home.runs / "mine" / "best")
    app = open_app(model="mine", seed="5")
    shutil.rmtree(home.runs / "mine")
    app.selectbox(key="play_model").select("house").run()
    compose(app)
    click(app, "play_undo")
    assert not app.error and not app.exception
    assert text_shown(app) == TUNE
    assert len(composed) == 2


def test_a_tune_that_this_session_has_is_not_composed_again(home, open_app, composed):
    app = compose(lock(open_app()))
    first = facts(app)
    compose(warm(app, 1.2))
    compose(warm(app, 0.85))
    assert facts(app) == first
    assert [config.temperature for config in composed] == [0.85, 1.2]
    assert len(history_of(app)) == 2


def test_two_sessions_have_tunes_of_their_own(home, open_app):
    one, other = compose(lock(open_app(), 1)), compose(lock(open_app(), 2))
    one.run()
    assert "seed 1 ·" in facts(one) and "seed 2 ·" in facts(other)
    assert len(history_of(one)) == len(history_of(other)) == 1


def test_titles_are_words_whatever_signs_are_in_them(home, open_app):
    app = compose(open_app())
    kept = app.session_state["play_session"].history
    kept.entries[0].takes[0]["abc"] = "X:1\nT:[a](http://b) **c** :material/key: $d$\nK:C\n"
    app.run()
    (label,) = [item.label for item in app.button if item.key == "history_0"]
    assert r"\[a\](http://b) \*\*c\*\* :material/key: \$d\$" in label.replace("\u2060", "")
    assert "http://" not in label
    assert ":material/" not in label


# Favourites


def test_a_favourite_is_kept_on_disk_and_heard_in_another_session(home, open_app, composed):
    app = compose(lock(open_app()))
    click(app, "play_keep")
    assert app.button(key="play_keep").disabled
    (kept,) = FavouriteStore(home.favourites).list()
    assert kept.name == "The Patient Machine"
    other = open_app()
    other.session_state["favourites_box"] = True
    other.run()
    calls = len(composed)
    click(other, f"favourite_play_{kept.key}")
    assert facts(other) == facts(app)
    assert other.number_input(key="play_seed").value == 7
    assert len(composed) == calls


def test_a_tune_is_given_a_title_kept_by_it_and_given_its_own_back(home, open_app):
    app = compose(lock(open_app()))

    def give(title):
        (field,) = [item for item in app.text_input if str(item.key).startswith("play_title_")]
        before = field.value
        field.set_value(title).run()
        assert not app.exception and not app.error
        return before

    assert give(" Aoife's\treel ") == "The Patient Machine"
    assert "Aoife's reel · " in app.button(key="history_0").label
    click(app, "play_keep")
    store = FavouriteStore(home.favourites)
    assert [one.name for one in store.list()] == ["Aoife's reel"]
    assert give("") == "Aoife's reel"  # its own again, among the favourites too
    assert [one.name for one in store.list()] == ["The Patient Machine"]
    assert app.button(key="play_keep").disabled


def test_a_favourite_is_renamed_deleted_and_restored(home, open_app):
    app = compose(lock(open_app()))
    click(app, "play_keep")
    app.session_state["favourites_box"] = True
    app.run()
    store = FavouriteStore(home.favourites)
    key = store.list()[0].key
    app.text_input(key=f"favourite_name_{key}").set_value(" My\ttune ").run()
    assert [one.name for one in store.list()] == ["My tune"]
    click(app, f"favourite_delete_{key}")
    assert not store.list()
    assert "“My tune” is deleted." in [item.value for item in app.markdown]
    click(app, "favourite_undo")
    assert [one.name for one in store.list()] == ["My tune"]


def test_without_favourites_nothing_is_said_of_them(home, open_app):
    app = compose(open_app())
    assert not [item.label for item in app.expander if item.label == "Favourites"]


# Temperature


def test_what_temperature_does_follows_the_slider(home, open_app):
    app = compose(open_app())
    app.session_state["temperature_box"] = True
    app.run()

    def words():
        assert not app.exception
        return next(item.value for item in app.markdown if "bits of entropy" in item.value)

    told = {words()}
    for temperature in (0.3, 1.9):
        warm(app, temperature)
        assert f"at {temperature:g} (" in words()
        told.add(words())
    assert len(told) == 3


def test_what_temperature_does_is_shown_before_the_first_tune(home, open_app):
    app = open_app()
    app.session_state["temperature_box"] = True
    app.run()
    assert not app.exception
    assert "DFA dAF|" in texts(app)[0]


def test_the_temperature_comparison_has_four_temperatures_and_one_click_takes_one(
    home, open_app, composed
):
    app = compose(lock(open_app()))
    app.session_state["ladder_box"] = True
    app.run()
    click(app, "ladder_compose")
    assert not app.exception
    assert [config.temperature for config in composed[1:]] == [0.4, 0.7, 1.0, 1.3]
    assert {config.seed for config in composed} == {7}
    click(app, "ladder_listen_1")
    assert not app.exception and not app.warning
    click(app, "ladder_take_3")
    assert "seed 7 · temperature 1.3" in facts(app)
    assert app.slider(key="play_temperature").value == 1.3
    assert len(composed) == 5
    click(app, "play_undo")
    assert "temperature 0.85" in facts(app)


# The beginning


def test_a_beginning_is_taken_from_the_tune_by_one_click(home, open_app):
    app = compose(open_app())
    button(app, "Its first 2 bars").click().run()
    assert app.session_state["play_prompt"].endswith("DFA dAF|GBd gdB|")
    compose(app)
    assert text_shown(app).startswith(app.session_state["play_prompt"])
    button(app, "Clear").click().run()
    assert app.session_state["play_prompt"] == ""


def test_what_is_typed_counts_even_if_it_was_typed_before(home, open_app, monkeypatch):
    typed = {"text": "X:1", "revision": 1}
    session = {beginning._EDITOR: {"typed": typed}}
    monkeypatch.setattr(st, "session_state", session)
    beginning.take_over()
    assert state.PROMPT.get() == "X:1"
    beginning.set_beginning("an example")
    beginning.take_over()  # nothing new was typed
    assert state.PROMPT.get() == "an example"
    session[beginning._EDITOR] = {"typed": typed | {"revision": 2}}
    beginning.take_over()
    assert state.PROMPT.get() == "X:1"


@pytest.mark.parametrize("typed", [None, 5, "text", {}, {"text": 5}, {"text": "A" * 100_000}])
def test_a_browser_that_tells_nonsense_does_no_harm(typed, monkeypatch):
    monkeypatch.setattr(st, "session_state", {beginning._EDITOR: {"typed": typed}})
    beginning.take_over()
    assert len(state.PROMPT.get()) <= beginning.MAX_TYPED


def test_a_link_fills_the_beginning_in(home, open_app):
    app = open_app(seed="4", prompt=TUNE[:60])
    assert app.session_state["play_prompt"] == TUNE[:60]
    assert app.session_state["play_prompt_typed"] == TUNE[:60]


def test_every_step_has_its_own_tune(home, open_app):
    app = lock(open_app(), 1)
    told = [facts(compose(lock(app, seed))) for seed in (1, 2, 3)]
    for step, expected in itertools.pairwise(reversed(told)):
        assert facts(app) == step
        click(app, "play_undo")
        assert facts(app) == expected
