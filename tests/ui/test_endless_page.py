import time

from musicgen.ui.endless import OnAir


def start(app):
    next(item for item in app.button if item.label == "Start").click().run()
    assert not app.exception
    return app.session_state["endless_on_air"]


def test_start_puts_a_station_on_air_and_stop_ends_it(home, open_app):
    app = open_app("Endless")
    assert not app.exception and not app.error
    now = start(app)
    assert isinstance(now, OnAir)
    for _look in range(200):
        pieces = now.station.look()
        if pieces:
            break
        time.sleep(0.05)
    aired = pieces[0].content
    assert aired.audio[:4] == b"fLaC" and aired.sound.moments
    app.button(key="endless_stop").click().run()
    assert not app.exception
    assert now.station.look() == ()
    assert app.session_state["endless_on_air"] is None


def test_other_wishes_are_heard_from_the_next_tune_on(home, open_app):
    app = open_app("Endless")
    now = start(app)
    app.selectbox(key="endless_style").set_value("jigs").run()
    app.slider(key="play_temperature").set_value(1.1).run()
    assert not app.exception
    assert app.session_state["endless_on_air"] is now
    assert (now.program.style, now.program.temperature) == ("jigs", 1.1)
    app.button(key="endless_stop").click().run()


def test_a_damaged_model_is_told_in_a_sentence(home, open_app):
    app = open_app("Endless")
    (home.checkpoints / "house" / "model.safetensors").write_bytes(b"rubble")
    next(item for item in app.button if item.label == "Start").click().run()
    assert not app.exception
    assert len(app.error) == 1 and "damaged" in app.error[0].value


def test_without_any_model_the_page_leads_to_training(empty_home, open_app):
    app = open_app("Endless")
    assert not app.exception and not app.error
    assert "No model can play yet" in [item.value for item in app.subheader]
