"""What the network thought of each note of a tune, ready for the score: surprise, alternatives."""

from dataclasses import dataclass

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.note_names import name_note
from musicgen.notation.tune import Tune
from musicgen.sampling.composer import Composition
from musicgen.sampling.hindsight import Hindsight, look_back
from musicgen.ui import resources
from musicgen.ui.language import _
from musicgen.ui.player import find_model
from musicgen.ui.score import Odds

MAX_KEPT = 32
MOST_CHARACTERS = 6
"""Characters of a note, and of what stands before it, whose alternatives are shown."""

LEAST_PROB = 0.01


@dataclass(frozen=True, slots=True)
class Insight:
    """Surprise in bits, and the alternatives, for each note in written order."""

    bits: tuple[float, ...]
    odds: tuple[tuple[Odds, ...], ...]


def look_into(composition: Composition, model: str) -> Insight:
    """What the network of a model thinks of its composition; computed once for all sessions.

    Raises:
        CheckpointError: the model is gone or damaged.
    """
    checkpoint = resources.checkpoint(find_model(model))
    return _looked(
        checkpoint.fingerprint,
        composition.abc + "\n" * composition.is_complete,
        composition.drawn_start,
        composition.config,
        checkpoint,
        composition.tune,
    )


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _looked(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    text: str,
    drawn_start: int,
    config: SampleConfig,
    _checkpoint: Checkpoint,
    _tune: Tune,
) -> Insight:
    seen = look_back(_checkpoint, config, text, drawn_start)
    notes = _tune.notes
    bits = tuple(round(seen.surprise(note.start, note.end), 1) for note in notes)
    ends = [_tune.body_start, *(note.end for note in notes)]
    odds = []
    for before, note in zip(ends, notes, strict=False):
        end = note.end if note is not notes[-1] else len(text)
        start = max(before, note.start - MOST_CHARACTERS // 2)
        odds.append(_odds(seen, range(start, min(end, note.start + 2 * MOST_CHARACTERS))))
    return Insight(bits, tuple(odds))


def _odds(seen: Hindsight, offsets: range) -> tuple[Odds, ...]:
    """The characters at which there was a choice, the last ones where there are many."""
    found = []
    for offset in offsets:
        others = seen.alternatives(offset, least=LEAST_PROB)
        if others:
            found.append(
                Odds(
                    offset,
                    seen.text[offset],
                    round(100 * seen.prob(offset), 1),
                    "".join(character for character, _prob in others),
                    tuple(round(100 * prob, 1) for _character, prob in others),
                )
            )
    return tuple(found[-MOST_CHARACTERS:])


def note_names(tune: Tune) -> tuple[str, ...]:
    """What the notes are called, rests by their word."""
    return tuple(name_note(tune, note) or _("rest") for note in tune.notes)
