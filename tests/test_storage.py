import errno
import os
from pathlib import Path

import pytest

from musicgen.errors import StorageError
from musicgen.storage import recover_folder, replacing_folder, whole_folder, write_file


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_a_sentence_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    write_file(path, b"old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match="disk is full"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_in_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "last"
    for text in ("one", "two"):
        with replacing_folder(path) as folder:
            (folder / "a").write_text(text)
    assert (path / "a").read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_filling_leaves_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "last"
    with replacing_folder(path) as folder:
        (folder / "a").write_text("one")
    with pytest.raises(ZeroDivisionError), replacing_folder(path) as folder:
        (folder / "a").write_text("half")
        _ = 1 / 0
    assert (path / "a").read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", [("last", "last.new"), ("last.new", "last.old"), ("last.old",)])
def test_a_crash_at_any_point_leaves_a_whole_folder(tmp_path: Path, there: tuple[str, ...]) -> None:
    for name in there:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    path = tmp_path / "last"
    found = whole_folder(path)
    expected = there[0]  # the one that is whole, by the order in which folders are moved
    assert found.name == expected
    recover_folder(path)
    assert (path / "a").read_text() == expected
    assert list(tmp_path.iterdir()) == [path]
