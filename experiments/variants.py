"""Variants of the lab's tunes: in time, in range, their parent found, as far as the dial says?

python -m experiments.variants --count 400

The distance is measured apart from the dial: from the MIDI notes of tune and variant, played with
their ornaments, as the share of the time at which another pitch sounds.
"""

import argparse
import random
from collections.abc import Sequence

import numpy as np
from scipy.stats import spearmanr

from musicgen.audio.arrangement import Arrangement
from musicgen.audio.midi import to_midi
from musicgen.config import Paths
from musicgen.errors import NotationError
from musicgen.library.melody_search import find_melody
from musicgen.notation.analysis.bars import is_in_time
from musicgen.notation.analysis.incipit import melody_text, query_of
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from musicgen.notation.writing.rhythm_change import DANCES, as_dance
from musicgen.notation.writing.variation import vary

STEP_S = 0.02
LEAST_NOTES = 40


def main() -> None:
    """The figures, as lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    text = (Paths.default().data / "irish.abc").read_text(encoding="utf-8")
    read = [read_tune(one.text)[0] for one in split_tunebook(text)]
    tunes = [tune for tune in read if is_in_time(tune) and len(tune.notes) > LEAST_NOTES]
    print(f"{len(tunes)} tunes")
    measure_variants(tunes, asked.count, random.Random(asked.seed))
    measure_dances(tunes)


def measure_variants(tunes: Sequence[Tune], count: int, luck: random.Random) -> None:
    """Prints how variants of tunes fare."""
    melodies = [melody_text(tune) for tune in tunes]
    made = in_time = in_range = first = alone = 0
    dials, distances = [], []
    for seed in range(count):
        place, amount = luck.randrange(len(tunes)), luck.random()
        tune = tunes[place]
        try:
            variant = read_tune(vary(tune, amount, seed))[0]
        except NotationError as error:
            print(f"not varied: {error}")
            continue
        made += 1
        in_time += is_in_time(variant)
        (low, high), (lowest, highest) = span_of(tune), span_of(variant)
        in_range += low <= lowest and highest <= high
        found = [one.share for one in find_melody(query_of(variant), melodies)]
        first += found[place] == max(found)
        alone += sum(share >= found[place] for share in found) == 1
        dials.append(amount)
        distances.append(measure(tune, variant))
    print(f"{made} variants: {in_time} in time, {in_range} in range, parent first {first}, "
          f"before all others {alone}")  # fmt: skip
    print(f"rank correlation of dial and distance: {spearmanr(dials, distances).statistic:.3f}")


def measure_dances(tunes: Sequence[Tune]) -> None:
    """Prints how many tunes can be made each dance; those that can are in time."""
    for dance in DANCES:
        made, refused = 0, 0
        for tune in tunes:
            try:
                made += is_in_time(read_tune(as_dance(tune, dance))[0])
            except NotationError:
                refused += 1
        print(f"as {dance}: {made} in time, {refused} refused")


def span_of(tune: Tune) -> tuple[int, int]:
    """Lowest and highest pitch."""
    pitches = [pitch for note in tune.notes for pitch in note.pitches]
    return min(pitches), max(pitches)


def measure(tune: Tune, variant: Tune) -> float:
    """Share of the time at which another pitch sounds."""
    one, other = melody_at(tune), melody_at(variant)
    length = min(one.size, other.size)
    return float((one[:length] != other[:length]).mean())


def melody_at(tune: Tune) -> np.ndarray:
    """The pitch that sounds at each step of time, 0 for none."""
    notes = to_midi(tune, Arrangement(ornaments=True)).instruments[0].notes
    pitches = np.zeros(int(max(note.end for note in notes) / STEP_S) + 1, np.int16)
    for note in notes:
        pitches[round(note.start / STEP_S) : round(note.end / STEP_S)] = note.pitch
    return pitches


if __name__ == "__main__":
    main()
