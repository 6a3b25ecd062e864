"""How new tunes are, as figures of a report: what each shares with what its model learned from."""

from collections.abc import Callable

from musicgen.config import Paths
from musicgen.errors import CorpusError
from musicgen.evaluation.novelty.comparison import NoveltyIndex, compare
from musicgen.evaluation.novelty.index_files import find_index, load_index
from musicgen.evaluation.novelty.training_sources import training_sources_of
from musicgen.evaluation.report.builder import Scorer, no_scores
from musicgen.models.checkpoint import Checkpoint


def find_novelty_scorer(
    checkpoint: Checkpoint,
    paths: Paths,
    makes_index: bool = True,
    on_progress: Callable[[int], None] = lambda _tunes: None,
) -> Scorer:
    """What measures how new a tune is next to what a checkpoint learned from.

    It adds no numbers where those tunes are not here or the checkpoint does not name them.

    Args:
        checkpoint: What learned.
        paths: Where its corpora and what is kept of them are found.
        makes_index: Reads the tunes, which may take a minute, where that was not done before.
        on_progress: Called with the number of tunes read so far; what it raises ends the reading.
    """
    try:
        learned_from = training_sources_of(checkpoint.metadata)
        if makes_index:
            index: NoveltyIndex | None = load_index(learned_from, paths, on_progress)
        else:
            index = find_index(learned_from, paths)
    except CorpusError:
        return no_scores
    return _score_by(index) if index else no_scores


def _score_by(index: NoveltyIndex) -> Scorer:
    def score(text: str) -> dict[str, float]:
        novelty = compare(index, text)
        return {
            "longest_run": float(novelty.characters.longest),
            "longest_melody": float(novelty.melody.longest),
            "known": float(novelty.is_known),
        }

    return score
