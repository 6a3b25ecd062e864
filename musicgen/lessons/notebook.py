"""A lesson as a Jupyter notebook: its steps with the public interface `musicgen` and its commands.

The format is nbformat 4.5, a JSON document that is written here as such: nothing of Jupyter needs
to be installed.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from musicgen.evaluation.measure_labels import Translate
from musicgen.lessons.course import number_of
from musicgen.lessons.lesson import Lesson, Step
from musicgen.translatable import N_

FORMAT, FORMAT_MINOR = 4, 5

MIME_TYPE = "application/x-ipynb+json"

_LOAD = 'model = musicgen.load_model("house")'


def render_notebook(lesson: Lesson, translate: Translate = str) -> str:
    """The notebook as the text of a file.

    Args:
        lesson: The lesson.
        translate: Gives its words in another language.
    """
    values = {
        "cells": list(_number(_cells(lesson, translate))),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": FORMAT,
        "nbformat_minor": FORMAT_MINOR,
    }
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def _cells(lesson: Lesson, translate: Translate) -> Iterator[dict[str, Any]]:
    yield _markdown(
        f"# {number_of(lesson)} · {translate(lesson.title)}", translate(lesson.goal),
        translate(N_("The cells need the program as a library: `pip install .` in its folder.")),
    )  # fmt: skip
    yield _code("import musicgen" if lesson.runs else f"import musicgen\n\n{_LOAD}")
    if lesson.runs:
        yield _markdown(
            translate(N_("A training is kept as a run under its name. To train again, choose "
                         "another name."))
        )  # fmt: skip
    for number, step in enumerate(lesson.steps, 1):
        yield _markdown(*_describe(number, step, translate))
        yield _code(step.code)
        if step.question:
            yield _markdown(translate(step.question.answer))
    yield _markdown(
        f"## {translate(N_('What you have seen'))}",
        *(f"- {translate(text)}" for text in lesson.seen),
    )
    yield _markdown(
        f"## {translate(N_('Questions'))}", *(f"- {translate(text)}" for text in lesson.tasks)
    )
    yield _markdown(
        f"## {translate(N_('Where to read on'))}",
        *(f"- {paper.title} ({paper.year})" for paper in lesson.reading),
    )


def _describe(number: int, step: Step, translate: Translate) -> Sequence[str]:
    lines = [f"## {number}", translate(step.text)]
    if step.question:
        lines.append(f"**{translate(N_('What do you expect?'))}** {translate(step.question.text)}")
        lines.append("\n".join(f"- [ ] {translate(one)}" for one in step.question.choices))
    return lines


def _markdown(*paragraphs: str) -> dict[str, Any]:
    source = "\n\n".join(paragraphs)
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def _number(cells: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The cells with the names that the format asks for."""
    for number, cell in enumerate(cells, 1):
        yield {"id": f"cell-{number}"} | cell
