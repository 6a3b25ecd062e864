"""How well a network predicts tunes it has not seen: loss, perplexity, accuracy.

Each tune is scored alone from the empty state. The network first reads a blank line, the sign that
a tune begins, and is then asked for every character of the tune and for the blank line that ends
it. *Body* characters are those after the line of the key field ``K:`` (ABC 2.1 §2.2.1), the closing
blank line included.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.loss.perplexity import to_perplexity
from musicgen.models.network import Network

_IGNORED = -100

Scores = tuple[np.ndarray, np.ndarray]
"""Of the characters of a tune: losses in nats (T,), and which were the network's first choice."""


@dataclass(frozen=True, slots=True)
class LossReport:
    """Means over characters, in nats; NaN where there is nothing to score.

    `unknown_characters` counts characters outside the vocabulary: they are left out.
    """

    loss: float
    body_loss: float
    perplexity: float
    body_perplexity: float
    accuracy: float
    body_accuracy: float
    characters: int
    body_characters: int
    tunes: int
    unknown_characters: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready values; NaN becomes None."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }


def score_characters(
    network: Network,
    vocabulary: Vocabulary,
    tunes: Sequence[str],
    *,
    batch_size: int = 32,
    temperature: float = 1.0,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """For each tune, in order of length: its index, the loss in nats of each character (T,) and
    whether each was the network's first choice (T,).

    T counts the known characters of the tune and the blank line after it. `temperature` divides the
    logits first, as in composing.
    """
    scored = score_at_temperatures(network, vocabulary, tunes, [temperature], batch_size=batch_size)
    for index, ((losses, hit),) in scored:
        yield index, losses, hit


def score_at_temperatures(
    network: Network,
    vocabulary: Vocabulary,
    tunes: Sequence[str],
    temperatures: Sequence[float],
    *,
    batch_size: int = 32,
    pool: Executor | None = None,
) -> Generator[tuple[int, list[Scores]], None, None]:
    """As `score_characters` for several temperatures at once: the network reads each tune once.

    Args:
        network: Any network; it is put in eval mode until the last tune is scored, and back.
        vocabulary: Its characters.
        tunes: ABC texts, one tune each.
        temperatures: What the logits are divided by.
        batch_size: Tunes scored at once.
        pool: Threads that score in the background from now on, each on one core; without any,
            tunes are scored as they are asked for. What comes out is the same.
    """
    texts = [known_text(vocabulary, tune) + SEPARATOR for tune in tunes]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    batches = [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device

    def score(indices: list[int]) -> list[tuple[int, list[Scores]]]:
        batch = [texts[index] for index in indices]
        return list(_score_batch(network, vocabulary, batch, indices, device, temperatures))

    done = pool.map(score, batches) if pool else map(score, batches)
    return _hand_out(done, network, was_training)


def scoring_threads(count: int) -> ThreadPoolExecutor:
    """Threads for `score_at_temperatures`, each of which keeps its products on one core."""
    return ThreadPoolExecutor(count, "score", torch.set_num_threads, (1,))


def _hand_out(
    done: Iterator[list[tuple[int, list[Scores]]]],
    network: Network,
    was_training: bool,
) -> Generator[tuple[int, list[Scores]], None, None]:
    try:
        for batch in done:
            yield from batch
    finally:
        network.train(was_training)


def known_text(vocabulary: Vocabulary, tune: str) -> str:
    """The tune without the blank lines around it and without characters the network lacks."""
    return "".join(c for c in tune.strip("\n") if c in vocabulary)


def compute_loss(
    network: Network,
    vocabulary: Vocabulary,
    tunes: Sequence[str],
    *,
    batch_size: int = 32,
) -> LossReport:
    """The loss of a network on tunes, over all text and over tune bodies.

    Args:
        network: Any network; it is put in eval mode and back.
        vocabulary: Its characters.
        tunes: ABC texts, one tune each.
        batch_size: Tunes scored at once; changes speed only.
    """
    scored = score_characters(network, vocabulary, tunes, batch_size=batch_size)
    return summarise_scores(vocabulary, tunes, scored)


def summarise_scores(
    vocabulary: Vocabulary,
    tunes: Sequence[str],
    scored: Iterable[tuple[int, np.ndarray, np.ndarray]],
) -> LossReport:
    """The loss on tunes from what `score_characters` gave for them."""
    losses: list[np.ndarray] = []
    hits: list[np.ndarray] = []
    bodies: list[np.ndarray] = []
    for index, loss, hit in scored:
        start = body_start(known_text(vocabulary, tunes[index]))
        losses.append(loss)
        hits.append(hit)
        bodies.append(np.arange(len(loss)) >= start)
    unknown = sum(c not in vocabulary for tune in tunes for c in tune.strip("\n"))
    return _summarise(losses, hits, bodies, unknown)


def to_sums(report: LossReport) -> list[float]:
    """What reports on parts of some tunes are added up by; `from_sums` makes one report of it."""
    means = (
        (report.loss, report.characters),
        (report.accuracy, report.characters),
        (report.body_loss, report.body_characters),
        (report.body_accuracy, report.body_characters),
    )
    sums = [mean * count if count else 0.0 for mean, count in means]
    counts = (
        report.characters, report.body_characters, report.tunes, report.unknown_characters
    )  # fmt: skip
    return [*sums, *counts]


def from_sums(sums: Sequence[float]) -> LossReport:
    """The report on all tunes from the added-up `to_sums` of their parts."""
    loss, hits, body_loss, body_hits, *counts = sums
    characters, body_characters, tunes, unknown = (round(count) for count in counts)
    mean, body_mean = _share(loss, characters), _share(body_loss, body_characters)
    return LossReport(
        loss=mean,
        body_loss=body_mean,
        perplexity=to_perplexity(mean),
        body_perplexity=to_perplexity(body_mean),
        accuracy=_share(hits, characters),
        body_accuracy=_share(body_hits, body_characters),
        characters=characters,
        body_characters=body_characters,
        tunes=tunes,
        unknown_characters=unknown,
    )


def _share(total: float, count: int) -> float:
    return total / count if count else math.nan


@torch.inference_mode()
def _score_batch(
    network: Network,
    vocabulary: Vocabulary,
    texts: list[str],
    indices: list[int],
    device: torch.device,
    temperatures: Sequence[float],
) -> Iterator[tuple[int, list[Scores]]]:
    lead = len(SEPARATOR)
    longest = max(len(text) for text in texts)
    inputs = np.zeros((len(texts), longest + lead - 1), dtype=np.int64)
    targets = np.full((len(texts), longest), _IGNORED, dtype=np.int64)
    for row, text in enumerate(texts):
        ids = vocabulary.encode(SEPARATOR + text)
        inputs[row, : len(ids) - 1] = ids[:-1]
        targets[row, : len(text)] = ids[lead:]
    logits, _ = network(torch.from_numpy(inputs).to(device))
    logits = logits[:, lead - 1 :].float()  # (B, T, V), aligned with targets
    goal = torch.from_numpy(targets).to(device)
    found = []
    for temperature in temperatures:
        scaled = logits / temperature
        loss = F.cross_entropy(
            scaled.transpose(1, 2), goal, reduction="none", ignore_index=_IGNORED
        )
        found.append((loss, scaled.argmax(-1) == goal))
    for row, (index, text) in enumerate(zip(indices, texts, strict=True)):
        yield (
            index,
            [
                (
                    loss[row, : len(text)].double().cpu().numpy(),
                    hit[row, : len(text)].cpu().numpy(),
                )
                for loss, hit in found
            ],
        )


def _summarise(
    losses: list[np.ndarray],
    hits: list[np.ndarray],
    bodies: list[np.ndarray],
    unknown: int,
) -> LossReport:
    loss = np.concatenate(losses) if losses else np.zeros(0)
    hit = np.concatenate(hits) if hits else np.zeros(0, dtype=bool)
    body = np.concatenate(bodies) if bodies else np.zeros(0, dtype=bool)
    mean, body_mean = _mean(loss), _mean(loss[body])
    return LossReport(
        loss=mean,
        body_loss=body_mean,
        perplexity=to_perplexity(mean),
        body_perplexity=to_perplexity(body_mean),
        accuracy=_mean(hit),
        body_accuracy=_mean(hit[body]),
        characters=len(loss),
        body_characters=int(body.sum()),
        tunes=len(losses),
        unknown_characters=unknown,
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan
