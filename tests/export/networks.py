"""Networks with random weights, and what they stumble over when they write: everything."""

from dataclasses import replace

import numpy as np

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.models.lstm_weights import LSTMWeights, expected_shapes

CHARACTERS = "\n !\"#'()+,-/0123456789:<=>ABCDEFGKLMNPRVX[]^_abcdefghijklmnoprstuwxyz|"
HEADERS = {
    "X:1\nB:lab\nR:reel\nM:C\nL:1/8\nN:8 8 b\nK:D Major\n": 5,
    "X:1\nB:lab\nR:jig\nM:6/8\nL:1/8\nN:8 8 c\nK:E Dorian\n": 3,
    "X:1\nB:lab\nM:2/4\nL:1/16\nN:4 8\nK:G Minor\n": 2,
    "X:1\nB:ryan\nM:C|\nL:1/8\nN:8 8\nK:A Major\n": 9,
}


def make_checkpoint(
    kind: str = "echo", seed: int = 1, size: float = 1.0, described: bool = True, **settings: object
) -> Checkpoint:
    """A network with random weights; `size` is how large they are, for sharper chances."""
    config = NetworkConfig(
        kind=kind, vocab_size=len(CHARACTERS), bar_id=CHARACTERS.index("|"), line_id=0,
        colon_id=CHARACTERS.index(":"), characters=CHARACTERS,
        **{"embedding_dim": 12, "hidden_size": 20, "num_layers": 2} | settings,
    )  # fmt: skip
    generator = np.random.default_rng(seed)
    arrays = {
        name: (generator.normal(0, size, shape) / np.sqrt(max(4, shape[-1]) / 4)).astype(np.float32)
        for name, shape in expected_shapes(config).items()
    }
    metadata = CheckpointMetadata(
        "random", 1, config, replace(TrainingConfig(), described=described), tuple(CHARACTERS),
        corpus={"headers": HEADERS, "source": "lab+ryan"},
    )  # fmt: skip
    return Checkpoint(LSTMWeights(config, arrays), metadata, "0" * 12)
