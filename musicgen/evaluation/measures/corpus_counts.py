"""The distributions of a corpus, kept on the disk: counting its tunes anew takes some seconds.

cache/counts/<digest>.json      by what was counted, and by which version of the counting
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from musicgen.errors import StorageError
from musicgen.evaluation.measures.distribution import DISTRIBUTIONS, Counts
from musicgen.evaluation.measures.tune_figures import count_corpus
from musicgen.storage import write_file

COUNTS_VERSION = 1
"""Counts changes of the reader or of the distributions after which the numbers are others."""

MAX_BYTES = 5_000_000

logger = logging.getLogger(__name__)


def find_counts(texts: Sequence[str], cache: Path) -> dict[str, Counts]:
    """What `tune_figures.count_corpus` gives, from the disk where it was counted before.

    Args:
        texts: The tunes of the corpus.
        cache: Folder of what can be made again; where it cannot be written, nothing is kept.
    """
    digest = hashlib.sha256(f"{COUNTS_VERSION} {' '.join(DISTRIBUTIONS)}".encode())
    for text in texts:
        digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
    path = cache / "counts" / f"{digest.hexdigest()[:32]}.json"
    kept = _read(path)
    if kept is not None:
        return kept
    found = count_corpus(texts)
    try:
        write_file(path, json.dumps(found).encode())
    except StorageError as error:
        logger.info("%s", error)
    return found


def _read(path: Path) -> dict[str, Counts] | None:
    """What a file holds; None where there is none that holds."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or values.keys() != DISTRIBUTIONS.keys():
        return None
    is_sound = all(
        isinstance(counts, dict) and all(type(count) is int for count in counts.values())
        for counts in values.values()
    )
    return {name: Counter(values[name]) for name in DISTRIBUTIONS} if is_sound else None
