"""Every lesson has all its parts, and says them in every language of the pages."""

import pytest

from musicgen.errors import ConfigError
from musicgen.lessons.course import LESSONS, get_lesson, number_of
from musicgen.lessons.trainings import name_run
from musicgen.names import check_name
from musicgen.ui.base.language import translations

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def test_there_are_eight_and_each_is_found_by_its_name():
    assert len({lesson.name for lesson in LESSONS}) == 8
    for number, lesson in enumerate(LESSONS, 1):
        assert get_lesson(lesson.name) is lesson
        assert number_of(lesson) == number


def test_a_lesson_that_is_not_there_is_a_sentence():
    with pytest.raises(ConfigError, match="There is no lesson named 'algebra'"):
        get_lesson("algebra")


@each_lesson
def test_a_lesson_is_short_and_whole(lesson):
    assert 0 < lesson.minutes <= 10
    assert 3 <= len(lesson.steps) <= 6
    assert len({step.name for step in lesson.steps}) == len(lesson.steps)
    assert lesson.seen and lesson.tasks and lesson.reading
    assert any(step.question for step in lesson.steps)
    assert any(step.chart for step in lesson.steps)
    assert all(text.strip() for text in lesson.texts())


@each_lesson
def test_what_is_asked_has_choices_and_an_answer(lesson):
    questions = [step.question for step in lesson.steps if step.question]
    for question in questions:
        assert question.text.endswith("?")
        assert len(set(question.choices)) == len(question.choices) >= 2
        assert len(question.answer) > 40


@each_lesson
def test_a_chart_has_one_sentence_with_its_unit(lesson):
    units = ("percent", "nats per character", "characters", "without a unit")
    for chart in [step.chart for step in lesson.steps if step.chart]:
        assert any(unit in chart for unit in units), chart
        assert chart.count(". ") == 0, chart


@each_lesson
def test_every_text_is_there_in_chinese(lesson):
    chinese = translations("zh")
    untold = [text for text in lesson.texts() if text not in chinese._catalog]
    assert untold == []


@each_lesson
def test_papers_have_a_year(lesson):
    assert all(1950 < paper.year < 2030 and paper.title for paper in lesson.reading)


@each_lesson
def test_runs_of_a_lesson_can_have_their_names(lesson):
    names = [name_run(lesson, run) for run in lesson.runs]
    assert len(set(names)) == len(names)
    assert all(check_name(f"{name}-12") for name in names)
    assert all(run.preset.training.max_steps <= 600 for run in lesson.runs)
