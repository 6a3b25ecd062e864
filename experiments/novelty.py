"""Is it copied? Figures of composed tunes beside those of real ones; docs/novelty.md has them.

python -m experiments.novelty tunes --checkpoint house --count 500
python -m experiments.novelty held-out --checkpoint house
"""

import argparse
import math
import statistics
from collections.abc import Sequence

import numpy as np

from musicgen.config import Paths, SampleConfig
from musicgen.corpus.cleaning import CorpusTune
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.loss.text_loss import LossReport, compute_loss
from musicgen.evaluation.novelty.comparison import (
    Novelty,
    NoveltyIndex,
    body_symbols,
    build_index,
    compare,
)
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import TrainingSource, training_sources_of
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.analysis.fingerprint import interval_fingerprint
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import compose

PATHS = Paths.default()
LAB = (TrainingSource("lab"),)
LONG_RUN = 19
"""The 90th percentile of the longest runs of the lab's tunes among themselves."""

HEAD = (
    "| tunes | count | characters: median | 90th | > 19 | 10-grams | melody: median | 90th "
    "| 8-grams | known | body |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """The table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=("tunes", "held-out"))
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--free", action="store_true")
    asked = parser.parse_args()
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, PATHS).path)
    if asked.table == "tunes":
        tell_tunes(checkpoint, asked)
    else:
        tell_held_out(checkpoint)


def tell_tunes(checkpoint: Checkpoint, asked: argparse.Namespace) -> None:
    """Composed tunes beside real ones, against the lab's training tunes and against all learned."""
    config = SampleConfig(
        temperature=asked.temperature, seed=asked.seed, count=asked.count, free=asked.free
    )
    texts = [tune.abc for tune in compose(checkpoint, config)]
    lab = load_dataset("lab", PATHS)
    held_out = lab.split.val + lab.split.test
    known = {tune.fingerprint for tune in held_out}
    copies = sum(interval_fingerprint(read_tune(text)[0]) in known for text in texts)
    print(
        f"{checkpoint.name} at {asked.temperature}, {len(texts)} tunes, {len(set(texts))} distinct"
    )
    print(f"melodies of held-out tunes among them: {copies}")
    print(HEAD)
    everything = build_index(lab.tunes)
    tell_real("the lab's tunes among themselves", everything)
    for name, learned_from in (
        ("lab", LAB),
        ("all learned", training_sources_of(checkpoint.metadata)),
    ):
        index = load_index(learned_from, PATHS)
        tell_real(f"training tunes among themselves, {name}", index)
        tell_compared(f"held-out tunes, {name}", index, [tune.text for tune in held_out])
        tell_compared(f"{checkpoint.name}, {name}", index, texts)
        if training_sources_of(checkpoint.metadata) == LAB:
            break


def tell_real(name: str, index: NoveltyIndex) -> None:
    """A line of the table for the tunes of an index."""
    lengths = [len(body_symbols(tune.text).text) for tune in index.tunes]
    characters, melody = index.real_characters, index.real_melody
    _row(
        name, characters.longest, characters.share, melody.longest, melody.share, math.nan, lengths
    )


def tell_compared(name: str, index: NoveltyIndex, texts: Sequence[str]) -> None:
    """A line of the table for tunes that are compared with those of an index."""
    found = [compare(index, text) for text in texts]
    _row(
        name,
        np.array([novelty.characters.longest for novelty in found]),
        np.array([novelty.characters.share for novelty in found]),
        np.array([novelty.melody.longest for novelty in found]),
        np.array([novelty.melody.share for novelty in found]),
        sum(novelty.is_known for novelty in found) / len(found),
        [len(body_symbols(text).text) for text in texts],
    )


def _row(name, longest, share, melody, melody_share, known, lengths) -> None:
    cells = [
        name,
        len(longest),
        f"{np.median(longest):g}",
        f"{np.percentile(longest, 90):g}",
        f"{np.mean(longest > LONG_RUN):.1%}",
        f"{np.nanmedian(share):.1%}",
        f"{np.median(melody):g}",
        f"{np.percentile(melody, 90):g}",
        f"{np.nanmedian(melody_share):.1%}",
        "" if math.isnan(known) else f"{known:.1%}",
        f"{statistics.median(lengths):g}",
    ]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def tell_held_out(checkpoint: Checkpoint) -> None:
    """Held-out tunes that share unusual runs with what was learned, and the loss without them.

    Only validation tunes are scored; of the test tunes no more than what they share is looked at.
    """
    index = load_index(training_sources_of(checkpoint.metadata), PATHS)
    lab = load_dataset("lab", PATHS)
    limits = {
        "the lab's tunes among themselves": build_index(lab.tunes).real_melody.percentile(90),
        "all training tunes among themselves": index.real_melody.percentile(90),
    }
    compared = {
        side: [compare(index, text) for text in lab.texts(side)] for side in ("val", "test")
    }
    for name, limit in limits.items():
        print(f"90th percentile of the longest run of melody, {name}: {limit:g}")
        for side, found in compared.items():
            above = [novelty.melody.longest > limit for novelty in found]
            print(f"  {side}: {sum(above)} of {len(above)} tunes share a longer one")
        above = [novelty.melody.longest > limit for novelty in compared["val"]]
        _tell_losses(checkpoint, _as_it_reads(checkpoint), above)
    _tell_closest(index, lab.split.val, compared["val"])


def _as_it_reads(checkpoint: Checkpoint) -> list[str]:
    """The validation tunes in the manner that a model learned, in their order."""
    training = checkpoint.metadata.training
    return load_dataset("lab", PATHS, training.plain, training.described).texts("val")


def _tell_losses(checkpoint: Checkpoint, texts: Sequence[str], above: Sequence[bool]) -> None:
    sides = {
        "all": list(texts),
        "with": [text for text, is_above in zip(texts, above, strict=True) if is_above],
        "without": [text for text, is_above in zip(texts, above, strict=True) if not is_above],
    }
    for name, chosen in sides.items():
        report: LossReport = compute_loss(checkpoint.network, checkpoint.vocabulary, chosen)
        print(
            f"  loss of val, {name}: {report.loss:.4f}, of bodies {report.body_loss:.4f} "
            f"({report.tunes} tunes, {report.characters} characters)"
        )


def _tell_closest(
    index: NoveltyIndex, tunes: Sequence[CorpusTune], found: Sequence[Novelty], count: int = 12
) -> None:
    pairs = sorted(zip(tunes, found, strict=True), key=lambda pair: -pair[1].melody.longest)
    for tune, novelty in pairs[:count]:
        other = index.tunes[novelty.melody.tune]
        print(
            f"  {tune.title}: {novelty.melody.longest} notes of {other.title} ({other.source}); "
            f"{novelty.melody.share:.0%} of its 8-grams known, {novelty.nearest_share:.0%} in one"
        )


if __name__ == "__main__":
    main()
