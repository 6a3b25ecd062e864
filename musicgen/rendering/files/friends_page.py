"""Tunes as one HTML file that opens without the program and without the net.

It has abcjs inside, which draws the scores, and a plucked string that plays the melodies. What the
tunes say goes into the page as JSON and is put on the screen as text, never as HTML.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.audio.midi import to_midi
from musicgen.config import Paths
from musicgen.engraving.pages import IN_ENGLISH, TuneNames, describe_tune
from musicgen.errors import AudioError, SetupError, TunebookError
from musicgen.library.book_tune import BookSet, BookTune, SetTune, key_of
from musicgen.notation.display.layout import break_lines
from musicgen.notation.model import Tune
from musicgen.storage import is_file

if TYPE_CHECKING:
    from jinja2 import Template

WORDS: Mapping[str, str] = {
    "search": "Search",
    "back": "All tunes",
    "play": "Play",
    "stop": "Stop",
    "previous": "Tune before",
    "next": "Next tune",
    "speed": "Speed",
    "transpose": "Semitones",
    "print": "Print",
}
"""The words of the page, which may be given in another language."""

_FOLDER = Path(__file__).parent

_BARS = 4
"""Bars in a line of a score; half as many where the screen is narrow."""


def write_friends_page(
    title: str,
    tunes: Sequence[BookTune],
    sets: Sequence[BookSet],
    paths: Paths,
    words: Mapping[str, str] = WORDS,
    language: str = "en",
    names: TuneNames = IN_ENGLISH,
) -> str:
    """The page, with the sets all of whose tunes are among the tunes.

    Raises:
        TunebookError: there are no tunes.
        SetupError: abcjs is not here.
    """
    if not tunes:
        raise TunebookError("There is nothing to write: no tune was chosen.")
    if not is_file(paths.abcjs):
        raise SetupError(
            "A page for friends needs abcjs, which is not here. Fetch it with: make setup, or: "
            "python -m musicgen.installation abcjs"
        )
    places = {tune.key: place for place, tune in enumerate(tunes)}
    book = {
        "words": dict(words),
        "tunes": [_describe(tune, names) for tune in tunes],
        "sets": [
            {
                "name": one.name,
                "parts": [
                    [
                        places[part.key],
                        _describe_part(part, tunes[places[part.key]], names),
                        part.transpose,
                    ]
                    for part in one.tunes
                ],
            }
            for one in sets
            if all(part.key in places for part in one.tunes)
        ],
    }
    return _template().render(
        title=title,
        language=language,
        words=dict(words),
        book=_inside_script(json.dumps(book, ensure_ascii=False, separators=(",", ":"))),
        abcjs=_inside_script(paths.abcjs.read_text(encoding="utf-8"), is_json=False),
        script=_read_keys() + (_FOLDER / "friends.js").read_text(encoding="utf-8"),
    )


def _describe_part(part: SetTune, tune: BookTune, names: TuneNames) -> str:
    """How a tune of a set is played: how often, and where it is moved in which key."""
    times = f" ×{part.repeats}" if part.repeats > 1 else ""
    return times + (f" ({names.key(key_of(tune, part.transpose))})" if part.transpose else "")


def _read_keys() -> str:
    return (files("musicgen.engraving") / "keys.js").read_text(encoding="utf-8")


def _describe(tune: BookTune, names: TuneNames) -> dict[str, Any]:
    return {
        "title": tune.title,
        "facts": describe_tune(tune.tune, names),
        "tags": " ".join(tune.tags),
        "abc": tune.text,
        "score": break_lines(tune.tune, _BARS).text,
        "narrow": break_lines(tune.tune, _BARS // 2).text,
        "notes": _notes(tune.tune),
    }


def _notes(tune: Tune) -> list[tuple[int, int, int]]:
    """What sounds: pitch, begin and length in milliseconds; nothing of a tune without sound."""
    try:
        melody = to_midi(tune).instruments[0]
    except AudioError:
        return []
    return [
        (note.pitch, round(1000 * note.start), round(1000 * (note.end - note.start)))
        for note in melody.notes
    ]


def _inside_script(text: str, *, is_json: bool = True) -> str:
    """A text that ends no script element and begins no comment in it (HTML, 4.12.1.3)."""
    if is_json:
        return text.replace("<", "\\u003c")
    if "</script" in text.lower() or "<!--" in text:
        raise SetupError(
            "This version of abcjs cannot be put into a page. Install its version anew: make setup"
        )
    return text


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("friends.html")
