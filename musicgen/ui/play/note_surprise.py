"""Surprise and alternatives of each note of a tune, ready for the score."""

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.model import Tune
from musicgen.sampling.composer import Composition
from musicgen.sampling.note_surprise import NoteSurprise, find_surprise
from musicgen.ui.base import resources
from musicgen.ui.tune.models import Models

MAX_KEPT = 32


def look_into(composition: Composition, model: str, models: Models) -> NoteSurprise:
    """Surprise and alternatives of a composition by its model; computed once for all sessions.

    Raises:
        CheckpointError: the model is gone or damaged.
    """
    checkpoint = resources.checkpoint(models.find(model))
    return _looked(
        checkpoint.fingerprint,
        composition.abc + "\n" * composition.is_complete,
        composition.drawn_start,
        composition.config,
        checkpoint,
        composition.tune,
    )


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _looked(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    text: str,
    drawn_start: int,
    config: SampleConfig,
    _checkpoint: Checkpoint,
    _tune: Tune,
) -> NoteSurprise:
    return find_surprise(_checkpoint, config, text, drawn_start, _tune)
