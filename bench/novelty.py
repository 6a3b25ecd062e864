"""``python -m bench.novelty``: how long looking for copies takes; part of ``make bench``.

The tunes that a checkpoint learned from are sorted and read from the disk, and the lab's validation
tunes are compared with them, one by one.
"""

import argparse
import statistics
import time

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.novelty.comparison import build_index, compare
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import training_sources_of
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint

PATHS = Paths.default()


def main() -> None:
    """Prints the times of one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default="house")
    asked = parser.parse_args()
    tell_speed(load_checkpoint(find_checkpoint(asked.checkpoint, PATHS).path))


def tell_speed(checkpoint: Checkpoint) -> None:
    """How long an index takes from the disk, and a tune against it."""
    learned_from = training_sources_of(checkpoint.metadata)
    load_index(learned_from, PATHS)
    start = time.perf_counter()
    index = load_index(learned_from, PATHS)
    loaded_s = time.perf_counter() - start
    start = time.perf_counter()
    build_index(index.tunes, [index.melody.sequence(i) for i in range(len(index.melody))])
    built_s = time.perf_counter() - start
    times = []
    tunes = load_dataset("lab", PATHS).texts("val")
    work_s = time.process_time()
    for text in tunes:
        start = time.perf_counter()
        compare(index, text)
        times.append(1000 * (time.perf_counter() - start))
    work_ms = 1000 * (time.process_time() - work_s) / len(tunes)
    size = len(index.characters.text) + len(index.melody.text)
    print(
        f"{'novelty, ' + checkpoint.name:<48} {len(index.tunes):,} tunes, {size:,} symbols: "
        f"sorted in {built_s:.2f} s, from the disk in {loaded_s:.2f} s; a tune in "
        f"{statistics.median(times):.1f} ms (longest {max(times):.1f} ms; {work_ms:.1f} ms of "
        "processor time)"
    )


if __name__ == "__main__":
    main()
