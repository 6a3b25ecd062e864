"""Inside: what a network knows, by looking at its units and by hearing what they were for."""

from musicgen.ui.base.language import _
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.inside.inside_view import nothing_trained, sections
from musicgen.ui.tune.models import Models, pick_model

page(
    _("Inside"),
    _("Look into a network, switch parts of it off, and hear what they were for."),
)

models = Models()
if models:
    pick_model(models)
    sections(models)
else:
    nothing_trained()
language_picker()
