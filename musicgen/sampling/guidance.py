"""The grammar while a network composes: which characters each tune of a batch may have next.

The settings are constraints that the grammar enforces. Shapes: B tunes at once, V vocabulary.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import GrammarError
from musicgen.notation.grammar.masks import Guide, get_guide
from musicgen.notation.grammar.prompt import begin
from musicgen.notation.grammar.rules import (
    DEFAULT_BARS,
    DEFAULT_RANGE,
    DEFAULT_SECTIONS,
    RHYTHMS,
    Rules,
    parse_range,
)
from musicgen.notation.grammar.states import GrammarState

GRAMMAR_VERSION = 2
"""Counts changes of the grammar after which the same seed may give another tune."""

GRAMMAR_SETTINGS = ("meter", "key", "unit", "rhythm", "sections", "bars", "range")
"""Settings that only the grammar can keep."""

_FIELD = re.compile(r"[ \t]*(?:[A-Za-z+]:(?![|:])|%)")


def make_rules(config: SampleConfig) -> Rules:
    """What the settings ask of a tune.

    Raises:
        GrammarError: a setting makes no sense, or needs the grammar that another turns off.
    """
    asked = [name for name in GRAMMAR_SETTINGS if getattr(config, name)]
    if config.free and asked:
        raise GrammarError(
            "Composing freely keeps no {setting}: leave that out, or let the grammar watch.",
            setting=asked[0],
        )
    rhythm = config.rhythm.strip().lower()
    if rhythm and rhythm not in RHYTHMS:
        raise GrammarError(
            "{rhythm!r} is no rhythm. Choose from: {known}.",
            rhythm=config.rhythm,
            known=", ".join(RHYTHMS),
        )
    if config.bars == 1:
        raise GrammarError("A section of one bar is none: ask for two bars or more.")
    lowest, highest = parse_range(config.range) if config.range.strip() else DEFAULT_RANGE
    return Rules(
        meter=config.meter.strip(),
        key=config.key.strip(),
        unit=config.unit.strip(),
        rhythm=rhythm,
        sections=(config.sections, config.sections) if config.sections else DEFAULT_SECTIONS,
        bars=(config.bars,) if config.bars else DEFAULT_BARS,
        lowest=lowest,
        highest=highest,
        is_exact=bool(config.range.strip()),
    )


def get_config_guide(vocabulary: Vocabulary, config: SampleConfig) -> Guide | None:
    """The guide for the settings; None where the network composes freely.

    Raises:
        GrammarError: what is asked cannot be kept, or the network cannot write ABC.
    """
    rules = make_rules(config)
    return None if config.free else get_guide(vocabulary.characters, rules)


def get_form_guide(vocabulary: Vocabulary, config: SampleConfig, form: Sequence[int]) -> Guide:
    """The guide for the settings and for a tune with so many bars in each section.

    Args:
        vocabulary: What the network knows.
        config: The settings; without their own wishes for the form.
        form: Bars of each section, as a header says them; any form where it is empty.

    Raises:
        GrammarError: what is asked cannot be kept, or the network cannot write ABC.
    """
    rules = make_rules(config)
    if form:
        rules = replace(rules, sections=(len(form), len(form)), bars=tuple(sorted(set(form))))
    return get_guide(vocabulary.characters, rules)


def with_header(prompt: str, guide: Guide) -> str:
    """The prompt with a header before music that has none, where meter and key are asked for."""
    rules, script = guide.grammar.rules, guide.grammar.script
    if not prompt.strip() or _FIELD.match(prompt) or not rules.key:
        return prompt
    if not (rules.meter or rules.rhythm):
        return prompt
    meter = script.meters[0]
    rhythm = f"R:{rules.rhythm}\n" if rules.rhythm else ""
    unit = next((f"L:{unit}\n" for unit in script.units(meter) if unit), "")
    return f"X:1\n{rhythm}M:{meter}\n{unit}K:{script.keys[0]}\n{prompt}"


class Guidance:
    """The grammar's states of the tunes of a batch, each after its beginning.

    Args:
        guides: Masks of what is asked of each tune.
        prompts: The beginning of each tune.
        limit: Characters that each may still write. Where no tune can be finished within it, none
            is steered home, and the limit cuts them.

    Raises:
        GrammarError: the beginning breaks the rules.
    """

    def __init__(self, guides: Sequence[Guide], prompts: Sequence[str], limit: int) -> None:
        pairs = list(zip(guides, prompts, strict=True))
        starts = {pair: begin(pair[0].grammar, pair[1]) for pair in dict.fromkeys(pairs)}
        self._guides = list(guides)
        self._states: list[GrammarState] = [starts[pair] for pair in pairs]
        least = [
            guide.grammar.min_completion_length(state)
            for guide, state in zip(guides, self._states, strict=True)
        ]
        self._limits = [limit if one <= limit else None for one in least]

    def masks(self, rows: list[int], written: Sequence[int]) -> NDArray[np.bool_]:
        """What the tunes `rows` may write next, bool (B, V), after so many characters of each."""
        masks = []
        for row, count in zip(rows, written, strict=True):
            limit = self._limits[row]
            left = None if limit is None else limit - count
            masks.append(self._guides[row].mask(self._states[row], left))
        return np.array(masks)

    def replace(self, row: int, by: int) -> None:
        """Lets a tune stand where another does."""
        self._guides[row], self._states[row] = self._guides[by], self._states[by]
        self._limits[row] = self._limits[by]

    def advance(self, row: int, character: str) -> None:
        """Advances a tune by a character, which must be allowed."""
        state = self._guides[row].grammar.feed(self._states[row], character)
        if state is None:
            raise ValueError(f"{character!r} may not stand there.")
        self._states[row] = state
