"""A small network that knows one tune by heart: it composes in a moment, and ends."""

from pathlib import Path

import torch
import torch.nn.functional as F

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.checkpoint import CheckpointMetadata, save_checkpoint
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.registry import build_network

TUNE = """X:1
T:The Patient Machine
M:6/8
L:1/8
K:D Major
DFA dAF|GBd gdB|Ace ecA|d3 d2A|
DFA dAF|GBd gdB|Ace ecA|d3 d3:|
f2a afd|g2b bge|ece gec|f3 d2A|
f2a afd|g2b bge|ece gec|d3 d3:|"""


def write_tiny_model(folder: Path, name: str = "tiny") -> None:
    """Saves the network as a checkpoint."""
    network, vocabulary = _learned()
    metadata = CheckpointMetadata(
        name, 1, network.config, TrainingConfig(), vocabulary.characters,
        metrics={"val_loss": 1.0}, created="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    save_checkpoint(folder, network, metadata)


def _learned() -> tuple[LSTMNetwork, Vocabulary]:
    """A random LSTM whose output layer is solved for, so that it says the tune whatever the seed.

    An echo state network: states that remember all of the text differ at each place of it, so that
    one linear map can give every place the character that follows.
    """
    text = f"\n\n{TUNE}\n\n"
    vocabulary = Vocabulary.from_text(text)
    config = NetworkConfig(vocab_size=len(vocabulary), embedding_dim=32, hidden_size=512)
    network = build_network(config, seed=1)
    assert isinstance(network, LSTMNetwork)
    ids = torch.from_numpy(vocabulary.encode(text))[None]
    with torch.no_grad():
        for name, value in network.layers.named_parameters():
            if "bias_ih" in name:
                value[config.hidden_size : 2 * config.hidden_size] = 3.0  # forget slowly
        states, _state = network.layers[0](network.embedding(ids[:, :-1]))  # (1, T, H)
        certain = 30.0 * F.one_hot(ids[0, 1:], config.vocab_size).double()
        weight = torch.linalg.lstsq(states[0].double(), certain, driver="gelsd").solution
        network.linear.weight.copy_(weight.T)
        network.linear.bias.zero_()
    return network, vocabulary
