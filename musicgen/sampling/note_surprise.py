"""How much each note of a tune surprised its network, and what else might have stood there."""

from dataclasses import dataclass

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.model import Tune
from musicgen.sampling.text_scoring import TextScores, score_text

MOST_CHARACTERS = 6
"""Characters of a note, and of what stands before it, whose alternatives are given."""

LEAST_PROB = 0.01


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The character that a network wrote at one place, and those it might have written.

    Probabilities are in percent; `others` has one character for each of `percents`. `offset` is its
    place in the text that was composed, by which another can be taken (`edit_list.Take`).
    """

    offset: int
    character: str
    percent: float
    others: str
    percents: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NoteSurprise:
    """Surprise in bits, and the alternatives, for each note in written order."""

    bits: tuple[float, ...]
    alternatives: tuple[tuple[Alternatives, ...], ...]


def find_surprise(
    checkpoint: Checkpoint, config: SampleConfig, text: str, drawn_start: int, tune: Tune
) -> NoteSurprise:
    """The surprise and the alternatives of each note of a tune.

    Args:
        checkpoint: The network.
        config: Says what the grammar was to keep, or that there was none.
        text: The text that was composed, with the blank line that ends it where it has one.
        drawn_start: Where the network began.
        tune: The tune of that text.
    """
    seen = score_text(checkpoint, config, text, drawn_start)
    notes = tune.notes
    bits = tuple(round(seen.surprise(note.start, note.end), 1) for note in notes)
    ends = [tune.body_start, *(note.end for note in notes)]
    alternatives = []
    for before, note in zip(ends, notes, strict=False):
        end = note.end if note is not notes[-1] else len(text)
        start = max(before, note.start - MOST_CHARACTERS // 2)
        alternatives.append(
            _find_alternatives(seen, range(start, min(end, note.start + 2 * MOST_CHARACTERS)))
        )
    return NoteSurprise(bits, tuple(alternatives))


def _find_alternatives(seen: TextScores, offsets: range) -> tuple[Alternatives, ...]:
    """The characters at which there was a choice, the last ones where there are many."""
    found = []
    for offset in offsets:
        others = seen.alternatives(offset, least=LEAST_PROB)
        if others:
            found.append(
                Alternatives(
                    offset,
                    seen.text[offset],
                    round(100 * seen.prob(offset), 1),
                    "".join(character for character, _prob in others),
                    tuple(round(100 * prob, 1) for _character, prob in others),
                )
            )
    return tuple(found[-MOST_CHARACTERS:])
