"""Compare: all runs beside one another, two of them by ear, and what settings do."""

from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _
from musicgen.ui.compare import run_data
from musicgen.ui.compare.baseline_comparison import study_table
from musicgen.ui.compare.compare_views import chosen_view, nothing_trained, pick_view
from musicgen.ui.compare.run_files import manage_runs
from musicgen.ui.compare.run_table import overlaid_curves, run_table
from musicgen.ui.compare.side_by_side import side_by_side
from musicgen.ui.compare.sweep_view import sweeps
from musicgen.ui.frame.page import language_picker, page

page(
    _("Compare"),
    _("See what the settings do: in figures, in curves, and by ear."),
    has_training_card=chosen_view() == "sweep",
)

with show_errors():
    view = pick_view()
    if view == "pair":
        side_by_side()
    elif view == "study":
        study_table()
    elif view == "sweep":
        sweeps()
    else:
        infos = run_data.list_runs(has_cells=False)
        if not infos:
            nothing_trained()
        run_table(infos)
        with show_errors():
            overlaid_curves(infos)
        manage_runs(infos)
language_picker()
