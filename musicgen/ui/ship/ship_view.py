"""The page as a whole: which model, and its sections."""

import streamlit as st

from musicgen.models.checkpoint import CheckpointRef
from musicgen.ui.base import state
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.base.links import MODEL_PARAMETER, train_link
from musicgen.ui.base.uninterrupted import uninterrupted
from musicgen.ui.ship.blind import hear_blind
from musicgen.ui.ship.costs import costs
from musicgen.ui.ship.smaller import make_smaller
from musicgen.ui.ship.take import take_away
from musicgen.ui.tune.models import Models


def ship() -> None:
    """The choice of model and the sections, or the way to a first model."""
    models = Models()
    if not models:
        with st.container(border=True, key="empty"):
            st.subheader(_("There is nothing to ship yet"), anchor=False)
            st.write(_("Train a model, then make it smaller and take it with you."))
            train_link()
        return
    ref = _pick(models)
    others = [models.find(name) for name in models.names if name != ref.name]
    with show_errors():
        make_smaller(ref)
    with show_errors():
        take_away(ref)
    with show_errors():
        hear_blind(ref, others)
    with show_errors():
        costs(ref)


def _pick(models: Models) -> CheckpointRef:
    with uninterrupted():
        asked = st.query_params.get(MODEL_PARAMETER, "")
        if asked in models.names and state.SHIP_ASKED.get() != asked:
            state.SHIP_ASKED.set(asked)
            state.SHIP_MODEL.set(asked)
    if state.SHIP_MODEL.get() not in models.names:
        state.SHIP_MODEL.set(models.names[0])
    name = st.selectbox(_("Model"), models.names, key=state.SHIP_MODEL.name, width=320)
    return models.find(name)
