import dataclasses

import numpy as np
import pytest

from musicgen.corpus.dataset import load_dataset
from musicgen.errors import ConfigError
from musicgen.interpretation.anatomy import Anatomy, Part, describe_parts
from musicgen.interpretation.attention_view import look
from musicgen.interpretation.embeddings import map_embedding
from musicgen.interpretation.gradient_reach import GradientReach
from musicgen.interpretation.interventions import Intervention, silence
from musicgen.interpretation.sites import find_sites
from musicgen.models.checkpoint import load_checkpoint
from musicgen.sampling.critic import Critic
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import RunStore
from musicgen.translatable import Sentence
from musicgen.ui.base import resources
from musicgen.ui.components.coloured_text import Colours, TextLinks, text_data
from musicgen.ui.inside import figures, measured
from musicgen.ui.inside import silence_choice as parts
from musicgen.ui.inside.anatomy_drawing import drawing
from musicgen.ui.inside.anatomy_view import reach_figure, show_share
from musicgen.ui.inside.colours import amounts, colours_of, order_units
from musicgen.ui.inside.development_view import (
    loss_figure,
    paths_figure,
    share_figure,
    spread_figure,
)
from musicgen.ui.inside.silence_choice import Change
from musicgen.ui.inside.silence_gallery import finds_of
from musicgen.ui.inside.subject import of_text
from tests.ui.tiny_model import TUNE

VIEWS = ["units", "silence", "look", "expect", "embedding", "anatomy", "learned"]


@pytest.fixture
def checkpoint(home):
    return load_checkpoint(home.checkpoints / "house")


def values(app, kind):
    return [item.value for item in app.get(kind)]


def said(app):
    return " ".join(str(one) for kind in ("markdown", "caption") for one in values(app, kind))


# Colours and figures


def test_a_coloured_text_has_one_span_for_each_character():
    text = "K:D\nDFA d2|"
    found = text_data(text, colours_of(np.linspace(-1, 1, len(text))), TextLinks(3, ((1, 0.5),)))
    assert [character for character, _shade in found["spans"]] == list(text)
    assert found["spans"][0][1] == -100
    assert found["spans"][-1][1] == 100
    assert found["chosen"] == 3
    assert found["links"] == [[1, 0.5]]


def test_the_strongest_value_has_the_strongest_colour_and_zero_has_none():
    assert colours_of(np.array([0.0, -0.2, 0.1])).shades == (0, -100, 50)
    assert colours_of(np.zeros(3)).shades == (0, 0, 0)


def test_a_gate_is_coloured_by_how_far_it_is_from_half_open():
    assert colours_of(np.array([0.0, 0.5, 1.0]), "forget").shades == (-100, 0, 100)


def test_amounts_end_at_what_is_the_most():
    assert amounts(np.array([0.0, 3.0, 12.0]), "bits", 6.0).shades == (0, 50, 100)


def test_a_note_has_the_mean_of_its_characters():
    subject = of_text("X:1\nL:1/8\nK:C\nC2 D|\n")
    shades = [0.0] * len(subject.text)
    start = subject.text.index("C2")
    shades[start : start + 2] = [1.0, 0.5]
    assert subject.note_values(shades) == (0.75, 0.0)


def test_the_notes_at_places_of_the_text_are_found_in_what_is_drawn():
    subject = of_text("X:1\nL:1/8\nK:C\nC2 D|\n")
    start = subject.text.index("C2")
    assert subject.spans_of([start + 1, 0]) == [(start, start + 2)]
    assert subject.spans_of([]) == []


def test_units_that_rise_and_fall_together_are_neighbours():
    wave, other = np.sin(np.arange(40.0)), np.arange(40.0) % 7
    order = order_units(np.stack([wave, other, wave + 0.01, other * 2], 1), [])
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1


def test_a_heat_map_has_a_row_for_each_unit_in_the_order_that_is_asked_for():
    drawn = figures.heat_map("ab", np.array([[1.0, -0.5], [0.0, 0.25]]), [1, 0], ("x", "y"))
    assert drawn["data"][0]["z"] == [[-50, 25], [100, 0]]
    assert drawn["data"][0]["y"] == ["1", "0"]


def test_signs_of_the_text_are_no_markup_of_charts():
    assert figures.sign("<") == "&lt;"
    assert figures.sign(" ") == "␣"


def test_the_reach_of_a_gradient_begins_with_all_of_it():
    own = GradientReach((Sentence("layer {number}", number=1),), np.array([[2.0, 1.0]]))
    drawn = reach_figure(own, {"rnn": own})
    assert [trace["y"] for trace in drawn["data"]] == [[1.0, 0.5], [1.0, 0.5]]


# What is changed


@pytest.mark.parametrize(
    "change",
    [Change(parts.LIST, parts.OFF, 0), Change(parts.LAYER, parts.LOUD, 0, (), 1.0)],
)
def test_with_nothing_chosen_nothing_changes(checkpoint, change):
    assert parts.to_intervention(checkpoint, change) == Intervention()


def test_units_that_are_named_are_switched_off(checkpoint):
    change = Change(parts.LIST, parts.OFF, 0, (3, 17))
    assert parts.to_intervention(checkpoint, change) == silence(0, (3, 17))


def test_a_mean_of_a_unit_that_is_not_there_is_a_sentence(checkpoint):
    with pytest.raises(ConfigError, match="There is no unit 99999"):
        parts.to_intervention(checkpoint, Change(parts.LIST, parts.MEAN, 0, (99999,)))


def test_units_are_read_with_commas_and_spaces_each_once():
    assert parts.read_units("3, 17 3，4") == (3, 17, 4)
    assert parts.read_units("  ") == ()


@pytest.mark.parametrize("text", ["a", "1;2", "-1", "123456", " ".join(map(str, range(65)))])
def test_other_lists_are_refused(text):
    with pytest.raises(ConfigError):
        parts.read_units(text)


def test_a_plain_lstm_has_no_finds_with_echoes_or_attention(checkpoint):
    assert [one.name for one in finds_of(checkpoint)] == ["beat", "random", "loud"]
    assert look(checkpoint.network, checkpoint.vocabulary, TUNE) is None


def test_what_was_recorded_is_not_recorded_again(checkpoint):
    assert measured.recording(checkpoint, TUNE) is measured.recording(checkpoint, TUNE)


# The page


def test_without_a_model_the_page_leads_to_train(empty_home, open_app):
    app = open_app("Inside")
    assert not app.exception
    assert "Train a model" in [item.proto.label for item in app.get("page_link")]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_is_drawn(home, open_app, view, language):
    app = open_app("Inside", view=view, lang=language)
    assert not app.exception
    assert not app.error, values(app, "error")
    assert not app.warning, values(app, "warning")


def test_a_unit_is_chosen_and_what_units_follow_is_found(home, open_app):
    app = open_app("Inside")
    app.number_input(key="inside_unit").set_value(7).run()
    app.segmented_control(key="inside_source").set_value("held-out").run()
    app.button(key="inside_find").click().run()
    assert not app.exception and not app.error
    app.run()
    assert not app.exception and not app.error


def test_a_character_that_the_model_does_not_know_is_a_sentence(home, open_app):
    app = open_app("Inside")
    app.segmented_control(key="inside_source").set_value("typed").run()
    app.text_area(key="inside_text").set_value("X:1\nK:D\nDFA ♞|").run()
    assert not app.exception
    assert "The vocabulary has no" in app.error[0].value
    app.text_area(key="inside_text").set_value("").run()
    assert "Type a tune in ABC notation first" in app.error[0].value
    app.text_area(key="inside_text").set_value("X:1\nK:D Major\n").run()
    assert not app.exception and not app.error
    assert app.warning  # nothing sounds, and its colours are there all the same


def test_silence_with_nothing_chosen_changes_nothing(home, open_app):
    app = open_app("Inside", view="silence")
    app.selectbox(key="inside_part").set_value("list").run()
    app.button(key="inside_silence_it").click().run()
    assert not app.exception and not app.error
    assert "nothing is changed" in said(app)
    assert "Not a note differs." in values(app, "success")


def test_a_silent_layer_is_another_tune(home, open_app):
    app = open_app("Inside", view="silence")
    app.selectbox(key="inside_part").set_value("layer").run()
    app.button(key="inside_silence_it").click().run()
    assert not app.exception and not app.error
    assert "all of layer 1: switched off" in said(app)
    assert "Not a note differs." not in values(app, "success")


def test_units_that_are_no_numbers_are_a_sentence(home, open_app):
    app = open_app("Inside", view="silence")
    app.selectbox(key="inside_part").set_value("list").run()
    app.text_input(key="inside_listed").set_value("three").run()
    assert "Give units as numbers with commas" in app.info[0].value
    assert app.button(key="inside_silence_it").disabled


def test_another_place_is_looked_at(home, open_app):
    app = open_app("Inside", view="look")
    app.slider(key="inside_place").set_value(30).run()
    assert not app.exception and not app.error
    assert "character 30" in said(app)


def test_a_place_stays_where_the_next_tune_is_longer(home, open_app):
    app = open_app("Inside", view="look")
    app.segmented_control(key="inside_source").set_value("typed").run()
    for bars in (8, 12, 6):
        app.text_area(key="inside_text").set_value("X:1\nK:D\n" + "DFA d2|" * bars).run()
        if bars == 8:
            app.slider(key="inside_place").set_value(30).run()
        assert not app.exception and not app.error
        assert app.slider(key="inside_place").value == 30
        assert "character 30" in said(app)


def test_caches_are_bounded(home, open_app):
    open_app("Inside")
    for cache in (measured._recordings(), measured._materials(), measured._compositions()):
        assert cache.size_bytes < 40_000_000
    assert resources.checkpoints()


def test_colours_name_both_ends():
    assert colours_of(np.array([1.0])) == Colours((100,), 1.0, "below zero", "above zero")


# When it learned that


@pytest.fixture
def watched(home, tiny_preset):
    """A run of twelve steps that kept its weights at four moments."""
    training = tiny_preset.training.replace(source="lab", samples=12, moments=True)
    preset = dataclasses.replace(tiny_preset, training=training)
    dataset = load_dataset("lab", resources.paths())
    run = RunStore(home.runs).create("watched", preset)
    TrainingSession(run, dataset, lambda _metrics: None).train()
    return run


def test_a_model_without_moments_says_how_to_get_them(home, open_app):
    app = open_app("Inside", view="learned")
    assert not app.exception
    assert "kept no weights along the way" in app.info[0].value


def test_what_a_training_learned_when_is_measured_once_it_is_asked_for(watched, open_app):
    app = open_app("Inside", view="learned")
    app.selectbox(key="play_model").set_value("watched").run()
    assert not app.exception and "The weights of 4 moments" in said(app)
    app.button(key="inside_look_at_moments").click().run()
    assert not app.exception
    assert "Each line is the way of a character from step 0 to step 12" in said(app)
    assert "The weights of 4 moments" not in said(app)  # what was offered is done
    again = open_app("Inside", view="learned")
    again.selectbox(key="play_model").set_value("watched").run()  # it is known now
    assert "Each line is the way" in said(again)
    for step in (0, 4):
        again.segmented_control(key="inside_moment").set_value(step).run()
        assert not again.exception
    assert len(again.selectbox(key="inside_spread").options) == len(watched_parts(watched))


def watched_parts(run):
    network = load_checkpoint(run.path / "best").network
    return [*(part.name for part in describe_parts(network).parts), *find_sites(network)]


def test_figures_of_moments_hold_what_they_are_given():
    steps = [0, 50, 1000]
    shares = share_figure(steps, [("one", [0.0, 0.5, float("nan")])])
    assert shares["data"][0]["x"] == ["0", "50", "1,000"]
    assert shares["data"][0]["y"] == [0.0, 50.0, None]
    assert loss_figure(steps, [3.0, 2.0, 1.0])["data"][0]["y"] == [3.0, 2.0, 1.0]
    spread = spread_figure(steps, np.array([-1.0, 0.0, 1.0]), np.array([[1.0, 0.0]] * 3))
    assert np.array(spread["data"][0]["z"]).shape == (2, 3)
    paths = np.arange(3 * 4 * 2, dtype=float).reshape(3, 4, 2)
    drawn = paths_figure(steps, paths, ["a", "b", "|", "2"], [0, 1], [2, 3])
    assert [trace["text"][-1] for trace in drawn["data"]] == ["a", "b", "|", "2"]
    assert drawn["data"][1]["x"] == [2.0, 10.0, 18.0]


def test_what_the_critic_does_stands_beside_the_settings(home, open_app, monkeypatch):
    critic = Critic(0.0, {}, {}, stages=(Critic(0.0, {}, {}),))
    (home.checkpoints / "house" / "critic.json").write_bytes(critic.to_json())
    app = open_app("Inside", view="expect")
    (toggle,) = [one for one in app.toggle if one.label == "Critic"]
    app = toggle.set_value(True).run()
    assert not app.exception
    monkeypatch.setattr(measured, "find_critic_stage", lambda *_: None)
    measured._critic_stages.clear()
    app = app.run()
    assert "nothing to choose for the critic" in said(app)


def test_without_a_critic_none_is_offered(home, open_app):
    app = open_app("Inside", view="expect")
    assert "Grammar" in [one.label for one in app.toggle]
    assert "Critic" not in [one.label for one in app.toggle]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.25, "25.0%"),
        (0.00052, "1 in 1,900"),
        (1e-12, "less than 1 in 1,000,000,000"),
        (float("nan"), "–"),
    ],
)
def test_what_is_left_of_a_gradient_is_told_however_little_it_is(share, words):
    reach = GradientReach((Sentence("layer {number}", number=1),), np.array([[1.0, share]]))
    assert show_share(reach) == words


def test_probes_of_each_layer_are_fitted_when_they_are_asked_for(home, open_app):
    app = open_app("Inside", view="units")
    assert "a linear probe weighs all units" in said(app)
    app.button(key="inside_probes").click().run()
    assert not app.exception
    assert "Percent of the characters" in said(app)
    assert not [one for one in app.button if one.key == "inside_probes"]


def test_what_a_change_costs_on_held_out_tunes_is_told(home, open_app):
    app = open_app("Inside", view="silence")
    assert "held-out tunes" not in said(app)
    app.button(key="inside_find_random").click().run()
    assert not app.exception
    assert "nats a character as it is" in said(app)


def test_the_map_shows_notes_alone_until_all_are_asked_for(checkpoint):
    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    notes = map_embedding(network, vocabulary, kinds=("note",))
    assert set(notes.kinds) == {"note"}
    assert notes.places.shape == (len(notes.characters), 2)
    assert map_embedding(network, vocabulary).characters == vocabulary.characters


def test_the_drawing_has_every_part_with_its_shapes_and_no_mark_up_of_others():
    part = Part("<b>x", "LSTM", ((8, 4), (8,)), 40, 160, 32)
    text = drawing(Anatomy("lstm", (part,), 4), 50)
    assert "&lt;b&gt;x" in text and "8×4 · 8" in text and "40 · 100.0%" in text
    assert "one of 50" in text
