"""The composer asks every kind of network in the same way."""

import pytest

from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.models.registry import NETWORKS, build_network
from musicgen.presets import Preset
from musicgen.sampling.composer import compose
from musicgen.training.loop.session import fit_preset


@pytest.mark.parametrize("kind", sorted(NETWORKS))
def test_a_tune_is_the_same_alone_and_among_others(kind: str, dataset: Dataset) -> None:
    shape = NetworkConfig(kind=kind, embedding_dim=8, hidden_size=16, num_layers=2, window=20)
    preset = fit_preset(Preset("one", "", shape, TrainingConfig()), dataset.vocabulary)
    network = build_network(preset.network, 1).eval().requires_grad_(False)
    characters = dataset.vocabulary.characters
    metadata = CheckpointMetadata("one", 1, preset.network, preset.training, characters)
    checkpoint = Checkpoint(network, metadata, "0123456789ab")
    config = SampleConfig(seed=5, count=2, max_new_tokens=100, temperature=0.7)
    together = compose(checkpoint, config)
    for number, piece in enumerate(together):
        (alone,) = compose(checkpoint, config.replace(seed=5 + number, count=1))
        assert alone.abc == piece.abc
