import dataclasses
import functools

import numpy as np
import pytest

from musicgen.config import SampleConfig
from musicgen.lessons import course
from musicgen.lessons.course import LESSONS
from musicgen.lessons.measures import PlacedLoss
from musicgen.models.checkpoint import save_checkpoint
from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.base import resources
from musicgen.ui.lessons import choices, echo_steps, lesson_charts
from musicgen.ui.lessons.lesson_charts import RunCurve, exactly
from musicgen.ui.lessons.lessons_view import ACTIONS
from musicgen.ui.lessons.run_steps import find_looks
from tests.interpretation.conftest import make_checkpoint, make_network

NAMES = [lesson.name for lesson in LESSONS]
TRAINED = [lesson.name for lesson in LESSONS if lesson.runs]
OTHERS = [name for name in NAMES if name not in TRAINED]
WAIT_S = 240


def get(name):
    return next(lesson for lesson in LESSONS if lesson.name == name)


def shrink(lesson, **settings):
    """The lesson with trainings that take a moment."""
    small = {"batch_size": 2, "seq_len": 8, "max_steps": 6, "eval_interval": 3, "threads": 1,
             "save_interval": 3, "precision": "float32"} | settings  # fmt: skip
    runs = []
    for run in lesson.runs:
        preset = dataclasses.replace(
            run.preset,
            network=run.preset.network.replace(embedding_dim=4, hidden_size=8),
            training=run.preset.training.replace(**small),
        )
        runs.append(dataclasses.replace(run, preset=preset))
    return dataclasses.replace(lesson, runs=tuple(runs))


@pytest.fixture
def small_lessons(monkeypatch):
    """Puts lessons with tiny trainings in the place of all; called again, with other settings."""

    def put(**settings):
        small = tuple(shrink(lesson, **settings) for lesson in LESSONS)
        for module in (course, choices):
            monkeypatch.setattr(module, "LESSONS", small)

    put()
    return put


def values(app, kind):
    return [item.value for item in app.get(kind)]


def broken(app):
    return values(app, "exception") + values(app, "error")


def key(lesson, step, name):
    return f"lessons_{lesson}_{step}_{name}"


def answer(app, lesson, step, choice=0):
    return app.radio(key=key(lesson, step, "guess")).set_value(choice).run()


def press(app, lesson, step):
    return app.button(key=key(lesson, step, "go")).click().run()


def wait_for_trainings():
    for job in resources.registry().jobs():
        assert job.wait(WAIT_S)


def go_through(app, name):
    """Answers and presses all there is, from the first step to the last."""
    for step in get(name).steps:
        if step.question:
            answer(app, name, step.name)
        if step.button and [one for one in app.button if one.key == key(name, step.name, "go")]:
            press(app, name, step.name)
        if step.name == "train":
            wait_for_trainings()
            app.run()
        assert not broken(app), (step.name, broken(app))
    return app


# Figures


def test_every_step_has_an_action_and_no_action_is_without_a_step():
    steps = {(lesson.name, step.name) for lesson in LESSONS for step in lesson.steps}
    assert set(ACTIONS) == steps


def metrics(*losses):
    return [
        StepMetrics(step, loss, 0.1, 1.0, 0.01, 1000.0, step / 10, loss + 1 if step % 2 else None)
        for step, loss in enumerate(losses, 1)
    ]


def test_curves_are_cut_where_a_training_flies_off():
    drawn = lesson_charts.loss_curves([RunCurve("a<b", metrics(3.0, 2.0, 1e9))], ("x", "y"))
    thin, thick = drawn["data"]
    assert thick["y"] == [4.0, lesson_charts.MOST_LOSS]
    assert thick["name"] == thin["name"] == "a&lt;b"
    assert max(thin["y"]) <= lesson_charts.MOST_LOSS


def test_looks_are_the_steps_with_a_held_out_loss():
    found = find_looks(metrics(3.0, 2.0, 1.0))
    assert {step: held_out for step, (_mean, held_out) in found.items()} == {1: 4.0, 3: 2.0}


def test_bars_have_their_intervals():
    drawn = lesson_charts.bars(["x"], [("one", [exactly(0.5)])], "name", ("", ""))
    (trace,) = drawn["data"]
    assert trace["y"] == [0.5]
    assert not trace["error_y"]["visible"]


def test_places_are_drawn_with_the_mark_where_there_is_one():
    line = [("a", PlacedLoss((8.0, 24.0), (2.0, 1.0)))]
    assert lesson_charts.placed_lines(line, ("x", "y"))["layout"]["shapes"] == []
    assert lesson_charts.placed_lines(line, ("x", "y"), 16)["layout"]["shapes"][0]["x0"] == 16


def test_a_unit_has_a_line_at_each_bar_line_of_the_music():
    text = "M:C|\nK:D\nDF|Ad|\n"
    drawn = lesson_charts.unit_curve(text, np.zeros(len(text)).tolist(), ("x", "y"))
    assert len(drawn["layout"]["shapes"]) == 2


# The page


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_lesson_is_drawn(home, open_app, name, language):
    app = open_app("Lessons", lesson=name, lang=language)
    assert not broken(app)
    assert len(app.radio) == sum(step.question is not None for step in get(name).steps)
    assert {item.key for item in app.get("download_button")} >= {
        "lessons_worksheet",
        "lessons_notebook",
    }


def test_a_lesson_that_is_not_there_is_the_first(home, open_app):
    assert not broken(open_app("Lessons", lesson="<b>"))


def test_without_a_model_lessons_lead_to_train_or_train_their_own(empty_home, open_app):
    app = open_app("Lessons", lesson="temperature")
    assert not broken(app)
    assert "Train a model" in [item.proto.label for item in app.get("page_link")]
    app = open_app("Lessons", lesson="memory")
    assert not broken(app)
    assert app.button(key=key("memory", "train", "go"))


def test_a_result_comes_after_what_one_expects(home, open_app):
    app = open_app("Lessons", lesson="temperature")
    assert app.button(key=key("temperature", "hear", "go")).disabled
    answer(app, "temperature", "hear", 1)
    assert not app.info
    press(app, "temperature", "hear")
    assert not broken(app)
    assert app.info[0].value.startswith("You expected: at 0.8. Mostly at 0.3")
    assert len(app.get("audio")) == 3


def test_another_press_is_another_seed(home, open_app):
    app = answer(open_app("Lessons"), "temperature", "hear")
    for seed in (3, 4):
        press(app, "temperature", "hear")
        assert any(text.startswith(f"Seed {seed}.") for text in values(app, "caption"))


def test_what_was_expected_is_kept_while_another_lesson_is_open(home, open_app):
    app = answer(open_app("Lessons"), "temperature", "hear", 2)
    app.segmented_control(key="lessons_lesson").set_value("copying").run()
    assert not broken(app)
    app.segmented_control(key="lessons_lesson").set_value("temperature").run()
    assert app.radio(key=key("temperature", "hear", "guess")).value == 2


def test_the_temperature_moves_the_probabilities(home, open_app):
    app = open_app("Lessons")
    app.slider(key="lessons_temperature").set_value(1.5).run()
    assert not broken(app)
    assert any("at 1.5." in text for text in values(app, "caption"))


@pytest.mark.parametrize("name", OTHERS)
def test_a_lesson_with_a_trained_model_is_gone_through(home, open_app, name):
    go_through(open_app("Lessons", lesson=name), name)


@pytest.mark.parametrize("name", TRAINED)
def test_a_lesson_that_trains_is_gone_through(empty_home, open_app, small_lessons, name):
    app = go_through(open_app("Lessons", lesson=name), name)
    told = [item.value for item in app.info]
    questions = [step for step in get(name).steps if step.question]
    assert sum(text.startswith("You expected") for text in told) == len(questions)
    prefix = f"lesson-{name}-"
    assert {info.id for info in resources.store().list()} == {
        f"{prefix}{run.key}-1" for run in get(name).runs
    }
    again = open_app("Lessons", lesson=name)
    assert not again.info  # whoever comes anew is asked before results are shown
    answer(again, name, "train")
    assert again.button(key=key(name, "train", "go")).label == "Train again"


def test_later_steps_wait_for_the_trainings(empty_home, open_app):
    app = open_app("Lessons", lesson="memory")
    waiting = "This step needs the trainings of step 1 at their end."
    assert values(app, "caption").count(waiting) == 2


def test_a_training_of_a_lesson_is_paused_stopped_and_goes_on(empty_home, open_app, small_lessons):
    small_lessons(max_steps=100_000, eval_interval=50_000)
    app = answer(open_app("Lessons", lesson="memory"), "memory", "train")
    press(app, "memory", "train")
    assert not broken(app)
    first, second = resources.registry().jobs()
    while first.step < 2:
        assert not first.wait(0.05)
    app.run()
    app.button(key=key("memory", "train", "apart_pause")).click().run()
    assert first.state.status == "paused"
    app.button(key=key("memory", "train", "apart_go_on")).click().run()
    for run in ("carried", "apart"):
        app.button(key=key("memory", "train", f"{run}_stop")).click().run()
    assert first.wait(WAIT_S) and second.wait(WAIT_S)
    app.run()
    assert not broken(app)
    app.button(key=key("memory", "train", "apart_resume")).click().run()
    assert not broken(app)
    job = resources.registry().get("lesson-memory-apart-1")
    assert job is not first
    job.cancel()
    assert job.wait(WAIT_S)


def test_a_missing_tunebook_is_a_sentence(empty_home, open_app, small_lessons):
    (empty_home.data / "irish.abc").unlink()
    app = answer(open_app("Lessons", lesson="memorizing"), "memorizing", "train")
    press(app, "memorizing", "train")
    assert not app.exception
    assert len(app.error) == 1
    assert not resources.store().list()


def test_a_network_without_echoes_says_which_has_them(home, open_app):
    app = open_app("Lessons", lesson="copying")
    assert sum("This network has no echoes" in text for text in values(app, "caption")) == 3


def test_echoes_are_switched_off(empty_home, open_app, monkeypatch):
    short = functools.partial(SampleConfig, sections=1, bars=4)  # nobody trained the network
    monkeypatch.setattr(echo_steps, "SampleConfig", short)
    monkeypatch.setattr(echo_steps, "COUNT", 2)
    made = make_checkpoint(make_network("echo"))
    save_checkpoint(empty_home.checkpoints / "house", made.network, made.metadata)
    app = go_through(open_app("Lessons", lesson="copying"), "copying")
    assert sum(item.value.startswith("You expected") for item in app.info) == 3
