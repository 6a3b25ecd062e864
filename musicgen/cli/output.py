"""Files that commands write for people: none that is there already is written over unasked.

Whoever means it says ``--overwrite``. What would be in the way is said before any work is done; a
file that appears meanwhile is left as it is, too.
"""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from musicgen.errors import StorageError
from musicgen.storage import storing

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Write over files that are there already."
)


def check_free(paths: Iterable[Path], overwrite: bool) -> None:
    """Checks that files which are to be written do not exist yet.

    Args:
        paths: The files.
        overwrite: Whether files may be written over; folders never are.

    Raises:
        StorageError: something is; the message names the first.
    """
    for path in paths:
        if path.is_dir():
            raise StorageError("{name} is a folder: choose another name.", name=path)
        if not overwrite and os.path.lexists(path):
            raise _taken(path)


def write_output(path: Path, data: bytes, overwrite: bool) -> None:
    """Writes a file in one piece, where there is none or it may be written over.

    Raises:
        StorageError: there is one, or it cannot be written; what was there is untouched.
    """
    with open_output(path, overwrite) as temporary:
        temporary.write_bytes(data)


@contextmanager
def open_output(path: Path, overwrite: bool) -> Iterator[Path]:
    """A path to be written to, whose file takes its place at the end, and vanishes on an error.

    Raises:
        StorageError: as of `write_output`.
    """
    check_free([path], overwrite)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _flush(temporary)
            if overwrite:
                temporary.replace(path)
            else:
                _put_new(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _put_new(temporary: Path, path: Path) -> None:
    """Gives a file its name if nobody has it. Where a disk knows no links, it is copied."""
    try:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except (OSError, AttributeError):
            with path.open("xb") as target, temporary.open("rb") as source:
                shutil.copyfileobj(source, target)
    except FileExistsError as error:
        raise _taken(path) from error


def _taken(path: Path) -> StorageError:
    return StorageError(
        "{name} is there already. Choose another place, or add --overwrite.", name=path
    )
