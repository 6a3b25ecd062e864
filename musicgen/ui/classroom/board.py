"""What the teacher's board shows of each member: plain values, read from trainings and folders."""

import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from musicgen.classroom.roster import TEACHER, Member
from musicgen.classroom.work import measure_home
from musicgen.config import Paths
from musicgen.jobs.fair_turn import Place
from musicgen.jobs.training_job import TrainingJob
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import RunInfo, RunStore
from musicgen.ui.base import membership, resources

MAX_POINTS = 150
"""Points of a curve on the board."""

DISK_S = 20.0
"""For how long the room that somebody's work takes is not measured again."""


@dataclass(frozen=True, slots=True)
class Row:
    """A member on the board.

    `job` is what they train or trained last since the server began, None for nothing; `before`
    how many come first where it waits; `had_s` the seconds that their trainings had, `disk_bytes`
    what their work takes.
    """

    member: Member
    job: TrainingJob | None
    before: int
    had_s: float
    disk_bytes: int


def read_board() -> list[Row]:
    """All members, those who train now first, then those who wait, then the others by name."""
    store = membership.class_store()
    queue = resources.machine().trainings
    had, places = queue.had_s(), queue.places()
    rows: list[Row] = []
    for member in store.read().members:
        where = store.paths_of(member)
        person = resources.person_of(where)
        is_first = not member.is_teacher or not any(row.member.is_teacher for row in rows)
        job = latest_job(where) if is_first else None  # teachers share a home
        before = _before(places, person, job)
        rows.append(Row(member, job, before, had.get(person, 0.0), _disk(where)))
    return sorted(rows, key=_order)


def latest_job(where: Paths) -> TrainingJob | None:
    """What is trained in a home, else what was last since the server began."""
    registry = resources.registries().get(where)
    return registry.current() if registry else None


def jobs_under_way(where: Paths) -> list[TrainingJob]:
    """The trainings of a home that are not over."""
    registry = resources.registries().get(where)
    return [job for job in registry.jobs() if not job.is_over] if registry else []


def runs_of(where: Paths) -> list[RunInfo]:
    """The runs of a home, the newest first, cells of sweeps left out."""
    return [info for info in RunStore(where.runs).list() if not info.sweep]


def thinned(metrics: tuple[StepMetrics, ...]) -> list[StepMetrics]:
    """At most some `MAX_POINTS` steps, the looks at held-out tunes among them."""
    looks = [one for one in metrics if one.val_loss is not None]
    found = looks if len(looks) > 1 else list(metrics)
    every = max(1, -(-len(found) // MAX_POINTS))
    return found[::every] + found[-1:]


def _before(places: list[Place], person: str, job: TrainingJob | None) -> int:
    if job is None:
        return 0
    return next((one.before for one in places if (one.person, one.name) == (person, job.run.id)), 0)


def _order(row: Row) -> tuple[bool, int, bool, str]:
    is_idle = row.job is None or row.job.is_over
    return is_idle, row.before, row.member.role == TEACHER, row.member.name.casefold()


def _disk(where: Paths) -> int:
    home = where.home if where.shared else where.runs
    return _measured(str(home), int(time.monotonic() / DISK_S))


@st.cache_data(max_entries=600, show_spinner=False)
def _measured(home: str, moment: int) -> int:  # noqa: ARG001 - in the cache's key
    return measure_home(Path(home))
