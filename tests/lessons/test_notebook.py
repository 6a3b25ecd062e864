"""Notebooks are of the format's version 4, and name only what programs may build on."""

import ast
import inspect
import json
import re
import shlex
from importlib import import_module

import click
import pytest

import musicgen
from musicgen.__main__ import COMMANDS
from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig
from musicgen.lessons.course import LESSONS
from musicgen.lessons.notebook import render_notebook
from musicgen.ui.base.language import translations

COMMAND = re.compile(r"^(\s*)!python -m musicgen (.*)$")
KNOWN_MODULES = {"musicgen", "IPython"}

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def cells(lesson, kind):
    found = json.loads(render_notebook(lesson))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == kind]


def as_python(source):
    """A cell without what is for the shell."""
    return "\n".join(COMMAND.sub(r"\1pass", line) for line in source.split("\n"))


def commands(lesson):
    lines = [line for source in cells(lesson, "code") for line in source.split("\n")]
    found = filter(None, map(COMMAND.match, lines))
    return [shlex.split(one[2].replace("{seed}", "1")) for one in found]


@each_lesson
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_notebook_is_valid(lesson, language):
    book = json.loads(render_notebook(lesson, translations(language).gettext))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in book["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    for cell in book["cells"]:
        assert isinstance(cell["metadata"], dict)
        assert all(type(line) is str for line in cell["source"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        wanted = {"id", "cell_type", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"outputs", "execution_count"}
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        else:
            assert cell["cell_type"] == "markdown"
        assert set(cell) == wanted


@each_lesson
def test_a_notebook_does_every_step(lesson):
    text = "\n".join(cells(lesson, "markdown"))
    assert all(step.text in text for step in lesson.steps)
    assert all(paper.title in text for paper in lesson.reading)
    assert len(cells(lesson, "code")) == len(lesson.steps) + 1


@each_lesson
def test_code_is_python_and_names_only_the_public_interface(lesson):
    tree = ast.parse("\n".join(map(as_python, cells(lesson, "code"))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= KNOWN_MODULES
        elif isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] in KNOWN_MODULES - {"musicgen"}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "musicgen":
            assert node.attr in musicgen.__all__


@each_lesson
def test_settings_in_the_code_are_settings(lesson):
    configs = {
        "musicgen.train": (NetworkConfig, TrainingConfig),
        "musicgen.compose": (SampleConfig,),
    }
    for source in cells(lesson, "code"):
        for node in ast.walk(ast.parse(as_python(source))):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if name not in configs:
                continue
            known = {one for kind in configs[name] for one in kind.__dataclass_fields__}
            known |= set(inspect.signature(getattr(musicgen, name.split(".")[1])).parameters)
            assert {keyword.arg for keyword in node.keywords} <= known


@each_lesson
def test_commands_in_the_code_take_what_they_are_given(lesson):
    for words in commands(lesson):
        name, *rest = words
        command = getattr(import_module(f"musicgen.cli.{name}"), COMMANDS[name][0])
        while isinstance(command, click.Group):
            command = command.commands[rest.pop(0)]
        assert command.make_context(name, rest)
