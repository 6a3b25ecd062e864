"""The loss of a network on held-out tunes with its uncertainty, and at other temperatures."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.loss.perplexity import to_perplexity
from musicgen.evaluation.loss.text_loss import (
    LossReport,
    Scores,
    known_text,
    score_at_temperatures,
    scoring_threads,
    summarise_scores,
)
from musicgen.evaluation.statistics.estimate import Estimate, estimate_ratio
from musicgen.models.network import Network

_BATCH = 32


@dataclass(frozen=True, slots=True)
class HeldOutLoss:
    """Loss in nats for each character and share of characters guessed, over all text and bodies.

    `temperature` divides the logits; 1 leaves them as they are. The perplexity is e to the
    power of the loss, as are the ends of its interval.
    """

    temperature: float
    loss: Estimate
    body_loss: Estimate
    accuracy: Estimate
    body_accuracy: Estimate

    @property
    def perplexity(self) -> Estimate:
        """e^loss: among how many equally likely characters the network wavers."""
        return _exp(self.loss)

    @property
    def body_perplexity(self) -> Estimate:
        """The same of bodies."""
        return _exp(self.body_loss)


def estimate_loss(
    network: Network,
    vocabulary: Vocabulary,
    tunes: Sequence[str],
    temperature: float = 1.0,
    on_tune: Callable[[], None] = lambda: None,
) -> HeldOutLoss:
    """What `loss.compute_loss` gives, each figure with the bootstrap interval over tunes.

    Args:
        network: Any network.
        vocabulary: Its characters; others are left out.
        tunes: ABC texts, one tune each; NaN of none.
        temperature: Above 0.
        on_tune: Called after each tune; what it raises ends the scoring.
    """
    return Scoring(network, vocabulary, tunes, [temperature]).finish(on_tune)[0]


class Scoring:
    """The loss of a network at several temperatures, which it may begin to find in the background.

    Args:
        network: Any network.
        vocabulary: Its characters; others are left out.
        tunes: ABC texts, one tune each.
        temperatures: Each above 0.
        workers: Threads that score from now on; with none, it is done in `finish`.
    """

    def __init__(
        self,
        network: Network,
        vocabulary: Vocabulary,
        tunes: Sequence[str],
        temperatures: Sequence[float],
        workers: int = 0,
    ) -> None:
        self._vocabulary, self._tunes, self._temperatures = vocabulary, tunes, temperatures
        self._pool = scoring_threads(workers) if workers else None
        self._scored = score_at_temperatures(
            network, vocabulary, tunes, temperatures, batch_size=_BATCH, pool=self._pool
        )
        self._found: list[tuple[int, list[Scores]]] = []

    def finish(self, on_tune: Callable[[], None] = lambda: None) -> list[HeldOutLoss]:
        """The figures at each temperature.

        Args:
            on_tune: Called after each tune; what it raises ends the scoring.
        """
        with contextlib.closing(self):
            for item in self._scored:
                self._found.append(item)
                on_tune()
        return [self._estimate(number) for number in range(len(self._temperatures))]

    def summarise(self, number: int = 0) -> LossReport:
        """What `loss.compute_loss` gives, at the temperature of that number; after `finish`."""
        scored = ((index, *scores[number]) for index, scores in self._found)
        return summarise_scores(self._vocabulary, self._tunes, scored)

    def close(self) -> None:
        """Ends what is at work."""
        self._scored.close()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def _estimate(self, number: int) -> HeldOutLoss:
        sums = []
        for index, scores in self._found:
            losses, hit = scores[number]
            start = body_start(known_text(self._vocabulary, self._tunes[index]))
            sums.append((losses.sum(), hit.sum(), len(losses), losses[start:].sum(),
                         hit[start:].sum(), len(losses) - start))  # fmt: skip
        table = np.array(sums, dtype=float).reshape(-1, 6)
        loss, hits, count, body_loss, body_hits, body_count = table.T.tolist()
        return HeldOutLoss(
            self._temperatures[number],
            estimate_ratio(loss, count),
            estimate_ratio(body_loss, body_count),
            estimate_ratio(hits, count),
            estimate_ratio(body_hits, body_count),
        )


def count_unknown(vocabulary: Vocabulary, tunes: Sequence[str]) -> int:
    """Characters of tunes that a network does not know and that its loss leaves out."""
    return sum(character not in vocabulary for tune in tunes for character in tune + SEPARATOR)


def _exp(one: Estimate) -> Estimate:
    low, value, high = map(to_perplexity, (one.low, one.value, one.high))
    return Estimate(value, low, high, one.count)
