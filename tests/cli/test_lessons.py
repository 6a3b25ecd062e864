import json

import pytest

from musicgen.__main__ import main
from musicgen.lessons.course import LESSONS


def run(capsys, *arguments):
    status = main(arguments)
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out


def test_the_lessons_are_listed(capsys):
    listed = json.loads(run(capsys, "lessons", "list", "--json"))
    assert [one["lesson"] for one in listed] == [lesson.name for lesson in LESSONS]
    assert LESSONS[0].goal in run(capsys, "lessons", "list")


@pytest.mark.parametrize(("command", "ending"), [("worksheet", "html"), ("notebook", "ipynb")])
def test_what_is_taken_away_is_written_once(tmp_path, capsys, command, ending):
    arguments = ["lessons", command, "memory", "--out", str(tmp_path)]
    run(capsys, *arguments)
    assert (tmp_path / f"memory.{ending}").is_file()
    assert main(arguments) == 2
    assert "memory" in capsys.readouterr().err
    run(capsys, *arguments, "--overwrite")


def test_a_lesson_that_is_not_there_is_a_sentence(capsys):
    assert main(["lessons", "notebook", "algebra"]) == 2
    assert "There is no lesson named 'algebra'" in capsys.readouterr().err


def test_the_tunebooks_of_the_lessons_are_made(tmp_path, tunebook, capsys, monkeypatch):
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "irish.abc").write_text(tunebook, encoding="utf-8")
    assert "lesson-few and lesson-some" in run(capsys, "lessons", "tunebooks")
    assert {path.name for path in (tmp_path / "corpora").iterdir()} >= {"lesson-few", "lesson-some"}
