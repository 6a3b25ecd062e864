import dataclasses
import html
import re

import pytest

from musicgen.lessons.course import LESSONS
from musicgen.lessons.worksheet import LINES_FOR_A_STEP, LINES_FOR_A_TASK, render_worksheet
from musicgen.ui.base.language import translations

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


@each_lesson
def test_a_worksheet_has_every_question_and_lines_to_write_on(lesson):
    page = render_worksheet(lesson)
    text = html.unescape(page)
    assert lesson.goal in text
    for step in lesson.steps:
        assert step.text in text
        if step.question:
            assert step.question.text in text
            assert all(choice in text for choice in step.question.choices)
            assert step.question.answer not in text  # it is for before
    wanted = LINES_FOR_A_STEP * len(lesson.steps) + LINES_FOR_A_TASK * len(lesson.tasks)
    assert page.count('<div class="line">') == wanted
    assert "<footer>" in page and lesson.title in page.split("<footer>")[1]


@each_lesson
def test_a_worksheet_has_no_script_and_no_address(lesson):
    page = render_worksheet(lesson)
    assert not re.search(r"<script|https?:|src=|href=", page)


def test_a_worksheet_escapes_what_it_is_given():
    hostile = dataclasses.replace(LESSONS[0], goal="<script>alert(1)</script>", title="a & <b>")
    page = render_worksheet(hostile)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "a &amp; &lt;b&gt;" in page


def test_a_worksheet_in_chinese_says_so():
    page = render_worksheet(LESSONS[0], translations("zh").gettext, "zh-Hans")
    assert '<html lang="zh-Hans">' in page
    assert "温度" in page and "What I saw" not in page
