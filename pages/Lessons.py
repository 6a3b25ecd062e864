"""Lessons: eight short ones, with trainings, tunes and charts, and questions before each result."""

from musicgen.ui.base.language import _
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.lessons.choices import chosen_lesson
from musicgen.ui.lessons.lessons_view import course
from musicgen.ui.lessons.training_view import is_training

page(
    _("Lessons"),
    _("Understand sequence models: say what you expect, try it, and hear what comes of it."),
    has_training_card=is_training(chosen_lesson()),
)

course()
language_picker()
