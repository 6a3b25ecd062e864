"""What tunes say of themselves in English, in the reader's language: dances, keys, bars in time."""

from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Tune
from musicgen.safe_text import remove_controls
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.tune.constraints import MODE_NAMES, RHYTHM_NAMES

_MODES = {name.casefold(): word for name, word in MODE_NAMES.items()}
_MOST_NAMED = 6


def name_rhythm(rhythm: str) -> str:
    """A dance by its usual name; what is none stays as it is written."""
    word = RHYTHM_NAMES.get(rhythm.strip().casefold())
    return _(word) if word else remove_controls(rhythm)


def name_music_key(key: str) -> str:
    """A key as `book_tune.name_key` writes it, ``E dorian``."""
    tonic, _blank, mode = key.partition(" ")
    word = _MODES.get(mode.casefold())
    return f"{tonic} {_(word)}" if word else remove_controls(key)


def say_time(tune: Tune) -> str:
    """Which bars are out of time; empty where all are in time or there is no meter."""
    report = check_bars(tune)
    if not report.wrong:
        return ""
    numbers = number_bars(tune.bars)
    named = list(dict.fromkeys(numbers[bar.index] for bar in report.wrong))
    shown = ", ".join(map(str, named[:_MOST_NAMED])) + (" …" if len(named) > _MOST_NAMED else "")
    return ngettext(
        "Bar {numbers} is out of time.", "Bars {numbers} are out of time.", len(named)
    ).format(numbers=shown)
