"""Train: choose a preset, press the button, and watch the network learn."""

import streamlit as st

from musicgen.ui.base import resources
from musicgen.ui.base.asked import answered, forget
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.base.places import chosen_place
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.train.training_form import PLACE, START, training_form
from musicgen.ui.train.training_view import (
    is_server_training,
    is_watched,
    live_training,
    runs_on_disk,
)

page(
    _("Train"),
    _("Watch a network learn from folk tunes, then play what it composes."),
    has_training_card=True,
)

above = st.container()
live_training()
below = st.container()
if not is_server_training():
    # After a training that one has watched, the form stands below: the curves stay where they are.
    is_started = False
    place = below if is_watched() else above
    with place, show_errors(), answered(START), st.container(border=True, key="start"):
        order = training_form()
        if order:
            with st.spinner(_("Reading the corpus")):
                resources.registry().start(*order, place=chosen_place(PLACE))
                forget(START)  # it must not start twice
            is_started = True
    if is_started:
        st.rerun()
runs_on_disk()
language_picker()
