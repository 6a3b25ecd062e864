"""Small networks of every kind, and a checkpoint of each."""

import pytest

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.models.network import Network
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.training.loop.session import fit_preset
from tests.examples import make_tune

TUNE = make_tune(3) + "\n"
VOCABULARY = Vocabulary.from_text("\n" + "".join(make_tune(number) for number in range(1, 41)))
KINDS = {
    "lstm": {"kind": "lstm"},
    "normalised": {"kind": "lstm", "layer_norm": True},
    "echo": {"kind": "echo"},
    "relative": {"kind": "echo", "position": True, "relative": True},
    "attention": {"kind": "attention"},
    "hierarchical": {"kind": "hierarchical"},
    "hawk": {"kind": "hawk"},
}
"""A name for each kind of network, with its settings."""


def make_network(name: str, **settings: object) -> Network:
    """A small network with fresh weights, none of which is zero."""
    shape = {"embedding_dim": 6, "hidden_size": 10, "num_layers": 2, "window": 24}
    config = NetworkConfig(**shape | KINDS[name] | settings)
    preset = fit_preset(Preset("one", "", config, TrainingConfig()), VOCABULARY)
    network = build_network(preset.network, 1).eval().requires_grad_(False)
    for number, parameter in enumerate(network.parameters()):
        if not parameter.any():  # echoes and positions begin at zero
            values = build_network(preset.network.replace(kind="lstm"), number).embedding.weight
            flat = values.detach().flatten()
            repeats = -(-parameter.numel() // len(flat))
            parameter.copy_(flat.repeat(repeats)[: parameter.numel()].view_as(parameter))
    return network


def make_checkpoint(network: Network, fingerprint: str = "0123456789ab") -> Checkpoint:
    metadata = CheckpointMetadata("one", 1, network.config, TrainingConfig(), VOCABULARY.characters)
    return Checkpoint(network, metadata, fingerprint)


@pytest.fixture(params=sorted(KINDS))
def network(request: pytest.FixtureRequest) -> Network:
    """A small network of each kind."""
    return make_network(request.param)
