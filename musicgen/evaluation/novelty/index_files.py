"""Indices for `novelty` on the disk: made once for a corpus, then there in a tenth of a second.

Kept under a digest of the tunebooks and of the code, as corpora are (`corpus_cache`). The files
hold plain arrays and JSON; reading one runs no code of its own.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicgen.config import Paths
from musicgen.corpus.cleaning import CorpusTune
from musicgen.corpus.corpus_cache import digest_source, keep_file
from musicgen.evaluation.novelty import comparison, suffix_array
from musicgen.evaluation.novelty.comparison import (
    NoveltyIndex,
    RealFigures,
    build_index,
    melody_symbols,
)
from musicgen.evaluation.novelty.suffix_array import SENTINEL, SuffixIndex
from musicgen.evaluation.novelty.training_sources import TrainingSource, load_learned
from musicgen.json_reading import parse_json

Arrays = Mapping[str, NDArray[np.generic]]

_PROGRESS_TUNES = 20
_MAX_TUNES_BYTES = 200_000_000
_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, IndexError, EOFError, RuntimeError, struct.error,
    zipfile.BadZipFile,
)  # fmt: skip


def find_index(learned_from: tuple[TrainingSource, ...], paths: Paths) -> NoveltyIndex | None:
    """The index of the training tunes of corpora, where one is on the disk.

    Raises:
        CorpusError: a corpus is not here.
    """
    try:
        data = io.BytesIO(_file(learned_from, paths).read_bytes())
        with np.load(data, allow_pickle=False) as arrays:
            return _unpack(arrays)
    except _DAMAGED:
        return None


def load_index(
    learned_from: tuple[TrainingSource, ...],
    paths: Paths,
    on_progress: Callable[[int], None] = lambda _tunes: None,
) -> NoveltyIndex:
    """The index of the training tunes of corpora, from the disk or made now and kept.

    The first takes a tenth of a second, the second some 10 ms a tune.

    Args:
        learned_from: What was learned from.
        paths: Where it is found.
        on_progress: Called with the number of tunes read so far, while it takes time.

    Raises:
        CorpusError: a corpus is not here, or has no tunes.
    """
    index = find_index(learned_from, paths)
    if index is not None:
        return index
    read = 0

    def count(tunes: int) -> None:
        nonlocal read
        read = tunes
        on_progress(tunes)

    tunes = load_learned(learned_from, paths, count)
    melodies = []
    for number, tune in enumerate(tunes):
        if number % _PROGRESS_TUNES == 0:
            on_progress(read + number)
        melodies.append(melody_symbols(tune.text).text)
    index = build_index(tunes, melodies)
    packed = io.BytesIO()
    np.savez(packed, **_pack(index))  # type: ignore[arg-type]
    keep_file(_file(learned_from, paths), packed.getvalue())
    return index


def _file(learned_from: tuple[TrainingSource, ...], paths: Paths) -> Path:
    digest = hashlib.sha256()
    for module in (comparison, suffix_array):
        digest.update(Path(str(module.__file__)).read_bytes())
    for source in learned_from:
        digest.update(digest_source(source.source, paths, source.plain).encode())
    return paths.cache / "novelty" / f"{digest.hexdigest()[:32]}.npz"


def _pack(index: NoveltyIndex) -> Arrays:
    tunes = json.dumps([astuple(tune) for tune in index.tunes], ensure_ascii=False)
    return {
        "tunes": np.frombuffer(tunes.encode(), dtype=np.uint8),
        **_pack_suffixes("characters", index.characters, index.real_characters),
        **_pack_suffixes("melody", index.melody, index.real_melody),
    }


def _pack_suffixes(name: str, suffixes: SuffixIndex, real: RealFigures) -> Arrays:
    return {
        f"{name}_text": np.frombuffer(suffixes.text.encode("utf-32-le"), dtype=np.uint32),
        f"{name}_order": suffixes.order,
        f"{name}_longest": real.longest,
        f"{name}_share": real.share,
    }


def _unpack(arrays: Arrays) -> NoveltyIndex:
    rows = parse_json(arrays["tunes"].tobytes(), max_bytes=_MAX_TUNES_BYTES)
    tunes = tuple(CorpusTune(*row) for row in rows)
    characters, real_characters = _unpack_suffixes("characters", arrays)
    melody, real_melody = _unpack_suffixes("melody", arrays)
    if not len(tunes) == len(characters) == len(melody):
        raise ValueError("the parts of the index do not belong together")
    return NoveltyIndex(tunes, characters, melody, real_characters, real_melody)


def _unpack_suffixes(name: str, arrays: Arrays) -> tuple[SuffixIndex, RealFigures]:
    codes = arrays[f"{name}_text"]
    ends = np.flatnonzero(codes == ord(SENTINEL))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    index = SuffixIndex(
        codes.tobytes().decode("utf-32-le"),
        arrays[f"{name}_order"].astype(np.int32),
        starts.astype(np.int32),
    )
    return index, RealFigures(
        arrays[f"{name}_longest"].astype(np.int64), arrays[f"{name}_share"].astype(np.float64)
    )
