"""``musicgen check`` as a user meets it."""

import json
from pathlib import Path

import pytest

from musicgen.__main__ import main

BOOK = (
    "M:4/4\nL:1/8\n\n"
    "X:1\nT:Right\nK:D\nABcd efga|ABcd efga|]\n\n"
    "X:2\nT:Wrong\nK:G\nABcd efga|\n Bcd efga|A2 ?B2|c8|\n"
)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.abc"
    path.write_text(BOOK)
    return path


def test_every_problem_has_its_place_in_the_file(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(book)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "book.abc:4: 1 Right: 2 bars, A4 to A5, ends properly, in time",
        "book.abc:9: 2 Wrong: 4 bars, A4 to A5, does not end with a closing bar line, not in time",
        "  book.abc:13:14: '?' means nothing here; left out.",
        "  book.abc:13:2: Bar 2 is too short: 7/2 instead of 4 quarter notes.",
        "  book.abc:13:11: Bar 3 is too short: 2 instead of 4 quarter notes.",
        "2 tunes: 1 readable without a problem, 1 end properly, 1 in time",
    ]


def test_programs_get_json(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(book), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["summary"] == {
        "tunes": 2, "readable": 1, "left_out": 0, "complete": 1, "in_time": 1,
    }  # fmt: skip
    wrong = answer["tunes"][1]
    assert (wrong["line"], wrong["lowest"], wrong["highest"]) == (9, 69, 81)
    assert wrong["problems"] == [
        {
            "line": 13,
            "column": 14,
            "message": "'?' means nothing here; left out.",
            "kind": "not read",
        }
    ]
    assert wrong["wrong_bars"][0] == {
        "line": 13,
        "column": 2,
        "number": 2,
        "verdict": "short",
        "expected_quarters": "4",
        "actual_quarters": "7/2",
    }


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(
    line_end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "book.abc"
    path.write_bytes(BOOK.replace("\n", line_end).encode())
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "book.abc:13:2: Bar 2" in out
    assert "book.abc:13:14: '?'" in out


@pytest.mark.parametrize("content", [b"Dear Sir or Madam,", b"\x00\x01\x02", None])
def test_what_is_no_tunebook_is_refused_with_one_sentence(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "letter.abc"
    if content is not None:
        path.write_bytes(content)
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_a_tune_without_meter_has_no_time_to_keep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "free.abc"
    book.write_text("X:1\nT:Free\nM:none\nL:1/8\nK:C\nCDEF G|A3|]\n")
    assert main(["check", str(book)]) == 0
    assert "no meter to keep" in capsys.readouterr().out
    main(["check", str(book), "--json"])
    assert json.loads(capsys.readouterr().out)["tunes"][0]["in_time"] is None


HYMNAL = "".join(
    f"X:{number}\nT:Hymn {number}\nM:4/4\nL:1/4\nK:C\n"
    "V:S\n!breathe!CDEF|GABc|]\nw:A- maz- ing grace | how sweet the sound\n"
    "V:A\nC4|C4|]\nV:T\nC4|C4|]\nV:B\nC4|C4|]\nW:Verse two | of it\n\n"
    for number in range(1, 4)
)


def test_a_hymnal_is_readable_though_voices_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hymns.abc"
    path.write_text(HYMNAL)
    assert main(["check", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["summary"] == {
        "tunes": 3, "readable": 3, "left_out": 3, "complete": 3, "in_time": 3,
    }  # fmt: skip
    assert {problem["kind"] for tune in answer["tunes"] for problem in tune["problems"]} == {
        "left out"
    }
    assert main(["check", str(path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("3 tunes: 3 readable (3 with something left out), 3 end properly")


def test_a_stray_nul_does_not_cost_a_book(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "book.abc"
    path.write_text(BOOK.replace("efga|]", "ef\0ga|]"))
    assert main(["check", str(path)]) == 0
    assert "2 tunes: 1 readable" in capsys.readouterr().out
    path.write_bytes(b"\x7fELF\0\1\2" + bytes(range(32)) * 40)
    assert main(["check", str(path)]) == 2
    assert "not a text file" in capsys.readouterr().err
