"""What a critic makes of the next character: drawings that go on from a place, and which it keeps.

A critic sees no characters, it sees lines: several drawings of a tune go on to the end of the line,
and with one of them all go on (`musicgen.sampling.critic`). So a character is the likelier the more
real the lines look that begin with it. How much is found by experiment: each likely character is
written, the line is drawn to its end some times, and the critic chooses among drawings at random of
these, many times. Of each choice the odds count, not the luck (Rao–Blackwellisation), so that few
drawings say much.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.errors import GrammarError
from musicgen.interpretation.expectation import Stage, make_stage
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.grammar.masks import Guide
from musicgen.notation.grammar.prompt import begin
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.aims import AIMS, OF_BEGINNINGS, draw_aims
from musicgen.sampling.batch import Batch, Drawing
from musicgen.sampling.composer import Prompt, one_thread
from musicgen.sampling.critic import Critic, find_critic
from musicgen.sampling.engine import get_engine, has_int8
from musicgen.sampling.guidance import get_config_guide
from musicgen.sampling.stages import is_pause, take_lines
from musicgen.translatable import N_, Sentence

MOST_CHARACTERS = 6
LEAST_SHARE = 0.01
"""Characters that are less likely stay as likely as they are, and so do those that a beginning
cannot end with, such as the bracket of a chord."""

LINES = 10
"""Drawn behind each character."""

CHOICES = 400
"""Among drawings that the critic is asked to make."""

Floats = NDArray[np.float64]


def find_critic_stage(
    checkpoint: Checkpoint, config: SampleConfig, text: str, place: int, before: Stage
) -> Stage | None:
    """What the critic of a network leaves of a distribution; None where there is no choice to make.

    The same arguments give the same stage.

    Args:
        checkpoint: The network, with its critic.
        config: Grammar, temperature, limits, and how many drawings there are of a tune.
        text: One tune, without the blank line before it.
        place: Offset of the character to come.
        before: The last stage before the critic.

    Raises:
        CheckpointError: the critic is damaged.
        GrammarError: the text before the place breaks the rules.
    """
    critic = find_critic(checkpoint)
    if critic is None or config.candidates < 2:
        return None
    guide = get_config_guide(checkpoint.vocabulary, config)
    if guide:
        begin(guide.grammar, text[:place])
    order = np.argsort(-before.probs, kind="stable")[:MOST_CHARACTERS]
    tried = [int(one) for one in order if before.probs[one] >= LEAST_SHARE
             and _goes_on(guide, text[:place] + before.characters[one])]  # fmt: skip
    if len(tried) < 2:
        return None
    starts = [text[:place] + before.characters[one] for one in tried]
    drawn = _draw_lines(checkpoint, config, guide, starts)
    shares = before.probs[tried] / before.probs[tried].sum()
    chosen = _choose(critic, drawn, shares, config.candidates)
    probs = before.probs.copy()
    probs[tried] = chosen * before.probs[tried].sum()
    label = Sentence(N_("the critic, of {count} drawings"), count=config.candidates)
    return make_stage("critic", label, probs, before.characters)


def _goes_on(guide: Guide | None, start: str) -> bool:
    """Whether a tune can be gone on with from a text, which a sign that is half written forbids."""
    if guide is None:
        return True
    try:
        begin(guide.grammar, start)
    except GrammarError:
        return False
    return True


def _draw_lines(
    checkpoint: Checkpoint, config: SampleConfig, guide: Guide | None, starts: Sequence[str]
) -> list[Drawing]:
    """From each start `LINES` drawings up to the end of the line, or of the tune."""
    precision = "int8" if has_int8(checkpoint.network.config.kind) else "float32"
    prompts = [Prompt(start, guide) for start in starts for _ in range(LINES)]
    batch = Batch(
        checkpoint.vocabulary, get_engine(checkpoint, precision), config, prompts,
        [seed for _ in starts for seed in range(LINES)],
    )  # fmt: skip
    with one_thread():
        batch.run(is_pause=is_pause)
    return batch.drawings


def _choose(critic: Critic, drawn: Sequence[Drawing], shares: Floats, count: int) -> Floats:
    """How often each character is kept if the critic chooses one of `count` drawings.

    Args:
        critic: Who chooses.
        drawn: `LINES` drawings of each character, one after the other.
        shares: How likely each character is before.
        count: Of the drawings of a choice.
    """
    odds, has = _weigh(critic, drawn)
    generator = np.random.default_rng(1)
    rows = generator.choice(len(shares), (CHOICES, count), p=shares) * LINES
    rows += generator.integers(0, LINES, rows.shape)
    kept = np.zeros(len(shares))
    for number, row in enumerate(rows):
        left = row
        for name in draw_aims(critic.aims, number):
            met = left[has[name][left]]
            left = met if len(met) else left
        weights = np.exp(critic.sharpness * (odds[left] - odds[left].max()))
        np.add.at(kept, left // LINES, weights / weights.sum())
    found: Floats = kept / kept.sum()
    return found


def _weigh(critic: Critic, drawn: Sequence[Drawing]) -> tuple[Floats, dict[str, NDArray[np.bool_]]]:
    """The log-odds of each drawing, and whether it has what may be asked of it."""
    odds = np.zeros(len(drawn))
    has = {name: np.ones(len(drawn), dtype=np.bool_) for name in AIMS}
    for number, drawing in enumerate(drawn):
        is_whole = not (drawing.is_paused and critic.stages)
        lines = drawing.text if is_whole else take_lines(drawing.text)
        tune, _problems = read_tune(lines)
        odds[number] = critic.log_odds(tune) if is_whole else critic.weigh_beginning(lines, tune)
        for name in AIMS if is_whole else OF_BEGINNINGS:
            has[name][number] = AIMS[name](tune)
    return odds, has
