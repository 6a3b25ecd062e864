"""The models of a page, and how often they and the text of a tune are looked at."""

import shutil
from collections import Counter

import pytest

from musicgen.errors import CheckpointError
from musicgen.notation.parsing import reader
from musicgen.ui.base import resources
from musicgen.ui.tune.models import Models
from tests.ui.test_play_page import compose


@pytest.fixture
def listings(monkeypatch):
    """One entry each time that the models on the disk are listed."""
    calls = []
    list_checkpoints = resources.list_checkpoints

    def watched(paths):
        calls.append(paths)
        return list_checkpoints(paths)

    monkeypatch.setattr(resources, "list_checkpoints", watched)
    return calls


@pytest.fixture
def texts(monkeypatch):
    """How often the text of a composed tune was read, each with the fields it was read with."""
    counts = Counter()
    read = reader._TuneReader.read

    def watched(reading):
        if "The Patient Machine" in reading.original:
            counts[reading.original, tuple(reading.inherited)] += 1
        return read(reading)

    monkeypatch.setattr(reader._TuneReader, "read", watched)
    return counts


def test_a_path_is_not_a_name_of_a_model(home):
    assert Models().find("house").path == home.checkpoints / "house"
    with pytest.raises(CheckpointError, match="Choose from: house"):
        Models().find(str(home.checkpoints / "house"))


def test_without_a_model_there_is_none_to_choose(empty_home):
    assert not Models()


def test_a_model_is_found_however_often_in_one_list(home, listings):
    models = Models()
    assert models.find("house") is models.find("house")
    assert len(listings) == 1


def test_a_model_that_came_or_went_later_is_noticed(home, tiny_model):
    models = Models()
    shutil.copytree(tiny_model, home.runs / "mine" / "best")
    assert models.names == ["house"]
    assert models.find("mine").path == home.runs / "mine" / "best"
    shutil.rmtree(home.runs / "mine")
    with pytest.raises(CheckpointError, match=r"no model named 'mine'\. Choose from: house"):
        models.find("mine")


def test_each_run_of_play_lists_the_models_once(home, open_app, listings):
    app = open_app()
    app.session_state["temperature_box"] = True
    app.session_state["play_prompt"] = "M:6/8\nK:D\nABc"
    for act in (app.run, lambda: compose(app), app.run):
        listings.clear()
        drawn = app.session_state["visits"]
        act()
        assert not app.exception and not app.error
        assert len(listings) == app.session_state["visits"] - drawn > 0


def test_endless_lists_the_models_once(home, open_app, listings):
    open_app("Endless")
    assert len(listings) == 1


def test_each_text_is_read_once_as_a_tune_is_composed_and_never_when_it_is_there(
    home, open_app, texts, monkeypatch
):
    monkeypatch.setattr("musicgen.ui.tune.rendering.TEXT_INTERVAL_S", 1e9)  # what grows is another
    app = compose(open_app())
    compose(app)
    assert not app.exception
    texts.clear()
    app.button(key="play_undo").click().run()
    assert texts and max(texts.values()) == 1
    texts.clear()
    app.slider(key="play_temperature").set_value(1.5).run()
    assert not texts
    compose(app)
    assert texts and max(texts.values()) == 1
