"""Studies, listeners and ballots as they are kept.

A ballot belongs to one place in one listener's row of trials, and that place takes one ballot: the
first. A page that sends it again, or a second window, changes nothing. Each ballot is a transaction
of its own, on the disk before `StudyStore.vote` returns.
"""

import json
import re
import secrets
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from musicgen.errors import StudyError
from musicgen.json_reading import parse_json
from musicgen.listening.database import reading, writing
from musicgen.listening.plan import MOST_RATING, StudyPlan
from musicgen.listening.trials import COUNTED, NOBODY, Meetings, Trial, draw_trials

LEFT, RIGHT, TIE = "left", "right", "tie"
MOST_STUDIES = 200
MOST_LISTENERS = 5_000
"""Of one study: a link that is passed on must not fill the disk."""

MOST_YEARS = 90
MOST_MS = 24 * 3600 * 1000
_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that are taken for one another


@dataclass(frozen=True, slots=True)
class StudyTune:
    """A tune of a study: version `version` of a slot, and its sound as an MP3 file.

    `raw` is the text as a network wrote it; empty for other tunes.
    """

    slot: int
    version: int
    abc: str
    provenance: str
    sound: bytes
    raw: str = ""


@dataclass(frozen=True, slots=True)
class StudyInfo:
    """A study that is kept. `created` is a moment as ISO 8601 has it; `ballots` are those that
    count. One that `is_final` was closed for good, to be counted as it was.
    """

    id: str
    created: str
    plan: StudyPlan
    is_open: bool
    listeners: int
    ballots: int
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who takes part: a random id, the number of their row, and nothing personal."""

    id: str
    study: str
    number: int
    code: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a listener said of a trial.

    `answer` is ``left``, ``right`` or ``tie``; of a rating it maps scales to 1..5. Versions are
    their places in the plan. `years` is how long the listener has played, None if they did not say.
    """

    listener: str
    trial: Trial
    answer: str | dict[str, int]
    duration_ms: int
    at: str
    years: int | None = None


class StudyStore:
    """The studies in a folder.

    Args:
        folder: Where the file lies; made when it is first used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, plan: StudyPlan, tunes: Sequence[StudyTune]) -> str:
        """Keeps a new study with all its tunes, and returns its id.

        Raises:
            StudyError: there are too many already.
        """
        study = _new_id(9)
        with writing(self._folder) as connection:
            (count,) = connection.execute("select count(*) from study").fetchone()
            if count >= MOST_STUDIES:
                raise StudyError(
                    "There are {count} studies already. Delete one that you can do without.",
                    count=count,
                )
            connection.execute(
                "insert into study (id, created, title, plan) values (?, ?, ?, ?)",
                (study, _now(), plan.title, json.dumps(plan.to_dict(), ensure_ascii=False)),
            )
            connection.executemany(
                "insert into tune values (?, ?, ?, ?, ?, ?, ?)",
                ((study, *astuple(one)) for one in tunes),
            )
        return study

    def infos(self) -> list[StudyInfo]:
        """All studies, the newest first."""
        with reading(self._folder) as connection:
            rows = connection.execute(f"{_INFO} order by created desc, id").fetchall()
        return [_read_info(row) for row in rows]

    def get(self, study: str) -> StudyInfo:
        """The study of an id, or of the beginning of one that no other begins with.

        Raises:
            StudyError: there is none.
        """
        with reading(self._folder) as connection:
            rows = connection.execute(f"{_INFO} where id = ?", (study,)).fetchall()
        if not rows:
            rest = [one for one in self.infos() if study and one.id.startswith(study)]
            if len(rest) != 1:
                raise StudyError("There is no study {id!r}.", id=study[:40])
            return rest[0]
        return _read_info(rows[0])

    def close(self, study: str, *, is_open: bool = False) -> None:
        """Closes a study for new listeners and ballots, or opens it again.

        Raises:
            StudyError: it was closed for good, and is to be opened.
        """
        with writing(self._folder) as connection:
            done = connection.execute(
                "update study set is_open = ?1 where id = ?2 and not (is_final and ?1)",
                (is_open, study),
            )
            if is_open and not done.rowcount:
                raise StudyError(
                    "This study was closed for good, and has been counted: it cannot be opened "
                    "again. Make a new one like it."
                )

    def finish(self, study: str) -> None:
        """Closes a study for good, to be counted with the ballots that there are."""
        with writing(self._folder) as connection:
            connection.execute("update study set is_open = 0, is_final = 1 where id = ?", (study,))

    def delete(self, study: str) -> None:
        """Removes a study with its tunes and ballots. There is no way back."""
        with writing(self._folder) as connection:
            connection.execute("delete from study where id = ?", (study,))

    def tune(self, study: str, slot: int, version: int) -> StudyTune:
        """One tune of a study.

        Raises:
            StudyError: there is none.
        """
        with reading(self._folder) as connection:
            row = connection.execute(
                "select slot, version, abc, provenance, sound from tune "
                "where study = ? and slot = ? and version = ?",
                (study, slot, version),
            ).fetchone()
        if row is None:
            raise StudyError("This tune of the study is gone.")
        return StudyTune(*row)

    def texts(self, study: str) -> dict[tuple[int, int], tuple[str, str]]:
        """The ABC and the provenance of all tunes by slot and version."""
        with reading(self._folder) as connection:
            rows = connection.execute(
                "select slot, version, abc, provenance from tune where study = ?", (study,)
            ).fetchall()
        return {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def raw_texts(self, study: str) -> dict[tuple[int, int], str]:
        """The texts of composed tunes as networks wrote them, by slot and version."""
        with reading(self._folder) as connection:
            rows = connection.execute(
                "select slot, version, raw from tune where study = ? and raw != ''", (study,)
            ).fetchall()
        return {(row[0], row[1]): row[2] for row in rows}

    def enrol(self, study: str, language: str = "en", years: int | None = None) -> Listener:
        """A new listener, with a row of trials of their own.

        Args:
            study: Its whole id.
            language: The language in which they read.
            years: How long they have played, 0..90; None if they do not say.

        Raises:
            StudyError: the study is closed or full.
        """
        listener = _new_id(12)
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))
        known = None if years is None else max(0, min(MOST_YEARS, years))
        with writing(self._folder) as connection:
            row = connection.execute(f"{_INFO} where id = ?", (study,)).fetchone()
            if row is None:
                raise StudyError("There is no study {id!r}.", id=study[:40])
            info = _read_info(row)
            if not info.is_open:
                raise StudyError("This study is over. Thank you for wanting to take part.")
            if info.listeners >= MOST_LISTENERS:
                raise StudyError("This study has all the listeners that it can take.")
            number = info.listeners
            seed = info.plan.settings.seed * MOST_LISTENERS + number
            trials = draw_trials(info.plan, _meetings(connection, study), seed)
            connection.execute(
                "insert into listener values (?, ?, ?, ?, ?, ?, ?)",
                (listener, study, number, _now(), known, language[:20], code),
            )
            connection.executemany(
                "insert into trial values (?, ?, ?, ?, ?, ?)",
                ((listener, t.position, t.kind, t.slot, t.left, t.right) for t in trials),
            )
        return Listener(listener, study, number, code)

    def listener(self, listener: str) -> Listener | None:
        """The listener of an id; None if there is none."""
        if not _ID.fullmatch(listener):
            return None
        with reading(self._folder) as connection:
            row = connection.execute(
                "select id, study, number, code from listener where id = ?", (listener,)
            ).fetchone()
        return Listener(*row) if row else None

    def numbers(self, study: str) -> dict[str, int]:
        """The number of each listener of a study, counted from 0, by id."""
        with reading(self._folder) as connection:
            rows = connection.execute("select id, number from listener where study = ?", (study,))
            return {row[0]: row[1] for row in rows}

    def trials(self, listener: str) -> list[Trial]:
        """All trials of a listener, in order."""
        with reading(self._folder) as connection:
            rows = connection.execute(f"{_TRIAL} where listener = ? order by position", (listener,))
            return [Trial(*row) for row in rows]

    def next_trial(self, listener: str) -> Trial | None:
        """The first trial without a ballot; None when all are done."""
        with reading(self._folder) as connection:
            row = connection.execute(_NEXT, (listener,)).fetchone()
        return Trial(*row) if row else None

    def vote(
        self, listener: str, position: int, answer: str | dict[str, int], duration_ms: int
    ) -> bool:
        """Keeps a ballot; whether it is new. A place that has one keeps it, whatever is sent.

        Args:
            listener: Their id.
            position: Place of the trial in their row.
            answer: ``left``, ``right`` or ``tie``; of a rating, each scale with 1..5.
            duration_ms: Time from the pair to the answer, in milliseconds.

        Raises:
            StudyError: there is no such trial, the answer is none, or the study is closed.
        """
        with writing(self._folder) as connection:
            row = connection.execute(
                "select study.plan, study.is_open, trial.version_right from trial "
                "join listener on listener.id = trial.listener "
                "join study on study.id = listener.study "
                "where trial.listener = ? and trial.position = ?",
                (listener, position),
            ).fetchone()
            if row is None:
                raise StudyError("There is no such pair in this study.")
            if not row["is_open"]:
                raise StudyError("This study is over. Thank you for wanting to take part.")
            text = _write_answer(answer, _read_plan(row["plan"]), row["version_right"] == NOBODY)
            done = connection.execute(
                "insert or ignore into ballot values (?, ?, ?, ?, ?)",
                (listener, position, text, max(0, min(MOST_MS, duration_ms)), _now()),
            )
            return done.rowcount > 0

    def ballots(self, study: str) -> list[Ballot]:
        """All ballots of a study in the order in which they were given, practice included."""
        with reading(self._folder) as connection:
            rows = connection.execute(
                "select b.listener, b.position, t.kind, t.slot, t.version_left, t.version_right, "
                "b.answer, b.duration_ms, b.at, l.years from ballot b "
                "join trial t on t.listener = b.listener and t.position = b.position "
                "join listener l on l.id = b.listener "
                "where l.study = ? order by b.at, b.listener, b.position",
                (study,),
            ).fetchall()
        return [
            Ballot(row[0], Trial(*row[1:6]), _read_answer(row[6]), row[7], row[8], row[9])
            for row in rows
        ]


_INFO = f"""select id, created, plan, is_open, is_final,
    (select count(*) from listener where study = study_.id) as listeners,
    (select count(*) from ballot b join listener l on l.id = b.listener
     join trial t on t.listener = b.listener and t.position = b.position
     where l.study = study_.id and t.kind = '{COUNTED}') as ballots
    from study as study_"""  # noqa: S608 - only a constant of ours is put in

_TRIAL = "select position, kind, slot, version_left, version_right from trial"

_NEXT = (
    _TRIAL + " where listener = ?1 and position not in "  # noqa: S608 - a constant of ours
    "(select position from ballot where listener = ?1) order by position limit 1"
)


def _read_info(row: sqlite3.Row) -> StudyInfo:
    plan = _read_plan(row["plan"])
    return StudyInfo(
        row["id"], row["created"], plan, bool(row["is_open"]), row["listeners"], row["ballots"],
        bool(row["is_final"]),
    )  # fmt: skip


def _read_plan(text: str) -> StudyPlan:
    try:
        return StudyPlan.from_dict(parse_json(text))
    except ValueError as error:
        raise StudyError("The plan of a study is damaged.") from error


def _meetings(connection: sqlite3.Connection, study: str) -> Meetings:
    rows = connection.execute(
        "select slot, version_left, version_right, count(*) from trial "
        "join listener on listener.id = trial.listener "
        "where study = ? and kind = ? group by 1, 2, 3",
        (study, COUNTED),
    )
    met: Meetings = Counter()
    for slot, left, right, times in rows:
        other = left if right == NOBODY else right
        met[slot, min(left, other), max(left, other)] += times
    return met


def _write_answer(answer: Any, plan: StudyPlan, is_rating: bool) -> str:
    settings = plan.settings
    if is_rating:
        is_whole = isinstance(answer, dict) and set(answer) == set(settings.scale_names)
        if is_whole and all(_is_rating(value) for value in answer.values()):
            return json.dumps(answer, sort_keys=True)
    elif answer in (LEFT, RIGHT) or (answer == TIE and settings.ties):
        return str(answer)
    raise StudyError("This is no answer to the question.")


def _is_rating(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST_RATING


def _read_answer(text: str) -> str | dict[str, int]:
    if text.startswith("{"):
        values: dict[str, int] = parse_json(text)
        return values
    return text


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _new_id(size: int) -> str:
    """An id of so many random bytes, which no command takes for an option: no `-` begins it."""
    while (found := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return found
