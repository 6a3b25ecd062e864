"""The synchronous training loop. It knows no thread, no screen and no folder: it calls back."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from musicgen.config import Preset, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.corpus.windows import draw_windows
from musicgen.errors import TrainingDiverged
from musicgen.evaluation.loss import LossReport, compute_loss
from musicgen.models.network import Network
from musicgen.models.registry import build_network
from musicgen.training.precision import choose_device, choose_precision
from musicgen.training.schedule import compute_learning_rate


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one step showed.

    Losses are in nats per character; `accuracy` is the share (0..1) of characters of the batch the
    network had as its first choice. `val_loss` and `val_accuracy` are those of held-out tunes, on
    the steps that look at them. `elapsed_s` counts training time over all sittings of the run.
    """

    step: int
    train_loss: float
    accuracy: float
    grad_norm: float
    learning_rate: float
    chars_per_second: float
    elapsed_s: float
    val_loss: float | None = None
    val_accuracy: float | None = None


class Trainer:
    """Trains a network on a text and looks at held-out tunes every so often.

    All randomness (first weights, windows, dropout) comes from the seed of the settings and from
    generators of its own, so that `state_dict` and `load_state_dict` continue a training bit for
    bit on the same machine and thread count.

    Args:
        preset: Network and training settings; `vocab_size` must match the vocabulary.
        vocabulary: The characters.
        train_text: The text windows are drawn from.
        val_tunes: Held-out tunes; with none, `val_loss` is never set.
    """

    def __init__(
        self,
        preset: Preset,
        vocabulary: Vocabulary,
        train_text: str,
        val_tunes: Sequence[str],
        network: Network | None = None,
    ) -> None:
        self.config = preset.training
        self.vocabulary = vocabulary
        self.val_tunes = list(val_tunes)
        self.device = choose_device()
        self.precision = choose_precision(self.config.precision, self.device)
        self.network = network or build_network(preset.network, self.config.seed)
        self.network.to(self.device)
        self.step = 0
        self.elapsed_s = 0.0
        self._ids = vocabulary.encode(train_text)
        self._windows = torch.Generator().manual_seed(self.config.seed)
        self._noise = torch.Generator().manual_seed(self.config.seed + 1)
        self.network.set_generator(self._noise)
        self.optimizer = _build_optimizer(self.config, self.network)

    def train(
        self,
        on_step: Callable[[StepMetrics], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Trains to `max_steps`, or until `should_stop` (asked before each step) says so.

        Raises:
            TrainingDiverged: the loss or a gradient is no longer a finite number; the weights are
                those before the step.
        """
        self.network.train()
        while self.step < self.config.max_steps and not should_stop():
            on_step(self.train_step())

    def train_step(self) -> StepMetrics:
        """One step of the optimizer, and a look at held-out tunes when it is time.

        Raises:
            TrainingDiverged: see `train`.
        """
        start = time.perf_counter()
        step = self.step + 1
        rate = compute_learning_rate(self.config, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss, accuracy, grad_norm = self._compute_gradients()
        if not (math.isfinite(loss) and math.isfinite(grad_norm)):
            self.optimizer.zero_grad(set_to_none=True)
            raise TrainingDiverged(
                "At step {step} the loss was no longer a number, so the training stopped there. "
                "Try a smaller learning_rate or a grad_clip of 1; what was saved before is kept.",
                step=step,
            )
        self.optimizer.step()
        self.step = step
        step_s = time.perf_counter() - start
        report = self._evaluate_if_due()
        self.elapsed_s += time.perf_counter() - start
        characters = self.config.batch_size * self.config.seq_len
        return StepMetrics(
            step, loss, accuracy, grad_norm, rate, characters / step_s, self.elapsed_s,
            report.loss if report else None, report.accuracy if report else None,
        )  # fmt: skip

    def evaluate(self) -> LossReport:
        """The loss on the held-out tunes with the weights as they are, always in float32."""
        return compute_loss(self.network, self.vocabulary, self.val_tunes)

    def state_dict(self) -> dict[str, Any]:
        """All that is needed, beside the weights, to go on as if nothing had happened."""
        return {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "optimizer": self.optimizer.state_dict()["state"],
            "generators": [self._windows.get_state(), self._noise.get_state()],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from what `state_dict` gave; the weights are loaded by the caller."""
        self.step = state["step"]
        self.elapsed_s = state["elapsed_s"]
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})
        for generator, value in zip((self._windows, self._noise), state["generators"], strict=True):
            generator.set_state(value)

    def _compute_gradients(self) -> tuple[float, float, float]:
        """Loss, accuracy and gradient norm of a fresh batch; gradients are left in the network."""
        config = self.config
        inputs, targets = draw_windows(self._ids, config.seq_len, config.batch_size, self._windows)
        inputs, targets = inputs.to(self.device), targets.to(self.device)
        is_mixed = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=is_mixed):
            logits, _ = self.network(inputs)  # (B, T, V)
        logits = logits.float()
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        grad_norm = torch.nn.utils.clip_grad_norm_(
            self.network.parameters(), config.grad_clip or math.inf
        )
        accuracy = (logits.detach().argmax(-1) == targets).float().mean()
        return loss.item(), accuracy.item(), grad_norm.item()

    def _evaluate_if_due(self) -> LossReport | None:
        is_due = self.step % self.config.eval_interval == 0 or self.step == self.config.max_steps
        return self.evaluate() if is_due and self.val_tunes else None


def _build_optimizer(config: TrainingConfig, network: Network) -> torch.optim.Optimizer:
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimizer]
    optimizer: torch.optim.Optimizer = kind(
        network.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )
    return optimizer
