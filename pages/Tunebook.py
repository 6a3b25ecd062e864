"""Tunebook: one's own tunes: look for them, put them in sets, print and share them."""

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.frame.page import language_picker, page
from musicgen.ui.tune.my_instrument import begin_with_instrument
from musicgen.ui.tunebook.bring_view import bring_form
from musicgen.ui.tunebook.print_view import print_and_share
from musicgen.ui.tunebook.set_view import sets
from musicgen.ui.tunebook.tune_list import follow_link, tunes
from musicgen.ui.tunebook.tune_view import tune_on_screen

page(_("Tunebook"), _("Your own tunes: find them, put them in sets, print them, share them."))
begin_with_instrument()

with show_errors():
    bring_form()
with show_errors():
    follow_link()
    found = tunes()
    tune_on_screen(found)
with show_errors():
    sets()
with show_errors():
    print_and_share()
language_picker()
