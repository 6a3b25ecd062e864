"""Versions of a model that learns from people: which one plays, where each is from, the way back.

A *line* has a name, such as ``house-tuned``, under which its current version plays everywhere a
model can be named. It begins with a model; each version after that is a run, with what it learned
from and what the gate said. A version that the gate did not let through is kept aside. Nothing is
ever removed here: going back moves a pointer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from musicgen.config import Paths, to_json
from musicgen.errors import StudyError
from musicgen.json_reading import read_json
from musicgen.listening.verdict import GateVerdict
from musicgen.models.checkpoint import CURRENT, LINE_SUFFIX, find_checkpoint, list_checkpoints
from musicgen.names import is_name, normalize_name
from musicgen.storage import is_file, list_folder, locking, write_file

MOST_VERSIONS = 500


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version: a model or run by name.

    `learned` says from how many pairs, ballots, thumbs or new tunes; `is_accepted` that the gate
    let it through, which the first of a line needs not; `created` is a moment as ISO 8601 has it.
    """

    model: str
    parent: str
    created: str
    learned: Mapping[str, Any]
    verdict: GateVerdict
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A line of versions, the oldest first; `current` is the name of the one that plays."""

    name: str
    current: str
    versions: tuple[ModelVersion, ...]

    def find(self, model: str) -> ModelVersion:
        """The version of a name.

        Raises:
            StudyError: there is none.
        """
        for one in self.versions:
            if one.model == model:
                return one
        raise StudyError(
            "{line} has no version {name!r}. There are: {known}.",
            line=self.name,
            name=model,
            known=", ".join(one.model for one in self.versions),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            CURRENT: self.current,
            "versions": [
                {
                    "model": one.model,
                    "parent": one.parent,
                    "created": one.created,
                    "learned": dict(one.learned),
                    "checks": one.verdict.to_list(),
                    "accepted": one.is_accepted,
                }
                for one in self.versions
            ],
        }

    @classmethod
    def from_dict(cls, name: str, values: Any) -> Self:
        """The line of JSON values.

        Raises:
            KeyError, TypeError, ValueError: they are none.
        """
        versions = tuple(
            ModelVersion(
                str(row["model"]),
                str(row["parent"]),
                str(row["created"]),
                dict(row["learned"]),
                GateVerdict.from_list(row["checks"]),
                bool(row["accepted"]),
            )
            for row in values["versions"][-MOST_VERSIONS:]
        )
        return cls(name, str(values[CURRENT]), versions)


class VersionStore:
    """The lines of a home: one small JSON file each.

    Args:
        paths: Where they lie, and where models are.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def lines(self) -> list[ModelLine]:
        """All lines that can be read, by name."""
        found = (path for path in list_folder(self._paths.versions) if path.suffix == LINE_SUFFIX)
        names = sorted(path.stem for path in found)
        return [line for name in names if (line := self._read(name))]

    def find(self, name: str) -> ModelLine:
        """The line of a name.

        Raises:
            StudyError: there is none, or it is damaged.
        """
        line = self._read(name) if is_name(normalize_name(name)) else None
        if line is None:
            raise StudyError(
                "There is no line of versions named {name!r}. There are: {known}.",
                name=name[:60],
                known=", ".join(one.name for one in self.lines()) or "none yet",
            )
        return line

    def check_name(self, name: str) -> None:
        """Makes sure that a line has the name, or may get it.

        Raises:
            StudyError: something else has the name.
        """
        if self._read(name):
            return
        if not is_name(name) or any(one.name == name for one in list_checkpoints(self._paths)):
            raise StudyError("{name!r} cannot name a line of versions: choose another.", name=name)

    def open(self, name: str, model: str) -> ModelLine:
        """The line of a name; a new one that begins with a model, if there is none.

        Raises:
            StudyError: something else has the name.
            CheckpointError: there is no such model.
        """
        if line := self._read(name):
            return line
        self.check_name(name)
        find_checkpoint(model, self._paths)
        first = ModelVersion(model, "", _now(), {}, GateVerdict(()), is_accepted=True)
        return self._write(ModelLine(name, model, (first,)))

    def add(self, name: str, version: ModelVersion) -> ModelLine:
        """Keeps a version; it plays from now on if the gate let it through.

        Raises:
            StudyError: there is no such line.
            StorageError: it cannot be written.
        """
        with self._locked():
            line = self.find(name)
            current = version.model if version.is_accepted else line.current
            return self._write(replace(line, current=current, versions=(*line.versions, version)))

    def choose(self, name: str, model: str) -> ModelLine:
        """Lets another version play: the way back, or past the gate.

        Raises:
            StudyError: there is no such line or version.
            CheckpointError: the version is gone from the disk.
            StorageError: it cannot be written.
        """
        with self._locked():
            line = self.find(name)
            version = line.find(model)
            find_checkpoint(version.model, self._paths)
            return self._write(replace(line, current=version.model))

    def _locked(self) -> Any:
        self._paths.versions.mkdir(parents=True, exist_ok=True)
        return locking(self._paths.versions / ".lock")

    def _place(self, name: str) -> Path:
        return self._paths.versions / f"{normalize_name(name)}{LINE_SUFFIX}"

    def _read(self, name: str) -> ModelLine | None:
        path = self._place(name)
        if not is_file(path):
            return None
        try:
            return ModelLine.from_dict(normalize_name(name), read_json(path))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, line: ModelLine) -> ModelLine:
        self._paths.versions.mkdir(parents=True, exist_ok=True)
        write_file(self._place(line.name), to_json(line.to_dict()).encode("utf-8"))
        return line


def make_version(
    model: str, parent: str, learned: Mapping[str, Any], verdict: GateVerdict
) -> ModelVersion:
    """A version that the gate has judged just now."""
    return ModelVersion(model, parent, _now(), learned, verdict, verdict.is_accepted)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
