import time
from types import SimpleNamespace

from musicgen.ui.base import resources
from musicgen.ui.endless.set_view import find_set
from musicgen.ui.frame import on_air
from musicgen.ui.frame.on_air import PlaybackSession
from tests.pages import OTHER_PAGES
from tests.ui.conftest import PROJECT


def start(app):
    next(item for item in app.button if item.label == "Start").click().run()
    assert not app.exception
    return app.session_state["endless_on_air"]


def test_start_puts_a_station_on_air_and_stop_ends_it(home, open_app):
    app = open_app("Endless")
    assert not app.exception and not app.error
    now = start(app)
    assert isinstance(now, PlaybackSession)
    for _look in range(200):
        pieces = now.queue.look()
        if pieces:
            break
        time.sleep(0.05)
    aired = pieces[0].content
    assert aired.audio[:4] == b"fLaC" and aired.sound.moments
    app.button(key="endless_stop").click().run()
    assert not app.exception
    assert now.queue.look() == ()
    assert app.session_state["endless_on_air"] is now  # what was heard can be heard again
    next(item for item in app.button if item.label == "Start").click().run()
    assert now.queue.is_on
    now.queue.stop()


def wait_for_piece(now, playing=-1, first=None):
    for _look in range(400):
        pieces = now.queue.look(playing)
        if pieces and first in (None, pieces[0].number):
            return pieces[0]
        time.sleep(0.05)
    raise AssertionError("No piece came.")


def test_it_falls_silent_with_the_tune_that_sounds_at_the_end(home, open_app):
    app = open_app("Endless")
    app.selectbox(key="endless_sleep").set_value(30).run()
    now = start(app)
    assert 29 * 60 < now.sleep_at - time.monotonic() <= 30 * 60
    piece = wait_for_piece(now)
    app.session_state["endless_playing"] = piece.number
    now.sleep_at, now.began_at = time.monotonic() - 1, time.monotonic() + 600  # it still sounds
    app.run()
    assert not app.exception and now.queue.is_on
    assert any("the last one for now" in caption.value for caption in app.caption)
    now.began_at = time.monotonic() - 3600
    app.run()
    assert not app.exception and not now.queue.is_on
    next(item for item in app.button if item.label == "Start").click().run()
    assert now.queue.is_on and not now.is_sleepy
    now.queue.stop()


def test_the_row_keeps_to_my_instrument(home, open_app):
    resources.tunebook().choose("instrument", "whistle D")
    now = start(open_app("Endless"))
    assert wait_for_piece(now).content.composition.config.range == "whistle"
    planned = find_set(now, 60)  # far from being composed
    assert {part.key for part in planned} <= {
        "D Major", "B Minor", "E Dorian", "A Mixolydian",
        "G Major", "E Minor", "A Dorian", "D Mixolydian",
    }  # fmt: skip
    now.queue.stop()


def test_after_stop_the_tune_is_shown_kept_opened_saved_and_played_again(home, open_app):
    app = open_app("Endless")
    now = start(app)
    piece = wait_for_piece(now)
    app.session_state["endless_playing"] = piece.number
    app.button(key="endless_stop").click().run()
    assert not app.exception
    seed = piece.content.composition.config.seed
    assert any(f"seed {seed}" in caption.value for caption in app.caption)
    app.button(key=f"endless_keep_{piece.number}").click().run()
    assert resources.favourite_store().has(piece.content.composition)
    link = next(item.proto for item in app.get("page_link") if item.proto.label == "Open in Play")
    assert f"seed={piece.content.composition.seed}" in link.query_string
    assert "ABC" in [item.proto.label for item in app.get("download_button")]
    app.button(key="endless_again").click().run()
    assert not app.exception
    assert now.queue.is_on
    assert now.jump and now.jump[0] == piece.number
    now.queue.stop()


def test_the_set_is_told_and_kept_as_one(home, open_app):
    app = open_app("Endless")
    now = start(app)
    for number in range(3):
        wait_for_piece(now, number)
    tunes = [one for _number, one in reversed(now.queue.composed(2))]
    app.session_state["endless_playing"] = 1
    app.run()
    assert not app.exception
    (told,) = (item.value for item in app.caption if item.value.startswith("Set 1: "))
    assert told.count(" → ") == 2 and told.count("**") == 2
    before, current, _after = told.split(" → ")
    assert "**" in current and "**" not in before
    app.button(key="endless_keep_set_0").click().run()
    assert not app.exception
    (kept,) = resources.tunebook().sets()
    assert kept.name == f"{tunes[0].public_tune.title} and two more"
    titles = [resources.tunebook().get(part.key).title for part in kept.tunes]
    assert titles == [tune.public_tune.title for tune in tunes]
    assert app.button(key="endless_keep_set_0").disabled
    now.queue.stop()


def test_what_is_not_composed_yet_is_told_by_its_plan(home, open_app):
    queue = SimpleNamespace(composed=lambda _upto: [])
    now = PlaybackSession(queue, SimpleNamespace(style="jigs", instrument=None), 7)
    parts = find_set(now, 4)
    assert [part.number for part in parts] == [3, 4, 5]
    assert {part.rhythm for part in parts} == {"jig"}
    assert all(part.key and part.composition is None for part in parts)


def test_a_tune_before_is_found_and_asked_for(home, open_app):
    app = open_app("Endless")
    now = start(app)
    for number in range(3):
        wait_for_piece(now, number)
    app.session_state["endless_playing"] = 2
    app.session_state["endless_before"] = True
    app.run()
    assert not app.exception
    app.button(key="before_play_0").click().run()
    assert app.session_state["endless_playing"] == 0
    assert now.jump and now.jump[0] == 0
    wait_for_piece(now, 0, first=0)
    now.queue.stop()


def test_the_music_is_fed_from_every_page_and_only_while_it_plays(home, open_app):
    app = open_app("Endless")
    now = start(app)
    wait_for_piece(now)
    app.session_state["endless_playing"] = 0
    for page in (name for name in OTHER_PAGES if name != "Endless"):
        app.switch_page(str(PROJECT / "pages" / f"{page}.py")).run()
        assert not app.exception
        assert [item.key for item in app.get("bidi_component")].count("radio_bar") == 1
    now.queue.stop()
    app.run()
    assert "radio_bar" not in [item.key for item in app.get("bidi_component")]


def test_other_wishes_are_heard_from_the_next_tune_on(home, open_app):
    app = open_app("Endless")
    now = start(app)
    app.selectbox(key="endless_style").set_value("jigs").run()
    app.slider(key="play_temperature").set_value(1.1).run()
    assert not app.exception
    assert app.session_state["endless_on_air"] is now
    assert (now.settings.style, now.settings.temperature) == ("jigs", 1.1)
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


class Held:
    """What a session holds under one name."""

    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value

    def set(self, value):
        self.value = value


def test_of_two_things_the_player_tells_at_once_the_later_one_is_enough(monkeypatch):
    queue = SimpleNamespace(composed=lambda number: [(number, None)])
    now = PlaybackSession(queue, None, 1, jump=(0, "click"))
    held = SimpleNamespace(ON_AIR=Held(now), ENDLESS_PLAYING=Held(0))
    monkeypatch.setattr(on_air, "state", held)
    on_air._told(5, "")  # the tune that sounded before the jump, which is still to come
    assert (held.ENDLESS_PLAYING.value, now.jump) == (0, (0, "click"))
    on_air._told(1, "click")  # jumped to the first, and skipped it at once
    assert (held.ENDLESS_PLAYING.value, now.jump) == (1, None)
    on_air._told(2, "click")
    assert held.ENDLESS_PLAYING.value == 2
