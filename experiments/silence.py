"""``python -m experiments.silence``: eight units that keep time, and what goes with them.

1. A linear probe for the place in the bar is fitted on validation tunes and tried on test tunes.
2. Of the layer that says it best the units are ranked by what they say of the place and the beat in
   the bar and of a bar line ahead, on validation tunes.
3. The network composes freely as it is, with the first eight of them switched off, and with eight
   others drawn at random: how many tunes are in time, and in how many is the key heard that they
   state? Test tunes give the losses.

``--draws`` says how many sets of random units there are. Results go to a JSON file one by one: what
is there is not measured again.
"""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch

from musicgen.config import Paths, SampleConfig, to_json
from musicgen.interpretation.associations import find_associations
from musicgen.interpretation.effect import Effect, measure_effect
from musicgen.interpretation.interventions import Intervention, hold_mean, silence
from musicgen.interpretation.material import find_held_out, record_tunes
from musicgen.interpretation.probes import fit_probe
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.storage import write_file

logger = logging.getLogger(__name__)

RANKED_BY = ("place", "beat", "bar_line")


def main() -> None:
    """Measures, keeps the figures and prints them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--tunes", type=int, default=80, help="validation and test tunes, of each")
    parser.add_argument("--count", type=int, default=100, help="tunes composed with each change")
    parser.add_argument("--units", type=int, default=8)
    parser.add_argument("--draws", type=int, default=5, help="sets of random other units")
    parser.add_argument("--mean", action="store_true", help="hold units at their mean, not at 0")
    parser.add_argument("--results", type=Path, default=Path("experiments/silence.json"))
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, Paths.default()).path)
    print(to_json(measure(checkpoint, asked)))


def measure(checkpoint: Checkpoint, asked: argparse.Namespace) -> dict[str, Any]:
    """All figures of a checkpoint."""
    paths = Paths.default()
    fitting, held_out = (
        find_held_out(checkpoint, paths, asked.tunes, side) for side in ("val", "test")
    )
    material = record_tunes(checkpoint, [*fitting, *held_out])
    recordings, facts = material.recordings, material.facts
    logger.info("Recorded %d tunes.", len(recordings))
    tried = range(len(fitting), len(recordings))
    probes = []
    for layer in range(len(recordings[0].layers)):
        probe = fit_probe(recordings, facts, layer, "place", tried)
        logger.info("Layer %d: %.4f, by chance %.4f", layer, probe.accuracy, probe.baseline)
        probes.append({"layer": layer, "accuracy": round(probe.accuracy, 4),
                       "baseline": round(probe.baseline, 4)})  # fmt: skip
    layer = max(probes, key=lambda one: one["accuracy"])["layer"]
    recordings, facts = recordings[: len(fitting)], facts[: len(fitting)]
    found = find_associations(recordings, facts, layer, names=RANKED_BY)
    size = recordings[0].layers[layer].size
    shares = np.zeros(size)
    for one in found:
        shares[one.unit] += one.share
    best = np.argsort(-shares, kind="stable")[: asked.units].tolist()
    logger.info("Units of layer %d: %s", layer, best)
    config = SampleConfig(temperature=0.8, seed=1, count=asked.count)

    def change(units: list[int]) -> Intervention:
        return hold_mean(recordings, layer, units) if asked.mean else silence(layer, units)

    found: dict[str, Any] = {
        "checkpoint": checkpoint.name, "fingerprint": checkpoint.fingerprint,
        "tunes": len(fitting), "composed": asked.count, "held_at": "mean" if asked.mean else "zero",
        "probes": probes, "layer": layer, "units": best,
    }  # fmt: skip
    effects = _known_effects(asked.results, found)

    def take(name: str, intervention: Intervention) -> None:
        if name not in effects:
            measured = measure_effect(checkpoint, intervention, config, held_out, False)
            effects[name] = flatten(measured)
            write_file(asked.results, to_json(found | {"effects": effects}).encode("utf-8"))
        logger.info("%s: %s", name, effects[name])

    take("as it is", Intervention())
    take("best", change(best))
    generator = np.random.default_rng(1)
    others = np.setdiff1d(np.arange(size), best)
    for number in range(asked.draws):
        units = sorted(generator.choice(others, asked.units, replace=False).tolist())
        take(f"random {number + 1}", change(units))
    return found | {"effects": effects}


def _known_effects(results: Path, found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """What an earlier call with the same settings measured before it was ended."""
    if not results.exists():
        return {}
    known = json.loads(results.read_text(encoding="utf-8"))
    effects: dict[str, dict[str, float]] = known.pop("effects")
    return effects if known == found else {}


def flatten(effect: Effect) -> dict[str, float]:
    """The figures of free tunes, and the loss in nats a character."""
    free = effect.free
    return {
        "in_time": free.in_time, "in_key": free.in_key, "tonal_fit": round(free.tonal_fit, 3),
        "repetition": round(free.repetition, 3), "loss": round(effect.loss, 4),
    }  # fmt: skip


if __name__ == "__main__":
    main()
