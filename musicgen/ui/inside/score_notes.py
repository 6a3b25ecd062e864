"""What the notes of a score are called on this page."""

from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.display.note_names import name_note
from musicgen.notation.model import Tune
from musicgen.ui.base.language import _

Labels = tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]]


def note_labels(tune: Tune) -> Labels:
    """Of each note its bar, the number that bar is shown with, and a name; rests by their word."""
    numbers = number_bars(tune.bars) or (1,)
    bars = tuple(note.bar for note in tune.notes)
    names = tuple(name_note(tune, note) or _("rest") for note in tune.notes)
    return bars, tuple(numbers[bar] for bar in bars), names
