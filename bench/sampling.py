"""``python -m bench.sampling``: drawing characters, whole tunes, and what 8-bit products cost.

Characters are drawn with the baseline's shape, beside the lab's loop in the same run. Whole tunes
are those of the first bundled checkpoint, with the grammar.
"""

import sys
import time

import numpy as np
import torch

from bench import lab
from bench.comparing import compare, quantile
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import MusicgenError
from musicgen.evaluation.loss.engine_adapter import SteppedNetwork
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.models.checkpoint import Checkpoint, list_checkpoints, load_checkpoint
from musicgen.models.registry import build_network
from musicgen.notation.parsing.reader import read_tune
from musicgen.presets import get_preset
from musicgen.sampling.composer import compose
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import Engine, build_engine

CHARACTERS = 50
CLICKS = 20
PRECISIONS = ("float32", "int8")


def main() -> None:
    """All measurements, one line each."""
    bench_characters()
    refs = list_checkpoints(Paths.default())
    if not refs:
        print("no checkpoint: tunes are not measured")
        return
    checkpoint = load_checkpoint(refs[0].path)
    bench_loss(checkpoint)
    bench_tunes(checkpoint)
    bench_click(checkpoint)


def bench_characters() -> None:
    """Drawing characters one by one with the baseline network, one tune and sixteen at once.

    Both sides on one thread: ours never takes more.
    """
    torch.set_num_threads(1)
    shape = get_preset("baseline").network
    network = build_network(shape, 0).eval().requires_grad_(False)
    theirs = lab.LabNetwork(
        shape.vocab_size, shape.embedding_dim, shape.hidden_size, shape.num_layers
    )
    engines = {precision: build_engine(network, precision) for precision in PRECISIONS}
    for count in (1, 16):
        for precision, engine in engines.items():
            compare(
                f"{CHARACTERS} characters, {precision}, tunes at once: {count}",
                lambda: lab.generate(theirs, [0], CHARACTERS),
                lambda engine=engine, count=count: draw_characters(engine, count),
                weight=count,
            )


def draw_characters(engine: Engine, count: int) -> None:
    """The composer's loop without grammar and text."""
    generator = torch.Generator().manual_seed(0)
    uniforms = torch.rand(CHARACTERS, count, dtype=torch.float64, generator=generator).numpy()
    state, ids = engine.init_state(count), np.zeros(count, np.int64)
    for row in uniforms:
        logits, state = engine.step(ids, state)
        ids = draw(compute_probs(logits), row)


def bench_loss(checkpoint: Checkpoint) -> None:
    """Loss on held-out tunes through the network and through each engine."""
    try:
        tunes = load_dataset("lab", Paths.default()).texts("val")
    except MusicgenError:
        print("the lab's corpus is not here: the loss of the engines is not measured")
        return
    plain = compute_loss(checkpoint.network, checkpoint.vocabulary, tunes).loss
    for precision in PRECISIONS:
        network = SteppedNetwork(checkpoint.network, precision)
        loss = compute_loss(network, checkpoint.vocabulary, tunes).loss
        print(
            f"{f'held-out loss, {checkpoint.name}, {precision}':<48} {loss:.5f} nats a character, "
            f"{loss / plain - 1:+.3%} of {plain:.5f}"
        )


def bench_tunes(checkpoint: Checkpoint) -> None:
    """Characters a second of the whole composer, one tune and sixteen at once."""
    for precision in PRECISIONS:
        for count, is_free in ((1, False), (1, True), (16, False)):
            config = SampleConfig(precision=precision, count=count, free=is_free)
            compose(checkpoint, config)
            speeds = [_speed(checkpoint, config.replace(seed=100 * seed)) for seed in range(1, 8)]
            name = f"composing, {checkpoint.name}, {precision}, {count} at once"
            print(
                f"{name + ', free' * is_free:<48} {np.median(speeds):6,.0f} characters a second "
                f"({min(speeds):,.0f} to {max(speeds):,.0f})"
            )


def _speed(checkpoint: Checkpoint, config: SampleConfig) -> float:
    start = time.perf_counter()
    drawn = sum(len(piece.char_probs) for piece in compose(checkpoint, config))
    return drawn / (time.perf_counter() - start)


def bench_click(checkpoint: Checkpoint) -> None:
    """From a click to sound, without the browser: no lab to compare with, so seconds."""
    for precision in PRECISIONS:
        times = [
            _click(checkpoint, SampleConfig(seed=seed, precision=precision))
            for seed in range(CLICKS + 1)
        ][1:]  # the first builds the engine and loads the soundfont
        composing, sounding = (np.median(part) for part in zip(*times, strict=True))
        whole = [sum(pair) for pair in times]
        print(
            f"{f'click to sound, {checkpoint.name}, {precision}':<48} {np.median(whole):.2f} s, "
            f"95th percentile {quantile(whole, 0.95):.2f} s of {CLICKS} "
            f"({composing:.2f} s composing, {sounding:.2f} s reading and rendering)"
        )


def _click(checkpoint: Checkpoint, config: SampleConfig) -> tuple[float, float]:
    start = time.perf_counter()
    (composition,) = compose(checkpoint, config)
    composed = time.perf_counter()
    tune, _ = read_tune(composition.abc)
    synthesize(to_midi(tune))
    return composed - start, time.perf_counter() - composed


if __name__ == "__main__":
    sys.exit(main())
