import re

from musicgen.rendering import playback_settings
from musicgen.ui.base.state import SOUND
from musicgen.ui.play import score_editor
from musicgen.ui.tune import rendering


def compose(app):
    next(item for item in app.button if item.label == "Compose").click().run()
    assert not app.exception
    return app


def widget(app, kind, name):
    return getattr(app, kind)(key=SOUND[name].name)


def shown(app):
    return app.session_state["play_session"].shown


def test_a_tune_is_played_as_danced_by_a_flute_alone(home, open_app):
    performance = shown(compose(open_app()))
    assert performance.listening.arrangement.instrument == "flute"
    assert performance.listening.arrangement.lilt == 1.0
    assert performance.sound and performance.tune is performance.composition.public_tune


def test_another_instrument_plays_the_same_tune_without_composing(home, open_app, monkeypatch):
    app = compose(open_app())
    before = shown(app)
    monkeypatch.setattr(rendering, "compose_takes", None)
    widget(app, "selectbox", "instrument").set_value("fiddle").run()
    widget(app, "toggle", "drum").set_value(True).run()
    assert not app.exception and not app.error
    after = shown(app)
    assert after.composition is before.composition
    assert after.sound.wav != before.sound.wav
    assert app.query_params["instrument"] in ("fiddle", ["fiddle"])
    assert app.query_params["drum"] in ("True", ["True"])


def test_transposing_moves_sheet_music_and_file_and_names_the_chords(home, open_app):
    app = compose(open_app())
    before = shown(app)
    widget(app, "number_input", "transpose").set_value(2).run()
    widget(app, "toggle", "chords").set_value(True).run()
    after = shown(app)
    assert after.tune.key.tonic == "E"
    assert [note.pitch for note in after.tune.performance] == [
        note.pitch + 2 for note in before.tune.performance
    ]
    assert re.search(r'"E"', after.abc) and "N:musicgen" in after.abc


def test_a_link_brings_back_how_it_was_heard(home, open_app):
    app = open_app(model="house", seed="4", accompaniment="guitar", transpose="-3")
    assert not app.exception and not app.error
    assert shown(app).tune.key.tonic == "B"
    assert len(shown(app).sound.midi) > 1000
    assert widget(app, "number_input", "transpose").value == -3


def test_a_link_to_an_impossible_sound_is_told_in_a_sentence(home, open_app):
    for parameters, word in (
        ({"instrument": "kazoo"}, "kazoo"),
        ({"transpose": "99"}, "transpose"),
        ({"accompaniment": "choir"}, "choir"),
    ):
        app = open_app(model="house", seed="4", **parameters)
        assert not app.exception
        assert len(app.error) == 1 and word in app.error[0].value


def test_sound_outlasts_another_page_and_a_link_that_says_nothing_of_it(home, open_app):
    app = compose(open_app())
    widget(app, "selectbox", "instrument").set_value("harp").run()
    app.query_params.clear()
    app.switch_page("pages/Train.py").run()
    app.switch_page("app.py").run()
    assert shown(app).listening.arrangement.instrument == "harp"
    app.query_params.clear()
    app.query_params["model"], app.query_params["seed"] = "house", "5"
    app.run()
    assert shown(app).listening.arrangement.instrument == "harp"


def test_volumes_are_shown_of_those_who_play(home, open_app):
    app = compose(open_app())
    assert not [item for item in app.slider if item.label.startswith("Volume")]
    widget(app, "toggle", "drum").set_value(True).run()
    labels = [item.label for item in app.slider if item.label.startswith("Volume")]
    assert labels == ["Volume of the melody", "Volume of the drum"]


def test_a_key_that_cannot_be_had_is_told_and_the_tune_stays(home, open_app, monkeypatch):
    from musicgen.errors import NotationError

    app = compose(open_app())
    before = shown(app)

    def refuse(*_arguments, **_named):
        raise NotationError("That key would have more than seven signs.")

    monkeypatch.setattr(playback_settings, "make_sheet", refuse)
    widget(app, "number_input", "transpose").set_value(1).run()
    assert [item.value for item in app.error] == ["That key would have more than seven signs."]
    assert shown(app) is before


def test_the_tempo_is_set_in_beats_a_minute(home, open_app):
    app = compose(open_app())
    usual = app.number_input(key="sound_bpm").value
    assert any(f"{usual} beats a minute" in item.value for item in app.caption)
    app.number_input(key="sound_bpm").set_value(usual - 20).run()
    assert not app.exception
    assert abs(shown(app).listening.arrangement.tempo_factor - (usual - 20) / usual) < 0.001
    assert any(f"{usual - 20} beats a minute" in item.value for item in app.caption)
    app.number_input(key="sound_bpm").set_value(400).run()  # as fast as the slider goes
    assert shown(app).listening.arrangement.tempo_factor == 1.5
    assert app.number_input(key="sound_bpm").value == round(1.5 * usual)


def test_a_fingering_stands_below_the_notes(home, open_app, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        score_editor, "score", lambda layouts, *_rest, **_more: drawn.append(layouts)
    )
    app = compose(open_app())
    assert "\nw:" not in drawn[-1][0].abc
    app.selectbox(key="play_fingering").set_value("whistle D").run()
    assert not app.exception
    assert "\nw:" in drawn[-1][0].abc
