"""``musicgen tunebook`` through its whole course."""

import json
from pathlib import Path

import pypdf
import pytest

from musicgen.__main__ import main
from musicgen.config import Paths
from musicgen.engraving.engraver import missing_part
from musicgen.notation.parsing.tunebook import read_tunebook
from tests.examples import make_tune

JIG = "X:7\nT:The Kettle\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DFA dAF|GBd gdB:|\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.abc").write_text("\n\n".join([JIG, make_tune(1), make_tune(2)]) + "\n")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(["tunebook", *arguments]) == status
    captured = capsys.readouterr()
    return captured.out if status == 0 else captured.err


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    return json.loads(run(capsys, *arguments, "--json"))


def test_an_evening_with_a_tunebook(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No tune" in run(capsys, "list") and "no set" in run(capsys, "sets")
    assert ask(capsys, "add", "own.abc", "--tag", "new") == {
        "tunes": 3, "sets": 0, "known": 0, "empty": 0,
    }  # fmt: skip
    assert "3 were there already" in run(capsys, "add", "own.abc")
    for asked in (["--melody", "DFA dAF"], ["--rhythm", "jig"], ["--words", "kett"],
                  ["--words", "jig 6/8 D major"], ["--like", "own.abc"],
                  ["--melody", "1 3 5 1 5 3"]):  # fmt: skip
        assert "The Kettle" in run(capsys, "list", *asked).splitlines()[0]
    assert run(capsys, "list", "--words", "jig 9/8") == "No tune has all of this. Ask for less.\n"
    changed = ask(capsys, "change", "The Kettle", "--title", "Mine", "--tag", "slow",
                  "--untag", "new", "--note", "from Anna")  # fmt: skip
    assert (changed["title"], changed["tags"]) == ("Mine", ["slow"])
    assert "from Anna" in run(capsys, "show", "Mine") and "T:Mine" in run(capsys, "show", "Mine")
    run(capsys, "set", "Friday", "Mine*3", "Tune 1*2@-2", "Tune 2")
    assert run(capsys, "sets") == "Friday: Mine ×3 / Tune 1 ×2 (-2) / Tune 2\n"
    run(capsys, "backup", "--out", "all.zip")
    run(capsys, "remove", "Mine", "--yes")
    assert [len(one["tunes"]) for one in ask(capsys, "sets")] == [2]
    run(capsys, "unset", "Friday")
    assert ask(capsys, "import", "all.zip") == {"tunes": 1, "sets": 1, "known": 2, "empty": 0}
    assert ask(capsys, "show", "Mine")["note"] == "from Anna"
    assert "Mine ×3" in run(capsys, "sets")


def test_files_bear_titles(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "add", "own.abc")
    run(capsys, "set", "Friday night", "The Kettle*2", "Tune 1")
    run(capsys, "export", "The Kettle", "--formats", "abc,midi")
    run(capsys, "export", "--set", "Friday night", "--formats", "abc,midi")
    run(capsys, "export", "--book")
    run(capsys, "export", "--formats", "zip", "--out", "packed") if not missing_part(
        Paths.default()
    ) else None
    assert {path.name for path in (home / "out").iterdir()} == {
        "The-Kettle.abc", "The-Kettle.mid", "Friday-night.abc", "Friday-night.mid", "tunebook.abc",
    }  # fmt: skip
    whole = (home / "out" / "tunebook.abc").read_text("utf-8")
    assert {tune.title for tune, _ in read_tunebook(whole)} == {"The Kettle", "Tune 1", "Tune 2"}
    assert "already" in run(capsys, "export", "The Kettle", status=2)


@pytest.mark.skipif(missing_part(Paths.default()) is not None, reason="abcjs is not here")
def test_a_note_and_the_fields_of_a_tune_are_changed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", "own.abc")
    run(capsys, "change", "The Kettle", "--composer", "Anna", "--rhythm", "slide", "--tempo", "90")
    shown = run(capsys, "show", "The Kettle")
    assert "C:Anna" in shown and "R:slide" in shown and "Q:" in shown
    run(capsys, "change", "The Kettle", "--tempo", "0", "--composer", "")
    shown = run(capsys, "show", "The Kettle")
    assert "C:" not in shown and "Q:" not in shown
    changed = run(capsys, "note", "The Kettle", "1", "up")
    assert changed.splitlines()[-1] != shown.splitlines()[-1]
    assert "there is no note 999" in run(capsys, "note", "The Kettle", "999", "up", status=2)


def test_a_tune_is_varied_made_another_dance_and_moved_for_an_instrument(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", "own.abc")
    varied = run(capsys, "vary", "The Kettle", "--amount", "1", "--seed", "2", "--keep")
    assert "T:The Kettle (variant)" in varied
    assert "The Kettle (variant)" in run(capsys, "list")
    assert "M:4/4" in run(capsys, "vary", "The Kettle", "--dance", "reel")
    assert "instrument" in run(capsys, "fit", "The Kettle", status=2)
    assert "The Kettle: exercise" in run(capsys, "etude", "The Kettle", "--bars", "1", "--keep")
    assert "harmonica C" in run(capsys, "instrument", "harmonica C")
    told = json.loads(run(capsys, "fit", "The Kettle", "--json"))
    assert told["instrument"] == "harmonica C" and told["missing"] <= told["missing_before"]


def test_a_book_is_printed_and_given_to_friends(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", "own.abc")
    assert "3 tunes" in run(
        capsys,
        "pdf",
        "--out",
        "book.pdf",
        "--paper",
        "a5",
        "--code",
        "none",
        "--fingering",
        "whistle D",
    )
    assert (home / "book.pdf").read_bytes().startswith(b"%PDF")
    assert "1 tune\n" in run(capsys, "friends", "The Kettle", "--out", "friends.html")
    assert "The Kettle" in (home / "friends.html").read_text("utf-8")


def test_a_set_is_printed_by_itself_in_its_keys(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", "own.abc")
    run(capsys, "set", "Friday", "The Kettle*3@2")
    assert "set.pdf: 1 tune\n" in run(capsys, "pdf", "--set", "Friday", "--out", "set.pdf")
    pages = [page.extract_text() for page in pypdf.PdfReader(home / "set.pdf").pages]
    assert len(pages) == 1
    assert all(words in pages[0] for words in ("Friday", "The Kettle", "E major", "×3"))
    assert "no set" in run(capsys, "pdf", "--set", "Monday", "--out", "other.pdf", status=2)


def test_a_whole_set_is_moved_but_not_further_than_each_tune_can_go(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", "own.abc")
    run(capsys, "set", "Friday", "The Kettle*3@2")
    assert "×3 (+2)" in run(capsys, "sets")
    assert "×3 (-1)" in run(capsys, "set", "Friday", "--transpose", "-3")
    assert "semitones" in run(capsys, "set", "Friday", "The Kettle@5", "--transpose", "8", status=2)
    assert "×3 (-1)" in run(capsys, "sets")
    assert "--transpose" in run(capsys, "set", "Friday", status=2)


def test_bars_are_named_as_musicians_count_them(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "pickup.abc").write_text(
        "X:1\nT:With a Pickup\nM:4/4\nL:1/4\nK:G\n|:D|GABc|dcBA|G3:|\n", encoding="utf-8"
    )
    run(capsys, "add", "pickup.abc")
    made = run(capsys, "etude", "With a Pickup", "--bars", "1")
    assert "|:GA Bc:|" in made
    said = run(capsys, "etude", "With a Pickup", "--bars", "99-100", status=2)
    assert "bars 0 to 3: 99 to 100 are not among them" in said
    said = run(capsys, "rewrite", "With a Pickup", "--bars", "9", status=2)
    assert "bars 0 to 3: 9 to 9 are not among them" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "nobody"], "no tune 'nobody'"),
        (["set", "Friday", "nobody*2"], "no tune"),
        (["unset", "Friday"], "no set"),
        (["export", "--set", "Friday"], "no set"),
        (["export"], "no such tune"),
        (["pdf", "--out", "book.pdf"], "no such tune"),
        (["list", "--melody", "D"], "at least 4 notes"),
        (["list", "--melody", "zzz"], "'zzz' is not a note"),
        (["import", "own.abc"], "no backup"),
        (["import", "none.zip"], "none.zip"),
        (["add", "none.abc"], "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert sentence in run(capsys, *arguments, status=2)
