"""Listen: blind studies of tunes, for whoever makes one and for those who take part."""

import streamlit as st

from musicgen.ui.base import resources
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.base.links import train_link
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.listen.listener_view import listen
from musicgen.ui.listen.study_form import study_form
from musicgen.ui.listen.study_live import is_making, live_study
from musicgen.ui.listen.study_view import STUDY_PARAMETER, study_on_screen
from musicgen.ui.listen.teach_view import teach

study = st.query_params.get(STUDY_PARAMETER)
page(
    _("Listen"),
    _("Listen to tunes, and say what you hear.")
    if study
    else _("Let people listen blind: which tunes do they like better, and how sure is that?"),
    has_training_card=not study,
)

if study:
    with show_errors():
        listen(study)
else:
    with show_errors():
        infos = resources.study_store().infos()
        if not resources.checkpoints() and not infos:
            with st.container(border=True, key="empty"):
                st.subheader(_("Nothing can be compared yet"), anchor=False)
                st.write(_("Train a model, then let people hear its tunes beside real ones."))
                train_link()
        elif not is_making():
            study_form(is_open=not infos)
        live_study()
        if infos:
            study_on_screen(infos)
        if resources.checkpoints():
            teach()
language_picker()
