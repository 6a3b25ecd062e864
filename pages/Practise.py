"""Practise: a tune with count-in and metronome, slower and faster, in parts, with an answer."""

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.practise.on_the_stand import pick_tune
from musicgen.ui.practise.practise_view import practise
from musicgen.ui.tune.my_instrument import begin_with_instrument

page(_("Practise"), _("Learn a tune: slower, in parts, with a metronome, and then by heart."))
begin_with_instrument()

with show_errors():
    tune = pick_tune()
    if tune is not None:
        practise(tune)
language_picker()
