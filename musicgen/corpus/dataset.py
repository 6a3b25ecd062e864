"""What a training reads: the tunes of one or more sources, split, with their vocabulary."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from musicgen.config import Paths
from musicgen.corpus.cleaning import CleaningReport, CorpusTune, clean_tunebook
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.plain import write_plain
from musicgen.corpus.sources import get_source, read_source_text
from musicgen.corpus.split import Split, add_for_training, split_tunes
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CorpusError


@dataclass(frozen=True)
class Dataset:
    """Clean tunes of the named sources, split by tune."""

    source: str
    tunes: tuple[CorpusTune, ...]
    split: Split
    reports: tuple[CleaningReport, ...]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters of all tunes, held-out ones included, and of the blank line between."""
        return Vocabulary.from_text(SEPARATOR.join(tune.text for tune in self.tunes) + SEPARATOR)

    @cached_property
    def train_text(self) -> str:
        """The training tunes as one text, a blank line after each, as the lab joins them."""
        return "".join(tune.text + SEPARATOR for tune in self.split.train)

    def texts(self, side: str) -> list[str]:
        """The texts of ``train``, ``val`` or ``test``."""
        return [tune.text for tune in self.split.side(side)]

    def describe(self) -> dict[str, Any]:
        """What a checkpoint keeps of its corpus: name, sizes and a fingerprint of all texts."""
        whole = "\0".join(tune.text for tune in self.tunes)
        return {
            "source": self.source,
            "fingerprint": hashlib.sha256(whole.encode("utf-8")).hexdigest()[:16],
            "split": "80/10/10 by title hash",
            "tunes": {side: len(self.split.side(side)) for side in ("train", "val", "test")}
            | {"left_out": len(self.split.left_out)},
            "train_characters": len(self.train_text),
        }


def load_dataset(source: str, paths: Paths, plain: bool = False) -> Dataset:
    """The tunes of a source, or of several joined by ``+`` (``lab+oneill``).

    Tunes are held out of the first source alone, so that its losses mean the same whatever is
    learned from beside it. Of further sources a tune is left out where it would teach a held-out
    one: under its title, or with a fifth of its melody (`split.add_for_training`).

    Args:
        source: Names of sources.
        paths: Where they are found.
        plain: Rewrites tunes of further sources as `plain.write_plain` does, and leaves out those
            that cannot be.

    Raises:
        CorpusError: a source is unknown or not fetched, or leaves nothing to train on.
    """
    first, *others = [_read_source(name, paths) for name in source.split("+")]
    tunes, reports = list(first[0]), [first[1]]
    split = split_tunes(tunes)
    for more, report in others:
        kept = [tune for tune in map(_in_plain, more) if tune] if plain else more
        split = add_for_training(split, kept)
        tunes += kept
        reports.append(report)
    dataset = Dataset(source, tuple(tunes), split, tuple(reports))
    if not dataset.split.train:
        raise CorpusError("The corpus {name!r} has no tunes to train on.", name=source)
    return dataset


def _read_source(name: str, paths: Paths) -> tuple[list[CorpusTune], CleaningReport]:
    files = [(file.name, file.text) for file in read_source_text(get_source(name), paths)]
    return clean_tunebook(name, files)


def _in_plain(tune: CorpusTune) -> CorpusTune | None:
    text = write_plain(tune.text)
    return replace(tune, text=text) if text else None
