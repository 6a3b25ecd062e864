"""Corpora of users: uploaded files, cleaned once and kept under a name.

::

    corpora/<name>/
      corpus.json      when it was made, of which files, how many tunes were kept
      tunes.abc        the clean tunes, a blank line between two
      findings.json    what cleaning found, for each file and tune
"""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock

from musicgen import names
from musicgen.config import Paths, to_json
from musicgen.corpus.cleaning import Cleaner, CleaningReport, Finding, check_finding
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.sources import SOURCES
from musicgen.corpus.upload_repair import read_upload, shown_name
from musicgen.errors import CorpusError, NameFault, StorageError
from musicgen.json_reading import is_count, parse_json
from musicgen.names import find_folder, is_name, normalize_name
from musicgen.storage import (
    clear_litter,
    delete_folder,
    is_file,
    is_folder,
    list_folder,
    locking,
    modified_ns,
    recover_folders,
    replacing_folder,
    storing,
    whole_folder,
)

MAX_UPLOAD_BYTES = 20_000_000
MAX_FILES = 2_000
PREFIX = "own:"
"""Before a name it says that a corpus of one's own is meant; the name alone does as well."""

_RESERVED_ENDINGS = (".new", ".old", ".lock")
_MAX_FINDINGS_BYTES = 100_000_000
_MAX_TEXT_BYTES = 4 * MAX_UPLOAD_BYTES  # a tune that was mended may have grown
_INFO, _TUNES, _FINDINGS = "corpus.json", "tunes.abc", "findings.json"

OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file. Its name is shown, and never used as a path."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class OwnCorpus:
    """One line about a corpus. `created` is an ISO 8601 time in UTC; `tunes` counts those kept."""

    name: str
    path: Path
    created: str
    files: tuple[str, ...]
    tunes: int
    left_out: int

    @property
    def changed_ns(self) -> int:
        """When its tunes were written, in nanoseconds; of one that was made again a later time."""
        return modified_ns(whole_folder(self.path) / _TUNES)

    def read_text(self) -> str:
        """The clean tunes, a blank line between two.

        Raises:
            CorpusError: the folder is damaged.
        """
        return _read(self.name, whole_folder(self.path) / _TUNES)

    def read_report(self) -> CleaningReport:
        """What cleaning found when the corpus was made.

        Raises:
            CorpusError: the folder is damaged.
        """
        try:
            text = _read(self.name, whole_folder(self.path) / _FINDINGS, _MAX_FINDINGS_BYTES)
            rows = parse_json(text, max_bytes=_MAX_FINDINGS_BYTES)
            findings = tuple(check_finding(Finding(**row)) for row in rows)
            return CleaningReport(self.name, self.tunes, findings)
        except (ValueError, TypeError) as error:
            raise _damaged(self.name) from error


class CorpusStore:
    """All corpora below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self) -> list[OwnCorpus]:
        """Those that can be read, by name."""
        found = []
        for name in self._names():
            try:
                found.append(self._load(name))
            except CorpusError:  # a damaged folder must not hide the others
                continue
        return found

    def list_damaged(self) -> Sequence[str]:
        """The names of folders that cannot be read: all one can do is delete them."""
        damaged = []
        for name in self._names():
            try:
                self._load(name)
            except CorpusError:
                damaged += [name] if is_folder(find_folder(self.root, name)) else []
        return damaged

    def _names(self) -> Sequence[str]:
        """Of all folders that could be corpora, in order."""
        folders = (path.name for path in list_folder(self.root) if is_folder(path))
        found = sorted(set(map(normalize_name, folders)))
        return [name for name in found if is_name(name) and not _is_reserved(name)]

    def clear_litter(self) -> None:
        """Removes what killed processes left; does nothing while a corpus is being made."""
        if not is_folder(self.root):
            return
        with (
            contextlib.suppress(filelock.Timeout, StorageError),
            locking(self.root / ".lock", timeout_s=0),
        ):
            clear_litter(self.root)
            recover_folders(self.root)

    def has(self, name: str) -> bool:
        """Whether there is a corpus of that name."""
        return is_name(normalize_name(name)) and is_file(self._whole(name) / _INFO)

    def get(self, name: str) -> OwnCorpus:
        """The corpus of that name.

        Raises:
            CorpusError: there is none, or its folder is damaged.
        """
        if not self.has(name):
            raise self.unknown(name)
        return self._load(normalize_name(name))

    def _load(self, name: str) -> OwnCorpus:
        """The same for a name in its normal form; one that is gone is damaged."""
        path = find_folder(self.root, name)
        try:
            values: dict[str, Any] = parse_json(_read(name, whole_folder(path) / _INFO))
            files, counts = values["files"], (values["tunes"], values["left_out"])
            is_right = all(map(is_count, counts)) and isinstance(files, list)
            if not (is_right and all(type(one) is str for one in (*files, values["created"]))):
                raise _damaged(name)
            return OwnCorpus(name, path, values["created"][:40], tuple(files), *counts)
        except (ValueError, TypeError, LookupError) as error:
            raise _damaged(name) from error

    def unknown(self, name: str) -> CorpusError:
        """The error that says which corpora there are."""
        known = ", ".join([*SOURCES, *(corpus.name for corpus in self.list())])
        return CorpusError(
            "There is no corpus named {name!r}. Choose from: {known}.", name=name, known=known
        )

    def check_name(self, name: str) -> str:
        """The name in its normal form, where a new corpus may have it; see `names.check_name`.

        Raises:
            CorpusError: it is taken, or not usable as a folder.
        """
        try:
            name = _check_ending(names.check_name(name))
        except NameFault as fault:
            raise CorpusError(
                "{name!r} cannot name a corpus: {reason}.", name=name, reason=fault
            ) from fault
        taken = {other.casefold() for other in SOURCES}
        taken |= {normalize_name(folder.name).casefold() for folder in list_folder(self.root)}
        if name.casefold() in taken:
            raise CorpusError(
                "There is a corpus named {name!r} already. Choose another name, or delete that "
                "one first.",
                name=name,
            )
        return name

    def create(
        self, name: str, uploads: Sequence[Upload], on_progress: OnProgress = lambda _share: None
    ) -> OwnCorpus:
        """Cleans files and keeps their tunes; either the whole corpus is there afterwards or none.

        Args:
            name: As `check_name` wants it.
            uploads: ABC and MIDI files, in any encoding.
            on_progress: Called from time to time with the share that has been read, 0..1.

        Raises:
            CorpusError: the name cannot be had, the files are too many or too large, or no tune
                of them could be kept.
            StorageError: it cannot be written.
        """
        name = self.check_name(name)
        _check_size(uploads)
        cleaner = _clean(name, uploads, on_progress)
        if not cleaner.tunes:
            raise _nothing_kept(cleaner)
        report = cleaner.report()
        with storing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        with locking(self.root / ".lock"):
            self.check_name(name)
            with replacing_folder(self.root / name) as folder:
                self._fill(folder, cleaner, report, uploads)
        return self.get(name)

    def _fill(
        self,
        folder: Path,
        cleaner: Cleaner,
        report: CleaningReport,
        uploads: Sequence[Upload],
    ) -> None:
        text = SEPARATOR.join(tune.text for tune in cleaner.tunes) + "\n"
        findings = [dataclasses.asdict(finding) for finding in report.findings]
        values = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": [shown_name(upload.name) for upload in uploads],
            "tunes": report.kept,
            "left_out": report.left_out,
        }
        (folder / _TUNES).write_text(text, encoding="utf-8", newline="\n")
        (folder / _FINDINGS).write_text(json.dumps(findings, ensure_ascii=False), encoding="utf-8")
        (folder / _INFO).write_text(to_json(values), encoding="utf-8")

    def delete(self, name: str) -> None:
        """Removes a corpus, be it damaged, for good. Runs that learned from it stay as they are.

        Raises:
            CorpusError: there is none of that name.
            StorageError: it cannot be removed.
        """
        if not (is_name(normalize_name(name)) and is_folder(self._whole(name))):
            raise self.unknown(name)
        delete_folder(self._whole(name))

    def _whole(self, name: str) -> Path:
        return whole_folder(find_folder(self.root, name))


def store_of(name: str, paths: Paths) -> CorpusStore:
    """Where the corpus of that name lies: with one's own, else with those that are shared."""
    own = CorpusStore(paths.corpora)
    shared = CorpusStore(paths.sharing.corpora) if paths.sharing else own
    return shared if shared.has(name) and not own.has(name) else own


def _is_reserved(name: str) -> bool:
    return name.lower().endswith(_RESERVED_ENDINGS)


def _check_ending(name: str) -> str:
    if _is_reserved(name):
        raise NameFault(
            "this program keeps {endings} at the end for itself; use another ending",
            endings=", ".join(_RESERVED_ENDINGS),
        )
    return name


def _check_size(uploads: Sequence[Upload]) -> None:
    if not uploads:
        raise CorpusError("A corpus is made of files. Choose at least one.")
    if len(uploads) > MAX_FILES:
        raise CorpusError(
            "These are more than {most:,} files. Make several corpora of them, and train on them "
            "together: one+other.",
            most=MAX_FILES,
        )
    check_total(sum(len(upload.data) for upload in uploads))


def check_total(size_bytes: int) -> None:
    """Makes sure that files are not too large for one corpus.

    Raises:
        CorpusError: they are.
    """
    if size_bytes > MAX_UPLOAD_BYTES:
        raise CorpusError(
            "The files are larger than {most} MB in all. Make several corpora of them, and train "
            "on them together: one+other.",
            most=MAX_UPLOAD_BYTES // 1_000_000,
        )


def _clean(name: str, uploads: Sequence[Upload], on_progress: OnProgress) -> Cleaner:
    cleaner = Cleaner(name)
    total = sum(len(upload.data) for upload in uploads) or 1
    done = 0
    for upload in uploads:
        read = 0
        for piece in read_upload(upload.name, upload.data, cleaner):
            cleaner.add(piece)
            read += len(piece.text)
            on_progress(min(1.0, (done + min(read, len(upload.data))) / total))
        done += len(upload.data)
        on_progress(done / total)
    return cleaner


def _nothing_kept(cleaner: Cleaner) -> CorpusError:
    if not cleaner.findings:
        return CorpusError("There is no tune in these files.")
    first = cleaner.findings[-1]
    return CorpusError(
        "No tune in these files could be kept. {file}, line {line}: {reason}.",
        file=first.file,
        line=first.line,
        reason=first.detail.rstrip("."),
    )


def _read(name: str, path: Path, most: int = _MAX_TEXT_BYTES) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise _damaged(name)
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, ValueError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> CorpusError:
    return CorpusError(
        "The corpus {name!r} is damaged. Delete it, and make it again from its files.", name=name
    )
