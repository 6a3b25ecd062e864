"""What a network that reads described headers is told before it composes.

Whatever is wished for stands in the header, and what is left open is drawn as the book has it: so
rhythm, meter, form and key belong together. See `musicgen.corpus.described`.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from musicgen.config import SampleConfig
from musicgen.corpus.described import Description, read_header
from musicgen.models.checkpoint import CheckpointMetadata
from musicgen.notation.grammar.rules import RHYTHMS, is_same_key, is_same_meter
from musicgen.notation.parsing.fields import parse_key
from musicgen.notation.parsing.reader import read_tune

Matches = Callable[[Description], bool]


@dataclass(frozen=True)
class HeaderCounts:
    """How often a corpus has which header, in the order of a checkpoint's metadata."""

    descriptions: tuple[Description, ...]
    counts: tuple[int, ...]


def read_counts(metadata: CheckpointMetadata) -> HeaderCounts:
    """The headers that a network learned from; none where its checkpoint does not have them."""
    headers = metadata.corpus.get("headers")
    return _read_counts(tuple(headers.items()) if isinstance(headers, Mapping) else ())


@lru_cache(maxsize=8)
def _read_counts(headers: tuple[tuple[str, int], ...]) -> HeaderCounts:
    return HeaderCounts(
        tuple(read_header(header) for header, _count in headers),
        tuple(count for _header, count in headers),
    )


def write_prompt(counts: HeaderCounts, config: SampleConfig, beginning: str) -> tuple[str, int]:
    """The described header for a tune and the music to begin with, and how long the header is.

    Args:
        counts: Headers of the corpus.
        config: Wishes. What is open follows from them and from the seed alone.
        beginning: Its own header, if it has one, is a wish like the others; a described one stays
            as it is.
    """
    given = read_header(beginning)
    if given.book:
        return beginning, read_tune(beginning)[0].body_start
    found = choose_description(counts, _wishes(config, given), _form_test(config), config.seed)
    header = found.header()
    return header + _music(beginning), len(header)


def _wishes(config: SampleConfig, given: Description) -> Description:
    return Description(
        given.book,
        config.rhythm.strip().lower() or given.rhythm,
        given.meter or config.meter.strip(),
        given.unit or config.unit.strip(),
        given.form,
        given.likeness,
        given.key or config.key.strip(),
    )


def _music(prompt: str) -> str:
    """What stands behind the header of a beginning; all of it where it has none."""
    if not prompt.lstrip().startswith(("X:", "T:", "M:", "K:", "R:", "L:", "B:", "N:", "C:", "Z:")):
        return prompt
    return prompt[read_tune(prompt)[0].body_start :] if "K:" in prompt else ""


def _form_test(config: SampleConfig) -> Matches:
    def fits(one: Description) -> bool:
        is_count = not config.sections or len(one.form) == config.sections
        return is_count and (not config.bars or set(one.form) == {config.bars})

    return fits


def choose_description(
    counts: HeaderCounts, wished: Description, fits_form: Matches, seed: int
) -> Description:
    """A header of the corpus that has what is wished for, drawn by how often it has it.

    Where no header has all wishes, those that matter less give way in the choice, and are written
    all the same: key first, then form, then meter.
    """
    tests: list[Matches] = []
    if wished.book:
        tests.append(lambda one: one.book == wished.book)
    elif counts.descriptions:
        tests.append(lambda one: one.book == counts.descriptions[0].book)
    if wished.rhythm:
        tests.append(lambda one: one.rhythm == wished.rhythm)
    if wished.meter:
        tests.append(lambda one: is_same_meter(one.meter, wished.meter))
    tests.append(fits_form)
    if wished.form:
        tests.append(lambda one: one.form == wished.form)
    if wished.key:
        tests.append(lambda one: is_same_key(one.key, wished.key))
    rows = list(range(len(counts.descriptions)))
    for test in tests:
        rows = [row for row in rows if test(counts.descriptions[row])] or rows
    drawn = Description(meter="C", unit="1/8", key="D Major")
    if rows:
        weights = [counts.counts[row] for row in rows]
        drawn = counts.descriptions[random.Random(f"header/{seed}").choices(rows, weights)[0]]
    return _with_wishes(drawn, wished)


def _with_wishes(drawn: Description, wished: Description) -> Description:
    """The header drawn, with what is wished for in place of what is not."""
    meter = drawn.meter
    if wished.meter and not is_same_meter(meter, wished.meter):
        meter = wished.meter
    elif wished.rhythm and not _suits(wished.rhythm, meter):
        meter = RHYTHMS[wished.rhythm][0]
    return replace(
        drawn,
        book=wished.book or drawn.book,
        rhythm=wished.rhythm or (drawn.rhythm if meter == drawn.meter else ""),
        meter=meter,
        unit=wished.unit or drawn.unit,
        form=wished.form or drawn.form,
        key=_spelled(wished.key) if wished.key else drawn.key,
    )


def _suits(rhythm: str, meter: str) -> bool:
    return any(is_same_meter(meter, other) for other in RHYTHMS.get(rhythm, (meter,)))


def _spelled(key: str) -> str:
    """A key as described headers spell it: ``D Mixolydian``."""
    read = parse_key(key)
    if read is None or not read.tonic:
        return key
    mode = {"ionian": "Major", "aeolian": "Minor"}.get(read.mode, read.mode.capitalize())
    return f"{read.tonic} {mode}"
