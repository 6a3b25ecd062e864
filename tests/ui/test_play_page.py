import re
import shutil

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.models.checkpoint import CheckpointMetadata, save_checkpoint
from musicgen.models.registry import build_network
from musicgen.ui.play import controls
from tests.ui.conftest import texts
from tests.ui.tiny_model import TUNE


def button(app, label):
    return next(item for item in app.button if item.label == label)


def compose(app):
    return button(app, "Compose").click().run()


def text_shown(app):
    return texts(app)[-1].strip()


def facts(app):
    """The line under the score that says what the tune is."""
    return next(item.value for item in app.caption if "temperature" in item.value)


def address_of(app):
    """What stands behind ``?``; AppTest gives what the script wrote, or lists of it."""
    return {
        name: value[0] if isinstance(value, list) else value
        for name, value in app.query_params.items()
    }


def test_a_newcomer_sees_one_slider_and_one_primary_button(home, open_app):
    app = open_app()
    assert not app.exception
    visible = [item for item in app.slider if item.label == "Temperature"]
    assert [item.value for item in visible] == [0.85]
    assert [item.label for item in app.button if item.proto.type == "primary"] == ["Compose"]
    assert not texts(app)


def test_one_click_composes_a_tune_with_its_files_and_facts(home, open_app):
    app = compose(open_app())
    assert not app.exception and not app.error
    assert text_shown(app) == TUNE
    names = [item.label for item in app.get("download_button")]
    assert names == ["WAV", "MIDI", "ABC"]
    assert re.fullmatch(
        r"(?:\w+ · )?\S+ · [^·]+ · \d+ beats a minute · Ended by itself · "
        r"every bar in time · model tiny \(\w{6}\) · seed \d+ · temperature 0\.85",
        facts(app),
    )


def test_the_address_brings_the_same_tune_back_in_a_fresh_session(home, open_app):
    app = compose(open_app())
    address = address_of(app)
    assert address.keys() == {"model", "temperature", "seed"}
    again = open_app(**address)
    assert text_shown(again) == text_shown(app)
    assert facts(again) == facts(app)
    assert again.number_input(key="play_seed").value == int(address["seed"])


def test_moving_the_slider_leaves_tune_and_address_alone(home, open_app):
    app = compose(open_app())
    before = address_of(app), facts(app)
    app.slider(key="play_temperature").set_value(1.5).run()
    assert (address_of(app), facts(app)) == before
    assert "temperature 1.5" in facts(compose(app))


def test_every_click_draws_another_seed_unless_it_is_locked(home, open_app):
    app = compose(open_app())
    first = app.number_input(key="play_seed").value
    second = compose(app).number_input(key="play_seed").value
    assert first != second
    app.button(key="play_lock").click().run()
    assert compose(app).number_input(key="play_seed").value == second
    app.button(key="play_lock").click().run()
    assert compose(app).number_input(key="play_seed").value != second


def test_a_seed_typed_in_is_kept(home, open_app):
    app = open_app()
    app.number_input(key="play_seed").set_value(7).run()
    assert "seed 7 ·" in facts(compose(app))


def test_a_seed_that_was_just_replaced_comes_back_as_an_echo_and_is_not_kept(
    home, open_app, monkeypatch
):
    monkeypatch.setattr(controls, "ECHO_S", 600.0)  # however slow the machine is
    app = open_app()
    first = compose(app).number_input(key="play_seed").value
    second = compose(app).number_input(key="play_seed").value
    app.number_input(key="play_seed").set_value(first).run()  # as a timer of the page would
    assert app.number_input(key="play_seed").value == second
    assert "play_seed_locked" not in app.session_state
    assert f"seed {second} ·" not in facts(compose(app))

    monkeypatch.setattr(controls, "ECHO_S", 0.0)
    app.number_input(key="play_seed").set_value(first).run()
    assert app.session_state["play_seed_locked"]
    assert f"seed {first} ·" in facts(compose(app))


def test_the_dice_throw_another_seed_and_keep_it(home, open_app):
    app = open_app()
    app.button(key="play_dice").click().run()
    thrown = app.number_input(key="play_seed").value
    assert f"seed {thrown} ·" in facts(compose(app))


def test_settings_and_tune_outlast_a_visit_to_another_page(home, open_app):
    app = compose(open_app())
    app.slider(key="play_temperature").set_value(1.2).run()
    before = facts(app), address_of(app)
    app.query_params.clear()  # as a link to another page does
    app.switch_page("pages/Train.py").run()
    app.switch_page("app.py").run()
    assert app.slider(key="play_temperature").value == 1.2
    assert (facts(app), address_of(app)) == before


def test_a_link_from_training_makes_the_new_model_compose(home, tiny_model, open_app):
    shutil.copytree(tiny_model, home.runs / "mine" / "best")
    app = compose(open_app())
    app.query_params.clear()
    app.query_params["model"], app.query_params["seed"] = "mine", "5"
    app.run()
    assert app.selectbox(key="play_model").value == "mine"
    assert "seed 5 ·" in facts(app)
    assert app.session_state["play_session"].click  # a link was clicked: the tune may sound


def test_a_link_that_opens_a_fresh_page_stays_silent(home, open_app):
    app = open_app(model="house", seed="5")
    assert not app.session_state["play_session"].click


def tell_address(app, address):
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def test_an_address_that_the_browser_tells_again_brings_no_tune_back(home, open_app):
    """It has not heard yet of the new tune, and a piece of the page says something."""
    app = compose(open_app())
    first, before = address_of(app), facts(app)
    tell_address(app, first)
    compose(app)
    second, after = address_of(app), facts(app)
    assert (second, after) != (first, before)
    tell_address(app, first)
    assert (facts(app), address_of(app)) == (after, second)
    tell_address(app, second)
    tell_address(app, first)  # and this is a link
    assert (facts(app), address_of(app)) == (before, first)


def test_a_step_back_brings_a_tune_back_whatever_was_told_before(home, open_app, monkeypatch):
    app = compose(open_app())
    first, before = address_of(app), facts(app)
    tell_address(app, first)
    compose(app)
    monkeypatch.setattr(controls, "is_step", lambda: True)
    tell_address(app, first)
    assert (facts(app), address_of(app)) == (before, first)


def test_errors_speak_the_language_of_the_page(home, open_app):
    app = open_app(lang="zh", temperature="2.7")
    assert [item.value for item in app.error] == ["temperature 的值是 2.7，应在 0.1 到 2.0 之间。"]
    (home.checkpoints / "house" / "model.safetensors").write_bytes(b"rubble")
    app = open_app(lang="zh", seed="4")
    assert len(app.error) == 1 and "已损坏" in app.error[0].value


def test_what_the_network_cannot_read_is_told_in_a_sentence_and_the_tune_stays(home, open_app):
    app = compose(open_app())
    before = facts(app)
    app.session_state["play_prompt"] = "X:1\nK:é"  # AppTest cannot type into a component
    compose(app)
    assert [item.value for item in app.error] == [
        "The network never saw 'é'. Leave these characters out of the beginning."
    ]
    assert not app.exception
    assert facts(app) == before
    app.run()
    assert not app.error and facts(app) == before


def test_a_link_without_a_model_means_the_one_that_is_shown(home, open_app):
    app = open_app(seed="4")
    assert not app.error and not app.exception
    assert "seed 4" in facts(app)


def test_links_that_cannot_be_meant_are_told_in_a_sentence(home, open_app):
    for parameters, word in (
        ({"temperature": "hot"}, "temperature"),
        ({"seed": "9" * 20}, "seed"),
        ({"model": "nobody", "seed": "1"}, "nobody"),
        ({"model": str(home.checkpoints / "house"), "seed": "1"}, "no model"),
    ):
        app = open_app(**parameters)
        assert not app.exception
        assert len(app.error) == 1 and word in app.error[0].value
        assert button(app, "Compose")


def test_a_damaged_model_is_told_in_a_sentence(home, open_app):
    app = open_app()
    (home.checkpoints / "house" / "model.safetensors").write_bytes(b"rubble")
    compose(app)
    assert not app.exception
    assert len(app.error) == 1 and "damaged" in app.error[0].value


def test_without_any_model_the_page_leads_to_training(empty_home, open_app):
    app = open_app()
    assert not app.exception and not app.error
    assert "No model can play yet" in [item.value for item in app.subheader]
    assert not app.slider


def test_the_page_speaks_the_language_of_the_address_and_of_the_picker(home, open_app):
    app = open_app(lang="zh")
    assert [item.value for item in app.title] == ["演奏"]
    assert button(app, "作曲")
    app.button_group(key="language").set_value("en").run()
    assert [item.value for item in app.title] == ["Play"]
    assert address_of(app)["lang"] == "en"


def test_fast_arithmetic_makes_the_same_tune_again_from_its_address(home, open_app):
    app = open_app()
    app.toggle(key="play_int8").set_value(True).run()
    compose(app)
    assert not app.error
    assert address_of(app)["precision"] == "int8"
    again = open_app(**address_of(app))
    assert text_shown(again) == text_shown(app)
    assert again.toggle(key="play_int8").value


def test_fast_arithmetic_is_offered_to_models_that_have_it_alone(home, open_app):
    characters = tuple("\nabcdefghi|")
    config = NetworkConfig(kind="hawk", vocab_size=len(characters), embedding_dim=4, hidden_size=8)
    metadata = CheckpointMetadata("hawk", 1, config, TrainingConfig(), characters)
    save_checkpoint(home.checkpoints / "hawk", build_network(config, 0), metadata)
    app = open_app()
    assert not app.toggle(key="play_int8").disabled
    app.toggle(key="play_int8").set_value(True).run()
    app.selectbox(key="play_model").select("hawk").run()
    switch = app.toggle(key="play_int8")
    assert not app.exception
    assert switch.disabled and not switch.value and "another kind" in switch.help
    app.selectbox(key="play_model").select("house").run()
    assert not app.toggle(key="play_int8").disabled


def test_an_address_with_unknown_arithmetic_is_a_sentence(home, open_app):
    app = open_app(precision="int2")
    assert "precision" in app.error[0].value
