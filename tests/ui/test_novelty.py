import json

import pytest

from musicgen.corpus.split import choose_side
from musicgen.evaluation.novelty.comparison import RealFigures
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import TrainingSource
from musicgen.jobs.novelty_service import IndexInProgress, NoveltyService
from musicgen.models.checkpoint import list_checkpoints
from musicgen.ui.base import resources
from musicgen.ui.base.words import plain
from musicgen.ui.tune.novelty_charts import runs_figure
from tests.ui.test_play_page import compose
from tests.ui.tiny_model import TUNE

LAB = (TrainingSource("lab"),)
PATIENCE_S = 240


def learned_from_lab(home):
    """Makes the model say that it learned from the lab's corpus."""
    file = home.checkpoints / "house" / "checkpoint.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(values | {"corpus": {"source": "lab"}}), encoding="utf-8")
    return list_checkpoints(home)[0]


def line(app):
    return next(item.label for item in app.expander if "fingerprint" in item.proto.icon)


def test_a_new_tune_is_told_with_its_longest_run_and_what_is_behind_it(home, open_app):
    learned_from_lab(home)
    load_index(LAB, home)
    app = compose(open_app())
    assert not app.exception
    assert line(app).startswith("New: longest shared run ")
    assert "(real tunes: " in line(app)
    assert not app.table
    app.session_state["play_novelty_open"] = True
    app.run()
    assert not app.exception
    assert app.table


def test_a_learned_tune_is_told_to_be_known(home, open_app):
    learned_from_lab(home)
    title = next(f"Old *Tune* {n}" for n in range(99) if choose_side(f"old tune {n}") == "train")
    book = home.data / "irish.abc"
    text = book.read_text(encoding="utf-8")
    book.write_text(f"{text}\n{TUNE.replace('The Patient Machine', title)}\n", encoding="utf-8")
    load_index(LAB, home)
    app = compose(open_app())
    assert line(app) == "Known: this is " + plain(title)
    assert "\\*Tune\\*" in line(app)


def test_without_the_corpus_the_page_plays_and_says_what_is_not_known(home, open_app):
    learned_from_lab(home)
    (home.data / "irish.abc").unlink()
    app = compose(open_app())
    assert not app.exception and not app.error
    said = [item.value for item in app.caption if "not known" in item.value]
    assert len(said) == 1 and "corpus fetch lab" in said[0]
    assert app.get("download_button")


def test_a_model_that_does_not_say_its_corpus_plays(home, open_app):
    app = open_app(lang="zh", seed="4")
    assert not app.exception
    assert any("没有说明" in item.value for item in app.caption)


def test_a_page_that_has_to_wait_says_how_far_the_reading_is(home, open_app, monkeypatch):
    learned_from_lab(home)
    monkeypatch.setattr(NoveltyService, "ask", lambda *_: IndexInProgress(1234))
    app = compose(open_app())
    assert not app.exception
    assert any("1,234 tunes so far" in item.value for item in app.caption)


def test_the_figure_shows_the_share_of_every_length_and_the_tune_as_a_line():
    import numpy as np

    real = RealFigures(np.array([3, 3, 4, 5]), np.zeros(4))
    figure = runs_figure(real, 7, "Title")
    (bars,) = figure["data"]
    assert dict(zip(bars["x"], bars["y"], strict=True))[3] == 0.5
    assert sum(bars["y"]) == pytest.approx(1)
    (upright,) = figure["layout"]["shapes"]
    assert upright["x0"] == upright["x1"] == 7
    assert "7" in figure["layout"]["annotations"][0]["text"]


def test_one_desk_serves_all_sessions(home):
    assert resources.novelty_service() is resources.novelty_service()
