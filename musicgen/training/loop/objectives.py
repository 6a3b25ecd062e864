"""What a training pulls at: the next character, what a teacher thinks of it, and further tasks.

Shapes: B batch, T time, V vocabulary, H what the network's last layer reads.
"""

import torch
import torch.nn.functional as F
from torch import nn

from musicgen.config import TrainingConfig
from musicgen.corpus.auxiliary_labels import IGNORED, TASKS
from musicgen.corpus.windows import Window
from musicgen.training.loop.distillation import Teacher, distillation_loss


class TaskHeads(nn.Module):
    """One linear layer for each task beside the network's own: they are dropped after training."""

    def __init__(self, size_in: int, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.layers = nn.ModuleDict(
                {name: nn.Linear(size_in, classes) for name, classes in TASKS.items()}
            )

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Mean over tasks of the loss in nats per labelled character; 0 where none is.

        Args:
            features: What the network's last layer reads, (B, T, H).
            labels: (tasks, B, T), `IGNORED` where a task has none.
        """
        losses = [
            _mean_loss(layer(features).float().flatten(0, 1), wanted.flatten())
            for layer, wanted in zip(self.layers.values(), labels, strict=True)
        ]
        return torch.stack(losses).mean()


def _mean_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    total = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
    return total / (labels != IGNORED).sum().clamp(min=1)


class Objective:
    """The goal whose gradient is taken.

    ``(1 - w) cross-entropy + w distillation + m tasks``: w is `teacher_weight` in the lanes of a
    batch that a teacher reads (`teacher_share` of them), else 0; m is `multi_task`. Label smoothing
    concerns the cross-entropy.

    Args:
        config: Weights and temperature.
        heads: For further tasks; None without.
        teacher: None without.
    """

    def __init__(
        self, config: TrainingConfig, heads: TaskHeads | None, teacher: Teacher | None
    ) -> None:
        self._config = config
        self.heads = heads
        self.teacher = teacher

    def compute(
        self, features: torch.Tensor, logits: torch.Tensor, window: Window
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Cross-entropy without smoothing, and the goal, for a batch.

        Args:
            features: What the network's last layer reads, (B, T, H).
            logits: What it says, (BT, V) in float32.
            window: The batch, on the device of both.
        """
        config, targets = self._config, window.targets.flatten()
        goal = loss = F.cross_entropy(logits, targets)
        if config.label_smoothing:
            goal = F.cross_entropy(logits, targets, label_smoothing=config.label_smoothing)
        if self.teacher:
            goal = goal + self._compute_teaching(self.teacher, logits, window)
        if self.heads and window.labels is not None:
            goal = goal + config.multi_task * self.heads(features, window.labels)
        return loss, goal

    def _compute_teaching(
        self, teacher: Teacher, logits: torch.Tensor, window: Window
    ) -> torch.Tensor:
        """What the teacher adds to the goal: its lanes count ``1 - w`` of what they did, and it w.

        Its lanes are the first of each batch, so that it goes on where it stopped in every one.
        """
        config, (lanes, length) = self._config, window.inputs.shape
        read = max(1, round(config.teacher_share * lanes))
        heat, count = config.teacher_temperature, read * length
        probs = teacher.compute_probs(window.inputs[:read], window.is_first, heat).flatten(0, 1)
        taught, targets = logits[:count], window.targets.flatten()[:count]
        alone = F.cross_entropy(taught, targets, label_smoothing=config.label_smoothing)
        teaching = distillation_loss(taught, probs, heat)
        return config.teacher_weight * (teaching - alone) * read / lanes

    def parameters(self) -> list[nn.Parameter]:
        """What is learned beside the network."""
        return list(self.heads.parameters()) if self.heads else []

    def state_dict(self) -> dict[str, torch.Tensor]:
        """All that resuming needs, by name."""
        heads = self.heads.state_dict() if self.heads else {}
        memory = self.teacher.state_tensors() if self.teacher else []
        return {f"heads.{name}": value for name, value in heads.items()} | {
            f"teacher.{number}": value for number, value in enumerate(memory)
        }

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Continues from what `state_dict` gave."""
        if self.heads:
            names = self.heads.state_dict()
            self.heads.load_state_dict({name: tensors[f"heads.{name}"] for name in names})
        if self.teacher:
            count = sum(name.startswith("teacher.") for name in tensors)
            self.teacher.load_state_tensors([tensors[f"teacher.{n}"] for n in range(count)])
