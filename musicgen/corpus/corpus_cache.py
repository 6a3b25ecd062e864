"""Corpora as they were read, split and rewritten, kept on the disk so that it is done once.

What is kept is found under a digest of all that it follows from: the bytes of the tunebooks, how
they were put together, and the code that reads them. Where any of it changes, the digest does, and
the corpus is read anew. A file that is damaged, or a disk that cannot be written, costs time only.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from musicgen.config import Paths
from musicgen.corpus.cleaning import CleaningReport, CorpusTune, Finding, check_finding
from musicgen.corpus.sources import SOURCES, get_source
from musicgen.corpus.split import Split
from musicgen.corpus.user_corpora import PREFIX, store_of
from musicgen.errors import StorageError
from musicgen.json_reading import is_count, read_json
from musicgen.storage import list_folder, modified_ns, write_file

logger = logging.getLogger(__name__)

MAX_FILES = 12
"""Files of a folder that are kept, the newest ones; all books together take 6 MB."""

_MAX_BYTES = 200_000_000
_SIDES = ("train", "val", "test", "left_out")
_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class CachedCorpus:
    """All that reading the sources of a corpus gives."""

    tunes: tuple[CorpusTune, ...]
    split: Split
    reports: tuple[CleaningReport, ...]


def digest_source(source: str, paths: Paths, plain: bool, described: bool = False) -> str:
    """The digest of a corpus, from 1 MB of text in a few milliseconds.

    Raises:
        CorpusError: a source is unknown or not here, or cannot be read.
    """
    digest = hashlib.sha256(f"{code_digest()} {source} {plain} {described}".encode())
    for name in source.split("+"):
        pieces = [hashlib.sha256(data).hexdigest() for data in _source_bytes(name, paths)]
        digest.update(f"{name}:{','.join(pieces)};".encode())
    return digest.hexdigest()[:32]


@cache
def code_digest() -> str:
    """The digest of the code that decides what a corpus is: `notation` and `corpus`, every file."""
    files = [
        file for package in ("notation", "corpus") for file in (_PACKAGE / package).rglob("*.py")
    ]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def load_cached(key: str, paths: Paths) -> CachedCorpus | None:
    """What was kept under a digest; None if nothing whole was."""
    try:
        return _unpack(read_json(_file(key, paths), max_bytes=_MAX_BYTES))
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return None


def keep_cached(key: str, reading: CachedCorpus, paths: Paths) -> None:
    """Keeps a reading; where the disk does not allow it, says so in the log alone."""
    data = json.dumps(_pack(reading), ensure_ascii=False, separators=(",", ":"))
    keep_file(_file(key, paths), data.encode())


def keep_file(path: Path, data: bytes) -> None:
    """Writes a file that can be made again; the oldest are removed where there are too many."""
    try:
        write_file(path, data)
        files = [file for file in list_folder(path.parent) if file.suffix == path.suffix]
        for old in sorted(files, key=modified_ns)[:-MAX_FILES]:
            old.unlink(missing_ok=True)
    except (StorageError, OSError) as error:
        logger.info("%s", error)


def _source_bytes(name: str, paths: Paths) -> list[bytes]:
    plain_name = name.removeprefix(PREFIX)
    if name not in SOURCES:
        own = store_of(plain_name, paths).get(plain_name)
        report = json.dumps(_pack_report(own.read_report()), ensure_ascii=False)
        return [own.read_text().encode(), report.encode()]
    try:
        return [file.read_bytes() for file in get_source(name).locate(paths)]
    except OSError:
        return []  # reported by whatever reads it, as are missing files


def _file(key: str, paths: Paths) -> Path:
    return paths.cache / "corpora" / f"{key}.json"


def _pack(reading: CachedCorpus) -> dict[str, Any]:
    numbers = {tune: number for number, tune in enumerate(reading.tunes)}
    split = reading.split
    sides = {side: [numbers[tune] for tune in getattr(split, side)] for side in _SIDES}
    return {
        "tunes": [astuple(tune) for tune in reading.tunes],
        "split": sides,
        "reports": [_pack_report(report) for report in reading.reports],
    }


def _pack_report(report: CleaningReport) -> list[Any]:
    return [report.source, report.kept, [astuple(finding) for finding in report.findings]]


def _unpack(values: dict[str, Any]) -> CachedCorpus:
    tunes = tuple(CorpusTune(*fields) for fields in values["tunes"])
    if not all(type(field) is str for tune in tunes for field in (tune.text, tune.title)):
        raise ValueError("a tune is no text")
    sides = {side: _at(tunes, values["split"][side]) for side in _SIDES}
    reports = tuple(
        CleaningReport(source, kept, tuple(check_finding(Finding(*row)) for row in findings))
        for source, kept, findings in values["reports"]
    )
    return CachedCorpus(tunes, Split(**sides), reports)


def _at(tunes: Sequence[CorpusTune], numbers: Sequence[int]) -> tuple[CorpusTune, ...]:
    if not all(map(is_count, numbers)):
        raise ValueError("no number of a tune")
    return tuple(tunes[number] for number in numbers)
