import re

from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.grammar.rules import RHYTHMS
from musicgen.notation.parsing.fields import parse_key
from musicgen.notation.parsing.reader import read_tune
from musicgen.ui.tune.constraints import MODE_NAMES, RANGE_NAMES, RHYTHM_NAMES
from tests.ui.test_play_page import address_of, compose, facts, text_shown


def wish(app, **values):
    for name, value in values.items():
        if name in ("sections", "bars"):
            app.number_input(key=f"play_{name}").set_value(value)
        else:
            app.selectbox(key=f"play_{name}").select(value)
        app.run()
    return app


def test_everything_that_can_be_asked_for_has_a_name():
    assert RHYTHM_NAMES.keys() == RHYTHMS.keys()
    assert RANGE_NAMES.keys() == INSTRUMENT_RANGES.keys()
    assert all(parse_key(f"D {mode}") for mode in MODE_NAMES)


def test_key_meter_and_form_are_kept_and_stand_in_the_address(home, open_app):
    app = compose(wish(open_app(), tonic="A", mode="Dorian", meter="6/8", sections=2, bars=8))
    assert not app.error
    tune, problems = read_tune(text_shown(app))
    assert problems == ()
    assert (tune.meter.text, tune.key.tonic, tune.key.mode) == ("6/8", "A", "dorian")
    assert "every bar in time" in facts(app)
    address = address_of(app)
    assert (address["key"], address["meter"]) == ("A Dorian", "6/8")
    assert (address["sections"], address["bars"]) == ("2", "8")
    again = open_app(**address)
    assert text_shown(again) == text_shown(app)
    assert again.selectbox(key="play_tonic").value == "A"
    assert again.selectbox(key="play_mode").value == "Dorian"
    assert again.number_input(key="play_bars").value == 8


def test_without_the_rules_nothing_can_be_asked_for(home, open_app):
    app = wish(open_app(), tonic="E")
    app.toggle(key="play_in_time").set_value(False).run()
    assert app.selectbox(key="play_tonic").disabled
    compose(app)
    assert address_of(app)["free"] == "True"
    assert "key" not in address_of(app)
    assert not open_app(**address_of(app)).toggle(key="play_in_time").value


def test_what_the_network_cannot_write_is_a_sentence(home, open_app):
    app = compose(wish(open_app(), rhythm="jig"))  # the small network never saw an R
    (error,) = app.error
    assert re.search("cannot write the rhythm 'jig'", error.value)


def test_a_rhythm_offers_its_own_meters_only(home, open_app):
    app = wish(open_app(), meter="2/4", rhythm="slide")
    assert app.selectbox(key="play_meter").options == ["any", "6/8", "12/8"]
    assert app.selectbox(key="play_meter").value == ""


def test_a_meter_from_a_link_stands_beside_the_usual_ones(home, open_app):
    app = open_app(model="house", meter="7/8")
    assert app.selectbox(key="play_meter").value == "7/8"


def test_constraints_speak_chinese(home, open_app):
    app = open_app(lang="zh")
    assert "吉格舞曲" in app.selectbox(key="play_rhythm").options
    assert "多利亚" in app.selectbox(key="play_mode").options
