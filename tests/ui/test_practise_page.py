"""The page Practise: opened from anywhere, set as one likes, and heard."""

import io

import pytest
import soundfile
import streamlit as st

from musicgen.audio.arrangement import INSTRUMENTS as PROGRAMS
from musicgen.library.book_tune import BookSet, SetTune
from musicgen.library.book_tune import make_tune as read_abc
from musicgen.notation.analysis.instruments import INSTRUMENTS
from musicgen.ui.base import resources
from musicgen.ui.practise import practise_view
from musicgen.ui.practise.practise_view import to_mp3
from tests.examples import make_tune
from tests.ui.conftest import PROJECT


@pytest.fixture
def book(home):
    found = resources.tunebook()
    found.add(map(read_abc, (make_tune(1), make_tune(2))))
    return found


def check(app):
    assert not app.exception, [item.value for item in app.exception]
    assert not app.error, [item.value for item in app.error]
    assert not app.warning, [item.value for item in app.warning]
    return app


def test_an_empty_stand_says_where_tunes_come_from(home, open_app):
    app = check(open_app("Practise"))
    assert [item.value for item in app.subheader] == ["No tune lies on the stand yet"]


def test_a_tune_of_the_tunebook_is_practised_as_one_likes(book, open_app):
    app = check(open_app("Practise", tune=book.find("Tune 1").key[:8]))
    assert any("Tune 1" in item.value for item in app.markdown)
    assert any(item.value == "Beats a minute: 192, 192, 192" for item in app.caption)
    app.slider(key="practise_start").set_value(50)
    app.number_input(key="practise_times").set_value(2)
    check(app.number_input(key="practise_bpm_192").set_value(120).run())
    assert any(item.value == "Beats a minute: 60, 120" for item in app.caption)
    app.toggle(key="practise_melody").set_value(False)
    app.toggle(key="practise_drone").set_value(True)
    check(app.number_input(key="practise_answer").set_value(1).run())
    assert len(app.get("audio")) == 1
    check(app.toggle(key="practise_big").set_value(True).run())


def test_the_instrument_is_remembered_and_what_it_lacks_is_said(book, open_app):
    app = check(open_app("Practise"))
    check(app.selectbox(key="practise_fingering").set_value("whistle G").run())
    assert any("not on this instrument" in item.value for item in app.caption)
    assert book.choice("fingering") == "whistle G"
    assert open_app("Practise").selectbox(key="practise_fingering").value == "whistle G"
    tunebook = check(open_app("Tunebook"))
    assert tunebook.selectbox(key="tunebook_book_fingering").value == "whistle G"


def test_bars_are_chosen_in_the_score_and_let_go(book, open_app):
    app = check(open_app("Practise", tune=book.find("Tune 1").key[:8]))
    (key,) = [one.key for one in app.slider if str(one.key).startswith("practise_bars_")]
    app.session_state[key] = (2, 3)
    check(app.run())
    assert any(item.value == "Bars 2–3" for item in app.caption)
    check(app.button(key="practise_whole").click().run())
    assert not any(item.value == "Bars 2–3" for item in app.caption)
    assert app.slider(key=key).value == (app.slider(key=key).min, app.slider(key=key).max)


@pytest.mark.parametrize(
    ("told", "expected"),
    [([1, 2], (1, 2)), ([2, 9], None), ([2, 1], None), ("bars", None), (None, None)],
)
def test_what_a_browser_says_of_bars_is_taken_where_it_makes_sense(monkeypatch, told, expected):
    values = {"score": {"selection": told}}
    monkeypatch.setattr(st, "session_state", values)
    practise_view._on_touch("bars", (0, 1, 2, 3))
    assert values.get("bars") == expected


def test_the_instrument_plays_the_melody_on_every_page(book, open_app):
    app = check(open_app("Practise"))
    check(app.selectbox(key="practise_instrument_choice").set_value("fiddle").run())
    assert app.selectbox(key="sound_instrument").value == "fiddle"
    assert open_app("Tunebook").selectbox(key="sound_instrument").value == "fiddle"
    assert all(one.sound in PROGRAMS for one in INSTRUMENTS.values())


def test_the_notation_is_remembered(book, open_app):
    app = check(open_app("Practise"))
    control = next(one for one in app.button_group if one.key == "practise_notation")
    control.set_value("numbers").run()
    check(app)
    assert book.choice("notation") == "numbers"
    fresh = check(open_app("Tunebook"))
    assert fresh.selectbox(key="tunebook_book_notation").value == "jianpu"
    assert fresh.session_state["play_view"] == "numbers"


def test_clef_and_octave_of_the_instrument_are_remembered_on_every_page(book, open_app):
    app = check(open_app("Practise"))
    app.selectbox(key="practise_instrument_choice_clef").set_value("bass").run()
    check(app.selectbox(key="practise_instrument_choice_octave").set_value(-2).run())
    assert (book.choice("clef"), book.choice("octave")) == ("bass", "-2")
    fresh = check(open_app("Tunebook"))
    assert fresh.selectbox(key="play_my_instrument_clef").value == "bass"
    assert fresh.session_state["reading_octave"] == -2


def test_a_tune_is_moved_to_where_the_instrument_has_it(home, open_app):
    book = resources.tunebook()
    (key,) = book.add([read_abc("X:1\nT:Low\nM:4/4\nL:1/8\nK:D\nA,B,DE FGAB|d4 d4|]")])
    book.choose("instrument", "whistle D")
    app = check(open_app("Practise", tune=key[:8]))
    assert any("2 notes are not on your instrument" in item.value for item in app.caption)
    check(app.button(key="fit_instrument").click().run())
    assert not any("on your instrument" in item.value for item in app.caption)
    assert "A,B,DE" in book.get(key).abc  # the book has it as it was


def test_another_tune_is_put_on_the_stand(book, open_app):
    app = check(open_app("Practise"))
    key = book.find("Tune 1").key
    app.selectbox(key="practise_of_book").set_value(key).run()
    check(app.button(key="practise_take").click().run())
    assert any("**Tune 1**" in item.value for item in app.markdown)


@pytest.mark.parametrize("page", ["Tunebook", "Corpus"])
def test_other_pages_link_to_the_stand_with_their_tune(book, open_app, page):
    app = check(open_app(page))
    (name,) = app.session_state["practise_offers"]
    app.switch_page(str(PROJECT / "pages" / "Practise.py"))
    app.query_params["tune"] = name
    check(app.run())
    assert app.session_state["practise_abc"] == app.session_state["practise_offers"][name]
    assert len(app.get("audio")) == 1


def test_a_tune_that_is_gone_is_a_sentence(book, open_app):
    app = open_app("Practise", tune="f" * 16)
    assert not app.exception and "no tune" in app.error[0].value


def test_a_sound_is_saved_as_mp3_too():
    samples = [[0.0, 0.1], [0.1, 0.0]] * 4_000
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 44_100, format="FLAC")
    read, rate = soundfile.read(io.BytesIO(to_mp3(buffer.getvalue())))
    assert rate == 44_100 and read.shape[1] == 2


def test_the_page_speaks_chinese(book, open_app):
    app = check(open_app("Practise", lang="zh"))
    assert [item.value for item in app.title] == ["练习"]


def test_the_tunes_of_a_set_are_practised_one_after_the_other(book, open_app):
    one, two = (book.find(f"Tune {number}").key for number in (1, 2))
    book.put_set(BookSet("Friday", (SetTune(one, 3), SetTune(two, 1, 2))))
    app = check(open_app("Practise", set="Friday"))
    parts = next(item for item in app.button_group if item.key == "practise_part")
    assert list(parts.options) == ["1. Tune 1 ×3", "2. Tune 2"]
    assert any("Tune 1" in item.value for item in app.markdown)
    plain = app.session_state["practise_abc"]
    check(parts.set_value(1).run())
    assert any("**Tune 2**" in item.value for item in app.markdown)
    moved = app.session_state["practise_abc"]
    assert moved != plain and "K:" in moved
    missing = open_app("Practise", set="Monday")
    assert [item.value for item in missing.error] == ["There is no set named 'Monday'."]
