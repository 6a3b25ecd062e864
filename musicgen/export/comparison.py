"""An export beside our engine: the same characters through both, logit by logit.

Texts are drawn from the model itself, so that any model can be compared, whatever it learned from.
They are longer than a tune, so that a blank line, where what was remembered is forgotten, is read
as well. Shapes: B tunes, T time, V vocabulary.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.export.formats import Agreement
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import Engine, build_engine
from musicgen.translatable import Sentence

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]

COMPARED_TUNES = 3
COMPARED_CHARACTERS = 400
LENGTHS = (1, 2, 17, COMPARED_CHARACTERS)
"""How many characters are read in one go where a format reads whole stretches."""

FLOAT_TOLERANCE = 1e-3
"""Accepted between two ways to add up in float32: logits are some tens, rounding is 1e-7 of them,
and a state hands it on over hundreds of characters."""


@dataclass(frozen=True)
class ReadTexts:
    """Texts (B, T) as numbers, and what our engine says after each character, (B, T, V)."""

    ids: Ids
    logits: Logits


def read_own_texts(checkpoint: Checkpoint, precision: str = "float32", seed: int = 1) -> ReadTexts:
    """Texts that a model draws at temperature 0.8, and the logits by which it drew them."""
    engine = build_engine(checkpoint, precision)
    generator = np.random.default_rng(seed)
    start = checkpoint.vocabulary.ids.get("X", 0)
    ids = np.full((COMPARED_TUNES, COMPARED_CHARACTERS), start, np.int64)
    state, found = engine.init_state(COMPARED_TUNES), []
    for time in range(COMPARED_CHARACTERS):
        logits, state = engine.step(ids[:, time], state)
        found.append(logits)
        if time + 1 < COMPARED_CHARACTERS:
            uniforms = generator.random(COMPARED_TUNES)
            ids[:, time + 1] = draw(compute_probs(logits, 0.8), uniforms)
    return ReadTexts(ids, np.stack(found, 1))


def step_through(engine: Engine, ids: Ids) -> Logits:
    """Logits (B, T, V) of an engine that reads texts (B, T) one character after the other."""
    state, found = engine.init_state(len(ids)), []
    for column in ids.T:
        logits, state = engine.step(column, state)
        found.append(logits)
    return np.stack(found, 1)


def compare(subject: Sentence, ours: Logits, theirs: Logits, tolerance: float) -> Agreement:
    """How far two arrays of logits (B, T, V) are apart; infinitely, where shapes differ."""
    tunes, characters = ours.shape[:2]
    largest = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else float("inf")
    return Agreement(subject, tunes * characters, tunes, largest, tolerance)


def compare_engine(
    subject: Sentence, engine: Engine, texts: ReadTexts, tolerance: float
) -> list[Agreement]:
    """An engine of somebody else beside ours: all tunes at once, and the first alone."""
    together = step_through(engine, texts.ids)
    alone = step_through(engine, texts.ids[:1])
    return [
        compare(several_tunes(subject, texts), texts.logits, together, tolerance),
        compare(one_tune(subject), texts.logits[:1], alone, tolerance),
    ]


def several_tunes(part: Sentence, texts: ReadTexts) -> Sentence:
    """The name of a comparison of all tunes at once."""
    return Sentence("{part}, {count} tunes at once", part=part, count=len(texts.ids))


def one_tune(part: Sentence) -> Sentence:
    """The name of a comparison of the first tune alone."""
    return Sentence("{part}, one tune", part=part)


def compare_lengths(
    subject: Sentence,
    read: Callable[[Ids], Logits],
    texts: ReadTexts,
    tolerance: float,
    lengths: Sequence[int] = LENGTHS,
) -> list[Agreement]:
    """What reads whole stretches, beside our engine, at several lengths and numbers of tunes.

    Args:
        subject: What is compared.
        read: Logits (B, T, V) for ids (B, T).
        texts: What our engine read.
        tolerance: The largest difference that is accepted.
        lengths: Characters of the stretches.
    """
    found = []
    for length in lengths:
        tunes = 1 if length == lengths[0] else len(texts.ids)
        theirs = read(texts.ids[:tunes, :length])
        ours = texts.logits[:tunes, :length]
        name = Sentence("{part}, {count} characters at once", part=subject, count=length)
        found.append(compare(name, ours, theirs, tolerance))
    return found
