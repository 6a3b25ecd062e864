"""What the lessons compose and measure, kept for all sessions, a bounded number of each."""

from dataclasses import dataclass, field

import streamlit as st

from musicgen.config import Paths, SampleConfig
from musicgen.evaluation.loss.heldout import HeldOutLoss, Scoring
from musicgen.evaluation.novelty.comparison import NoveltyIndex
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import training_sources_of
from musicgen.interpretation.changed_network import change_checkpoint, compose_changed
from musicgen.interpretation.interventions import Intervention
from musicgen.interpretation.material import find_held_out
from musicgen.lessons.measures import PlacedLoss, place_losses
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose
from musicgen.ui.base import resources

TUNES = 40
"""Tunes that losses are measured on: some 9,000 characters of the lab's."""

MAX_SETS, MAX_LOSSES, MAX_INDICES = 48, 48, 4
"""Sets of tunes, losses and indices that are kept; a set takes some 0.2 MB, an index some 4."""


@dataclass(frozen=True)
class Cell:
    """One of several ways to compose: what it is called, who composes, and how.

    `change` is what is switched off in the network.
    """

    label: str
    checkpoint: Checkpoint
    config: SampleConfig
    change: Intervention = field(default_factory=Intervention)

    @property
    def fingerprint(self) -> str:
        """That of the network as it is changed."""
        return self.change.fingerprint(self.checkpoint.fingerprint)


def tunes(cell: Cell) -> list[Composition]:
    """The tunes of a cell, composed once.

    Raises:
        ConfigError: there is no such layer, unit or part.
        CompositionError, GrammarError: it cannot be composed so.
    """
    return _tunes(cell.fingerprint, cell.config, cell)


@st.cache_resource(max_entries=MAX_SETS, show_spinner=False)
def _tunes(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    config: SampleConfig,
    _cell: Cell,
) -> list[Composition]:
    with resources.registry().foreground_priority.foreground():
        if _cell.change == Intervention():
            return compose(_cell.checkpoint, config)
        return compose_changed(_cell.checkpoint, config, _cell.change)


def texts(checkpoint: Checkpoint, side: str = "val", count: int = TUNES) -> list[str]:
    """Tunes of the first book that a network learned from, held out or ``train``.

    Raises:
        CorpusError: the book is not there.
    """
    return _texts(checkpoint.fingerprint, side, count, resources.paths(), checkpoint)


@st.cache_resource(max_entries=MAX_LOSSES, show_spinner=False)
def _texts(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    side: str,
    count: int,
    where: Paths,
    _checkpoint: Checkpoint,
) -> list[str]:
    return find_held_out(_checkpoint, where, count, side)


def losses(
    checkpoint: Checkpoint, side: str = "val", temperatures: tuple[float, ...] = (1.0,)
) -> list[HeldOutLoss]:
    """The loss on tunes of a side at each temperature, with intervals.

    Raises:
        CorpusError: the book is not there.
    """
    where = resources.paths()
    return _losses(checkpoint.fingerprint, side, temperatures, where, checkpoint)


@st.cache_resource(max_entries=MAX_LOSSES, show_spinner=False)
def _losses(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    side: str,
    temperatures: tuple[float, ...],
    where: Paths,  # noqa: ARG001 - in the cache's key
    _checkpoint: Checkpoint,
) -> list[HeldOutLoss]:
    read = texts(_checkpoint, side)
    return Scoring(_checkpoint.network, _checkpoint.vocabulary, read, temperatures).finish()


def placed(cell: Cell) -> PlacedLoss:
    """The loss along held-out tunes of a network as it is changed.

    Raises:
        CorpusError: the book is not there.
    """
    return _placed(cell.fingerprint, resources.paths(), cell)


@st.cache_resource(max_entries=MAX_LOSSES, show_spinner=False)
def _placed(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    where: Paths,  # noqa: ARG001 - in the cache's key
    _cell: Cell,
) -> PlacedLoss:
    changed = change_checkpoint(_cell.checkpoint, _cell.change)
    return place_losses(changed.network, changed.vocabulary, texts(_cell.checkpoint))


def index(checkpoint: Checkpoint) -> NoveltyIndex:
    """The tunes that a network learned from, to compare with.

    Raises:
        CorpusError: they are not here, or the model does not say which they are.
    """
    return _index(checkpoint.fingerprint, resources.paths(), checkpoint)


@st.cache_resource(max_entries=MAX_INDICES, show_spinner=False)
def _index(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    where: Paths,
    _checkpoint: Checkpoint,
) -> NoveltyIndex:
    return load_index(training_sources_of(_checkpoint.metadata), where)
