"""``python -m experiments.grammar``: what the grammar brings, judged by other programs.

``tunes``    composes at several temperatures with and without the grammar and counts the tunes that
             are complete, right for abc2midi, read by music21 with the same notes, and engraved by
             abcjs without a warning.
``control``  asks for meters and keys: are they kept, and does music21's key analysis find the tonic
             that was asked for as often as in real tunes.
``loss``     held-out loss with and without the mask. Its time is measured by ``bench.grammar``.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence

import numpy as np
import torch

from experiments import judges
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.loss.text_loss import SEPARATOR
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.analysis.checking import check_tune
from musicgen.notation.grammar.masks import Guide
from musicgen.notation.grammar.rules import Rules
from musicgen.notation.grammar.states import END
from musicgen.notation.parsing.reader import read_tune
from musicgen.sampling.composer import SEEDS, Composition, compose

BATCH = 50
METERS = ("6/8", "9/8", "3/4", "2/4", "4/4", "C|", "C", "12/8")
KEYS = ("D major", "G major", "A major", "E minor", "A dorian", "D mixolydian", "E dorian",
        "C major", "B minor", "F major", "G minor", "Bb major")  # fmt: skip


def main() -> None:
    """Runs what was asked for and prints it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("tunes", "control", "loss"))
    parser.add_argument(
        "--checkpoint", required=True, help="name of a checkpoint or run, or a path"
    )
    parser.add_argument("--count", type=int, default=250, help="tunes at each temperature")
    parser.add_argument("--temperatures", default="0.5,0.8,1.0,1.5")
    parser.add_argument("--seed", type=int, default=1000)
    asked = parser.parse_args()
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, Paths.default()).path)
    if asked.what == "tunes":
        temperatures = [float(word) for word in asked.temperatures.split(",")]
        judge_tunes(checkpoint, temperatures, asked.count, asked.seed)
    elif asked.what == "control":
        judge_control(checkpoint, asked.count, asked.seed)
    else:
        measure_loss(checkpoint)


def judge_tunes(
    checkpoint: Checkpoint, temperatures: Sequence[float], count: int, seed: int
) -> None:
    """A line for each temperature, with the grammar and without."""
    print(f"{'':<22}{'complete':>9}{'in time':>9}{'abc2midi':>9}{'music21':>9}{'abcjs':>9}"
          f"{'forbidden':>11}")  # fmt: skip
    for is_free, temperature in itertools.product((False, True), temperatures):
        config = SampleConfig(temperature=temperature, seed=seed, free=is_free)
        tunes = compose_many(checkpoint, config, count)
        warned = judges.count_abcjs_warnings([tune.to_abc() for tune in tunes])
        checks = [check_tune(tune.abc) for tune in tunes]
        row = (
            sum(tune.is_complete and check.is_complete
                for tune, check in zip(tunes, checks, strict=True)),
            sum(check.is_in_time for check in checks),
            sum(judges.abc2midi_accepts(tune.to_abc()) for tune in tunes),
            sum(judges.music21_agrees(tune.tune) for tune in tunes),
            sum(not warnings for warnings in warned),
        )  # fmt: skip
        steps = sum(len(tune.char_probs) for tune in tunes)
        forbidden = sum(tune.mask_interventions for tune in tunes) / max(1, steps)
        name = f"{'free' if is_free else 'grammar'}, {temperature:g}"
        print(f"{name:<22}" + "".join(f"{value:>9}" for value in row)
              + ("" if is_free else f"{forbidden:>11.2%}"), flush=True)  # fmt: skip
    print(f"of {count} tunes each")


def compose_many(checkpoint: Checkpoint, config: SampleConfig, count: int) -> list[Composition]:
    """Tunes with seeds that follow one another."""
    tunes: list[Composition] = []
    for first in range(0, count, BATCH):
        part = config.replace(seed=(config.seed + first) % SEEDS, count=min(BATCH, count - first))
        tunes += compose(checkpoint, part)
    return tunes


def judge_control(checkpoint: Checkpoint, count: int, seed: int) -> None:
    """Meters and keys as asked, and the tonic that music21 hears."""
    each = max(1, count // len(KEYS))
    kept_meters = kept_keys = right_tonics = total = 0
    for number, (key, meter) in enumerate(zip(KEYS * each, itertools.cycle(METERS), strict=False)):
        config = SampleConfig(key=key, meter=meter, seed=seed + number)
        (piece,) = compose(checkpoint, config)
        tune, wanted = piece.tune, read_tune(f"X:1\nM:{meter}\nK:{key}\nC|")[0]
        bars = {(bar.meter.numerator, bar.meter.denominator) for bar in tune.bars}
        kept_meters += bars == {(wanted.meter.numerator, wanted.meter.denominator)}
        kept_keys += (tune.key.tonic, tune.key.mode) == (wanted.key.tonic, wanted.key.mode)
        right_tonics += judges.tonic_agrees(tune)
        total += 1
    print(f"meter kept {kept_meters} of {total}, key kept {kept_keys} of {total}")
    print(
        f"tonic found by music21: {right_tonics} of {total} composed tunes "
        f"({right_tonics / total:.1%})"
    )
    real = [read_tune(text)[0] for text in _real_tunes()]
    heard = sum(judges.tonic_agrees(tune) for tune in real)
    print(f"tonic found by music21: {heard} of {len(real)} real tunes ({heard / len(real):.1%})")


def _real_tunes() -> list[str]:
    return [tune.text for tune in load_dataset("lab", Paths.default()).tunes]


def measure_loss(checkpoint: Checkpoint) -> None:
    """Held-out loss with and without the mask, over the same characters."""
    guide = Guide(checkpoint.vocabulary.characters, Rules())
    texts = load_dataset("lab", Paths.default()).texts("val")
    scored = [losses for text in texts if (losses := _losses(checkpoint, guide, text)) is not None]
    free, masked = (np.concatenate(part) for part in zip(*scored, strict=True))
    print(f"{len(scored)} of {len(texts)} held-out tunes are ones that the grammar could write")
    print(
        f"their loss: {free.mean():.4f} nats a character without the mask, {masked.mean():.4f} with"
    )


def _losses(
    checkpoint: Checkpoint, guide: Guide, text: str
) -> tuple[np.ndarray, np.ndarray] | None:
    """Losses of each character of a tune without and with the mask; None if it breaks the rules."""
    full = text.strip("\n") + SEPARATOR
    masks, state = [], guide.grammar.start
    for character in full:
        masks.append(guide.mask(state))
        following = guide.grammar.feed(state, character)
        if following is None:
            return None
        state = following
    if state != END:
        return None
    ids = torch.from_numpy(checkpoint.vocabulary.encode(SEPARATOR + full))
    with torch.inference_mode():
        logits, _ = checkpoint.network(ids[None, :-1])
    logits = logits[0, 1:]
    goal = ids[2:, None]
    narrowed = logits.masked_fill(~torch.from_numpy(np.stack(masks)), -torch.inf)
    free, masked = (
        -torch.log_softmax(each, -1).gather(-1, goal)[:, 0] for each in (logits, narrowed)
    )
    return free.numpy(), masked.numpy()


if __name__ == "__main__":
    sys.exit(main())
