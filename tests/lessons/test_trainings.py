import dataclasses

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset, require_trainable
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.errors import CorpusError
from musicgen.lessons.course import LESSONS
from musicgen.lessons.trainings import FEW, find_runs, make_tunebook, name_run
from musicgen.training.runs.run import RunStore
from tests.examples import make_tune


@pytest.fixture
def home(paths: Paths, tunebook: str) -> Paths:
    """The tiny tunebook in the place of the lab's."""
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    return paths


def test_a_small_tunebook_keeps_each_tune_on_its_side(home):
    make_tunebook(FEW, home)
    small, whole = load_dataset(FEW, home), load_dataset("lab", home)
    assert set(small.texts("train")) == set(whole.texts("train")[:16])
    assert set(small.texts("val")) == set(whole.texts("val")[:8])
    assert not small.texts("test")


def test_a_small_tunebook_is_made_once(home):
    make_tunebook(FEW, home)
    made = CorpusStore(home.corpora).get(FEW).changed_ns
    make_tunebook(FEW, home)
    assert CorpusStore(home.corpora).get(FEW).changed_ns == made


def test_a_corpus_of_that_name_is_left_alone(home):
    store = CorpusStore(home.corpora)
    store.create(FEW, [Upload("own.abc", make_tune(7).encode())])
    make_tunebook(FEW, home)
    assert store.get(FEW).tunes == 1


def test_other_corpora_are_not_made(home):
    make_tunebook("lab", home)
    assert not CorpusStore(home.corpora).list()


def test_without_the_labs_tunebook_it_is_a_sentence(paths):
    with pytest.raises(CorpusError):
        make_tunebook(FEW, paths)


def test_of_each_training_the_newest_run_is_found(paths):
    lesson = next(one for one in LESSONS if one.name == "memory")
    store = RunStore(paths.runs)
    assert find_runs(store, lesson) == {}
    for number in (1, 2):
        for run in lesson.runs:
            made = store.create(f"{name_run(lesson, run)}-{number}", run.preset)
            values = (made.path / "config.json").read_text()
            moment = f'"created": "2026-01-0{number}T00:00:00+00:00"'
            start = values.index('"created"')
            values = values[:start] + moment + values[values.index(",", start) :]
            (made.path / "config.json").write_text(values)
    store.create("lesson-memory-apart-of-mine", lesson.runs[0].preset)
    found = find_runs(store, lesson)
    assert [info.id for info in found.values()] == [
        "lesson-memory-apart-2",
        "lesson-memory-carried-2",
    ]


def test_trainings_of_a_lesson_differ_in_what_it_is_about():
    for name, differing in (("memory", "carry_state"), ("learning-rate", "learning_rate")):
        lesson = next(one for one in LESSONS if one.name == name)
        values = [run.preset.training.to_dict() for run in lesson.runs]
        assert len({one.pop(differing) for one in values}) == len(values)
        assert all(one == values[0] for one in values)
        assert len({run.preset.network for run in lesson.runs}) == 1


def test_the_tunebooks_are_large_enough_for_their_trainings(home):
    lesson = next(one for one in LESSONS if one.name == "memorizing")
    make_tunebook(FEW, home)
    dataset = load_dataset(FEW, home)
    (run,) = lesson.runs
    require_trainable(dataset, run.preset.training)
    assert dataclasses.is_dataclass(run)
