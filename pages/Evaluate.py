"""Evaluate: what networks compose, in figures, beside real tunes they have never seen."""

import streamlit as st

from musicgen.ui.base import resources
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.base.links import train_link
from musicgen.ui.evaluate.report_form import report_form
from musicgen.ui.evaluate.report_live import is_reporting, live_report
from musicgen.ui.evaluate.report_view import report_on_screen
from musicgen.ui.frame.page import language_picker, page

page(
    _("Evaluate"),
    _("Are they right, in key, various, and like real tunes? Figures with their uncertainty."),
    has_training_card=True,
)

if not resources.checkpoints():
    with st.container(border=True, key="empty"):
        st.subheader(_("Nothing can be judged yet"), anchor=False)
        st.write(_("Train a model, then see here how near its tunes come to real ones."))
        train_link()
elif not is_reporting():
    with show_errors():
        report_form()
live_report()
with show_errors():
    report_on_screen()
language_picker()
