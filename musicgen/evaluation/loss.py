"""How well a network foretells tunes it has not seen: loss, perplexity, accuracy.

Each tune is scored alone from the empty state. The network first reads a blank line, the sign that
a tune begins, and is then asked for every character of the tune and for the blank line that ends
it. *Body* characters are those after the line of the key field ``K:`` (ABC 2.1 §2.2.1), the closing
blank line included.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.bodies import body_start
from musicgen.evaluation.perplexity import to_perplexity
from musicgen.models.network import Network

SEPARATOR = "\n\n"
_IGNORED = -100


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
    texts = [known_text(vocabulary, tune) + SEPARATOR for tune in tunes]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    try:
        for first in range(0, len(order), batch_size):
            indices = order[first : first + batch_size]
            yield from _score_batch(
                network,
                vocabulary,
                [texts[i] for i in indices],
                indices,
                device,
                temperature,
            )
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
    losses: list[np.ndarray] = []
    hits: list[np.ndarray] = []
    bodies: list[np.ndarray] = []
    scored = score_characters(network, vocabulary, tunes, batch_size=batch_size)
    for index, loss, hit in scored:
        start = body_start(known_text(vocabulary, tunes[index]))
        losses.append(loss)
        hits.append(hit)
        bodies.append(np.arange(len(loss)) >= start)
    unknown = sum(c not in vocabulary for tune in tunes for c in tune.strip("\n"))
    return _summarise(losses, hits, bodies, unknown)


@torch.inference_mode()
def _score_batch(
    network: Network,
    vocabulary: Vocabulary,
    texts: list[str],
    indices: list[int],
    device: torch.device,
    temperature: float,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    lead = len(SEPARATOR)
    longest = max(len(text) for text in texts)
    inputs = np.zeros((len(texts), longest + lead - 1), dtype=np.int64)
    targets = np.full((len(texts), longest), _IGNORED, dtype=np.int64)
    for row, text in enumerate(texts):
        ids = vocabulary.encode(SEPARATOR + text)
        inputs[row, : len(ids) - 1] = ids[:-1]
        targets[row, : len(text)] = ids[lead:]
    logits, _ = network(torch.from_numpy(inputs).to(device))
    logits = logits[:, lead - 1 :].float() / temperature  # (B, T, V), aligned with targets
    goal = torch.from_numpy(targets).to(device)
    loss = F.cross_entropy(logits.transpose(1, 2), goal, reduction="none", ignore_index=_IGNORED)
    hit = logits.argmax(-1) == goal
    for row, (index, text) in enumerate(zip(indices, texts, strict=True)):
        yield (
            index,
            loss[row, : len(text)].double().cpu().numpy(),
            hit[row, : len(text)].cpu().numpy(),
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
