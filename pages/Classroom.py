"""Classroom: who trains what, for the teacher of a class."""

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.classroom.classroom_view import classroom
from musicgen.ui.frame.page import language_picker, page

page(
    _("Classroom"),
    _("Who trains what, and who belongs to the class: for its teacher."),
    has_training_card=True,
)
with show_errors():
    classroom()
language_picker()
