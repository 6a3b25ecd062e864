"""TuneBench: how well models foretell folk tunes they have not seen, and pass as real.

python -m bench.tunes                              test tunes of the lab's book
python -m bench.tunes --tunebook book.abc --unlearned
python -m bench.tunes --composed 300 --checkpoint house --json

Bits for each note and for each character of the body, with 95 % intervals over tunes, on the same
bodies for all: headers are read and not counted. Tunes of a tunebook are first written in the
lab's notation and moved to the nearest key that the lab's book has in their mode, so that neither
layout nor key counts; what cannot be written so is told. Beside the networks stand n-grams with
back-off and a general compressor, which learn the lab's training tunes. With --composed every
model composes so many tunes at its default settings and the judge tries to tell them from the
real ones: the area under the curve of its best detector, 0.5 where it is at a loss.

Losses are the same to the digits shown on any machine; what is composed may differ where the
arithmetic of a processor turns a draw.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path

from bench.ngrams import Compressor, NGrams
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.cleaning import CorpusTune
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.normalization import write_plain
from musicgen.errors import CorpusError, NotationError
from musicgen.evaluation.judge.cross_validation import judge_tunes
from musicgen.evaluation.judge.features import extract_features
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.loss.text_loss import score_characters
from musicgen.evaluation.novelty.training_sources import load_learned, training_sources_of
from musicgen.evaluation.report.manner import write_for
from musicgen.evaluation.report.reference import read_book
from musicgen.evaluation.statistics.estimate import Estimate, estimate_ratio
from musicgen.models.checkpoint import (
    Checkpoint,
    find_checkpoint,
    list_checkpoints,
    load_checkpoint,
)
from musicgen.notation.analysis.melody import melody_notes, tonic_of
from musicgen.notation.model import Key
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose
from musicgen.sampling.composer import compose

USUAL_KEYS = 10
_NATS = log(2)


@dataclass(frozen=True)
class Row:
    """What a model has. Bits are of the body; `auc` of the judge's best detector."""

    model: str
    parameters: int | None
    bits_per_note: Estimate
    bits_per_character: Estimate
    auc: Estimate | None = None
    composed: int = 0


@dataclass(frozen=True)
class Book:
    """Tunes in the lab's notation, with the notes of each, and what could not be taken."""

    name: str
    texts: tuple[str, ...]
    notes: tuple[int, ...]
    not_written: int = 0
    learned: int = 0


def open_book(
    name: str, texts: Iterable[str], is_foreign: bool, usual: Sequence[Key], learned: int = 0
) -> Book:
    """Tunes as all models are asked for them.

    Args:
        name: Of the book.
        texts: Clean tunes, one each.
        is_foreign: They are to be rewritten, and moved to a usual key.
        usual: Keys of the lab's book.
        learned: What was left out before.
    """
    taken, lost = [], 0
    for text in texts:
        written = write_plain(text) if is_foreign else text
        if written is None:
            lost += 1
        else:
            taken.append(move_to_usual(written, usual) if is_foreign else written)
    notes = [len(melody_notes(read_tune(text)[0])) for text in taken]
    return Book(name, tuple(taken), tuple(notes), lost, learned)


def find_usual_keys(texts: Iterable[str]) -> list[Key]:
    """The commonest keys of tunes, the commonest first."""
    keys = [read_tune(text)[0].key for text in texts]
    first = {(key.tonic, key.mode): key for key in reversed(keys)}
    counts = Counter((key.tonic, key.mode) for key in keys)
    return [first[name] for name, _count in counts.most_common(USUAL_KEYS)]


def move_to_usual(text: str, usual: Sequence[Key]) -> str:
    """A tune in the nearest usual key of its mode; as it is where there is none."""
    key = read_tune(text)[0].key
    here = tonic_of(key)
    goals = [tonic_of(one) for one in usual if _mode(one) == _mode(key)]
    steps = [(goal - here + 6) % 12 - 6 for goal in goals if goal is not None and here is not None]
    for step in sorted(steps, key=lambda step: (abs(step), step)):
        try:
            return transpose(text, step) if step else text
        except NotationError:
            continue
    return text


def _mode(key: Key) -> str:
    return {"major": "ionian", "minor": "aeolian"}.get(key.mode, key.mode)


def measure_network(name: str, checkpoint: Checkpoint, book: Book) -> Row:
    """The bits that a network needs for a book, read in the manner that it learned."""
    texts = write_for(checkpoint.metadata, book.texts).kept
    found = score_characters(checkpoint.network, checkpoint.vocabulary, texts)
    nats = {index: losses[body_start(texts[index]) :].tolist() for index, losses, _hits in found}
    parameters = checkpoint.network.num_parameters
    return _row(name, parameters, book, [nats[number] for number in range(len(texts))])


def measure_ngrams(model: NGrams, book: Book) -> Row:
    """The same of n-grams."""
    nats = [model.losses(text)[body_start(text) :] for text in book.texts]
    return _row(f"n-grams of {model.order + 1}", None, book, nats)


def measure_compressor(model: Compressor, book: Book) -> Row:
    """The same of a compressor, in whole bytes for each tune."""
    nats = []
    for text in book.texts:
        start = body_start(text)
        size = len(text) - start + 2
        nats.append([model.bits(text[:start], text[start:]) * _NATS / size] * size)
    return _row("xz", None, book, nats)


def _row(name: str, parameters: int | None, book: Book, nats: Sequence[Sequence[float]]) -> Row:
    bits = [sum(one) / _NATS for one in nats]
    return Row(
        name,
        parameters,
        estimate_ratio(bits, list(map(float, book.notes))),
        estimate_ratio(bits, [float(len(one)) for one in nats]),
    )


def judge_best(real: Sequence[str], composed: Sequence[str]) -> Estimate | None:
    """The area under the curve of the judge's best detector; None of too few tunes."""
    sides = [[extract_features(text) for text in side] for side in (real, composed)]
    found = judge_tunes(sides[0], sides[1])
    return max((one.auc for one in found.verdicts), key=lambda auc: auc.value, default=None)


def run(
    names: Sequence[str],
    tunebook: Path | None,
    unlearned: bool,
    composed: int,
    tell: Callable[[str], None] = lambda _line: None,
) -> tuple[Book, list[Row]]:
    """The table.

    Args:
        names: Checkpoints.
        tunebook: An ABC file instead of the lab's test tunes.
        unlearned: Of the tunebook only what no checkpoint has learned.
        composed: Tunes that each model composes for the judge; 0 for none.
        tell: Called with a line now and then.

    Raises:
        CorpusError: the lab's book or a tunebook is not here, or has no tune.
    """
    paths = Paths.default()
    lab = load_dataset("lab", paths)
    training, real = lab.texts("train"), [tune.text for tune in lab.tunes]
    loaded = {name: load_checkpoint(find_checkpoint(name, paths).path) for name in names}
    usual = find_usual_keys(training)
    if tunebook is None:
        book = open_book("test tunes of the lab's book", lab.texts("test"), False, usual)
    else:
        known = _load_known(loaded.values(), paths) if unlearned else []
        read = read_book(tunebook.name, tunebook.read_bytes(), "", [], known=known)
        book = open_book(tunebook.name, read.clean, True, usual, read.learned)
        if not book.texts:
            raise CorpusError("{name} has no tune with notes in it.", name=tunebook.name)
    tell(f"{len(book.texts)} tunes, {sum(book.notes)} notes: {book.name}")
    ngrams = NGrams(training)
    rows = [measure_compressor(Compressor(training), book), measure_ngrams(ngrams, book)]
    rows += [measure_network(name, one, book) for name, one in loaded.items()]
    if composed:
        drawn = {rows[1].model: [ngrams.compose(seed) for seed in range(composed)]}
        for name, checkpoint in loaded.items():
            tell(f"{name} composes")
            drawn[name] = compose_all(checkpoint, composed)
        rows = [
            Row(**{**vars(row), "auc": judge_best(real, drawn[row.model]), "composed": composed})
            if row.model in drawn
            else row
            for row in rows
        ]
    return book, rows


def compose_all(checkpoint: Checkpoint, count: int) -> list[str]:
    """Tunes of seeds from 1 on at default settings."""
    return [piece.abc for piece in compose(checkpoint, SampleConfig(seed=1, count=count))]


def _load_known(checkpoints: Iterable[Checkpoint], paths: Paths) -> list[CorpusTune]:
    known: dict[str, CorpusTune] = {}
    for checkpoint in checkpoints:
        sources = training_sources_of(checkpoint.metadata)
        known |= {tune.text: tune for tune in load_learned(sources, paths)}
    return list(known.values())


def _interval(one: Estimate | None) -> str:
    return "–" if one is None else f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="How well models know folk tunes.")
    parser.add_argument("--checkpoint", action="append", help="Those that are bundled by default.")
    parser.add_argument("--tunebook", type=Path)
    parser.add_argument("--unlearned", action="store_true")
    parser.add_argument("--composed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    bundled = [ref.name for ref in list_checkpoints(Paths.default()) if ref.origin == "bundled"]
    names = asked.checkpoint or bundled
    tell = (lambda _line: None) if asked.json else print
    book, rows = run(names, asked.tunebook, asked.unlearned, asked.composed, tell)
    if asked.json:
        print(json.dumps({"book": asdict(book), "rows": list(map(asdict, rows))}, indent=1))
        return
    if book.not_written or book.learned:
        print(f"left out: {book.not_written} that cannot be written in the lab's notation, "
              f"{book.learned} that a model has learned")  # fmt: skip
    print("\n| model | parameters | bits a note | bits a character of the body | nats | judge |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        size = f"{row.parameters:,}" if row.parameters else "–"
        bits = row.bits_per_character
        cells = [row.model, size, _interval(row.bits_per_note), _interval(bits)]
        print(f"| {' | '.join(cells)} | {bits.value * _NATS:.3f} | {_interval(row.auc)} |")


if __name__ == "__main__":
    main()
