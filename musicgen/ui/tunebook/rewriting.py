"""Bars of a tune of the tunebook written anew by a model, whoever made the tune."""

from collections.abc import Sequence

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.library.book_tune import BookTune
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.analysis.ranges import notes_outside
from musicgen.sampling.foreign_infilling import rewrite_any_bars
from musicgen.sampling.infilling import Candidate
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.my_instrument import remembered_instrument
from musicgen.ui.tune.rewrite_dialog import offer_rewrites, open_rewrites
from musicgen.ui.tunebook.text_history import change_text

MAX_DRAWN = 16
"""Sets of ways through bars that are kept for all sessions."""

_MODEL = "tunebook_rewrite_model"


def rewrite_button() -> None:
    """Opens the dialog for the bars that are chosen."""
    st.button(
        _("Rewrite"), key="tunebook_rewrite", icon=":material/edit_note:", on_click=open_rewrites,
        help=_("The network fills these bars anew; all others stay as they are."),
    )  # fmt: skip


def offer_other_bars(tune: BookTune) -> None:
    """The dialog of other ways through the chosen bars, while it is open."""
    selected = state.TUNEBOOK_SELECTED.get()
    if not selected or not state.REWRITING.get():
        state.REWRITING.set(False)
        return
    models = Models()
    first, last = selected
    config = _config(tune)

    def choose_model() -> None:
        names = models.names
        st.selectbox(_("Who composes"), names, key=_MODEL, width=240)

    def find(seed: int) -> Sequence[Candidate]:
        name = st.session_state.get(_MODEL) or models.names[0]
        checkpoint = resources.checkpoint(models.find(name))
        return _drawn(
            checkpoint.fingerprint, config, tune.text, first + 1, last + 1, seed, checkpoint
        )

    def keep(_seed: int, chosen: Candidate) -> None:
        attempt(change_text, tune.key, chosen.abc)

    offer_rewrites(tune.tune, first, last, find, keep, choose_model if models else None)


def _config(tune: BookTune) -> SampleConfig:
    """What is asked of new bars: the range of one's instrument, where the tune is within it."""
    instrument = remembered_instrument()
    is_within = instrument is not None and not notes_outside(tune.tune, instrument.range)
    return SampleConfig(range=instrument.range if instrument and is_within else "")


@st.cache_resource(max_entries=MAX_DRAWN, show_spinner=False)
def _drawn(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    config: SampleConfig,
    text: str,
    first_bar: int,
    last_bar: int,
    seed: int,
    _checkpoint: Checkpoint,
) -> list[Candidate]:
    return rewrite_any_bars(_checkpoint, config, text, first_bar, last_bar, seed)
