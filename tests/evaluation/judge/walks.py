"""Tunes out of a small random generator: melodies that walk in a scale, in bars that come again."""

import random

from musicgen.evaluation.judge.features import TuneFeatures, extract_features

NOTES = [*"DEFGABcdefgab"]
HEAD = "X:1\nT:Walk\nM:C\nL:1/8\nK:D Major\n"


def make_bars(rng: random.Random) -> list[list[str]]:
    """Eight bars of eight notes each: four of a melody that goes by steps, and these again."""
    at = rng.randrange(3, 9)
    bars = []
    for _bar in range(4):
        bar = []
        for _note in range(8):
            at = min(len(NOTES) - 1, max(0, at + rng.choice((-1, -1, 1, 1, 2, -2))))
            bar.append(NOTES[at])
        bars.append(bar)
    return [*bars, *bars[:3], [*bars[3][:-1], "D"]]


def write(bars: list[list[str]], head: str = HEAD) -> str:
    """The bars as a tune of two lines."""
    lines = ["|".join("".join(bar[:4]) + " " + "".join(bar[4:]) for bar in part)
             for part in (bars[:4], bars[4:])]  # fmt: skip
    return f"{head}{lines[0]}|\n{lines[1]}|]\n"


def walk(seed: int) -> TuneFeatures:
    """A tune of the generator."""
    return extract_features(write(make_bars(random.Random(seed))))


def shuffled(seed: int) -> TuneFeatures:
    """A tune of the generator with its notes in another order."""
    rng = random.Random(seed)
    notes = [note for bar in make_bars(rng) for note in bar]
    rng.shuffle(notes)
    return extract_features(write([notes[at : at + 8] for at in range(0, len(notes), 8)]))
