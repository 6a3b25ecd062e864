"""A lesson as a worksheet to print: one HTML page that needs nothing else.

There is no script in it and no address. The page is the template `worksheet.html`, which escapes
whatever it is given.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from musicgen.evaluation.measure_labels import Translate
from musicgen.lessons.course import number_of
from musicgen.lessons.lesson import Lesson
from musicgen.translatable import N_
from musicgen.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template

LINES_FOR_A_STEP, LINES_FOR_A_TASK = 2, 3
"""Empty lines to write on."""


def render_worksheet(lesson: Lesson, translate: Translate = str, language: str = "en") -> str:
    """The worksheet as a page.

    Args:
        lesson: The lesson.
        translate: Gives its words in another language.
        language: The language's tag, as for ``lang``.
    """
    title = f"{number_of(lesson)} · {translate(lesson.title)}"
    steps = [
        {
            "text": translate(step.text),
            "question": translate(step.question.text) if step.question else "",
            "choices": [translate(one) for one in step.question.choices] if step.question else [],
            "chart": translate(step.chart) if step.chart else "",
        }
        for step in lesson.steps
    ]
    return _template().render(
        language=language,
        title=title,
        goal=translate(lesson.goal),
        steps=steps,
        tasks=[translate(text) for text in lesson.tasks],
        reading=lesson.reading,
        words={
            "name": translate(N_("Name")),
            "date": translate(N_("Date")),
            "expect": translate(N_("What do you expect?")),
            "saw": translate(N_("What I saw:")),
            "questions": translate(N_("Questions")),
            "reading": translate(N_("Where to read on")),
        },
        step_lines=LINES_FOR_A_STEP,
        task_lines=LINES_FOR_A_TASK,
        footer=translate(N_("Worksheet of the lesson {title}, musicgen {version}")).format(
            title=title, version=__version__
        ),
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("worksheet.html")
