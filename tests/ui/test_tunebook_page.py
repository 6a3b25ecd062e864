"""The page Tunebook: from an empty one to a set, a book, and back from a backup."""

import io
import json
import re
import zipfile

import pypdf
import pytest
import streamlit as st

from musicgen.config import SampleConfig
from musicgen.engraving.engraver import missing_part
from musicgen.library.book_tune import BookSet, SetTune
from musicgen.library.book_tune import make_tune as read_abc
from musicgen.rendering.files.book_files import PlayedSet
from musicgen.sampling.composer import compose
from musicgen.ui.base import resources, state, told
from musicgen.ui.tune.models import Models
from musicgen.ui.tunebook import workbench
from tests.examples import make_tune

EVIL = "![x](http://x) <b>:material/home: $x$"
JIG = f"X:7\nT:Kettle {EVIL}\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DFA dAF|GBd gdB:|\n"


@pytest.fixture
def book(home):
    """Three tunes, one of them with a title that would do something."""
    found = resources.tunebook()
    found.add(map(read_abc, (make_tune(1), make_tune(2), JIG)))
    return found


def check(app):
    assert not app.exception, [item.value for item in app.exception]
    assert not app.error, [item.value for item in app.error]
    return app


def titles(app):
    return list(app.dataframe[0].value["Title"])


def test_an_empty_book_leads_to_play_and_takes_pasted_tunes(home, open_app, monkeypatch):
    app = check(open_app("Tunebook"))
    assert [item.value for item in app.subheader] == ["No tune is kept yet"]
    app.button(key="tunebook_add").click().run()
    assert [item.value for item in app.error] == ["Choose a file, or paste a tune in ABC notation."]
    app.text_area(key="tunebook_pasted_0").set_value(f"{JIG}\n{make_tune(1)}\n")
    app.text_input(key="tunebook_tag_0").set_value("new")
    check(app.button(key="tunebook_add").click().run())
    assert [item.value for item in app.success] == ["2 new tunes."]
    assert len(titles(app)) == 2 and resources.tunebook().tags() == ["new"]
    assert app.text_area(key="tunebook_pasted_1").value == ""
    monkeypatch.setattr(told, "SAID_S", 0.0)
    check(app.run())
    assert not app.success


def test_bars_out_of_time_are_told_when_tunes_are_brought(home, open_app):
    app = check(open_app("Tunebook"))
    wrong = "X:1\nT:{}\nM:6/8\nL:1/8\nK:D\nDFA dAF|GBd gdBd|A3 d3|\n"
    app.text_area(key="tunebook_pasted_0").set_value(wrong.format("One"))
    check(app.button(key="tunebook_add").click().run())
    assert [item.value for item in app.success] == ["1 new tune. Bar 2 is out of time."]
    assert app.session_state["tunebook_tune"] == resources.tunebook().find("One").key
    app.text_area(key="tunebook_pasted_1").set_value(
        "\n".join([wrong.format("*Two*"), make_tune(1), wrong.format("Three").replace("A3", "A4")])
    )
    check(app.button(key="tunebook_add").click().run())
    [said] = [item.value for item in app.success]
    assert said.startswith("3 new tunes. 2 have bars out of time: ") and "*Two*" not in said


def test_tunes_are_found_by_words_and_by_melody(book, open_app):
    app = check(open_app("Tunebook"))
    check(app.text_input(key="tunebook_words").set_value("kettle").run())
    assert len(titles(app)) == 1
    app.text_input(key="tunebook_words").set_value("")
    check(app.text_input(key="tunebook_melody").set_value("1 3 5 1 5 3").run())
    assert titles(app)[0].startswith("Kettle") and app.dataframe[0].value["Fits"][0] == "100%"
    check(app.text_input(key="tunebook_melody").set_value("D").run())
    assert any("at least 4 notes" in item.value for item in app.caption)
    check(app.selectbox(key="tunebook_only_rhythm").set_value("jig").run())
    assert len(titles(app)) == 1


def test_words_find_dance_key_and_meter_in_both_languages(book, open_app):
    app = check(open_app("Tunebook"))
    book.add([read_abc("X:1\nT:Waltzing\nR:waltz\nM:3/4\nL:1/8\nK:Em\nE2 G2 B2|e6|\n")])
    for words in ("waltz", "E minor", "Em waltz", "3/4", "E小调", "圆舞曲"):
        check(app.text_input(key="tunebook_words").set_value(words).run())
        assert titles(app) == ["Waltzing"], words


def test_where_nothing_is_found_a_sentence_says_what_to_do(book, open_app):
    app = check(open_app("Tunebook"))
    check(app.text_input(key="tunebook_words").set_value("kettle mazurka").run())
    assert [item.value for item in app.info if "No tune has all of this" in item.value]
    assert not app.dataframe
    assert not any("The row that you choose" in item.value for item in app.caption)
    check(app.text_input(key="tunebook_words").set_value("").run())
    check(app.text_input(key="tunebook_melody").set_value("zzz").run())
    assert any("'zzz' is not a note" in item.value for item in app.caption)
    assert len(titles(app)) == book.count()


def test_a_link_opens_its_tune_and_a_wrong_one_is_a_sentence(book, open_app):
    key = book.find("Tune 1").key
    app = check(open_app("Tunebook", tune=key[:8]))
    assert "Tune 1" in [item.value for item in app.subheader]
    app = open_app("Tunebook", tune="f" * 16)
    assert not app.exception and "no tune" in app.error[0].value


def test_a_tune_is_renamed_tagged_rewritten_removed_and_had_back(book, open_app):
    key = book.find("Tune 1").key
    app = check(open_app("Tunebook", tune=key))
    check(app.text_input(key=f"tunebook_title_{key}").set_value("Lucky").run())
    check(app.multiselect(key=f"tunebook_tags_{key}").set_value(["slow"]).run())
    check(app.text_area(key=f"tunebook_note_{key}").set_value("from Anna").run())
    tune = book.get(key)
    assert (tune.title, tune.tags, tune.note) == ("Lucky", ("slow",), "from Anna")
    text = tune.text.replace("K:D Major", "K:G")
    check(app.text_area(key=f"tunebook_abc_{key}").set_value(text).run())
    assert book.get(key).music_key == "G major"
    app.text_area(key=f"tunebook_abc_{key}").set_value("nothing").run()
    assert not app.exception and "no notes" in app.error[0].value
    check(app.button(key="tunebook_remove").click().run())
    assert not book.has(key)
    check(app.button(key="tunebook_undo").click().run())
    assert book.get(key).tags == ("slow",)


def test_composer_rhythm_and_tempo_are_written_into_the_text_and_can_be_taken_back(book, open_app):
    key = next(tune.key for tune in book.tunes() if tune.rhythm == "jig")
    app = check(open_app("Tunebook", tune=key))
    assert any("jig · 6/8 · D major · 112 beats a minute" in item.value for item in app.caption)
    before = book.get(key).text
    check(app.text_input(key=f"tunebook_composer_{key}").set_value("Anna").run())
    check(app.text_input(key=f"tunebook_rhythm_{key}").set_value("slide").run())
    check(app.number_input(key=f"tunebook_tempo_{key}").set_value(96).run())
    assert "C:Anna\nQ:3/8=96\nK:D" in book.get(key).abc
    assert book.get(key).rhythm == "slide"
    assert any("slide · 6/8 · D major · 96 beats a minute · Anna" in item.value
               for item in app.caption)  # fmt: skip
    check(app.button(key="tunebook_usual_tempo").click().run())
    assert "Q:" not in book.get(key).abc
    check(app.toggle(key="tunebook_editing").set_value(True).run())
    for _step in range(4):
        check(app.button(key="tunebook_note_undo").click().run())
    assert book.get(key).text == before
    assert app.button(key="tunebook_note_undo").disabled


def test_notes_are_changed_with_buttons_and_refused_with_a_sentence(book, open_app):
    key = next(tune.key for tune in book.tunes() if tune.rhythm == "jig")
    app = check(open_app("Tunebook", tune=key))
    check(app.toggle(key="tunebook_editing").set_value(True).run())
    assert any(item.value.startswith("Note 1 of 12, bar 1: D") for item in app.caption)
    check(app.button(key="tunebook_note_up").click().run())
    check(app.button(key="tunebook_note_longer").click().run())
    assert "|:E2A dAF|GBd gdB:|" in book.get(key).abc
    check(app.button(key="tunebook_note_insert").click().run())
    assert "|:EEA dAF|GBd gdB:|" in book.get(key).abc
    assert any(item.value.startswith("Note 2 of 12") for item in app.caption)
    check(app.button(key="tunebook_note_delete").click().run())
    app.button(key="tunebook_note_undo").click().run()
    check(app.button(key="tunebook_note_redo").click().run())
    assert "|:E2A dAF|GBd gdB:|" in book.get(key).abc
    for _octave in range(6):
        app.button(key="tunebook_note_octave_up").click().run()
    assert not app.exception and "any further" in app.warning[0].value


def test_the_note_that_is_chosen_is_said_to_be_in_the_pick_up(book, open_app):
    tune = read_abc("X:1\nT:Up\nM:4/4\nL:1/8\nK:D\nd|ABcd efga|ABcd efg|]\n")
    book.add([tune])
    app = check(open_app("Tunebook", tune=tune.key))
    check(app.toggle(key="tunebook_editing").set_value(True).run())
    said = "Note 1 of 16, pick-up: D. Choose another in the score."
    assert said in [item.value for item in app.caption]


def test_a_composed_tune_is_composed_again_when_its_changes_are_taken_back(home, book, open_app):
    config = SampleConfig(seed=3)
    composition = compose(resources.checkpoint(Models().find("house")), config)[0]
    key = resources.favourite_store().add(composition).key
    app = check(open_app("Tunebook", tune=key))
    check(app.toggle(key="tunebook_editing").set_value(True).run())
    check(app.button(key="tunebook_note_up").click().run())
    assert not book.get(key).is_composed
    check(app.button(key="tunebook_note_undo").click().run())
    assert book.get(key).is_composed and book.values(key)["seed"] == 3


def test_what_the_score_tells_is_done_once_and_nonsense_is_dropped(book, monkeypatch):
    key = next(tune.key for tune in book.tunes() if tune.rhythm == "jig")
    values = {"tunebook_editing": True}
    monkeypatch.setattr(st, "session_state", values)
    told = [[1, "choose", 1], [2, "up", 1], [3, "explode", 1], [4, "up", 1]]
    for changes in (
        told[:2],
        told,
        told,
        "up",
        [[5, "up"], [None, "up", 1], 7],
        [[6, "choose", -9]],
    ):
        values["score"] = {"changes": changes, "selection": None}
        workbench._on_touch(key, (1, 2))
    assert "|:DAA dAF|" in book.get(key).abc
    values["score"] = {"changes": [[7, "choose", 10**9], [8, "delete", 0]]}
    workbench._on_touch(key, (1, 2))
    assert "|:DAA dAF|GBd gd2:|" in book.get(key).abc  # the one before takes over its time


def test_bars_are_chosen_and_looped_and_the_view_is_as_on_play(book, open_app):
    key = book.find("Tune 1").key
    app = check(open_app("Tunebook", tune=key))
    app.session_state["tunebook_selected"] = (1, 2)
    check(app.run())
    check(app.toggle(key="play_loop").set_value(True).run())
    check(app.button(key="tunebook_let_go").click().run())
    assert not [one for one in app.toggle if one.key == "play_loop"]
    check(app.segmented_control(key="play_view").set_value("roll").run())
    app.number_input(key="sound_transpose").set_value(2).run()
    assert any("· E major ·" in item.value for item in app.caption)
    check(app.selectbox(key="play_checked_range").set_value("whistle").run())
    assert any("range of the whistle" in item.value for item in app.caption)


def test_a_tune_is_varied_made_a_reel_and_kept(book, open_app):
    key = next(tune.key for tune in book.tunes() if tune.rhythm == "jig")
    app = check(open_app("Tunebook", tune=key))
    app.session_state["tunebook_variants"] = True
    check(app.run())
    assert len(app.get("audio")) == 2
    assert any("of the time it goes another way" in item.value for item in app.caption)
    check(app.button(key="tunebook_variant_next").click().run())
    check(app.slider(key="tunebook_variant_far").set_value(80).run())
    check(app.segmented_control(key="tunebook_variant_kind").set_value("dance").run())
    check(app.button(key="variant_to_tunebook").click().run())
    kept = next(tune for tune in book.tunes() if tune.rhythm == "reel" and "(reel)" in tune.title)
    assert "|:DFAB dAFG|" in kept.abc and kept.meter == "4/4"


def test_a_set_is_composed_around_a_tune_and_kept(book, open_app):
    tune = next(tune for tune in book.tunes() if tune.rhythm == "jig")
    app = check(open_app("Tunebook", tune=tune.key))
    app.session_state["tunebook_variants"] = True
    check(app.run())
    check(app.segmented_control(key="tunebook_variant_kind").set_value("set").run())
    check(app.button(key="tunebook_around").click().run())
    assert any(item.value.count(" → ") == 2 for item in app.caption)
    assert len(app.get("audio")) == 2
    shown = next(one for one in app.segmented_control if one.key.startswith("tunebook_around_"))
    check(shown.set_value(1).run())
    check(app.button(key="tunebook_around_keep").click().run())
    (kept,) = book.sets()
    assert kept.name == f"{tune.title} and two more"
    assert kept.tunes[0].key == tune.key and len(kept.tunes) == 3


def test_bars_that_are_chosen_become_an_exercise(book, open_app):
    key = next(tune.key for tune in book.tunes() if tune.rhythm == "jig")
    app = check(open_app("Tunebook", tune=key))
    app.session_state["tunebook_selected"] = (0, 0)
    check(app.run())
    check(app.button(key="tunebook_etude").click().run())
    made = next(tune for tune in book.tunes() if "exercise" in tune.title)
    assert "|:DFA dAF:|" in made.abc and "EGB eBG" in made.abc
    assert any("exercise" in item.value for item in app.subheader)


def test_my_instrument_is_remembered_and_a_tune_is_moved_to_fit(book, open_app):
    key = next(tune.key for tune in book.tunes() if tune.rhythm == "jig")
    app = check(open_app("Tunebook", tune=key))
    check(app.selectbox(key="play_my_instrument").set_value("harmonica C").run())
    assert book.choice("instrument") == "harmonica C" == book.choice("fingering")
    assert any("your instrument (harmonica in C)" in item.value for item in app.caption)
    check(app.button(key="fit_instrument").click().run())
    assert app.session_state["sound_transpose"] == 10
    assert not any("your instrument" in item.value for item in app.caption)
    play = open_app()
    assert play.session_state["play_range"] == "harmonica"


def test_a_set_is_put_together_kept_opened_and_played(book, open_app, monkeypatch):
    first, second = book.find("Tune 1"), book.find("Tune 2")
    app = check(open_app("Tunebook", tune=first.key))
    check(app.button(key="tunebook_to_set").click().run())
    app.query_params["tune"] = second.key
    check(app.run())
    check(app.button(key="tunebook_to_set").click().run())
    check(app.number_input(key="tunebook_times_1_3_0").set_value(1).run())
    check(app.number_input(key="tunebook_semitones_1_1_0").set_value(-2).run())
    check(app.button(key="tunebook_up_1").click().run())
    check(app.button(key="tunebook_all_higher").click().run())
    assert app.session_state["tunebook_parts"] == ((second.key, 1, -1), (first.key, 3, 1))
    check(app.button(key="tunebook_all_lower").click().run())
    app.button(key="tunebook_set_keep").click().run()
    assert [item.value for item in app.error] == ["Give the set a name."]
    app.text_input(key="tunebook_set_name_").set_value("Friday")
    check(app.button(key="tunebook_set_keep").click().run())
    assert book.get_set("Friday").tunes == (SetTune(second.key, 1, -2), SetTune(first.key, 3))
    check(app.button(key="tunebook_set_play").click().run())
    assert len(app.get("audio")) == 2
    names = [item.proto.label for item in app.get("download_button")]
    assert {"ABC", "MIDI", "MP3", "FLAC"} <= set(names)
    with monkeypatch.context() as patches:
        patches.setattr(PlayedSet, "make", None)  # a second time would take as long as the first
        check(app.run())
    check(app.button(key="tunebook_set_close").click().run())
    assert len(app.get("audio")) == 1
    app.query_params.clear()
    app.switch_page("pages/Train.py").run()
    check(app.switch_page("pages/Tunebook.py").run())
    assert app.selectbox(key="tunebook_set").value == "Friday"
    assert app.text_input(key="tunebook_set_name_Friday").value == "Friday"
    check(app.button(key="tunebook_out_0").click().run())
    check(app.selectbox(key="tunebook_set").set_value("").run())
    check(app.selectbox(key="tunebook_set").set_value("Friday").run())
    assert app.session_state["tunebook_parts"] == ((second.key, 1, -2), (first.key, 3, 0))
    check(app.button(key="tunebook_set_remove").click().run())
    assert not book.sets() and book.count() == 3


def made(app, kind):
    check(app.button(key=f"tunebook_make_{kind}").click().run())
    return app.session_state["tunebook_file"]


@pytest.mark.skipif(missing_part(resources.paths()) is not None, reason="abcjs is not here")
def test_the_book_is_printed_shared_and_backed_up(book, home, open_app, monkeypatch):
    real = type(home)(resources.Paths.default().project, home.home)
    monkeypatch.setattr(resources, "paths", lambda: real)
    book.put_set(BookSet("Friday", (SetTune(book.find("Tune 1").key, 3),)))
    app = check(open_app("Tunebook"))
    app.text_input(key="tunebook_book_title").set_value("Our book")
    name, mime, data = made(app, "pdf")
    assert (name, mime) == ("Our-book.pdf", "application/pdf")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    assert "Our book · Contents" in text and "Friday" in text
    app.selectbox(key="tunebook_book_tag").set_value("=Friday").run()
    assert made(app, "abc")[0] == "Our-book.abc"  # and not that of the set: somebody has named it
    app.text_input(key="tunebook_book_title").set_value("").run()
    assert made(app, "abc")[0] == "Friday.abc"
    app.text_input(key="tunebook_book_title").set_value("Our book")
    app.selectbox(key="tunebook_book_tag").set_value("").run()
    name, _mime, data = made(app, "html")
    assert name == "Our-book.html"
    told = re.search(r'id="book">(.*?)</script>', data.decode(), re.DOTALL)
    assert len(json.loads(told[1])["tunes"]) == 3
    name, _mime, data = made(app, "zip")
    assert (
        name.startswith("tunebook-2")
        and "tunebook.json" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    )
    app.selectbox(key="tunebook_book_code").set_value("link").run()
    app.button(key="tunebook_make_pdf").click().run()
    assert not app.exception and "address" in app.error[0].value


def test_a_damaged_tunebook_is_a_sentence_and_the_page_opens(home, open_app):
    home.home.mkdir(exist_ok=True)
    home.tunebook.write_bytes(b"no database, but quite some text" * 100)
    app = open_app("Tunebook")
    assert not app.exception and "damaged" in app.error[0].value
    app = open_app()
    assert not app.exception


def test_the_page_speaks_chinese(book, open_app):
    app = check(open_app("Tunebook", lang="zh"))
    assert [item.value for item in app.title] == ["我的曲集"]
    assert state.TUNEBOOK_SET.name == "tunebook_set"
