"""No command writes over what is there, unless it is told to."""

from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.cli.output import open_output, write_output
from musicgen.corpus.dataset import Dataset
from musicgen.errors import StorageError
from tests.examples import make_tune, stand_in, write_checkpoint

KEPT = b"somebody's own"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    write_checkpoint(tmp_path / "home" / "runs" / "small" / "best", dataset.vocabulary)
    monkeypatch.setattr("musicgen.cli.evaluate.load_dataset", stand_in(dataset))
    (tmp_path / "home" / "book.abc").write_text(make_tune(3) + "\n\n" + make_tune(8) + "\n")
    return tmp_path / "home"


WRITERS = [
    ("F-c0B2g-small-4.abc", ["compose", "--checkpoint", "small", "--seed", "3", "--count", "3",
                     "--formats", "abc", "--out", "{out}"]),
    ("small-3-3-tunes.zip", ["compose", "--checkpoint", "small", "--seed", "3", "--count", "3",
                             "--formats", "zip,abc", "--out", "{out}"]),
    ("8.mid", ["render", "{home}/book.abc", "--formats", "midi", "--out", "{out}"]),
    ("report.html", ["evaluate", "--tunebook", "{home}/book.abc", "--html", "{out}/report.html"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), WRITERS, ids=[name for name, _ in WRITERS])
def test_what_is_there_stays_and_nothing_else_is_written(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    arguments: list[str],
) -> None:
    out = home / "out"
    out.mkdir()
    (out / name).write_bytes(KEPT)
    command = [part.format(out=out, home=home) for part in arguments]

    def work(*_arguments: object, **_options: object) -> None:
        raise AssertionError("the work was begun before it was known where it goes")

    with monkeypatch.context() as patched:
        for place in ("compose.compose_request", "files.make_all", "evaluate.find_place"):
            patched.setattr(f"musicgen.cli.{place}", work)
        assert main(command) == 2
    error = capsys.readouterr().err
    assert f"{name} is there already" in error
    assert "--overwrite" in error
    assert len(error.strip().splitlines()) == 1
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_bytes() == KEPT
    assert main([*command, "--overwrite"]) == 0
    assert (out / name).read_bytes() != KEPT
    assert main(command) == 2


def test_a_second_call_makes_no_second_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compose", "--checkpoint", "small", "--formats", "abc", "--out", str(home / "out")]
    assert main(command) == 0
    before = (home / "out" / "small-0.abc").read_bytes()
    assert main(command) == 2
    assert main([*command, "--seed", "1"]) == 0
    assert (home / "out" / "small-0.abc").read_bytes() == before


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "tune.abc"
    with pytest.raises(StorageError, match="already"), open_output(path, False) as temporary:
        temporary.write_bytes(b"ours")
        path.write_bytes(KEPT)
    assert path.read_bytes() == KEPT
    assert list(tmp_path.iterdir()) == [path]


def test_where_there_are_no_links_a_file_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links on this disk")

    monkeypatch.setattr("os.link", refuse)
    path = tmp_path / "tune.abc"
    write_output(path, b"ours", overwrite=False)
    assert path.read_bytes() == b"ours"
    with pytest.raises(StorageError, match="already"):
        write_output(path, b"later", overwrite=False)
    write_output(path, b"later", overwrite=True)
    assert path.read_bytes() == b"later"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_and_a_broken_link_are_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        write_output(tmp_path / "folder", b"", overwrite=True)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="already"):
        write_output(tmp_path / "link", b"", overwrite=False)


def test_a_card_of_somebody_s_own_and_a_bundled_checkpoint_stay(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    dataset: Dataset,
) -> None:  # fmt: skip
    monkeypatch.setattr(
        "musicgen.config.Paths.checkpoints", property(lambda _: home / "checkpoints")
    )
    monkeypatch.setattr("musicgen.cli.bundle.load_dataset", stand_in(dataset))
    card = home / "checkpoints" / "ours" / "MODEL_CARD.md"
    assert main(["bundle", "small", "--name", "ours"]) == 0
    assert main(["card", "ours"]) == 0
    assert main(["card", "ours"]) == 0
    assert main(["bundle", "small", "--name", "ours"]) == 2
    assert "already" in capsys.readouterr().err
    assert main(["bundle", "small", "--name", "ours", "--overwrite"]) == 0
    card.write_bytes(KEPT)
    assert main(["card", "ours"]) == 2
    assert card.read_bytes() == KEPT
    assert main(["card", "ours", "--overwrite"]) == 0
    assert card.read_bytes() != KEPT
