import math

import filelock
import pytest
import streamlit as st

from musicgen.config import FROM_VOCABULARY, NetworkConfig, TrainingConfig, describe
from musicgen.errors import ConfigError
from musicgen.jobs.sweep_plan import grid_plan
from musicgen.presets import PRESETS
from musicgen.training import estimate
from musicgen.training.runs.run import Run
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.samples import Sample, append_sample
from musicgen.ui.base import resources
from musicgen.ui.base.labels import SETTING_LABELS
from musicgen.ui.train.setting_fields import NEEDS, NETWORK_GROUP
from musicgen.ui.train.training_form import memory_words, time_words
from tests.ui.conftest import texts
from tests.ui.tiny_model import TUNE

SMALL = {
    "training_batch_size": 2,
    "training_seq_len": 16,
    "training_max_steps": 6,
    "training_eval_interval": 3,
    "training_save_interval": 3,
    "training_threads": 1,
    "training_samples": 0,
    "network_embedding_dim": 4,
    "network_hidden_size": 8,
}


def fill_in(app, **settings):
    for name, value in (SMALL | settings).items():
        app.number_input(key=f"train_quick_{name}").set_value(value)
    return app


def start(app):
    return app.button(key="train_start").click().run()


def train(app, **settings):
    """The page after a tiny training has come to its end."""
    start(fill_in(app, **settings))
    assert not app.exception and not app.error
    assert resources.registry().get("quick-1").wait(240)
    return app.run()


@pytest.fixture
def trained(empty_home, open_app):
    """The page after a tiny training, which composed nothing on the way."""
    return train(open_app("Train"))


def test_the_corpora_of_a_preset_are_those_that_are_learned_from(empty_home, open_app):
    app = open_app("Train")
    for name, preset in PRESETS.items():
        app.button_group(key="train_preset").set_value(name).run()
        assert not app.exception
        field = app.selectbox(key=f"train_{name}_training_source")
        assert field.value == preset.training.source


def setting_widgets(app):
    kinds = (*app.number_input, *app.selectbox, *app.checkbox)
    return {item.key: item for item in kinds if item.key}


def test_every_setting_of_a_preset_is_in_the_form_with_its_bounds(empty_home, open_app):
    app = open_app("Train")
    assert not app.exception
    preset = PRESETS["quick"]
    shown = setting_widgets(app)
    for part, settings in (("network", preset.network), ("training", preset.training)):
        for info in describe(type(settings)):
            if info.name in FROM_VOCABULARY:
                continue
            field = shown.get(f"train_quick_{part}_{info.name}")
            if field is None:
                assert info.name in NEEDS
                continue
            assert field.value == getattr(settings, info.name)
            assert field.label == SETTING_LABELS[info.name]
            if info.kind in (int, float):
                assert f"({info.low:,} – {info.high:,})" in field.help


def test_settings_that_wait_for_another_are_shown_when_that_is_chosen(home, open_app):
    app = open_app("Train")
    chosen = [
        ("network_kind", "lstm", ()),
        ("network_kind", "attention", ("window",)),
        ("network_kind", "echo", ("position", "relative")),
        ("network_position", False, ("position",)),
        ("training_described", False, ()),
        ("training_described", True, ("first_readings",)),
        ("training_teacher", "house", tuple(name for name in NEEDS if "teacher_" in name)),
        ("training_adversary", 0.5, tuple(name for name in NEEDS if "adversary" in name)),
        ("training_preferences", 0.5, tuple(name for name in NEEDS if "preference" in name)),
    ]
    assert {name for _key, _value, names in chosen for name in names} == set(NEEDS)
    for key, value, names in chosen:
        setting_widgets(app)[f"train_quick_{key}"].set_value(value).run()
        assert not app.exception
        part, setting = key.split("_", 1)
        is_network = part == "network"
        subject = [
            name
            for name, (other, _values) in NEEDS.items()
            if (name in NETWORK_GROUP if is_network else other == setting)
        ]
        fields = setting_widgets(app)
        shown = {name for name in subject if f"train_quick_{part}_{name}" in fields}
        assert shown == set(names)


def test_a_model_that_is_trained_on_keeps_its_network(home, open_app):
    app = open_app("Train")
    app.selectbox(key="train_from").set_value("house").run()
    assert not app.exception
    assert not [key for key in setting_widgets(app) if "_network_" in key]
    assert "The network is that of house" in " ".join(item.value for item in app.caption)


def test_a_setting_out_of_bounds_is_told_in_a_sentence(empty_home, open_app):
    app = start(fill_in(open_app("Train"), training_batch_size=999_999))
    assert not app.exception
    (error,) = app.error
    assert "batch_size is 999999" in error.value
    assert resources.registry().current() is None


def test_every_setting_has_a_word(empty_home):
    names = {info.name for kind in (NetworkConfig, TrainingConfig) for info in describe(kind)}
    assert SETTING_LABELS.keys() == names.difference(FROM_VOCABULARY)


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


def test_goals_over_whole_tunes_need_a_model_to_start_from(empty_home, open_app):
    app = start(fill_in(open_app("Train"), training_preferences=1.0))
    assert not app.exception
    assert len(app.error) == 1 and "choose one to start from" in app.error[0].value
    assert not empty_home.runs.exists()


def test_a_stopped_training_can_go_on_to_its_end(empty_home, open_app):
    app = start(fill_in(open_app("Train"), training_max_steps=100_000))
    job = resources.registry().get("quick-1")
    while job.snapshot().step < 4:
        assert not job.wait(0.05)
    job.cancel()
    assert job.wait(240)
    app.run()
    reached = job.snapshot().step
    app.button(key="resume_quick-1").click().run()
    assert not app.exception and not app.error
    again = resources.registry().get("quick-1")
    assert again is not job
    while again.snapshot().step <= reached:
        assert not again.wait(0.05)
    again.cancel()
    assert again.wait(240)


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


def test_other_pages_have_a_note_of_the_training_whose_card_train_shows(
    home, open_app, monkeypatch
):
    start(fill_in(open_app("Train"), training_max_steps=100_000))
    job = resources.registry().get("quick-1")
    job.pause()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(type(job), "snapshot", None)  # a note copies no metrics
            links = [item.proto.label for item in open_app("").get("page_link")]
        assert any("paused at" in label for label in links)
        train = open_app("Train")
        assert not any("paused at" in item.proto.label for item in train.get("page_link"))
        assert train.button(key="train_resume")
    finally:
        job.cancel()
        assert job.wait(240)


def test_the_page_speaks_chinese(empty_home, open_app):
    app = open_app("Train", lang="zh")
    assert [item.value for item in app.title] == ["训练"]
    assert "学习率" in [item.label for item in app.number_input]


def captions(app):
    return [item.value for item in app.caption]


def give_samples(run, *texts):
    """Puts tunes into a run, as if its network had composed them at steps 100, 200 and so on."""
    (run.path / "samples.jsonl").unlink(missing_ok=True)
    for number, text in enumerate(texts, 1):
        append_sample(run.path / "samples.jsonl", Sample(100 * number, text, 3.0 - number))


@pytest.fixture
def heard(trained, empty_home):
    """A run on disk, of an earlier server, with a text without notes and two tunes."""
    run = Run(empty_home.runs / "quick-1")
    give_samples(run, "X:1\nT:mumble\n", f"{TUNE}\n", TUNE.replace("DFA", "AFD") + "\n")
    st.cache_resource.clear()
    return run


def open_run(app, run_id="quick-1"):
    return app.button(key=f"open_{run_id}").click().run()


def test_before_the_start_stands_what_the_training_will_take(empty_home, open_app):
    app = open_app("Train")
    (told,) = [text for text in captions(app) if text.startswith("Estimated")]
    assert "448,307 parameters" in told and "of memory" in told and "about" in told


def test_the_estimate_follows_the_form_when_it_is_asked_for(empty_home, open_app):
    app = fill_in(open_app("Train"))
    app.button(key="train_estimate").click().run()
    assert not app.exception and not app.error
    assert any("7,063 parameters" in text for text in captions(app))
    assert resources.registry().current() is None


def test_settings_that_cannot_be_estimated_are_told_in_a_sentence(empty_home, open_app):
    app = fill_in(open_app("Train"), training_batch_size=999_999)
    app.button(key="train_estimate").click().run()
    assert not app.exception
    assert "batch_size is 999999" in app.error[0].value


def test_sizes_and_durations_are_said_with_two_digits():
    assert memory_words(134e6) == "130\N{NO-BREAK SPACE}MB"
    assert memory_words(999e6) == "1\N{NO-BREAK SPACE}GB"
    assert memory_words(2.09e12) == "2,100\N{NO-BREAK SPACE}GB"
    for seconds, words in (
        (0.2, "about 1 second"),
        (98.4, "about 98 seconds"),
        (100, "about 2 minutes"),
        (3600 * 5, "about 5 hours"),
        (86_400 * 2123, "about 2,100 days"),
    ):
        assert time_words(seconds) == words


def test_a_training_shows_its_figures(trained):
    shown = {item.label: item.value for item in trained.metric}
    metrics = resources.registry().get("quick-1").snapshot().metrics
    best = min(item.val_loss for item in metrics if item.val_loss)
    assert shown["Best held-out loss"] == f"{best:.3f}"
    assert shown["Perplexity"] == f"{math.exp(best):.2f}"
    characters = resources.registry().get("quick-1").snapshot().train_characters
    assert shown["Passes over the tunes"] == f"{6 * 2 * 16 / characters:.1f}"


def test_curves_can_be_taken_away_as_a_table(trained):
    (download,) = [item for item in trained.get("download_button") if item.key == "live_csv"]
    assert download.label == "CSV"


def test_the_view_of_the_curves_can_be_changed(trained):
    for key in ("live_log_steps", "live_log_values"):
        trained.toggle(key=key).set_value(True)
    trained.select_slider(key="live_smoothing").set_value(0.0).run()
    assert not trained.exception


def test_a_run_on_disk_is_looked_at_and_closed_again(heard, open_app):
    app = open_app("Train")
    assert not app.metric
    open_run(app)
    assert not app.exception and not app.error
    assert {item.label for item in app.metric} >= {"Best held-out loss", "Passes over the tunes"}
    open_run(app)
    assert not app.metric


def test_a_run_without_steps_says_so(empty_home, open_app):
    resources.store().create("bare", PRESETS["quick"])
    app = open_run(open_app("Train"), "bare")
    assert not app.exception
    assert "This run has taken no steps yet." in captions(app)


def test_of_the_tunes_along_the_way_the_newest_is_shown_first(heard, open_app):
    app = open_run(open_app("Train"))
    steps = app.button_group(key="opened_steps_quick-1")
    assert (list(steps.options), steps.value) == (["100", "200", "300"], 300)
    assert "**step 300 · held-out loss 0.000**" in [item.value for item in app.markdown]
    assert app.get("audio")


def test_the_tune_of_another_step_is_chosen_and_stays(heard, open_app):
    app = open_run(open_app("Train"))
    app.button_group(key="opened_steps_quick-1").set_value(200).run()
    assert "**step 200 · held-out loss 1.000**" in [item.value for item in app.markdown]
    append_sample(heard.path / "samples.jsonl", Sample(400, TUNE))
    app.run()
    assert not app.exception
    assert "**step 200 · held-out loss 1.000**" in [item.value for item in app.markdown]
    assert app.button_group(key="opened_steps_quick-1").options[-1] == "400"


def test_a_text_without_notes_is_shown_with_a_kind_sentence(heard, open_app):
    app = open_run(open_app("Train"))
    app.button_group(key="opened_steps_quick-1").set_value(100).run()
    assert not app.exception and not app.error
    assert app.info[0].value.startswith("No notes yet")
    assert "T:mumble" in texts(app)[0]
    assert not app.get("audio")


def test_a_training_composes_along_the_way(empty_home, open_app):
    trained = train(open_app("Train"), training_samples=12)
    samples = resources.registry().get("quick-1").snapshot().samples
    assert [sample.step for sample in samples] == [0, 3, 6]
    assert trained.button_group(key="live_steps_quick-1").value == 6


def test_an_error_goes_as_soon_as_its_cause_is_mended(empty_home, open_app):
    app = fill_in(open_app("Train"), training_batch_size=999_999).run()
    assert "batch_size is 999999" in app.error[0].value
    app.number_input(key="train_quick_training_batch_size").set_value(4).run()
    assert not app.error
    app.text_input[0].set_value("a b").run()
    assert "'a b' cannot name a run" in app.error[0].value
    app.text_input[0].set_value("小调-1").run()
    assert not app.exception and not app.error


def test_a_run_is_named_in_chinese(empty_home, open_app):
    app = fill_in(open_app("Train"))
    app.text_input[0].set_value("小调-1")
    start(app)
    assert not app.exception and not app.error
    assert resources.registry().get("小调-1").wait(240)
    play = open_app(model="小调-1")
    assert not play.exception and not play.error
    assert play.selectbox(key="play_model").value == "小调-1"


def test_the_estimate_shown_is_that_of_the_present_choice(empty_home, open_app):
    app = fill_in(open_app("Train")).run()
    assert not any(text.startswith("Estimated") for text in captions(app))
    app.button(key="train_estimate").click().run()
    assert any("7,063 parameters" in text for text in captions(app))
    app.number_input(key="train_quick_network_hidden_size").set_value(16).run()
    assert not any(text.startswith("Estimated") for text in captions(app))
    app.button_group(key="train_preset").set_value("improved").run()
    (estimate,) = [text for text in captions(app) if text.startswith("Estimated")]
    assert "3,742,035 parameters" in estimate


def test_a_training_of_another_program_moves_on_the_page(trained, empty_home, open_app):
    run = Run(empty_home.runs / "quick-1")
    run.write_status("running", "", 3, Progress())
    st.cache_resource.clear()  # as a server that was started anew
    with run.locked():
        app = open_app("Train")
        (bar,) = app.get("progress")
        assert "quick" in bar.proto.text and "step 6 of 6" in bar.proto.text
    assert not app.exception


@pytest.mark.parametrize("page", ["Train", "Compare"])
def test_a_page_that_is_drawn_never_tries_the_lock_of_a_run(
    trained, empty_home, open_app, monkeypatch, page
):
    run, tried = Run(empty_home.runs / "quick-1"), []
    acquire = filelock.BaseFileLock.acquire

    def watched(lock, *arguments, **options):
        tried.append(str(lock.lock_file))
        return acquire(lock, *arguments, **options)

    run.write_status("running", "", 3, Progress())  # as the command line does, and was killed
    st.cache_resource.clear()  # as a server that was started anew
    monkeypatch.setattr(filelock.BaseFileLock, "acquire", watched)
    app = open_app(page)
    app.run()
    assert not app.exception
    assert [path for path in tried if path.startswith(str(run.path))] == []
    tried.clear()
    with run.locked():  # which is how a training begins
        assert tried == [str(run.path / ".lock")]


def test_settings_for_which_this_machine_has_no_room_cannot_be_started(
    empty_home, open_app, monkeypatch
):
    monkeypatch.setattr(estimate, "available_memory_bytes", lambda: 10**8)
    app = open_app("Train")
    assert not app.exception
    assert app.button(key="train_start").disabled
    assert "and this machine has 0.1 GB to give" in app.error[0].value
    monkeypatch.setattr(estimate, "available_memory_bytes", lambda: 10**12)
    app.button(key="train_estimate").click().run()
    assert not app.exception and not app.error
    assert not app.button(key="train_start").disabled


def test_a_training_too_large_for_this_machine_leaves_no_run(empty_home, monkeypatch):
    monkeypatch.setattr(estimate, "available_memory_bytes", lambda: 10**8)
    with pytest.raises(ConfigError, match="Choose a smaller batch"):
        resources.registry().start(PRESETS["quick"], "large")
    plan = grid_plan("large", PRESETS["quick"], (2, 1024), (0.1,), 10)
    with pytest.raises(ConfigError, match="Choose a smaller batch"):
        resources.sweep_runner().start(plan)
    assert not empty_home.runs.exists() or not list(empty_home.runs.iterdir())
    assert resources.sweep_runner().store.plans() == []
