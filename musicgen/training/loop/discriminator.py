"""A small network that tells composed tunes from real ones by their characters.

Shapes: B tunes, T time, V vocabulary, E embedding, C channels.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from musicgen.corpus.vocabulary import Ids

EMBEDDING, CHANNELS, WIDTH = 32, 64, 5
LEARNING_RATE, WEIGHT_DECAY, DROPOUT = 2e-3, 0.01, 0.25
_LONGEST_GRADIENT = 1.0
_DILATION = 3


class Discriminator(nn.Module):
    """Two convolutions, the second one dilated, their mean and maximum over time, one logit.

    After Y. Kim, "Convolutional Neural Networks for Sentence Classification" (EMNLP 2014), as in
    SeqGAN. A note is one to three characters, so the second convolution reaches over some ten
    notes. All that is drawn comes from the generator that is passed in.

    Args:
        vocab_size: V.
        generator: For first weights and dropout.
        device: Where it reads.
    """

    def __init__(self, vocab_size: int, generator: torch.Generator, device: torch.device) -> None:
        super().__init__()
        self._generator = generator
        self.embedding = nn.Parameter(
            torch.empty(vocab_size, EMBEDDING).normal_(std=0.3, generator=generator)
        )
        self.near = self._draw(CHANNELS, EMBEDDING, WIDTH)
        self.near_bias = nn.Parameter(torch.zeros(CHANNELS))
        self.far = self._draw(CHANNELS, CHANNELS, WIDTH)
        self.far_bias = nn.Parameter(torch.zeros(CHANNELS))
        self.output = self._draw(1, 4 * CHANNELS)
        self.offset = nn.Parameter(torch.zeros(1))
        self.to(device)
        self._optimizer = torch.optim.AdamW(
            self.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )

    def _draw(self, *shape: int) -> nn.Parameter:
        reach = 1 / math.sqrt(math.prod(shape[1:]))
        return nn.Parameter(torch.empty(shape).uniform_(-reach, reach, generator=self._generator))

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Logits (B,) of being real for ids (B, T), of which the first `lengths` (B,) count."""
        is_text = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]  # (B, T)
        mask = is_text[:, None].float()
        values = self._drop(self.embedding[ids]).transpose(1, 2) * mask  # (B, E, T)
        near = F.conv1d(values, self.near, self.near_bias, padding=WIDTH // 2)
        near = torch.relu(near) * mask  # (B, C, T)
        reach = _DILATION * (WIDTH // 2)
        far = F.conv1d(near, self.far, self.far_bias, padding=reach, dilation=_DILATION)
        both = torch.cat([near, torch.relu(far) * mask], 1)
        mean = both.sum(2) / lengths[:, None]
        whole = self._drop(torch.cat([mean, both.amax(2)], 1))  # (B, 4 C)
        logits: torch.Tensor = F.linear(whole, self.output, self.offset)[:, 0]
        return logits

    def _drop(self, values: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return values
        keep = 1 - DROPOUT
        mask = torch.empty(values.shape).bernoulli_(keep, generator=self._generator) / keep
        return values * mask.to(values)

    @torch.no_grad()
    def score(self, tunes: Sequence[Ids]) -> torch.Tensor:
        """Logits (B,) of being real, without dropout, on the processor."""
        self.eval()
        logits: torch.Tensor = self(*self._pad(tunes))
        return logits.cpu()

    def learn(self, real: Sequence[Ids], composed: Sequence[Ids]) -> float:
        """One step on tunes of both kinds; their mean loss in nats (ln 2 is chance)."""
        self.train()
        labels = torch.tensor([1.0] * len(real) + [0.0] * len(composed))
        logits = self(*self._pad([*real, *composed]))
        loss = F.binary_cross_entropy_with_logits(logits, labels.to(logits))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters(), _LONGEST_GRADIENT)
        self._optimizer.step()
        return loss.item()

    def _pad(self, tunes: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
        device = self.offset.device
        parts = [torch.from_numpy(tune) for tune in tunes]
        ids = nn.utils.rnn.pad_sequence(parts, batch_first=True)
        return ids.to(device), torch.tensor([len(tune) for tune in tunes], device=device)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights and the optimizer's moments, by name."""
        found = {f"weights.{name}": value for name, value in self.state_dict().items()}
        for number, entry in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{key}": value for key, value in entry.items()}
        return found

    def load_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Continues from what `tensors` gave."""
        self.load_state_dict({name: tensors[f"weights.{name}"] for name in self.state_dict()})
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, number, key = name.split(".")
                moments.setdefault(int(number), {})[key] = value
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})
