"""What a training reads: the tunes of one or more sources, split, with their vocabulary."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from musicgen.config import Paths, TrainingConfig
from musicgen.corpus.cleaning import CleaningReport, CorpusTune, clean_tunebook
from musicgen.corpus.corpus_cache import CachedCorpus, digest_source, keep_cached, load_cached
from musicgen.corpus.described import MOVED, count_headers, write_described
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.normalization import write_plain
from musicgen.corpus.sources import SOURCES, get_source, read_source_text
from musicgen.corpus.split import Split, add_for_training, split_tunes
from musicgen.corpus.user_corpora import PREFIX, store_of
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CorpusError

MAX_CHARACTERS = 4096
"""The largest vocabulary of a network (`config.NetworkConfig.vocab_size`)."""

_PROGRESS_TUNES = 20


@dataclass(frozen=True)
class Dataset:
    """Clean tunes of the named sources, split by tune."""

    source: str
    tunes: tuple[CorpusTune, ...]
    split: Split
    reports: tuple[CleaningReport, ...]
    is_described: bool = False

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters of all tunes, held-out ones included, and of the blank line between."""
        further = SEPARATOR + MOVED if self.is_described else SEPARATOR
        return Vocabulary.from_text(SEPARATOR.join(tune.text for tune in self.tunes) + further)

    @cached_property
    def train_text(self) -> str:
        """The training tunes as one text, a blank line after each, as the lab joins them."""
        return "".join(tune.text + SEPARATOR for tune in self.split.train)

    def texts(self, side: str) -> list[str]:
        """The texts of ``train``, ``val`` or ``test``."""
        return [tune.text for tune in self.split.side(side)]

    def training_texts(self, first_readings: int = 1) -> list[str]:
        """What one pass of a training reads: those of the first source so many times."""
        first = self.source.split("+")[0]
        own = [tune.text for tune in self.split.train if tune.source == first]
        return self.texts("train") + own * (first_readings - 1)

    def describe(self) -> dict[str, Any]:
        """What a checkpoint keeps of its corpus: name, sizes, a fingerprint of all texts, and of
        described ones how many training tunes have which header, and the titles in each book.
        """
        whole = "\0".join(tune.text for tune in self.tunes)
        known: dict[str, Any] = {}
        if self.is_described:
            titles = {
                name: sorted({tune.title for tune in self.split.train if tune.source == name})
                for name in self.source.split("+")
            }
            known = {"headers": count_headers(self.texts("train")), "titles": titles}
        return known | {
            "source": self.source,
            "fingerprint": hashlib.sha256(whole.encode("utf-8")).hexdigest()[:16],
            "split": "80/10/10 by title hash",
            "tunes": {side: len(self.split.side(side)) for side in ("train", "val", "test")}
            | {"left_out": len(self.split.left_out)},
            "train_characters": len(self.train_text),
        }

    def described(self) -> "Dataset":
        """The same tunes, on the same sides, with headers of `described.write_described`.

        Those of held-out tunes tell no form: that is known of their music alone.
        """
        held_out = {*self.split.val, *self.split.test}
        new = {
            tune: replace(
                tune,
                text=write_described(tune.text, tune.source, tune.rhythm, tune not in held_out),
            )
            for tune in (*self.tunes, *self.split.train)
        }
        sides = (getattr(self.split, name) for name in ("train", "val", "test", "left_out"))
        split = Split(*(tuple(new[tune] for tune in side) for side in sides))
        tunes = tuple(new[tune] for tune in self.tunes)
        return replace(self, tunes=tunes, split=split, is_described=True)


def load_dataset(
    source: str,
    paths: Paths,
    plain: bool = False,
    described: bool = False,
    on_progress: Callable[[int], None] = lambda _tunes: None,
) -> Dataset:
    """The tunes of a source, or of several joined by ``+`` (``lab+oneill``).

    Tunes are held out of the first source alone, so that its losses mean the same whatever is
    learned from beside it. Of further sources a tune is left out where it would teach a held-out
    one: under its title, or with a fifth of its melody (`split.add_for_training`). What was read
    once is kept on the disk (`corpus_cache`): all shared books take a
    minute or two, then half a second.

    Args:
        source: Names of sources, built in or one's own (``own:name``, or the name alone).
        paths: Where they are found.
        plain: Rewrites tunes of further sources as `normalization.write_plain` does, and leaves
            out those that cannot be.
        described: Writes a header of `described.write_described` before each tune.
        on_progress: Called with the number of tunes read so far, while it takes time.

    Raises:
        CorpusError: a source is unknown or not fetched, or leaves nothing to train on.
    """
    key = digest_source(source, paths, plain, described)
    reading = load_cached(key, paths)
    if reading is None and described:
        made = load_dataset(source, paths, plain, on_progress=on_progress).described()
        reading = CachedCorpus(made.tunes, made.split, made.reports)
        keep_cached(key, reading, paths)
    elif reading is None:
        reading = _read_sources(source, paths, plain, on_progress)
        keep_cached(key, reading, paths)
    if not reading.split.train:
        raise CorpusError("The corpus {name!r} has no tunes to train on.", name=source)
    return Dataset(source, reading.tunes, reading.split, reading.reports, described)


def _read_sources(
    source: str, paths: Paths, plain: bool, on_progress: Callable[[int], None]
) -> CachedCorpus:
    first, *others = [read_tunes(name, paths) for name in source.split("+")]
    tunes, reports = list(first[0]), [first[1]]
    split = split_tunes(tunes)
    for more, report in others:
        kept: list[CorpusTune] = []
        for number, tune in enumerate(more):
            if number % _PROGRESS_TUNES == 0:
                on_progress(len(tunes) + number)
            same = _in_plain(tune) if plain else tune
            kept += [same] if same else []
        split = add_for_training(split, kept)
        tunes += kept
        reports.append(report)
    return CachedCorpus(tuple(tunes), split, tuple(reports))


def require_trainable(dataset: Dataset, config: TrainingConfig) -> None:
    """Makes sure that there is enough to learn from, before a run is made.

    Raises:
        CorpusError: there is no tune to train on or none to hold out, or too little text.
    """
    split, source = dataset.split, dataset.source
    if not split.val:
        raise CorpusError(
            "The corpus {name!r} has too few tunes ({count}): none of them is held out to measure "
            "by. Bring more tunes, or train on it beside a larger one: lab+{name}.",
            name=source,
            count=len(dataset.tunes),
        )
    wanted = config.seq_len * (config.batch_size if config.carry_state else 1)
    if len(dataset.train_text) <= wanted:
        raise CorpusError(
            "The corpus {name!r} has {count:,} characters to train on, too few for windows of "
            "{wanted:,}. Choose a shorter sequence, a smaller batch or a larger corpus.",
            name=source,
            count=len(dataset.train_text),
            wanted=wanted,
        )
    if len(dataset.vocabulary) > MAX_CHARACTERS:
        raise CorpusError(
            "The corpus {name!r} has {count:,} different characters; a network here knows at most "
            "{most:,}. Leave out what is in other scripts.",
            name=source,
            count=len(dataset.vocabulary),
            most=MAX_CHARACTERS,
        )


def read_tunes(name: str, paths: Paths) -> tuple[list[CorpusTune], CleaningReport]:
    """The clean tunes of one source, and the report of their cleaning.

    Of a corpus of one's own it is the report of when it was made.

    Raises:
        CorpusError: the source is unknown, not fetched or damaged.
    """
    plain_name = name.removeprefix(PREFIX)
    store = store_of(plain_name, paths)
    if name not in SOURCES and store.has(plain_name):
        own = store.get(plain_name)
        tunes, _ = clean_tunebook(plain_name, [(plain_name, own.read_text())])
        return tunes, own.read_report()
    if name not in SOURCES:
        raise store.unknown(name)
    files = [(file.name, file.text) for file in read_source_text(get_source(name), paths)]
    return clean_tunebook(name, files)


def _in_plain(tune: CorpusTune) -> CorpusTune | None:
    text = write_plain(tune.text)
    return replace(tune, text=text) if text else None
