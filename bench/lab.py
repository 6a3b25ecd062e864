"""The lab's network and loops, written from their description, as the measure of speed.

Embedding, one `nn.LSTM` (or more layers), linear; Adam at its defaults; windows drawn with NumPy;
float32; one `nn.LSTM` call for each character when sampling.
"""

import numpy as np
import torch
from torch import nn


class LabNetwork(nn.Module):
    """The lab's network; `num_layers` and sizes as in the study for the improved one."""

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_size: int, num_layers: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids, state=None):
        """Logits (B, T, V) and the LSTM's state."""
        values, state = self.lstm(self.embedding(ids), state)
        return self.fc(values), state


def get_batch(ids: np.ndarray, seq_len: int, batch_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The lab's windows."""
    starts = np.random.choice(len(ids) - 1 - seq_len, batch_size)  # noqa: NPY002 - as the lab does
    inputs = np.array([ids[i : i + seq_len] for i in starts])
    targets = np.array([ids[i + 1 : i + seq_len + 1] for i in starts])
    return torch.tensor(inputs), torch.tensor(targets)


def train_step(network, optimizer, ids: np.ndarray, seq_len: int, batch_size: int) -> float:
    """One step of the lab's training loop."""
    network.train()
    optimizer.zero_grad()
    inputs, targets = get_batch(ids, seq_len, batch_size)
    logits, _ = network(inputs)
    loss = nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def generate(network, ids: list[int], length: int) -> list[int]:
    """The lab's sampling loop at temperature 1."""
    network.eval()
    text, state = [], None
    inputs = torch.tensor([ids])
    for _ in range(length):
        logits, state = network(inputs, state)
        probs = torch.softmax(logits[:, -1], dim=-1)
        drawn = torch.multinomial(probs, num_samples=1)
        inputs = drawn
        text.append(drawn.item())
    return text
