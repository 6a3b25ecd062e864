"""What all sessions of this server share: loaded networks, the trainings, rendered sound.

Where it serves a class, each member has a home, and with it runs, tasks and a tunebook of their
own: `paths()` says whose. What is the machine's, such as whose turn it is, stays one for all.
"""

import os
from pathlib import Path

import streamlit as st

from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import TEACHER
from musicgen.classroom.work import admit, check_room
from musicgen.config import Paths, TrainingConfig
from musicgen.corpus.cleaning import CleaningReport, CorpusTune
from musicgen.corpus.dataset import read_tunes
from musicgen.corpus.sources import SOURCES, is_available
from musicgen.corpus.statistics import TuneFacts, describe_tunes
from musicgen.corpus.user_corpora import CorpusStore, store_of
from musicgen.evaluation.novelty.comparison import NoveltyIndex
from musicgen.evaluation.novelty.training_sources import training_sources_of
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.adapt_service import AdaptService
from musicgen.jobs.compose_ahead import ComposeAhead
from musicgen.jobs.fair_turn import FairQueue
from musicgen.jobs.novelty_service import IndexInProgress, NoveltyService
from musicgen.jobs.report_service import ReportService
from musicgen.jobs.seat import Machine, Seat
from musicgen.jobs.study_service import StudyService
from musicgen.jobs.sweep import SweepRunner
from musicgen.jobs.sweep_plan import SweepStore
from musicgen.jobs.training_job import JobRegistry
from musicgen.jobs.variant_service import VariantService
from musicgen.library.favourites import FavouriteStore
from musicgen.library.tunebook import Tunebook
from musicgen.listening.store import StudyStore
from musicgen.models.checkpoint import (
    METADATA_FILE,
    Checkpoint,
    CheckpointRef,
    list_checkpoints,
    load_checkpoint,
)
from musicgen.sampling.composer import Composition
from musicgen.storage import is_folder, modified_ns
from musicgen.training.estimate import TrainingEstimate
from musicgen.training.loop.foreground_priority import ForegroundPriority
from musicgen.training.runs.litter import clear_all_litter
from musicgen.training.runs.run import RunStore
from musicgen.ui.base import membership
from musicgen.ui.base.bounded_cache import BoundedCache
from musicgen.watching import SWITCH, Watch

MAX_NETWORKS = 4
"""Networks kept in memory: the baseline takes 21 MB, the largest allowed some hundred."""

MAX_CLASS_NETWORKS = 12
"""The same where each of many has models of their own, which are smaller."""

MAX_CORPORA = 6
"""Corpora kept in memory; the largest tunebook takes some 20 MB."""


def paths() -> Paths:
    """Where whoever is at the other end of this session keeps their files.

    Raises:
        ClassError: the server serves a class, and nobody is signed in.
    """
    return membership.member_paths() if membership.is_class() else Paths.default()


def server_paths() -> Paths:
    """Where the server itself keeps its files, whoever is there, or nobody."""
    return Paths.default() if membership.is_class() else paths()


@st.cache_resource(show_spinner=False)
def machine() -> Machine:
    """What all members of a class share: whose turn it is, and who goes ahead."""
    return Machine(FairQueue(), FairQueue(), ForegroundPriority())


def person_of(where: Paths) -> str:
    """What those are called, in the queue, whose home this is: a member's id, or the teachers'."""
    return where.home.name if where.shared else TEACHER


def _seat(where: Paths) -> Seat | None:
    if not membership.is_class():
        return None
    return Seat(machine(), person_of(where), _Admission(where))


class _Admission:
    """Lets a member train, by the limits as they are then."""

    def __init__(self, where: Paths) -> None:
        self._where = where

    def __call__(self, estimate: TrainingEstimate, training: TrainingConfig, active: int) -> None:
        store = membership.class_store()
        set_slices(store.read().limits)
        admit(store, self._where, estimate, training, active)


def set_slices(limits: Limits) -> None:
    """How long each goes on while others wait."""
    for queue in (machine().trainings, machine().others):
        queue.slice_s = limits.slice_s


def require_disk(wanted: int = 0) -> None:
    """Makes sure that this session may keep some more bytes; where there is no class, it may.

    Raises:
        ClassError: it would be more than the class allows.
    """
    if membership.is_class():
        check_room(membership.class_store(), paths(), wanted)


def checkpoints() -> list[CheckpointRef]:
    """All models that can play now, the bundled ones first."""
    return list_checkpoints(paths())


def checkpoint(ref: CheckpointRef) -> Checkpoint:
    """The network of a model, loaded once for all sessions and again when its file is newer.

    Raises:
        CheckpointError: it is damaged, or gone since it was listed.
    """
    return load_from(networks(), ref)


def load_from(kept: BoundedCache[Checkpoint], ref: CheckpointRef) -> Checkpoint:
    """As `checkpoint`, for a thread that was handed the `networks`.

    Raises:
        CheckpointError: as of `checkpoint`.
    """
    key = (ref, modified_ns(ref.path / METADATA_FILE))
    return kept.get(key, lambda: load_checkpoint(ref.path))


@st.cache_resource(show_spinner=False)
def networks() -> BoundedCache[Checkpoint]:
    """The networks in memory, a bounded number of them; safe to use from several threads."""
    most = MAX_CLASS_NETWORKS if membership.is_class() else MAX_NETWORKS
    return BoundedCache(most, lambda _checkpoint: 1)


def favourite_store() -> FavouriteStore:
    """The tunes that are kept on this computer."""
    return FavouriteStore(paths().favourites)


def tunebook() -> Tunebook:
    """The tunebook of this computer, with what earlier versions kept as favourites."""
    return favourite_store().book


def corpora() -> CorpusStore:
    """The corpora people brought."""
    return CorpusStore(paths().corpora)


def own_corpus_names() -> tuple[str, ...]:
    """The corpora people brought: one's own, then those that are shared."""
    own, sharing = [corpus.name for corpus in corpora().list()], paths().sharing
    shared = [corpus.name for corpus in CorpusStore(sharing.corpora).list()] if sharing else []
    return (*own, *(name for name in shared if name not in own))


def corpus_names() -> tuple[str, ...]:
    """All corpora that can be read now: the tunebooks that are here, then those people brought."""
    here = [name for name, source in SOURCES.items() if is_available(source, paths())]
    return (*here, *own_corpus_names())


def corpus_tunes(name: str) -> tuple[list[CorpusTune], CleaningReport, list[TuneFacts]]:
    """The clean tunes of a corpus, what cleaning found, and a line on each tune.

    Read once for all sessions, and again when its files are newer.

    Raises:
        CorpusError: it is gone, or damaged.
    """
    if name in SOURCES:
        changed = max(map(modified_ns, SOURCES[name].locate(paths())), default=0)
    else:
        changed = store_of(name, paths()).get(name).changed_ns
    return _corpus_tunes(name, changed, paths())


@st.cache_resource(max_entries=MAX_CORPORA, show_spinner=False)
def _corpus_tunes(
    name: str,
    changed: int,  # noqa: ARG001 - in the cache's key
    where: Paths,
) -> tuple[list[CorpusTune], CleaningReport, list[TuneFacts]]:
    tunes, report = read_tunes(name, where)
    return tunes, report, describe_tunes(tunes)


def store() -> RunStore:
    """The runs on the disk."""
    return RunStore(paths().runs)


def registry() -> JobRegistry:
    """The trainings of this server: one for the process, whichever page or session asks."""
    return _registry(paths())


def sweep_runner() -> SweepRunner:
    """The sweeps of this server: one under way at most, on the same trainings."""
    return _sweeps(paths())


def reports() -> ReportService:
    """The reports of this server: one is made at a time."""
    return _reports(paths())


def variants() -> VariantService:
    """What measures the versions of a model: one for the process."""
    return _variants(paths())


@st.cache_resource(show_spinner=False)
def _variants(where: Paths) -> VariantService:
    return VariantService(where, _seat(where))


@st.cache_resource(show_spinner=False)
def _reports(where: Paths) -> ReportService:
    return ReportService(ReportStore(where.reports), where, _seat(where))


@st.cache_resource(show_spinner=False)
def tunes_ahead() -> ComposeAhead[list[Composition]]:
    """What is composed for the next click of each visit: one thread for the process."""
    first = machine().priority if membership.is_class() else registry().foreground_priority
    return ComposeAhead(first.yield_if_busy)


@st.cache_resource(show_spinner=False)
def _sweeps(where: Paths) -> SweepRunner:
    jobs = _registry(where)
    return SweepRunner(SweepStore(where.home / "sweeps", jobs.store), jobs)


def study_store() -> StudyStore:
    """The listening studies on the disk."""
    return StudyStore(paths().listening)


def store_of_study(study: str) -> StudyStore:
    """Where a study lies: one's own, or that of whoever sent its link, which nobody can guess."""
    if not membership.is_class():
        return study_store()
    return StudyStore(_home_of_study(study) or paths().listening)


def _home_of_study(study: str) -> Path | None:
    kept = _homes_of_studies()
    if study not in kept:
        store = membership.class_store()
        homes = {store.paths_of(one).listening for one in store.read().members}
        found = [home for home in homes if is_folder(home) and _has_study(home, study)]
        if not found:
            return None
        kept[study] = found[0]
    return kept[study]


def _has_study(home: Path, study: str) -> bool:
    return any(info.id == study for info in StudyStore(home).infos())


@st.cache_resource(show_spinner=False)
def _homes_of_studies() -> dict[str, Path]:
    return {}


def studies() -> StudyService:
    """The listening studies of this server: one is made at a time."""
    return _studies(paths())


@st.cache_resource(show_spinner=False)
def _studies(where: Paths) -> StudyService:
    return StudyService(StudyStore(where.listening), where, _seat(where))


def watch() -> Watch:
    """What notes how long people wait."""
    return _watch(server_paths(), os.environ.get(SWITCH, ""))


@st.cache_resource(show_spinner=False)
def _watch(where: Paths, switch: str) -> Watch:  # noqa: ARG001 - in the cache's key
    return Watch(where.waits)


def adaptations() -> AdaptService:
    """The models of this server that learn from people: one at a time."""
    return _adaptations(paths())


@st.cache_resource(show_spinner=False)
def _adaptations(where: Paths) -> AdaptService:
    return AdaptService(_registry(where), where)


def novelty_index(ref: CheckpointRef) -> NoveltyIndex | IndexInProgress:
    """The index of what a model learned from, or how far it is.

    Models that learned from the tunebooks of all people have one index for all people.

    Raises:
        CorpusError: its tunes are not here, or could not be read.
        CheckpointError: the model is damaged.
    """
    names = [name for one in training_sources_of(ref.metadata()) for name in one.source.split("+")]
    is_common = ref.origin in ("bundled", "shared") or all(name in SOURCES for name in names)
    return _novelty_service(server_paths() if is_common else paths()).ask(ref)


def novelty_service() -> NoveltyService:
    """The indices of what the models of this session's home learned from."""
    return _novelty_service(paths())


@st.cache_resource(show_spinner=False)
def _novelty_service(where: Paths) -> NoveltyService:
    return NoveltyService(where)


@st.cache_resource(show_spinner=False)
def _registry(where: Paths) -> JobRegistry:
    """Made once for the process, so litter of dead ones is cleared here."""
    clear_all_litter(where)
    made = _registries()[where] = JobRegistry(RunStore(where.runs), where, _seat(where))
    return made


def registries() -> dict[Paths, JobRegistry]:
    """The trainings of all who have asked for theirs since the server began, by their homes."""
    return dict(_registries())


@st.cache_resource(show_spinner=False)
def _registries() -> dict[Paths, JobRegistry]:
    return {}
