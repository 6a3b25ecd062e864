"""``python -m experiments.saliency``: do gradients and deletion name the same characters?

At places drawn from held-out tunes the characters before are ranked by gradient × input and by what
is lost without them, where the network reads nothing there and where they are left out of the text.
Spearman's rank correlation of the two is printed: its median over the places and its quartiles.
"""

import argparse

import numpy as np
import torch

from musicgen.config import Paths, to_json
from musicgen.evaluation.loss.bodies import body_start
from musicgen.interpretation.material import find_held_out
from musicgen.interpretation.saliency import find_saliency
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default="house")
    parser.add_argument("--tunes", type=int, default=30)
    parser.add_argument("--places", type=int, default=10, help="of each tune, in its body")
    parser.add_argument("--reach", type=int, default=24, help="characters that are ranked")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(find_checkpoint(asked.checkpoint, Paths.default()).path)
    generator = np.random.default_rng(1)
    rows = []
    for text in find_held_out(checkpoint, Paths.default(), asked.tunes, "test"):
        first = max(body_start(text), asked.reach)
        if len(text) <= first + asked.places:
            continue
        for place in generator.choice(np.arange(first, len(text)), asked.places, replace=False):
            found = find_saliency(
                checkpoint.network, checkpoint.vocabulary, text, int(place), asked.reach
            )
            rows.append((found.agreement, found.agreement_left_out))
    known = np.array(rows)
    quartiles = np.nanpercentile(known, (25, 50, 75), axis=0).round(2)
    print(to_json({
        "checkpoint": checkpoint.name, "fingerprint": checkpoint.fingerprint,
        "places": len(known), "reach": asked.reach, "quartiles": (25, 50, 75),
        "nothing_read": quartiles[:, 0].tolist(), "left_out": quartiles[:, 1].tolist(),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
