"""A small network that has learned one tune by heart: it composes in milliseconds, and ends."""

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
    """Teaches the tune to a small LSTM, a few seconds, and saves it as a checkpoint."""
    text = f"\n\n{TUNE}\n\n"
    vocabulary = Vocabulary.from_text(text)
    config = NetworkConfig(vocab_size=len(vocabulary), embedding_dim=32, hidden_size=96)
    network = build_network(config, seed=1)
    assert isinstance(network, LSTMNetwork)
    ids = torch.from_numpy(vocabulary.encode(text))[None]
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(400):
        logits, _state = network(ids[:, :-1])
        loss = F.cross_entropy(logits[0], ids[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if loss.item() < 0.005:
            break
    with torch.no_grad():  # so sure of itself that no seed leads it astray
        network.linear.weight.mul_(4)
        network.linear.bias.mul_(4)
    metadata = CheckpointMetadata(
        name, 400, network.config, TrainingConfig(), vocabulary.characters,
        metrics={"val_loss": 1.0}, created="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    save_checkpoint(folder, network, metadata)
