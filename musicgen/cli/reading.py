"""Reading files that people bring."""

from pathlib import Path

from musicgen.errors import NotationError
from musicgen.notation.model import Problem, Tune
from musicgen.notation.parsing.characters import is_binary, without_invisible
from musicgen.notation.parsing.tunebook import decode_text, read_tunebook, require_tunes

MAX_BYTES = 20_000_000


def read_text_file(path: Path) -> str:
    """The text of a file in any encoding met in the wild.

    Raises:
        NotationError: it cannot be read or is too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            limit = f"{MAX_BYTES // 1_000_000} MB"
            raise NotationError(f"{path.name} is larger than {limit}. Split it into several files.")
        data = path.read_bytes()
    except OSError as error:
        raise NotationError(f"{path} cannot be read: {error.strerror or error}.") from error
    text = decode_text(data)
    if is_binary(text):
        raise NotationError(f"{path.name} is not a text file. Give it a file in ABC notation.")
    return without_invisible(text)


def read_tunes_text(path: Path) -> str:
    """The text of a file that is meant to be a tunebook.

    Raises:
        NotationError: it cannot be read, or holds no tune.
    """
    text = read_text_file(path)
    try:
        require_tunes(text)
    except NotationError as error:
        raise NotationError(f"{path.name}: {error}") from error
    return text


def read_tunebook_file(path: Path) -> list[tuple[Tune, tuple[Problem, ...]]]:
    """All tunes of a file.

    Raises:
        NotationError: it cannot be read, or holds no tune.
    """
    return read_tunebook(read_tunes_text(path))
