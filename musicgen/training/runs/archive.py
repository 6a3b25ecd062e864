"""A run as one file, for another machine: written by `export_run`, taken in by `import_run`.

A zip archive holds ``musicgen-run.json`` (format, version, name) and the files of the run's folder
that are known here. What comes in is a stranger's: names, links, sizes and contents are checked
before anything takes its place among the runs, and a file that fails a check leaves nothing behind.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from musicgen.config import to_json
from musicgen.errors import ArchiveError, MusicgenError, RunError
from musicgen.json_reading import parse_json
from musicgen.machine import free_disk_bytes
from musicgen.storage import is_file, staging_folder, storing
from musicgen.training.runs.archive_checks import check_contents
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_admin import find_free_id, name_checkpoints
from musicgen.training.runs.run_names import check_new_id
from musicgen.version import __version__

FORMAT = "musicgen-run"
FORMAT_VERSION = 1
MANIFEST_FILE = "musicgen-run.json"
SUFFIX = ".zip"

MAX_FILES = 1_000
MAX_TOTAL_BYTES = 2_000_000_000
MAX_RATIO = 100
"""Times that a file, or all files together, may be larger than compressed, where large at all."""

_SMALL_BYTES = 1_000_000
_MAX_DIRECTORY_BYTES = 1_000_000
"""Of the list of files at the end of an archive; that of the most files has a quarter of it."""
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _LONGEST_COMMENT = 22, 65_535
_LOCATOR_BYTES = 20
_MEGABYTE = 1_000_000
_SIZES = {
    MANIFEST_FILE: 0.01,
    "config.json": 0.1,
    "status.json": 0.1,
    "metrics.jsonl": 400,
    "fluency.json": 0.01,
    "samples.jsonl": 20,
    "preferences.jsonl": 100,
    "best/checkpoint.json": 4,
    "best/critic.json": 4,
    "best/model.safetensors": 1000,
    "last/checkpoint.json": 4,
    "last/model.safetensors": 1000,
    "last/trainer.json": 4,
    "last/trainer.safetensors": 2000,
    "start/checkpoint.json": 4,
    "start/critic.json": 4,
    "start/model.safetensors": 1000,
    "teacher/checkpoint.json": 4,
    "teacher/model.safetensors": 1000,
}
"""Files of a run that travel, and the most megabytes that each may have."""

_SAMPLE = re.compile(r"samples/[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.(abc|json|jsonl)")
_SAMPLE_MEGABYTES = 1
_MOMENT = re.compile(r"moments/[0-9]{7}/(checkpoint\.json|model\.safetensors)")
_DENSE = ".safetensors"
_BLOCK = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def export_run(run: Run, file: IO[bytes], *, can_resume: bool = True) -> None:
    """Writes a run as an archive.

    Args:
        run: The run; one that trains meanwhile is refused, for its files would not fit together.
        file: Open for writing, in binary.
        can_resume: With the last save, which resuming needs and which is some three times as large
            as the network; without it the other machine can look, listen and train on anew.

    Raises:
        RunError: there is nothing of that name, or it is being trained.
        StorageError: it cannot be read or written.
    """
    if not is_file(run.path / "config.json"):
        raise RunError("The run {name!r} is gone.", name=run.id)
    with storing(run.path), run.locked(), zipfile.ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST_FILE, _manifest(run.id))
        for name, path in _files_of(run, can_resume):
            method = zipfile.ZIP_STORED if name.endswith(_DENSE) else zipfile.ZIP_DEFLATED
            archive.write(path, name, compress_type=method)


def _manifest(name: str) -> str:
    return to_json(
        {"format": FORMAT, "format_version": FORMAT_VERSION, "name": name, "program": __version__}
    )


def _files_of(run: Run, can_resume: bool) -> Iterator[tuple[str, Path]]:
    for path in sorted(run.path.rglob("*")):
        name = path.relative_to(run.path).as_posix()
        is_wanted = can_resume or not name.startswith("last/")
        if is_wanted and path.is_file() and not path.is_symlink() and _limit_bytes(name):
            yield name, path


def import_run(store: RunStore, file: IO[bytes], name: str = "") -> Run:
    """Takes in a run that was exported, under its own name, a given one, or the next free one.

    Args:
        store: Where it is to be kept.
        file: Open for reading, in binary, seekable; nothing in it is trusted.
        name: What it is to be called here; empty for its own name.

    Raises:
        ArchiveError: it is damaged, holds what does not belong there, or is no run of ours.
        RunError: the given name cannot name a run.
        StorageError: it cannot be written.
    """
    if name:
        check_new_id(name)
    with _reading():
        size = _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            entries = _checked_entries(archive, size)
            _require_room(store.root, entries)
            with staging_folder(store.root, "import") as folder:
                wanted = name or _read_manifest(archive)
                for entry in entries:
                    _unpack(archive, entry, folder)
                (folder / MANIFEST_FILE).unlink()
                check_contents(Run(folder))
                return _settle(store, folder, wanted)


def _settle(store: RunStore, folder: Path, wanted: str) -> Run:
    """Moves a checked folder among the runs, in one step."""
    while True:
        run = Run(store.root / find_free_id(store, wanted))
        name_checkpoints(Run(folder), run.id)
        try:
            with storing(run.path):
                folder.rename(run.path)
        except MusicgenError:
            if not run.path.exists():
                raise
            continue  # the name was taken meanwhile
        return run


@contextmanager
def _reading() -> Iterator[None]:
    """What a damaged archive makes the reader of zip files say, in one sentence."""
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError,
        OSError,
    ) as error:  # fmt: skip
        raise ArchiveError(
            "This file is damaged, or not a zip archive. Export the run once more."
        ) from error


def _check_directory(file: IO[bytes]) -> int:
    """Makes sure that the list of files is short enough to be read, and gives the file's size.

    The reader of zip files makes an object of each entry before anybody can count them.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT - _LOCATOR_BYTES))
    tail = file.read()
    file.seek(0)
    start = len(tail) - _END_BYTES
    if tail[start:].find(_END) != 0 or tail[-2:] != b"\0\0":
        start = tail.rfind(_END)
    if start < 0 or len(tail) - start < _END_BYTES:
        raise zipfile.BadZipFile
    (directory_bytes,) = struct.unpack_from("<I", tail, start + 12)
    has_more = tail[max(0, start - _LOCATOR_BYTES) : start].startswith(_END_64)
    if has_more or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise ArchiveError(
            "This archive has too many files: a run has fewer than {most:,}.", most=MAX_FILES
        )
    return size


def _require_room(root: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Makes sure that what will be unpacked has room on the disk."""
    total, free = sum(entry.file_size for entry in entries), free_disk_bytes(root)
    if free is not None and total > free:
        raise ArchiveError(
            "There is no room for this run: it takes {size:,.0f} MB, and {free:,.0f} MB are free. "
            "Delete what you can do without, and try again.",
            size=total / _MEGABYTE,
            free=free / _MEGABYTE,
        )


def _checked_entries(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """All entries, once names, kinds and sizes are those of a run; `size` is the archive's."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_FILES:
        raise ArchiveError(
            "This archive has {count:,} files; a run has fewer than {most:,}.",
            count=len(entries),
            most=MAX_FILES,
        )
    if MANIFEST_FILE not in names:
        raise ArchiveError("This zip archive is no run: export one on the page Compare.")
    if len(set(names)) < len(names):
        raise ArchiveError("This archive has two files of one name. Export the run once more.")
    for entry in entries:
        _check_entry(entry)
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise _too_large("all files together", total, MAX_TOTAL_BYTES)
    if total > max(_SMALL_BYTES, MAX_RATIO * size):  # entries can share their compressed bytes
        raise _grows("all files together")
    return entries


def _check_entry(entry: zipfile.ZipInfo) -> None:
    limit = _limit_bytes(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_plain = kind in (0, stat.S_IFREG) and not entry.is_dir() and not entry.flag_bits & 1
    if not (limit and is_plain and entry.compress_type in _METHODS):
        raise ArchiveError(
            "This archive holds {file!r}, which is no file of a run, so nothing of it was taken.",
            file=entry.filename[:80],
        )
    if entry.file_size > limit:
        raise _too_large(entry.filename, entry.file_size, limit)
    if entry.file_size > max(_SMALL_BYTES, MAX_RATIO * entry.compress_size):
        raise _grows(entry.filename)


def _grows(file: str) -> ArchiveError:
    return ArchiveError(
        "{file} would grow more than {ratio}-fold, so nothing of this archive was taken.",
        file=file,
        ratio=MAX_RATIO,
    )


def _limit_bytes(name: str) -> int:
    """The most bytes that a file of a run may have; 0 for what is no file of a run."""
    if _MOMENT.fullmatch(name):
        name = f"best/{name.rpartition('/')[2]}"
    megabytes = _SAMPLE_MEGABYTES if _SAMPLE.fullmatch(name) else _SIZES.get(name, 0)
    return int(megabytes * _MEGABYTE)


def _too_large(file: str, size: int, limit: int) -> ArchiveError:
    return ArchiveError(
        "This archive is too large to be a run: {file} has {size:,.2f} MB of at most {most:,.2f}.",
        file=file,
        size=size / _MEGABYTE,
        most=limit / _MEGABYTE,
    )


def _read_manifest(archive: zipfile.ZipFile) -> str:
    """The name of the run; a name that cannot be used gives way to one that can."""
    try:
        with archive.open(MANIFEST_FILE) as file:
            values: Any = parse_json(file.read(_limit_bytes(MANIFEST_FILE) + 1))
    except ValueError:
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ArchiveError("This zip archive is no run: export one on the page Compare.")
    if values.get("format_version") != FORMAT_VERSION:
        raise ArchiveError(
            "This archive has format version {version}; this program reads version {known}. "
            "Update the program.",
            version=str(values.get("format_version"))[:20],
            known=FORMAT_VERSION,
        )
    try:
        return check_new_id(str(values.get("name")))
    except RunError:
        return "imported"


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Writes one entry. Its name is one of ours, letter by letter, so it stays in the folder."""
    path = folder / entry.filename
    left = entry.file_size
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, path.open("xb") as target:
            while block := source.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise ArchiveError("This file is damaged. Export the run once more.")
                target.write(block)
    if left:
        raise ArchiveError("This file is damaged. Export the run once more.")
