"""``python -m bench.grammar``: the grammar's time for each character, next to the network's.

200 tunes are composed and read by the masks twice, then 200 others; a step of the network is timed
in float32 and, if it is a plain LSTM, in int8. All is on one thread.
"""

import argparse
import functools
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from musicgen.config import Paths, SampleConfig
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.network import Network
from musicgen.notation.grammar.masks import Guide
from musicgen.notation.grammar.rules import Rules
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import Engine, build_engine

TUNES, BATCH = 200, 50
STEPS = 200


def main() -> None:
    """Prints the times with one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--checkpoint", default="house", help="name of a checkpoint or run, or a path"
    )
    asked = parser.parse_args()
    measure_time(load_checkpoint(find_checkpoint(asked.checkpoint, Paths.default()).path))


def measure_time(checkpoint: Checkpoint) -> None:
    """Time of the mask for each character, cold and warm, beside a step of the network."""
    torch.set_num_threads(1)
    texts = _compose(checkpoint, 5000)
    guide = Guide(checkpoint.vocabulary.characters, Rules())
    characters = sum(len(text) + 1 for text in texts)
    for name in ("cold (first 200 tunes of a server)", "warm (the same again)"):
        spent = _time(lambda: [_walk(guide, text) for text in texts])
        print(f"mask and state, {name:<36} {1e6 * spent / characters:7.1f} us a character")
    fresh = _compose(checkpoint, 9000)
    spent = _time(lambda: [_walk(guide, text) for text in fresh])
    characters = sum(len(text) + 1 for text in fresh)
    print(
        f"mask and state, {'the 200 tunes after':<36} "
        f"{1e6 * spent / characters:7.1f} us a character"
    )
    network = checkpoint.network
    for name, step in _steps(network):
        spent = min(_time(step) for _ in range(5)) / STEPS
        print(f"step of the network, {name:<31} {1e6 * spent:7.1f} us a character")


def _compose(checkpoint: Checkpoint, seed: int) -> list[str]:
    """Texts of `TUNES` tunes, with seeds that follow one another."""
    config = SampleConfig(count=BATCH)
    firsts = range(seed, seed + TUNES, BATCH)
    return [
        tune.abc for first in firsts for tune in compose(checkpoint, config.replace(seed=first))
    ]


def _walk(guide: Guide, text: str) -> None:
    state = guide.grammar.start
    for count, character in enumerate(text + "\n"):
        guide.mask(state, 1500 - count)
        following = guide.grammar.feed(state, character)
        if following is None:
            raise ValueError(f"{character!r} is not what the grammar wrote")
        state = following


def _steps(network: Network) -> Iterator[tuple[str, Callable[[], None]]]:
    for precision in ("float32", "int8") if type(network) is LSTMNetwork else ("float32",):
        yield precision, functools.partial(_step, build_engine(network, precision))


def _step(engine: Engine) -> None:
    state, ids = engine.init_state(1), np.zeros(1, np.int64)
    for _ in range(STEPS):
        logits, state = engine.step(ids, state)
        ids = logits.argmax(-1)


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
