"""Pairs that a model composes itself and a critic judges.

Each tune is drawn several times with the same beginning, as composing with a critic does; the
drawing with the highest log-odds of being real is preferred to the one with the lowest. Without a
critic of its own a model gets one that is fitted to its tunes and to those of the corpus.
"""

from collections.abc import Callable, Sequence

from musicgen.config import SampleConfig
from musicgen.errors import CorpusError, PreferenceError
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, draw_candidates
from musicgen.sampling.critic import NO_CHANCE, Critic, find_critic
from musicgen.sampling.engine import build_engine
from musicgen.training.preference_pairs import MAX_CHARACTERS, MIN_PAIRS, PreferencePair

CANDIDATES = 4
"""Drawings of each tune."""

CRITIC_TUNES = 400
"""Tunes that are composed to fit a critic to."""

TEMPERATURE = 1.0
"""The network as it is: pairs shall show what it does, not what a lower temperature hides."""

_SEED, _CRITIC_SEED = 2_000_000, 3_000_000
_MOST_TRIES = 4


class _StoppedError(Exception):
    """Raised out of composing when it is to stop."""


def compose_pairs(
    checkpoint: Checkpoint,
    critic: Critic,
    count: int,
    seed: int = 0,
    candidates: int = CANDIDATES,
    on_pairs: Callable[[int], None] = lambda _count: None,
) -> list[PreferencePair]:
    """Pairs of tunes that a model composed, the same for the same seed.

    Incomplete drawings and those with problems are left out. Where too many are, there are fewer
    pairs than asked for.

    Args:
        checkpoint: The model.
        critic: Says how real a tune looks.
        count: How many pairs.
        seed: Of the drawings; those of the same tunes as `compose` draws are not among them.
        candidates: Drawings of each tune, at least 2.
        on_pairs: Called with the number of pairs so far, now and then; what it raises ends it.

    Raises:
        PreferenceError: the model composes too few tunes that are right.
    """
    config = SampleConfig(
        temperature=TEMPERATURE, seed=(_SEED + seed) % 2**31, count=min(1000, _MOST_TRIES * count)
    )
    engine = build_engine(checkpoint)
    pairs: dict[PreferencePair, None] = {}
    first = config.seed
    for start in range(0, _MOST_TRIES * count, config.count):
        part = config.replace(seed=(first + start) % 2**31)
        for drawn in draw_candidates(checkpoint, part, candidates, engine=engine):
            pair = _prefer(critic, drawn)
            if pair:
                pairs[pair] = None
            on_pairs(len(pairs))
            if len(pairs) == count:
                return list(pairs)
    if len(pairs) < MIN_PAIRS:
        raise PreferenceError(
            "{name} composes too few tunes that are complete, so no pairs could be made of them. "
            "Train it further, or name a file of pairs.",
            name=checkpoint.name,
        )
    return list(pairs)


def _prefer(critic: Critic, drawn: Sequence[Composition]) -> PreferencePair | None:
    """The most real drawing before the least real one; None where no two can be compared."""
    found = [
        (critic.log_odds(one.tune), one.abc)
        for one in drawn
        if one.is_complete and not one.problems and len(one.abc) <= MAX_CHARACTERS
    ]
    known = sorted(item for item in found if item[0] > NO_CHANCE)
    if len(known) < 2 or known[0][0] == known[-1][0]:
        return None
    return PreferencePair(known[-1][1], known[0][1])


def compose_own_pairs(
    checkpoint: Checkpoint,
    real: Sequence[str],
    count: int,
    seed: int,
    should_stop: Callable[[], bool],
) -> list[PreferencePair] | None:
    """Pairs by the critic of a model, fitted if need be; None when told to stop.

    Args:
        checkpoint: The model.
        real: Tunes to fit a critic to.
        count: How many pairs.
        seed: Of the drawings.
        should_stop: Asked now and then.

    Raises:
        PreferenceError, CheckpointError: as of `find_or_fit_critic` and `compose_pairs`.
    """

    def check(_seen: object) -> None:
        if should_stop():
            raise _StoppedError

    try:
        critic = find_or_fit_critic(checkpoint, real, check)
        return compose_pairs(checkpoint, critic, count, seed, on_pairs=check)
    except _StoppedError:
        return None


def find_or_fit_critic(
    checkpoint: Checkpoint, real: Sequence[str], on_text: Callable[[list[str]], None] | None = None
) -> Critic:
    """The critic beside a model's weights, or one that is fitted now.

    Args:
        checkpoint: The model.
        real: Tunes that it learned from, to fit a critic to.
        on_text: Called now and then while tunes are composed; what it raises ends it.

    Raises:
        PreferenceError: there are too few tunes to fit one to.
        CheckpointError: its critic is damaged.
    """
    from musicgen.evaluation.critic_fitting import compose_for_critic, fit_critic

    critic = find_critic(checkpoint)
    if critic:
        return critic
    composed = compose_for_critic(checkpoint, CRITIC_TUNES, _CRITIC_SEED, on_text)
    try:
        return fit_critic(real, composed)
    except CorpusError as error:
        raise PreferenceError(
            "{name} has no critic, and none can be fitted: {reason} Name a file of pairs.",
            name=checkpoint.name,
            reason=error,
        ) from error
