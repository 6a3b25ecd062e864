"""Bars of a tune that no network composed, written anew by one.

A network reads the notation that it learned. So the tune is written so, the bars are drawn there
(`sampling.infilling`), and what was drawn is put into the text of the tune: everything else in it,
chord symbols and words included, stays to the letter.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from musicgen.config import SampleConfig
from musicgen.corpus.described import find_rhythm, write_described
from musicgen.corpus.normalization import write_plain
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.model import Bar, Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.abc_writer import write_abc
from musicgen.notation.writing.field_changes import with_field
from musicgen.sampling.infill_spans import Gap, find_gaps, find_music
from musicgen.sampling.infilling import Candidate, rewrite_bars

_TITLE = "Tune"
_NEEDED = ("X:", "M:", "L:", "K:")
_ANY_LENGTH = 1  # of the grammar's ticks: what the network can write is asked of its own grid


def rewrite_any_bars(
    checkpoint: Checkpoint,
    config: SampleConfig,
    text: str,
    first_bar: int,
    last_bar: int,
    seed: int,
) -> list[Candidate]:
    """Distinct ways to fill bars of any tune, as `infilling.rewrite_bars` gives them.

    Args:
        checkpoint: The network.
        config: Temperature to draw with, and what is asked of the tune, such as a range.
        text: The tune, in any notation of ABC.
        first_bar: First of the bars to fill, counted from 1 as they are written.
        last_bar: Last of them.
        seed: Start of the drawings; the same arguments give the same ways.

    Raises:
        CompositionError: there are no such bars, they hold what must not be lost, the network
            cannot read the tune, or it found nothing else.
        GrammarError: the network cannot write ABC.
    """
    tune = read_tune(text)[0]
    gaps = find_gaps(tune, first_bar, last_bar, _ANY_LENGTH)
    readable = write_as_learned(checkpoint, tune)
    ways = []
    for way in rewrite_bars(checkpoint, config, readable, first_bar, last_bar, seed):
        drawn = _drawn_bars(way.abc, tune, gaps)
        filled = _fill(tune.text, gaps, drawn)
        if _is_filled(tune, read_tune(filled)[0], read_tune(way.abc)[0], gaps):
            ways.append(replace(way, abc=filled, bars=drawn))
    if not ways:
        raise CompositionError(
            "What the network found for these bars cannot be written into this tune. Choose others."
        )
    return ways


def write_as_learned(checkpoint: Checkpoint, tune: Tune) -> str:
    """A tune with the same bars in the notation that a network learned, without a line end.

    Raises:
        CompositionError: the network cannot read it: key or meter change in it, bars do not keep
            time, or it is in a meter or with signs that the network does not know.
    """
    metadata = checkpoint.metadata
    plain = write_plain(with_field(tune.text, "T", _TITLE))
    if plain and metadata.training.described:
        source = metadata.corpus.get("source")
        book = source.split("+")[0] if isinstance(source, str) else ""
        plain = write_described(plain, book, find_rhythm(tune.text, tune.rhythm), with_form=False)
    written = plain or _without_words(tune)
    if not set(written) <= checkpoint.vocabulary.ids.keys() or not _has_bars(tune, written):
        raise CompositionError(
            "This model cannot read the tune: key or meter change in it, a bar does not keep time, "
            "or it has a meter or signs that the model did not learn."
        )
    return written.rstrip("\n")


def _without_words(tune: Tune) -> str:
    """A tune as it is written, with what its music needs of its header."""
    head = tune.text[: tune.body_start].splitlines(keepends=True)
    return "".join(line for line in head if line[:2] in _NEEDED) + tune.text[tune.body_start :]


def _has_bars(tune: Tune, written: str) -> bool:
    """Whether a text has the bars of a tune, each as long as there."""
    other = read_tune(written)[0]
    return [bar.actual for bar in other.bars] == [bar.actual for bar in tune.bars]


def _drawn_bars(abc: str, tune: Tune, gaps: Sequence[Gap]) -> tuple[str, ...]:
    """The music of the bars that were drawn, in the unit length of the tune."""
    drawn = read_tune(abc)[0]
    again = read_tune(write_abc(replace(drawn, unit_quarters=tune.unit_quarters)))[0]
    spans = [find_music(again, again.bars[gap.bar]) for gap in gaps]
    return tuple(again.text[start:end].strip() for start, end in spans)


def _fill(text: str, gaps: Sequence[Gap], bars: Sequence[str]) -> str:
    kept = [text[one.end : other.start] for one, other in pairwise(gaps)]
    blanks = [" " if text[gap.start : gap.end].endswith(" ") else "" for gap in gaps]
    middle = "".join(
        bar + blank + behind
        for bar, blank, behind in zip(bars, blanks, [*kept, ""], strict=True)
    )  # fmt: skip
    return text[: gaps[0].start] + middle + text[gaps[-1].end :]


def _is_filled(tune: Tune, filled: Tune, drawn: Tune, gaps: Sequence[Gap]) -> bool:
    """Whether bars were filled with what was drawn, and no other bar sounds otherwise."""
    new = {gap.bar for gap in gaps}
    return len(filled.bars) == len(tune.bars) == len(drawn.bars) and all(
        _music(bar) == _music(drawn.bars[bar.index] if bar.index in new else tune.bars[bar.index])
        for bar in filled.bars
    )


def _music(bar: Bar) -> list[tuple[object, object]]:
    return [(note.pitches, note.duration) for note in bar.notes]
