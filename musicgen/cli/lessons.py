"""``musicgen lessons``: what the lessons are, worksheets and notebooks of them, their tunebooks."""

from collections.abc import Sequence
from pathlib import Path

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output

lesson_argument = click.argument("name")
out_option = click.option("--out", type=click.Path(path_type=Path), default=Path(),
                          help="Folder to write into; the present one if none.")  # fmt: skip


@click.group("lessons")
def lessons_group() -> None:
    """The lessons of the page: list them, take worksheets and notebooks, make their tunebooks."""


@lessons_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """The lessons, and what one learns in each."""
    from musicgen.lessons.course import LESSONS

    if as_json:
        echo_json([{"lesson": one.name, "title": one.title, "minutes": one.minutes,
                    "goal": one.goal} for one in LESSONS])  # fmt: skip
        return
    for number, one in enumerate(LESSONS, 1):
        echo(f"{number}  {one.name:<14} {one.minutes:>2} min  {one.goal}")


@lessons_group.command("worksheet")
@lesson_argument
@out_option
@overwrite_option
def worksheet_command(name: str, out: Path, overwrite: bool) -> None:
    """Write the worksheet of a lesson, one HTML page to print."""
    from musicgen.lessons.course import get_lesson
    from musicgen.lessons.worksheet import render_worksheet

    lesson = get_lesson(name)
    _write(out / f"{lesson.name}.html", render_worksheet(lesson), overwrite)


@lessons_group.command("notebook")
@lesson_argument
@out_option
@overwrite_option
def notebook_command(name: str, out: Path, overwrite: bool) -> None:
    """Write the notebook of a lesson, for Jupyter."""
    from musicgen.lessons.course import get_lesson
    from musicgen.lessons.notebook import render_notebook

    lesson = get_lesson(name)
    _write(out / f"{lesson.name}.ipynb", render_notebook(lesson), overwrite)


@lessons_group.command("tunebooks")
def tunebooks_command() -> None:
    """Make the small tunebooks that some lessons train on, of the lab's tunebook."""
    from musicgen.config import Paths
    from musicgen.lessons.trainings import TUNEBOOKS, make_tunebook

    for name in TUNEBOOKS:
        make_tunebook(name, Paths.default())
    echo(_sentence(tuple(TUNEBOOKS)))


def _sentence(names: Sequence[str]) -> str:
    return f"Here are {' and '.join(names)}: --set source={names[0]} trains on the first."


def _write(path: Path, text: str, overwrite: bool) -> None:
    check_free([path], overwrite)
    write_output(path, text.encode("utf-8"), overwrite)
    echo(f"{path}")
