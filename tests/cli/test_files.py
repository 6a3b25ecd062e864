"""Files of tunes from the command line: what a program that opens them finds."""

import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import mido
import pytest

from musicgen.__main__ import main
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.engraving.engraver import missing_part
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files.formats import FORMATS, Format
from tests.examples import write_checkpoint

needs_engraver = pytest.mark.skipif(
    missing_part(Paths.default()) is not None, reason=str(missing_part(Paths.default()))
)


def test_render_writes_musicxml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.abc"
    book.write_text("X:1\nT:A < B & C\nM:4/4\nL:1/8\nK:D\nABcd efga|]\n")
    assert main(["render", str(book), "--out", str(tmp_path), "--formats", "musicxml"]) == 0
    score = ElementTree.fromstring((tmp_path / "1.musicxml").read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert score.findtext("work/work-title") == "A < B & C"
    assert len(score.findall("part/measure/note")) == 8


def test_a_rendered_tune_takes_the_header_of_its_book_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.abc"
    book.write_text("M:3/4\nL:1/4\n%%propagate-accidentals not\n\nX:1\nK:D\n=ccd|]\n")
    assert main(["render", str(book), "--out", str(tmp_path), "--formats", "abc"]) == 0
    tune, problems = read_tune((tmp_path / "1.abc").read_text())
    assert problems == ()
    assert [note.pitch for note in tune.performance] == [72, 73, 74]
    assert tune.bars[0].actual == tune.bars[0].expected == 3


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """A home folder with an untrained network named ``small``."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    write_checkpoint(tmp_path / "runs" / "small" / "best", dataset.vocabulary)
    return tmp_path


def compose(home: Path, *arguments: str) -> int:
    return main(["compose", *arguments, "--out", str(home / "out"), "--overwrite", "--json"])


ASKED = ("--checkpoint", "small", "--key", "D major", "--sections", "1", "--bars", "2",
         "--seed", "3", "--range", "D-b")  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(one, id=one.name, marks=[needs_engraver] if one.is_engraved else [])
        for one in FORMATS.values()
    ],
)
def test_a_tune_comes_back_from_any_of_its_files(
    home: Path, capsys: pytest.CaptureFixture[str], kind: Format
) -> None:
    suffix = kind.suffix
    assert compose(home, *ASKED, "--formats", f"abc,{kind.name}", "--instrument", "fiddle") == 0
    row = json.loads(capsys.readouterr().out)["tunes"][0]
    text = (home / "out" / "small-3.abc").read_text()
    assert row["loss"] > 0
    assert row["body_loss"] > 0
    assert row["time_s"] > 0
    source = home / f"kept.{suffix}"
    (home / "out" / f"small-3.{suffix}").rename(source)
    assert compose(home, "--from", str(source), "--formats", "abc") == 0
    assert (home / "out" / "small-3.abc").read_text() == text


def test_a_tune_comes_back_with_its_players_unless_others_are_asked_for(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compose(home, *ASKED, "--formats", "midi", "--instrument", "fiddle", "--drum") == 0
    source = home / "kept.mid"
    (home / "out" / "small-3.mid").rename(source)

    def programs() -> set[int]:
        track = mido.MidiFile(home / "out" / "small-3.mid")
        return {message.program for message in track if message.type == "program_change"}

    assert compose(home, "--from", str(source), "--formats", "midi") == 0
    assert (home / "out" / "small-3.mid").read_bytes() == source.read_bytes()
    assert compose(home, "--from", str(source), "--formats", "midi", "--instrument", "harp") == 0
    assert 46 in programs()
    assert 110 not in programs()


def test_all_takes_of_an_archive_come_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compose(home, *ASKED, "--count", "3", "--formats", "abc,zip") == 0
    rows = json.loads(capsys.readouterr().out)["tunes"]
    [archive] = [Path(name) for name in rows[0]["files"] if name.endswith(".zip")]
    assert archive.name == "small-3-3-tunes.zip"
    texts = {path.name: path.read_text() for path in (home / "out").glob("*.abc")}
    assert len(texts) == 3
    with zipfile.ZipFile(archive) as file:
        assert {name: file.read(name).decode() for name in texts} == texts
    assert main(["compose", "--from", str(archive), "--formats", "abc",
                 "--out", str(home / "again")]) == 0  # fmt: skip
    assert {path.name: path.read_text() for path in (home / "again").iterdir()} == texts


def test_a_zip_alone_holds_the_usual_formats(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compose(home, *ASKED, "--formats", "zip") == 0
    assert [path.name for path in (home / "out").iterdir()] == ["small-3.zip"]
    with zipfile.ZipFile(home / "out" / "small-3.zip") as file:
        assert {"README.txt", "small-3.abc", "small-3.mid", "small-3.mp3"} <= {*file.namelist()}


def test_a_changed_network_is_refused_and_anyway_goes_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compose(home, *ASKED, "--formats", "abc") == 0
    kept = home / "kept.abc"
    kept.write_text(
        (home / "out" / "small-3.abc").read_text().replace("fingerprint=", "fingerprint=00")
    )
    assert compose(home, "--from", str(kept)) == 2
    assert "another version of small" in capsys.readouterr().err
    assert compose(home, "--from", str(kept), "--anyway", "--formats", "abc") == 0


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("small", ["--temperature", "1"], "leave out --temperature"),
        ("small", ["--max-new-tokens", "9"], "leave out --max-new-tokens"),
        ("small", ["--prompt", "X:1"], "leave out --prompt"),
        ("gone", [], "a model named 'gone', which is not here; here are:"),
        ("../runs/small", [], "which is not here"),
    ],
)
def test_what_keeps_a_tune_from_coming_back_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str], words: str
) -> None:
    assert compose(home, *ASKED, "--formats", "abc") == 0
    kept = home / "kept.abc"
    text = (home / "out" / "small-3.abc").read_text()
    kept.write_text(text.replace("checkpoint=small", f"checkpoint={name}"))
    capsys.readouterr()
    assert compose(home, "--from", str(kept), *arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.strip().splitlines()) == 1


@needs_engraver
def test_render_writes_printed_music_and_an_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.abc"
    book.write_text("X:1\nT:One\nK:D\nABcd|]\n\nX:2\nT:Nothing\nK:D\n")
    arguments = ["render", str(book), "--out", str(tmp_path), "--formats", "pdf,svg,zip", "--json"]
    assert main(arguments) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [Path(name).name for name in rows[0]["files"]] == ["1.pdf", "1.svg", "book.zip"]
    assert "nothing to draw" in rows[1]["warning"]
    assert (tmp_path / "1.pdf").read_bytes().startswith(b"%PDF-")


def test_printed_music_without_its_engraver_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musicgen.config.Paths.abcjs", property(lambda _: home / "abcjs.js"))
    assert compose(home, *ASKED, "--formats", "abc,pdf") == 2
    assert "make setup" in capsys.readouterr().err
    assert not (home / "out").exists()
