"""How long the app lets people wait: composing, rendering, the first sound; and what went wrong.

Each wait is a line of JSON in a file of at most `MAX_BYTES`; when it is full, it takes the place of
the one before. A line says what was done, by which model, on which page, when and for how long:
nothing of who, and no text of a tune. Once in a while the memory of the process is noted as well.
``MUSICGEN_WATCH=off`` keeps nothing, and so does `Watch.turn`, which a file remembers.
"""

import csv
import io
import json
import math
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from musicgen.json_reading import is_number, parse_json
from musicgen.machine import resident_bytes
from musicgen.storage import storing

SWITCH = "MUSICGEN_WATCH"
"""The environment variable that turns it off: ``off``."""

FILE_NAME, OLD_FILE_NAME, OFF_NAME = "waits.jsonl", "waits-before.jsonl", "off"
MAX_BYTES = 2_000_000
"""Of each of the two files: some 20,000 waits."""

COMPOSE, RENDER, SOUND, ERROR = "compose", "render", "sound", "error"
"""What is waited for: the text of a tune, its rendering, the time from a click to a sound that can
be played; and sentences of errors that a page showed."""

MEMORY = "memory"
"""Not waited for: the memory of the process, whose `seconds` are mebibytes."""

MEMORY_EVERY_S = 60.0
HOUR_S = 3600
_MIB = 2**20
_MAX_WORD = 64
_MAX_LINE_BYTES = 1_000
_QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait: `at` is in seconds since 1970, `seconds` how long it took, 0 for an error."""

    at: float
    kind: str
    model: str
    page: str
    seconds: float


@dataclass(frozen=True, slots=True)
class WaitSummary:
    """Waits of one kind, model and page; quantiles in seconds."""

    kind: str
    model: str
    page: str
    count: int
    p50: float
    p95: float
    p99: float


class Watch:
    """Notes waits from any thread, in a folder.

    `is_locked` says that the environment has turned it off, which `turn` cannot undo.

    Args:
        folder: Where the files lie; made when the first wait is noted.
        is_on: Whether anything is kept.
    """

    def __init__(self, folder: Path, is_on: bool | None = None) -> None:
        self._folder = folder
        self.is_locked = is_on is None and os.environ.get(SWITCH, "").lower() == "off"
        is_turned_off = self.is_locked or (folder / OFF_NAME).exists()
        self.is_on = not is_turned_off if is_on is None else is_on
        self._lock = threading.Lock()
        self._memory_at = 0.0

    def note(self, kind: str, seconds: float, model: str = "", page: str = "") -> None:
        """Keeps a wait. A disk that is full loses it, and nobody is disturbed."""
        if not self.is_on:
            return
        now = time.time()
        data = _write(now, kind, model, page, seconds)
        try:
            with self._lock, storing(self._folder):
                if now - self._memory_at > MEMORY_EVERY_S:
                    self._memory_at = now
                    data += _write(now, MEMORY, "", "", (resident_bytes() or 0) / _MIB)
                self._append(data)
        except Exception:  # noqa: BLE001 - watching must not stop what is watched
            self.is_on = False

    def turn(self, is_on: bool) -> None:
        """Turns it on or off for good; nothing happens where the environment has turned it off.

        Raises:
            StorageError: that cannot be remembered.
        """
        if self.is_locked:
            return
        with self._lock, storing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            if is_on:
                (self._folder / OFF_NAME).unlink(missing_ok=True)
            else:
                (self._folder / OFF_NAME).touch()
        self.is_on = is_on

    def forget(self) -> None:
        """Removes all that is kept.

        Raises:
            StorageError: the files cannot be removed.
        """
        with self._lock, storing(self._folder):
            for name in (OLD_FILE_NAME, FILE_NAME):
                (self._folder / name).unlink(missing_ok=True)

    def _append(self, line: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / FILE_NAME
        if path.exists() and path.stat().st_size + len(line) > MAX_BYTES:
            path.replace(self._folder / OLD_FILE_NAME)
        with path.open("ab") as file:
            file.write(line)

    def waits(self, since: float = 0.0) -> list[Wait]:
        """All waits that are kept, the oldest first; lines that are none are passed over.

        Args:
            since: Seconds since 1970 before which none counts.
        """
        found: list[Wait] = []
        for name in (OLD_FILE_NAME, FILE_NAME):
            try:
                data = (self._folder / name).read_bytes()[:MAX_BYTES]
            except OSError:
                continue
            found += filter(None, map(_read, data.splitlines()))
        return [wait for wait in found if wait.at >= since]


def _write(at: float, kind: str, model: str, page: str, seconds: float) -> bytes:
    words = [word[:_MAX_WORD] for word in (kind, model, page)]
    row = [round(at, 2), *words, round(seconds, 4)]
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def _read(line: bytes) -> Wait | None:
    try:
        row = parse_json(line, max_bytes=_MAX_LINE_BYTES)
        at, kind, model, page, seconds = row
    except (ValueError, TypeError):
        return None
    is_right = is_number(at) and is_number(seconds, low=0.0)
    is_right = is_right and all(isinstance(word, str) for word in (kind, model, page))
    return Wait(float(at), kind, model, page, float(seconds)) if is_right else None


def summarise(waits: Iterable[Wait]) -> list[WaitSummary]:
    """Counts and quantiles by kind, model and page, sorted; memory is left out."""
    groups: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    for wait in waits:
        if wait.kind == MEMORY:
            continue
        groups[wait.kind, wait.model, wait.page].append(wait.seconds)
    return [
        WaitSummary(*key, len(values), *(quantile(values, share) for share in _QUANTILES))
        for key, values in sorted(groups.items())
    ]


def by_time(
    waits: Sequence[Wait], kind: str, step_s: int = HOUR_S
) -> list[tuple[int, WaitSummary]]:
    """The same over time: for each step with waits of a kind, by its beginning.

    Args:
        waits: What is kept.
        kind: What was waited for.
        step_s: Seconds; steps begin at multiples of it since 1970.
    """
    steps: defaultdict[int, list[float]] = defaultdict(list)
    for wait in waits:
        if wait.kind == kind:
            steps[int(wait.at) // step_s * step_s].append(wait.seconds)
    return [
        (
            begin,
            WaitSummary(
                kind, "", "", len(values), *(quantile(values, share) for share in _QUANTILES)
            ),
        )
        for begin, values in sorted(steps.items())
    ]


def write_csv(waits: Iterable[Wait]) -> str:
    """All that is kept as a table: a line for each wait, with a heading."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["at", "kind", "model", "page", "seconds"])
    writer.writerows(
        (f"{one.at:.2f}", *map(_for_table, (one.kind, one.model, one.page)), one.seconds)
        for one in waits
    )
    return file.getvalue()


def _for_table(word: str) -> str:
    """A word that no spreadsheet takes for a formula."""
    return f"'{word}" if word[:1] in tuple("=+-@\t\r") and word else word


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so great a share, 0..1, does not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def write_metrics(waits: Sequence[Wait], working: int = 0) -> str:
    """The waits in the text format of Prometheus, version 0.0.4.

    Args:
        waits: What is kept.
        working: Trainings and other tasks under way or waiting.
    """
    lines = [
        "# HELP musicgen_app_wait_seconds How long people waited, by what they waited for.",
        "# TYPE musicgen_app_wait_seconds summary",
    ]
    rows = summarise(wait for wait in waits if wait.kind != ERROR)
    sums: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    for wait in waits:
        sums[wait.kind, wait.model, wait.page] += wait.seconds
    for row in rows:
        labels = f'kind="{_escape(row.kind)}",model="{_escape(row.model)}",'
        labels += f'page="{_escape(row.page)}"'
        for share, value in zip(_QUANTILES, (row.p50, row.p95, row.p99), strict=True):
            lines.append(f'musicgen_app_wait_seconds{{{labels},quantile="{share:g}"}} {value:.4f}')
        total = sums[row.kind, row.model, row.page]
        lines.append(f"musicgen_app_wait_seconds_sum{{{labels}}} {total:.4f}")
        lines.append(f"musicgen_app_wait_seconds_count{{{labels}}} {row.count}")
    lines += [
        "# HELP musicgen_app_errors_total Sentences of errors that pages showed, by their kind.",
        "# TYPE musicgen_app_errors_total counter",
        *(
            f'musicgen_app_errors_total{{kind="{_escape(row.model)}",page="{_escape(row.page)}"}} '
            f"{row.count}"
            for row in summarise(wait for wait in waits if wait.kind == ERROR)
        ),
        "# HELP musicgen_app_tasks Trainings under way or waiting.",
        "# TYPE musicgen_app_tasks gauge",
        f"musicgen_app_tasks {working}",
        "# HELP musicgen_app_resident_bytes Memory of the process.",
        "# TYPE musicgen_app_resident_bytes gauge",
        f"musicgen_app_resident_bytes {resident_bytes() or 0}",
    ]
    return "\n".join(lines) + "\n"


def _escape(word: str) -> str:
    return word.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
