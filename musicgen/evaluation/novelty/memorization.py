"""Memorization: does a network continue a tune word for word from its beginning?

Carlini et al., *Quantifying Memorization Across Neural Language Models* (ICLR 2023), definition
3.1: a text is extractable with k tokens of context if greedy decoding from its first k tokens gives
the next ones exactly. The header is read too: a title alone may be enough to recall a tune.
"""

from collections.abc import Sequence

from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.loss.text_loss import known_text, score_characters
from musicgen.evaluation.statistics.estimate import Estimate, estimate_rate
from musicgen.models.network import Network

CONTEXT = 25
LENGTH = 50
"""Characters of the body that are read, and that must then be predicted; a bar is about 9."""


def recital_rate(
    network: Network,
    vocabulary: Vocabulary,
    tunes: Sequence[str],
    context: int = CONTEXT,
    length: int = LENGTH,
) -> Estimate:
    """Share of the tunes, 0..1, that the network goes on with exactly, with its interval.

    Tunes too short for context and length are left out. Greedy decoding says the true
    characters if and only if each is the first choice after all true ones before it, so that one
    reading of a tune answers for it.
    """
    said = count = 0
    texts = [known_text(vocabulary, tune) for tune in tunes]
    for index, _, is_first in score_characters(network, vocabulary, texts):
        start = body_start(texts[index]) + context
        if start + length <= len(texts[index]):
            count += 1
            said += bool(is_first[start : start + length].all())
    return estimate_rate(said, count)
