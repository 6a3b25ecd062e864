"""What hands do on the score, without a browser: its messages are written into session state."""

import json
from dataclasses import replace

import pytest
import streamlit as st

from musicgen.config import SampleConfig
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import compose
from musicgen.sampling.edit_list import Rewrite, Take
from musicgen.ui.base import resources, state
from musicgen.ui.play import note_surprise, score_editor
from musicgen.ui.tune.bar_choice import name_selection
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session
from tests.ui.test_play_page import address_of, facts, text_shown
from tests.ui.test_play_page import compose as click_compose
from tests.ui.tiny_model import TUNE


@pytest.fixture
def session(monkeypatch):
    """Session state as a plain dictionary, with a toast that is kept."""
    values = {}
    monkeypatch.setattr(st, "session_state", values)
    monkeypatch.setattr(st, "toast", lambda text: values.update(toast=text))
    return values


@pytest.fixture
def shown(home):
    config = SampleConfig(seed=3)
    composition = compose(resources.checkpoint(Models().find("house")), config)[0]
    return Performance(Request("house", config), composition, None)


def test_an_alternative_taken_asks_for_the_tune_with_one_more_change(session, shown):
    play_session().show(shown)
    at = shown.composition.tune.bars[4].notes[0].start
    session["score"] = {"take": [at, "B"], "selection": None}
    score_editor._on_touch()
    wanted = play_session().wanted
    assert wanted.edits == (Take(at, "B"),)
    assert (wanted.model, wanted.config) == (shown.request.model, shown.request.config)
    assert play_session().cue[1] == 4


def test_bars_chosen_are_kept_in_both_ways_of_choosing(session, shown):
    play_session().show(shown)
    session["score"] = {"selection": [4, 6]}
    score_editor._on_touch()
    assert state.SELECTED.get() == (4, 6)
    assert (state.FIRST_BAR.get(), state.LAST_BAR.get()) == (5, 7)
    state.FIRST_BAR.set(9)
    score_editor._bars().typed(number_bars(shown.tune.bars), is_first=True)
    assert state.SELECTED.get() == (8, 8)
    state.LAST_BAR.set(4)
    score_editor._bars().typed(number_bars(shown.tune.bars), is_first=False)
    assert state.SELECTED.get() == (3, 3)
    state.SELECTED.set((6, 8))
    score_editor._keep_selection(8)
    assert state.SELECTED.get() is None


PICKUP = "X:1\nT:Up\nM:4/4\nL:1/8\nK:D\nd|ABcd efga|ABcd efg:|d|ABcd efga|ABcd efg:|\n"


def test_a_pickup_is_shown_as_bar_0_and_kept_as_the_first_that_is_written(session, shown):
    composition = replace(shown.composition, abc=PICKUP.strip(), tune=read_tune(PICKUP)[0])
    play_session().show(replace(shown, composition=composition))
    numbers = number_bars(composition.tune.bars)
    session["score"] = {"selection": [0, 1]}
    score_editor._on_touch()
    assert (state.FIRST_BAR.get(), state.LAST_BAR.get()) == (0, 1)
    assert name_selection(numbers, state.SELECTED.get()) == "Bars 0–1"
    state.FIRST_BAR.set(2)
    score_editor._bars().typed(numbers, is_first=True)
    assert state.SELECTED.get() == (2, 3)  # with the pickup that makes it whole
    assert name_selection(numbers, state.SELECTED.get()) == "Bar 2"
    state.FIRST_BAR.set(0)
    state.LAST_BAR.set(0)
    score_editor._bars().typed(numbers, is_first=False)
    assert state.SELECTED.get() == (0, 0)
    assert score_editor._first_bar(composition.tune, Rewrite(1, 1, 7, 0)) == 0


@pytest.mark.parametrize(
    "sent",
    [
        {"take": [-5, "B"]},
        {"take": [2**60, "B"]},
        {"take": [3, ""]},
        {"selection": [5, 2]},
        {"selection": [-1, 2]},
        {"take": "ab"},
        {"take": [None, "a"]},
        {"selection": {"a": 1}},
        {},
    ],
)
def test_what_no_score_of_ours_sends_is_dropped(session, shown, sent):
    play_session().show(shown)
    session["score"] = sent
    score_editor._on_touch()
    assert play_session().wanted is None and state.SELECTED.get() is None


def test_there_is_an_end_to_changes(session, shown):
    edits = (Rewrite(1, 1, 0, 0),) * 40
    request = Request("house", shown.request.config, edits)
    play_session().show(Performance(request, shown.composition, None))
    score_editor.change(Take(70, "B"))
    assert play_session().wanted is None and session["toast"]


def test_a_change_that_does_not_fit_is_told_and_the_tune_stays(home, open_app):
    app = click_compose(open_app())
    before = facts(app)
    address = address_of(app) | {"edits": json.dumps([{"take": [5000, "B"]}])}
    app.query_params.update(address)
    app.run()
    assert not app.exception
    assert ["does not fit" in item.value for item in app.error] == [True]
    assert facts(app) == before


def test_a_link_brings_a_changed_tune_back(home, open_app):
    at = TUNE.index("GBd gdB")
    edits = json.dumps([{"take": [at, "A"]}])
    app = open_app(model="house", seed="3", edits=edits)
    assert not app.exception and not app.error
    assert text_shown(app).startswith(TUNE[:at] + "A")
    assert "1 change by hand" in facts(app)
    assert json.loads(address_of(app)["edits"]) == json.loads(edits)
    again = open_app(**address_of(app))
    assert text_shown(again) == text_shown(app)
    undo = next(item for item in again.button if item.key == "undo_change")
    undo.click().run()
    assert text_shown(again) == TUNE
    assert "edits" not in address_of(again)


def test_bars_are_chosen_without_a_mouse(home, open_app):
    app = click_compose(open_app())
    app.number_input(key="play_first_bar").set_value(3).run()
    app.number_input(key="play_last_bar").set_value(5).run()
    assert app.session_state["play_selected"] == (2, 4)
    app.button(key="let_go").click().run()
    assert app.session_state["play_selected"] is None


def test_notes_beyond_an_instrument_are_counted(home, open_app):
    app = click_compose(open_app())
    app.selectbox(key="play_checked_range").set_value("whistle").run()
    assert any("Every note lies in the range of the whistle" in item.value for item in app.caption)
    tune, _problems = read_tune(TUNE)
    low = sum(any(pitch < 62 for pitch in note.pitches) for note in tune.notes)
    assert low == 0


def test_what_the_network_thought_fits_the_notes(shown):
    seen = note_surprise.look_into(shown.composition, "house", Models())
    notes = shown.composition.tune.notes
    assert len(seen.bits) == len(seen.alternatives) == len(notes)
    assert max(seen.bits) < 1  # a network that knows its tune by heart
    for note, rows in zip(notes, seen.alternatives, strict=True):
        for row in rows:
            assert row.character == (shown.composition.abc + "\n")[row.offset]
            assert len(row.others) == len(row.percents)
            assert row.offset < note.end or note is notes[-1]
