"""What a network that reads described headers is told before it composes.

Whatever is wished for stands in the header, and what is left open is drawn as the book has it: so
rhythm, meter, form and key belong together. See `musicgen.corpus.described`.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from musicgen.config import SampleConfig
from musicgen.corpus.described import LIKENESS, MOVED, Description, read_header
from musicgen.errors import CompositionError
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.grammar.rules import (
    DEFAULT_BARS,
    METERS,
    RHYTHMS,
    is_same_key,
    is_same_meter,
)
from musicgen.notation.parsing.fields import parse_key
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.fixed_point_draw import HEADER_STREAM, FixedLuck

HEADER_SETTINGS = ("likeness", "book")
"""Settings that only a network that learned described headers can keep to."""

_USUAL_SECTIONS, _USUAL_BARS = 2, 8
_GRADES = {name: grade for grade, name in LIKENESS.items()}

Matches = Callable[[Description], bool]


@dataclass(frozen=True)
class HeaderCounts:
    """How often a corpus has which header, and the book that is the network's own."""

    descriptions: tuple[Description, ...]
    counts: tuple[int, ...]
    book: str = ""

    @property
    def books(self) -> tuple[str, ...]:
        """The books that there are headers of, the network's own first."""
        others = dict.fromkeys(one.book for one in self.descriptions)
        return tuple(dict.fromkeys((self.book, *others))) if others else ()


def read_counts(metadata: CheckpointMetadata) -> HeaderCounts:
    """The headers that a network learned from; none where its checkpoint does not have them."""
    headers = metadata.corpus.get("headers")
    own = str(metadata.corpus.get("source", "")).split("+")[0]
    return _read_counts(tuple(headers.items()) if isinstance(headers, Mapping) else (), own)


@lru_cache(maxsize=8)
def _read_counts(headers: tuple[tuple[str, int], ...], own: str) -> HeaderCounts:
    known = [(header, count) for header, count in headers if type(count) is int and count > 0]
    return HeaderCounts(
        tuple(read_header(str(header)) for header, _count in known),
        tuple(count for _header, count in known),
        own,
    )


def write_prompt(counts: HeaderCounts, config: SampleConfig, beginning: str) -> tuple[str, int]:
    """The described header for a tune and the music to begin with, and how long the header is.

    Args:
        counts: Headers of the corpus.
        config: Wishes. What is open follows from them and from the seed alone.
        beginning: Its own header, if it has one, is a wish like the others; a described one stays
            as it is.

    Raises:
        CompositionError: there is no such book.
    """
    given = read_header(beginning)
    if given.book:
        return beginning, read_tune(beginning)[0].body_start
    if config.book and config.book not in counts.books:
        raise CompositionError(
            "The model knows no tunebook {name!r}. Choose from: {known}.",
            name=config.book,
            known=", ".join(counts.books),
        )
    found = choose_description(counts, _wishes(config, given), _form_test(config), config)
    header = found.header()
    return header + _music(beginning), len(header)


def _wishes(config: SampleConfig, given: Description) -> Description:
    return Description(
        config.book,
        config.rhythm.strip().lower() or given.rhythm,
        given.meter or config.meter.strip(),
        given.unit or config.unit.strip(),
        given.form,
        _GRADES.get(config.likeness, given.likeness),
        given.key or config.key.strip(),
    )


def _music(prompt: str) -> str:
    """What stands behind the header of a beginning; all of it where it has none."""
    if not prompt.lstrip().startswith(("X:", "T:", "M:", "K:", "R:", "L:", "B:", "N:", "C:", "Z:")):
        return prompt
    return prompt[read_tune(prompt)[0].body_start :] if "K:" in prompt else ""


def _form_test(config: SampleConfig) -> Matches:
    """Whether a form has what is asked for, and lengths that the grammar writes."""

    def fits(one: Description) -> bool:
        is_count = not config.sections or len(one.form) == config.sections
        lengths = {config.bars} if config.bars else set(DEFAULT_BARS)
        return bool(one.form) and is_count and lengths.issuperset(one.form)

    return fits


def choose_description(
    counts: HeaderCounts, wished: Description, fits_form: Matches, config: SampleConfig
) -> Description:
    """A header of the corpus that has what is wished for, drawn by how often it has it.

    Where no header has all wishes, those that matter less give way in the choice, and are written
    all the same: key first, then likeness and form, then meter.
    """
    rows = _suitable_rows(counts, wished, fits_form)
    if not rows:
        return _finish(None, counts, wished, fits_form, config)
    weights = [counts.counts[row] for row in rows]
    drawn = counts.descriptions[_luck(config).choices(rows, weights)[0]]
    return _finish(drawn, counts, wished, fits_form, config)


def list_prompts(counts: HeaderCounts, config: SampleConfig) -> dict[str, int]:
    """All headers that a tune of these settings may have, whatever its seed, and how often.

    Their order is that in which `FixedLuck` chooses; headers that come out alike are counted
    together where the first of them is.
    """
    wished, fits_form = _wishes(config, Description()), _form_test(config)
    found: dict[str, int] = {}
    for row in _suitable_rows(counts, wished, fits_form):
        drawn = counts.descriptions[row]
        header = _finish(drawn, counts, wished, fits_form, config).header()
        found[header] = found.get(header, 0) + counts.counts[row]
    return found or {_finish(None, counts, wished, fits_form, config).header(): 1}


def _luck(config: SampleConfig) -> random.Random:
    if config.precision == "fixed":
        return FixedLuck(config.seed, HEADER_STREAM)
    return random.Random(f"header/{config.seed}")


def _suitable_rows(counts: HeaderCounts, wished: Description, fits_form: Matches) -> Sequence[int]:
    """The headers that have what is wished for, or as much of it as any has."""
    book = wished.book or counts.book
    tests: list[Matches] = [lambda one: one.book == book]
    if wished.rhythm:
        tests.append(lambda one: one.rhythm == wished.rhythm)
    if wished.meter:
        tests.append(lambda one: is_same_meter(one.meter, wished.meter))
    elif wished.rhythm:
        tests.append(lambda one: _suits(wished.rhythm, one.meter))
    tests.append(fits_form)
    if wished.form:
        tests.append(lambda one: one.form == wished.form)
    if wished.likeness:
        tests.append(lambda one: one.likeness == wished.likeness)
    if wished.key:
        tests.append(lambda one: is_same_key(one.key, wished.key))
    rows: Sequence[int] = [
        row for row, one in enumerate(counts.descriptions) if one.meter in METERS and one.key
    ]
    for test in tests:
        rows = [row for row in rows if test(counts.descriptions[row])] or rows
    return rows


def _finish(
    drawn: Description | None,
    counts: HeaderCounts,
    wished: Description,
    fits_form: Matches,
    config: SampleConfig,
) -> Description:
    """The header drawn, with a form that the grammar writes and with what is wished for."""
    book = wished.book or counts.book
    drawn = drawn or Description(book, meter="C", unit="1/8", key="D Major")
    if not (wished.form or fits_form(drawn)):
        length = config.bars or _USUAL_BARS
        drawn = replace(drawn, form=(length,) * (config.sections or _USUAL_SECTIONS))
    return _with_wishes(replace(drawn, book=book), wished, counts)


def _with_wishes(drawn: Description, wished: Description, counts: HeaderCounts) -> Description:
    """The header drawn, with what is wished for in place of what is not."""
    meter = drawn.meter
    if wished.meter and not is_same_meter(meter, wished.meter):
        meter = wished.meter
    elif wished.rhythm and not _suits(wished.rhythm, meter):
        meter = RHYTHMS[wished.rhythm][0]
    form = wished.form or drawn.form
    key = spell_key(wished.key) if wished.key else drawn.key
    likeness = (wished.likeness or drawn.likeness) if len(form) > 1 else ""
    is_known = not wished.key or any(
        one.book == drawn.book and is_same_key(one.key, key) for one in counts.descriptions
    )
    return replace(
        drawn,
        book=drawn.book if is_known else drawn.book + MOVED,
        rhythm=wished.rhythm or (drawn.rhythm if meter == drawn.meter else ""),
        meter=meter,
        unit=wished.unit or drawn.unit,
        form=form,
        likeness=likeness,
        key=key,
    )


def _suits(rhythm: str, meter: str) -> bool:
    return meter in RHYTHMS.get(rhythm, (meter,))


def spell_key(key: str) -> str:
    """A key as described headers spell it: ``D Mixolydian``."""
    read = parse_key(key)
    if read is None or not read.tonic:
        return key
    mode = {"ionian": "Major", "aeolian": "Minor"}.get(read.mode, read.mode.capitalize())
    return f"{read.tonic} {mode}"
