"""``make bench``: prints how many times faster than the lab's loops ours are, on this machine.

Both sides of a ratio run in turn, several times, with the same number of threads; the median of the
pairwise ratios is printed with its smallest and largest value.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from bench import lab, novelty
from musicgen.audio.midi import to_midi
from musicgen.audio.synthesis import synthesize
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CorpusError
from musicgen.models.checkpoint import list_checkpoints, load_checkpoint
from musicgen.models.registry import build_network
from musicgen.notation.reader import read_tune
from musicgen.presets import get_preset
from musicgen.sampling.composer import compose
from musicgen.sampling.decoding import compute_probs, draw
from musicgen.sampling.engine import build_engine
from musicgen.training.trainer import Trainer

ROUNDS = 5
CHARACTERS = 200


def main() -> None:
    """All measurements, one line each."""
    threads = torch.get_num_threads()
    bfloat16 = torch.cpu._is_avx512_bf16_supported()
    print(f"torch {torch.__version__}, {threads} threads, bfloat16 in hardware: {bfloat16}")
    for name in ("baseline", "improved"):
        bench_training(name)
    bench_sampling()
    bench_click()
    bench_novelty()


def bench_training(name: str) -> None:
    """A training step of a preset, ours against the lab's."""
    preset = get_preset(name)
    config, shape = preset.training, preset.network
    rng = np.random.default_rng(0)
    alphabet = ["\n"] + [chr(33 + number) for number in range(shape.vocab_size - 1)]
    text = "".join(rng.choice(alphabet, 50_000))
    vocabulary = Vocabulary.from_text(text)
    ids = vocabulary.encode(text)
    theirs = lab.LabNetwork(
        shape.vocab_size, shape.embedding_dim, shape.hidden_size, shape.num_layers
    )
    optimizer = torch.optim.Adam(theirs.parameters(), lr=config.learning_rate)
    ours = Trainer(preset, vocabulary, [text], [])
    compare(
        f"training step, {name}",
        lambda: lab.train_step(theirs, optimizer, ids, config.seq_len, config.batch_size),
        ours.train_step,
    )


def bench_sampling() -> None:
    """Drawing characters one by one with the baseline network."""
    shape = get_preset("baseline").network
    network = build_network(shape, 0).eval().requires_grad_(False)
    theirs = lab.LabNetwork(
        shape.vocab_size, shape.embedding_dim, shape.hidden_size, shape.num_layers
    )
    engine = build_engine(network)
    generator = torch.Generator().manual_seed(0)

    def ours(batch_size: int = 1) -> None:
        state = engine.init_state(batch_size)
        drawn = torch.zeros(batch_size, dtype=torch.int64)
        for _ in range(CHARACTERS):
            logits, state = engine.step(drawn, state)
            uniforms = torch.rand(batch_size, dtype=torch.float64, generator=generator)
            drawn = draw(compute_probs(logits), uniforms)

    def lab_loop() -> None:
        lab.generate(theirs, [0], CHARACTERS)

    compare(f"{CHARACTERS} characters, baseline, one tune", lab_loop, ours)
    compare(
        f"{CHARACTERS} characters, baseline, sixteen tunes (in sum)",
        lab_loop,
        lambda: ours(16),
        weight=16,
    )


def bench_click() -> None:
    """From a click to sound with the bundled checkpoint: no lab to compare with, so seconds."""
    refs = list_checkpoints(Paths.default())
    if not refs:
        print("no checkpoint: click to sound is not measured")
        return
    checkpoint = load_checkpoint(refs[0].path)
    times = []
    for seed in range(ROUNDS):
        start = time.perf_counter()
        (composition,) = compose(checkpoint, SampleConfig(seed=seed))
        composed = time.perf_counter()
        tune, _ = read_tune(composition.abc)
        synthesize(to_midi(tune))
        times.append((composed - start, time.perf_counter() - composed))
    composing, sounding = (statistics.median(part) for part in zip(*times, strict=True))
    print(
        f"{'click to sound, ' + refs[0].name:<48} "
        f"{composing:.2f} s composing + {sounding:.2f} s reading and rendering (medians)"
    )


def bench_novelty() -> None:
    """Comparing a tune with all that the bundled checkpoint learned from, in milliseconds."""
    refs = list_checkpoints(Paths.default())
    try:
        if refs:
            novelty.tell_speed(load_checkpoint(refs[0].path))
    except CorpusError as error:
        print(f"novelty is not measured: {error}")


def compare(
    name: str, theirs: Callable[[], object], ours: Callable[[], object], weight: float = 1.0
) -> None:
    """Prints how many times faster `ours` is, pair by pair, doing `weight` times the work."""
    ratios, seconds = [], []
    for round_number in range(ROUNDS + 1):
        pair = [_time(theirs), _time(ours)]
        if round_number:  # the first pair warms up
            ratios.append(weight * pair[0] / pair[1])
            seconds.append(pair)
    lab_s, our_s = (statistics.median(part) for part in zip(*seconds, strict=True))
    print(
        f"{name:<48} {statistics.median(ratios):6.1f} x  "
        f"({min(ratios):.1f} to {max(ratios):.1f}; lab {lab_s * 1000:.1f} ms, "
        f"ours {our_s * 1000:.1f} ms)"
    )


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
