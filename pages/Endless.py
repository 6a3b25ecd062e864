"""Endless: sets of tunes that follow one another without a gap, composed while one listens."""

import streamlit as st

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.base.links import train_link
from musicgen.ui.endless.stream_view import endless_controls, on_air
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.tune.models import Models, pick_model
from musicgen.ui.tune.my_instrument import begin_with_instrument

page(
    _("Endless"),
    _("Music for the background: the next tune is composed while this one sounds."),
    has_training_card=True,
    has_radio=True,
)
begin_with_instrument()

models = Models()
if models:
    pick_model(models)
    endless_controls()
    with show_errors():
        on_air(models)
else:
    with st.container(border=True, key="empty"):
        st.subheader(_("No model can play yet"), anchor=False)
        st.write(_("Train one: the small one makes recognisable tunes within ten seconds."))
        train_link()
language_picker()
