"""Training tunes changed so that a network meets more of the same music.

Each change keeps a tune a tune: notes move with their key, a beat keeps its length, and a shortened
tune ends where a section ends. Randomness comes from the generator that is handed in.
"""

import functools
import random
import re
from dataclasses import dataclass

from musicgen.corpus.described import hide_form, mark_moved
from musicgen.errors import NotationError
from musicgen.notation.parsing.barlines import is_closing
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose

_PAIR = re.compile(r"(?<![A-Ga-gz,'\d/<>=^_(])([A-Ga-g]'*)([<>]?)([A-Ga-g]'*)(?![,'\d/<>])")
_BEAT_START = re.compile(r"(?<=[ |:!\n\]])")


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How training tunes are changed each time they are read.

    Args:
        transpose: Each tune is moved by -n..n semitones, every distance as likely.
        truncate: Share of tunes, 0..1, that end early, behind one of their sections.
        vary_rhythm: Share of tunes, 0..1, whose even pairs of notes are dotted here and there, and
            dotted ones made even.
        is_described: The tunes have described headers (`musicgen.corpus.described`), which say what
            is changed: they tell the form in three of five readings, and one tune in five stays in
            its key beside those that a distance of 0 falls to.
    """

    transpose: int = 0
    truncate: float = 0.0
    vary_rhythm: float = 0.0
    is_described: bool = False

    def __bool__(self) -> bool:
        return bool(self.transpose or self.truncate or self.vary_rhythm or self.is_described)


_FORM_TOLD = 0.6
_AT_HOME = 0.2


def augment(text: str, changes: Augmentation, generator: random.Random) -> str:
    """A tune changed by chance; as it is where a change cannot be made."""
    is_described = changes.is_described
    has_form = not is_described or generator.random() < _FORM_TOLD
    if changes.truncate and generator.random() < changes.truncate:
        text = truncate(text, generator)
        has_form = not is_described
    if changes.vary_rhythm and generator.random() < changes.vary_rhythm:
        text = vary_rhythm(text, generator)
    if changes.transpose and not (is_described and generator.random() < _AT_HOME):
        moved = move(text, generator.randint(-changes.transpose, changes.transpose))
        text = mark_moved(moved) if is_described and moved != text else moved
    return text if has_form else hide_form(text)


@functools.lru_cache(maxsize=65_536)
def move(text: str, semitones: int) -> str:
    """A tune moved by a number of semitones; as it is where it cannot be spelled there."""
    try:
        return transpose(text, semitones)
    except NotationError:
        return text


def truncate(text: str, generator: random.Random) -> str:
    """A tune that ends behind a section of its own, the last one included."""
    ends = _section_ends(text)
    if len(ends) < 2:
        return text
    return text[: generator.choice(ends)].rstrip("\n") + "\n" * text.endswith("\n")


@functools.lru_cache(maxsize=16_384)
def _section_ends(text: str) -> tuple[int, ...]:
    """Offsets behind the bar lines that close a section, the sign of a line's end included."""
    tune, _ = read_tune(text)
    ends = []
    for bar in tune.bars:
        following = tune.bars[bar.index + 1] if bar.index + 1 < len(tune.bars) else None
        if is_closing(bar.closing) and not (following and following.ending):
            end = bar.end + len(bar.closing)
            ends.append(end + (text[end : end + 1] == "!"))
    return tuple(ends)


def vary_rhythm(text: str, generator: random.Random, share: float = 0.3) -> str:
    """A tune in which about `share` of the pairs that begin a group are dotted or made even."""
    tune, _ = read_tune(text)
    start = tune.body_start

    def change(pair: re.Match[str]) -> str:
        if not _BEAT_START.match(pair.string, pair.start()) or generator.random() >= share:
            return pair[0]
        return f"{pair[1]}{'' if pair[2] else '>'}{pair[3]}"

    lines = re.split(r"(\n)", text[start:])
    return text[:start] + "".join(
        line if re.match(r"[A-Za-z]:(?![|:])", line) else _PAIR.sub(change, line) for line in lines
    )
