"""The real tunes that a report compares with: held-out ones of a corpus, or a tunebook's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from musicgen.config import Paths
from musicgen.corpus.cleaning import MAX_TUNE_CHARACTERS, Cleaner, Piece
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.mending import read_upload
from musicgen.errors import CorpusError
from musicgen.evaluation.distribution import Counts
from musicgen.evaluation.measures import count_corpus
from musicgen.models.checkpoint import CheckpointMetadata


@dataclass(frozen=True)
class Reference:
    """Real tunes.

    `texts` are measured, `clean` are what losses are taken on; `corpus` has the distributions of
    the training tunes of `source`, None where that is not here. `left_out` counts what was too
    long.
    """

    tunes_of: str
    source: str
    texts: tuple[str, ...]
    clean: tuple[str, ...]
    corpus: dict[str, Counts] | None = field(default=None, repr=False)
    left_out: int = 0


def first_source(metadata: CheckpointMetadata) -> str:
    """The corpus out of which a checkpoint's held-out tunes are; empty if it does not say.

    Tunes are held out of the first of several sources alone (`corpus.dataset.load_dataset`).
    """
    source = metadata.corpus.get("source")
    return source.split("+")[0] if isinstance(source, str) else ""


def load_held_out(source: str, side: str, paths: Paths) -> Reference:
    """The held-out tunes of a corpus, compared with its training tunes.

    Args:
        source: Its name.
        side: ``val`` or ``test``; the latter for a final reading alone.
        paths: Where it lies.

    Raises:
        CorpusError: it is not here, or unknown.
    """
    dataset = load_dataset(source, paths)
    texts = tuple(dataset.texts(side))
    return Reference(side, source, texts, texts, _count(tuple(dataset.texts("train"))))


def read_book(
    name: str,
    data: bytes,
    source: str,
    paths: Paths,
    on_tune: Callable[[], None] = lambda: None,
) -> Reference:
    """The tunes of a file that somebody brought, compared with the training tunes of a corpus.

    Prose around them is passed over, as are tunes that are longer than any tune; tunes without
    notes and repetitions are measured like all others, but give no loss.

    Args:
        name: Of the file, as it is shown.
        data: What is in it, in any encoding.
        source: Of the corpus; without distributions where it is not here.
        paths: Where it lies.
        on_tune: Called for each tune.

    Raises:
        CorpusError: there is no tune in it.
    """
    cleaner = Cleaner(name)
    texts: list[str] = []
    left_out = 0
    for piece in read_upload(name, data, cleaner):
        on_tune()
        cleaner.add(piece)
        if len(piece.text) > MAX_TUNE_CHARACTERS:
            left_out += 1
        else:
            texts.append(_plain(piece))
    if not texts:
        raise CorpusError("{name} has no tune with notes in it.", name=name)
    clean = tuple(tune.text for tune in cleaner.tunes)
    return Reference(name, source, tuple(texts), clean, _find_corpus(source, paths), left_out)


def _plain(piece: Piece) -> str:
    return "\n".join(line.rstrip() for line in piece.text.splitlines() if line.strip())


def _find_corpus(source: str, paths: Paths) -> dict[str, Counts] | None:
    try:
        return _count(tuple(load_dataset(source, paths).texts("train"))) if source else None
    except CorpusError:
        return None


@lru_cache(maxsize=2)
def _count(texts: tuple[str, ...]) -> dict[str, Counts]:
    return count_corpus(texts)


def find_reference(
    metadata: Sequence[CheckpointMetadata], side: str, paths: Paths
) -> Reference | None:
    """The held-out tunes of the first checkpoint whose corpus is here; None if none is."""
    for source in dict.fromkeys(map(first_source, metadata)):
        try:
            if source:
                return load_held_out(source, side, paths)
        except CorpusError:
            continue
    return None
