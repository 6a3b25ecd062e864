"""What all sessions of this server share: loaded networks, the trainings, rendered sound."""

import os

import streamlit as st

from musicgen.config import Paths
from musicgen.corpus.cleaning import CleaningReport, CorpusTune
from musicgen.corpus.dataset import read_tunes
from musicgen.corpus.sources import SOURCES, is_available
from musicgen.corpus.statistics import TuneFacts, describe_tunes
from musicgen.corpus.user_corpora import CorpusStore
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.adapt_service import AdaptService
from musicgen.jobs.compose_ahead import ComposeAhead
from musicgen.jobs.novelty_service import NoveltyService
from musicgen.jobs.report_service import ReportService
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
from musicgen.storage import modified_ns
from musicgen.training.runs.litter import clear_all_litter
from musicgen.training.runs.run import RunStore
from musicgen.ui.base.bounded_cache import BoundedCache
from musicgen.watching import SWITCH, Watch

MAX_NETWORKS = 4
"""Networks kept in memory: the baseline takes 21 MB, the largest allowed some hundred."""

MAX_CORPORA = 6
"""Corpora kept in memory; the largest tunebook takes some 20 MB."""


def paths() -> Paths:
    """Where this server keeps its files."""
    return Paths.default()


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
    """The networks in memory, `MAX_NETWORKS` of them; safe to use from several threads."""
    return BoundedCache(MAX_NETWORKS, lambda _checkpoint: 1)


def favourite_store() -> FavouriteStore:
    """The tunes that are kept on this computer."""
    return FavouriteStore(paths().favourites)


def tunebook() -> Tunebook:
    """The tunebook of this computer, with what earlier versions kept as favourites."""
    return favourite_store().book


def corpora() -> CorpusStore:
    """The corpora people brought."""
    return CorpusStore(paths().corpora)


def corpus_names() -> tuple[str, ...]:
    """All corpora that can be read now: the tunebooks that are here, then those people brought."""
    here = [name for name, source in SOURCES.items() if is_available(source, paths())]
    return (*here, *(corpus.name for corpus in corpora().list()))


def corpus_tunes(name: str) -> tuple[list[CorpusTune], CleaningReport, list[TuneFacts]]:
    """The clean tunes of a corpus, what cleaning found, and a line on each tune.

    Read once for all sessions, and again when its files are newer.

    Raises:
        CorpusError: it is gone, or damaged.
    """
    if name in SOURCES:
        changed = max(map(modified_ns, SOURCES[name].locate(paths())), default=0)
    else:
        changed = corpora().get(name).changed_ns
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
    return VariantService(where)


@st.cache_resource(show_spinner=False)
def _reports(where: Paths) -> ReportService:
    return ReportService(ReportStore(where.reports), where)


@st.cache_resource(show_spinner=False)
def tunes_ahead() -> ComposeAhead[list[Composition]]:
    """What is composed for the next click of each visit: one thread for the process."""
    return ComposeAhead(registry().foreground_priority.yield_if_busy)


@st.cache_resource(show_spinner=False)
def _sweeps(where: Paths) -> SweepRunner:
    jobs = _registry(where)
    return SweepRunner(SweepStore(where.home / "sweeps", jobs.store), jobs)


def study_store() -> StudyStore:
    """The listening studies on the disk."""
    return StudyStore(paths().listening)


def studies() -> StudyService:
    """The listening studies of this server: one is made at a time."""
    return _studies(paths())


@st.cache_resource(show_spinner=False)
def _studies(where: Paths) -> StudyService:
    return StudyService(StudyStore(where.listening), where)


def watch() -> Watch:
    """What notes how long people wait."""
    return _watch(paths(), os.environ.get(SWITCH, ""))


@st.cache_resource(show_spinner=False)
def _watch(where: Paths, switch: str) -> Watch:  # noqa: ARG001 - in the cache's key
    return Watch(where.waits)


def adaptations() -> AdaptService:
    """The models of this server that learn from people: one at a time."""
    return _adaptations(paths())


@st.cache_resource(show_spinner=False)
def _adaptations(where: Paths) -> AdaptService:
    return AdaptService(_registry(where), where)


def novelty_service() -> NoveltyService:
    """The indices of what the models learned from: one service for the process."""
    return _novelty_service(paths())


@st.cache_resource(show_spinner=False)
def _novelty_service(where: Paths) -> NoveltyService:
    return NoveltyService(where)


@st.cache_resource(show_spinner=False)
def _registry(where: Paths) -> JobRegistry:
    """Made once for the process, so litter of dead ones is cleared here."""
    clear_all_litter(where)
    return JobRegistry(RunStore(where.runs), where)
