"""``make bench``: prints how many times faster than the lab's loops ours are, on this machine.

Both sides of a ratio run in turn, several times, with the same number of threads; the median of the
pairwise ratios is printed with its smallest and largest value.
"""

import numpy as np
import torch

from bench import cuda, lab, novelty, sampling
from bench.comparing import compare
from musicgen.config import Paths
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.errors import CorpusError
from musicgen.models.checkpoint import list_checkpoints, load_checkpoint
from musicgen.presets import get_preset
from musicgen.training.loop.trainer import Trainer


def main() -> None:
    """All measurements, one line each."""
    threads = torch.get_num_threads()
    bfloat16 = torch.cpu._is_avx512_bf16_supported()
    print(f"torch {torch.__version__}, {threads} threads, bfloat16 in hardware: {bfloat16}")
    for name in ("baseline", "improved"):
        bench_training(name)
    sampling.main()
    bench_novelty()
    cuda.main()


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


def bench_novelty() -> None:
    """Comparing a tune with all that the bundled checkpoint learned from, in milliseconds."""
    refs = list_checkpoints(Paths.default())
    try:
        if refs:
            novelty.tell_speed(load_checkpoint(refs[0].path))
    except CorpusError as error:
        print(f"novelty is not measured: {error}")


if __name__ == "__main__":
    main()
