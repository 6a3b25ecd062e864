import pytest
import streamlit as st

from musicgen.config import PRESETS, NetworkConfig, TrainingConfig, describe
from musicgen.training.runs import Progress, Run
from musicgen.ui import resources
from musicgen.ui.training_form import LABELS

SMALL = {
    "training_batch_size": 2,
    "training_seq_len": 16,
    "training_max_steps": 6,
    "training_eval_interval": 3,
    "training_save_interval": 3,
    "training_threads": 1,
    "network_embedding_dim": 4,
    "network_hidden_size": 8,
}


def fill_in(app, **settings):
    for name, value in (SMALL | settings).items():
        app.number_input(key=f"train_quick_{name}").set_value(value)
    return app


def start(app):
    return app.button(key="train_start").click().run()


@pytest.fixture
def trained(empty_home, open_app):
    """The page after a tiny training has come to its end."""
    app = start(fill_in(open_app("Train")))
    assert not app.exception and not app.error
    assert resources.registry().get("quick-1").wait(60)
    return app.run()


def test_every_setting_of_a_preset_is_in_the_form_with_its_bounds(empty_home, open_app):
    app = open_app("Train")
    assert not app.exception
    preset = PRESETS["quick"]
    fields = {item.key: item for item in (*app.number_input, *app.selectbox, *app.checkbox)}
    for part, settings in (("network", preset.network), ("training", preset.training)):
        for info in describe(type(settings)):
            if info.name == "vocab_size":
                continue
            field = fields[f"train_quick_{part}_{info.name}"]
            assert field.value == getattr(settings, info.name)
            assert field.label == LABELS[info.name]
            if info.kind in (int, float):
                assert f"({info.low:,} – {info.high:,})" in field.help


def test_a_setting_out_of_bounds_is_told_in_a_sentence(empty_home, open_app):
    app = start(fill_in(open_app("Train"), training_batch_size=999_999))
    assert not app.exception
    (error,) = app.error
    assert "batch_size is 999999" in error.value
    assert resources.registry().current() is None


def test_every_setting_has_a_word(empty_home):
    names = {info.name for kind in (NetworkConfig, TrainingConfig) for info in describe(kind)}
    assert LABELS.keys() == names - {"vocab_size"}


def test_another_preset_fills_the_form_with_its_settings(empty_home, open_app):
    app = open_app("Train")
    app.button_group(key="train_preset").set_value("improved").run()
    assert app.number_input(key="train_improved_network_num_layers").value == 2
    assert PRESETS["improved"].meaning in [item.value for item in app.caption]
    assert app.text_input[0].value == "improved-1"


def test_a_training_started_in_the_form_runs_with_its_settings(trained):
    job = resources.registry().get("quick-1")
    now = job.snapshot()
    assert (now.status, now.step) == ("finished", 6)
    assert now.preset.network.hidden_size == 8
    assert now.preset.training.seq_len == 16


def test_a_finished_training_leaves_a_model_that_play_offers(trained, open_app):
    assert not trained.exception
    play = open_app(model="quick-1")
    assert not play.exception and not play.error
    assert play.selectbox(key="play_model").value == "quick-1"


def test_a_second_session_sees_the_same_training(trained, open_app):
    other = open_app("Train")
    assert not other.exception
    assert [item.label for item in other.metric] == [item.label for item in trained.metric] != []
    assert any("quick-1" in item.value for item in other.markdown)


def test_a_name_that_is_taken_or_no_name_is_told_in_a_sentence(trained, open_app):
    for name in ("quick-1", "../escape", ""):
        app = fill_in(open_app("Train"))
        app.text_input[0].set_value(name)
        start(app)
        assert not app.exception
        assert len(app.error) == 1 and repr(name) in app.error[0].value


def test_a_missing_corpus_is_told_in_a_sentence(empty_home, open_app):
    (empty_home.data / "irish.abc").unlink()
    app = start(fill_in(open_app("Train")))
    assert not app.exception
    assert len(app.error) == 1 and "python -m musicgen corpus fetch lab" in app.error[0].value
    assert resources.registry().current() is None
    assert not empty_home.runs.exists()


def test_a_stopped_training_can_go_on_to_its_end(empty_home, open_app):
    app = start(fill_in(open_app("Train"), training_max_steps=100_000))
    job = resources.registry().get("quick-1")
    while job.snapshot().step < 4:
        assert not job.wait(0.05)
    job.stop()
    assert job.wait(60)
    app.run()
    reached = job.snapshot().step
    app.button(key="resume_quick-1").click().run()
    assert not app.exception and not app.error
    again = resources.registry().get("quick-1")
    assert again is not job
    while again.snapshot().step <= reached:
        assert not again.wait(0.05)
    again.stop()
    assert again.wait(60)


def test_a_run_of_another_program_is_left_to_it_and_an_interrupted_one_can_go_on(
    trained, empty_home, open_app
):
    run = Run(empty_home.runs / "quick-1")
    run.write_status("running", "", 3, Progress())
    st.cache_resource.clear()  # as a server that was started anew
    with run.locked():
        app = open_app("Train")
        assert not app.exception
        assert any("training in another program" in item.value for item in app.markdown)
        assert not [item for item in app.button if item.key == "resume_quick-1"]
    app.run()
    assert any("interrupted" in item.value for item in app.markdown)
    assert app.button(key="resume_quick-1")


def test_other_pages_have_a_note_of_the_training_whose_card_train_shows(home, open_app):
    start(fill_in(open_app("Train"), training_max_steps=100_000))
    job = resources.registry().get("quick-1")
    job.pause()
    try:
        links = [item.proto.label for item in open_app("").get("page_link")]
        assert any("paused at" in label for label in links)
        train = open_app("Train")
        assert not any("paused at" in item.proto.label for item in train.get("page_link"))
        assert train.button(key="train_resume")
    finally:
        job.stop()
        assert job.wait(60)


def test_the_page_speaks_chinese(empty_home, open_app):
    app = open_app("Train", lang="zh")
    assert [item.value for item in app.title] == ["训练"]
    assert "学习率" in [item.label for item in app.number_input]
