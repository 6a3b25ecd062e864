"""Tunes to look at: those that a network did not learn from, recorded with what is true of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.loss.text_loss import known_text
from musicgen.evaluation.report.manner import first_source, write_for
from musicgen.evaluation.report.reference import DEFAULT_SOURCE
from musicgen.interpretation.facts import TuneFacts, read_facts
from musicgen.interpretation.recording import Recording, record
from musicgen.models.checkpoint import Checkpoint

TUNES = 40
"""Tunes that are looked at unless others are wanted: some 9,000 characters of the lab's."""

FEW_TUNES = 16
"""Tunes where somebody waits for each look: some 4,000 characters of the lab's."""

MAX_HELD_OUT = 200
"""Held-out tunes that can be looked at."""


@dataclass(frozen=True, eq=False)
class Material:
    """Tunes, a recording of each and what is true of it, in the same order."""

    texts: tuple[str, ...]
    recordings: tuple[Recording, ...]
    facts: tuple[TuneFacts, ...]


def find_held_out(
    checkpoint: Checkpoint, paths: Paths, count: int = TUNES, side: str = "val"
) -> list[str]:
    """Held-out tunes of the first book that a network learned from, written as it read them.

    Of a checkpoint that does not say its book they are the lab's.

    Args:
        checkpoint: The network.
        paths: Where books are found.
        count: Tunes at most.
        side: ``val`` or ``test``.

    Raises:
        CorpusError: the book is not there.
    """
    dataset = load_dataset(first_source(checkpoint.metadata) or DEFAULT_SOURCE, paths)
    return write_for(checkpoint.metadata, dataset.texts(side)[:count]).kept


def find_known(checkpoint: Checkpoint, paths: Paths, count: int = MAX_HELD_OUT) -> tuple[str, ...]:
    """The same, `count` at most, as a network can read them, each with a line end at its end.

    Raises:
        CorpusError: the book is not there.
    """
    found = find_held_out(checkpoint, paths, MAX_HELD_OUT)
    known = (known_text(checkpoint.vocabulary, text) for text in found)
    return tuple(text + "\n" for text in known if text)[:count]


def record_tunes(
    checkpoint: Checkpoint,
    texts: Sequence[str],
    on_tune: Callable[[int], None] = lambda _done: None,
) -> Material:
    """Records some tunes; characters that the network does not know are left out.

    Args:
        checkpoint: The network.
        texts: One tune each; those of which nothing is left are passed over.
        on_tune: Called with the number of tunes recorded; what it raises ends the recording.

    Raises:
        ConfigError: the network is of a kind of its own.
    """
    known = [known_text(checkpoint.vocabulary, text) for text in texts]
    known = [text for text in known if text]
    recordings = []
    for text in known:
        recordings.append(record(checkpoint.network, checkpoint.vocabulary, text))
        on_tune(len(recordings))
    return Material(tuple(known), tuple(recordings), tuple(read_facts(text) for text in known))
