"""Corpus: bring tunes of one's own, see what was kept of them, and look at what networks learn."""

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.corpus.corpus_upload import upload_form
from musicgen.ui.corpus.corpus_view import corpus_on_screen, pick_corpus
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.tune.my_instrument import begin_with_instrument

page(
    _("Corpus"),
    _("The tunes that networks learn from: look at them, listen, and bring your own."),
)
begin_with_instrument()

with show_errors():
    upload_form()
name = pick_corpus()
if name:
    with show_errors():
        corpus_on_screen(name)
language_picker()
