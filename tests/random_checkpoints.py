"""Networks of any shape whose weights say something, written as checkpoints, for tests."""

from pathlib import Path

import torch

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.models.checkpoint import (
    Checkpoint,
    CheckpointMetadata,
    load_checkpoint,
    save_checkpoint,
)
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.training.loop.session import fit_preset

SHAPES = (
    {"kind": "lstm", "num_layers": 2},
    {"kind": "lstm", "num_layers": 2, "layer_norm": True},
    {"kind": "echo", "num_layers": 1},
    {"kind": "echo", "num_layers": 2, "position": True, "relative": True},
)
"""One of each way in which a network is built around an LSTM."""


def build_checkpoint(folder: Path, dataset: Dataset, **shape: object) -> Checkpoint:
    """A checkpoint whose weights are all drawn: what begins at zero would say nothing."""
    config = NetworkConfig(embedding_dim=8, hidden_size=16).replace(**shape)
    preset = Preset.without_meaning("x", config, TrainingConfig())
    config = fit_preset(preset, dataset.vocabulary).network
    network = build_network(config, seed=3)
    with torch.no_grad():
        for number, weight in enumerate(network.parameters()):
            noise = torch.randn(weight.shape, generator=torch.Generator().manual_seed(number))
            weight += 0.3 * noise
    known = CheckpointMetadata(
        folder.parent.name if folder.name == "best" else folder.name, 1, config, TrainingConfig(),
        dataset.vocabulary.characters, corpus={"source": "tiny"},
    )  # fmt: skip
    save_checkpoint(folder, network, known)
    return load_checkpoint(folder)
