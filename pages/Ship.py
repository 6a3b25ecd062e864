"""Ship: make a trained model smaller, hear what it costs, and take it with you."""

from musicgen.ui.base.language import _
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.ship.ship_view import ship

page(
    _("Ship"),
    _("Make a model smaller, see and hear what that costs, and take it with you."),
    has_training_card=True,
)

ship()
language_picker()
