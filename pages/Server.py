"""Server: how the app does, for whoever runs it."""

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.server.server_view import server

page(
    _("Server"),
    _("How long people wait, what the server works on, and what went wrong."),
    has_training_card=True,
)
with show_errors():
    server()
language_picker()
