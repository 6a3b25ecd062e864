"""What tunes say of themselves in English, in the reader's language: dances, keys, bars in time."""

from collections.abc import Callable

from musicgen.library.book_tune import BookTune
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.model import Tune
from musicgen.safe_text import remove_controls
from musicgen.ui.base.language import LANGUAGES, _, ngettext, translations
from musicgen.ui.tune.constraints import MODE_NAMES, RHYTHM_NAMES

_MODES = {name.casefold(): word for name, word in MODE_NAMES.items()}
_MOST_NAMED = 6


def name_rhythm(rhythm: str, say: Callable[[str], str] = _) -> str:
    """A dance by its usual name; what is none stays as it is written.

    Args:
        rhythm: The dance.
        say: What a word is in a language, which is the reader's unless another is given.
    """
    word = RHYTHM_NAMES.get(rhythm.strip().casefold())
    return say(word) if word else remove_controls(rhythm)


def name_music_key(key: str, say: Callable[[str], str] = _) -> str:
    """A key as `book_tune.name_key` writes it, ``E dorian``; `say` as of `name_rhythm`."""
    tonic, _blank, mode = key.partition(" ")
    word = _MODES.get(mode.casefold())
    return f"{tonic} {say(word)}" if word else remove_controls(key)


def names_in_all_languages(tune: BookTune) -> list[tuple[str, str]]:
    """What dance and key of a tune are called on the pages, in each of their languages."""
    found = []
    for language in LANGUAGES:
        say = translations(language).gettext
        found.append((name_rhythm(tune.rhythm, say), name_music_key(tune.music_key, say)))
    return found


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
