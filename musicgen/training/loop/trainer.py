"""The synchronous training loop. It knows no thread, no screen and no folder: it calls back."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from musicgen.config import TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.corpus.windows import Windows
from musicgen.errors import TrainingDiverged
from musicgen.evaluation.loss.text_loss import LossReport, compute_loss, from_sums, to_sums
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.network import Network, State, flatten_state, unflatten_state
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.training.loop.adversary import Adversary
from musicgen.training.loop.distillation import Teacher
from musicgen.training.loop.goals import Figures, Goal
from musicgen.training.loop.group import ALONE, Group, Order, require_shareable
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.objectives import Objective, TaskHeads
from musicgen.training.loop.precision import choose_device, choose_precision
from musicgen.training.loop.preferences import Preferences
from musicgen.training.loop.schedule import compute_learning_rate
from musicgen.training.preference_pairs import PreferencePair


class Trainer:
    """Trains a network on tunes and looks at held-out ones every so often.

    All randomness (first weights, windows, dropout) comes from the seed of the settings and from
    generators of its own, so that `state_dict` and `load_state_dict` continue a training bit for
    bit on the same machine and thread count.

    Args:
        preset: Network and training settings; `vocab_size` must match the vocabulary.
        vocabulary: The characters.
        train_tunes: What is read, one text each.
        val_tunes: Held-out tunes; with none, `val_loss` is never set.
        network: Goes on with these weights instead of first ones.
        teacher: A trained model to learn from as well.
        pairs: Tunes of which one is preferred to the other, where the settings have preferences;
            the network is their reference as it is given here.
    """

    def __init__(
        self,
        preset: Preset,
        vocabulary: Vocabulary,
        train_tunes: Sequence[str],
        val_tunes: Sequence[str],
        network: Network | None = None,
        teacher: Checkpoint | None = None,
        pairs: Sequence[PreferencePair] = (),
    ) -> None:
        self.config = preset.training
        self._group = ALONE
        self.vocabulary = vocabulary
        self.val_tunes = list(val_tunes)
        self.device = choose_device()
        self.precision = choose_precision(self.config.precision, self.device)
        self.network = network or build_network(preset.network, self.config.seed)
        self.network.to(self.device)
        self.step = 0
        self.elapsed_s = 0.0
        self.has_converged = False
        self._windows = Windows(train_tunes, vocabulary, self.config)
        self._carried: State = None
        self._zeros = find_zeros(self.network) if self.config.keep_zeros else {}
        self._averaged = _start_average(self.network) if self.config.average else None
        self._best_loss = math.inf
        self._looks_since_best = 0
        self._noise = torch.Generator().manual_seed(self.config.seed + 1)
        self.network.set_generator(self._noise)
        self._objective = self._build_objective(teacher)
        learned = [*self.network.parameters(), *self._objective.parameters()]
        self.optimizer = _build_optimizer(self.config, learned)
        self._goals = self._build_goals(train_tunes, pairs)

    def _build_objective(self, teacher: Checkpoint | None) -> Objective:
        heads = None
        if self.config.multi_task:
            heads = TaskHeads(self.network.linear.in_features, self.config.seed).to(self.device)
        reading = Teacher(teacher, self.vocabulary, self.device) if teacher else None
        return Objective(self.config, heads, reading)

    def _build_goals(
        self, train_tunes: Sequence[str], pairs: Sequence[PreferencePair]
    ) -> dict[str, Goal]:
        """The goals over whole tunes that the settings ask for, by name."""
        shared = self.config, self.network, self.vocabulary, self.precision
        goals: dict[str, Goal] = {}
        if self.config.adversary:
            goals["adversary"] = Adversary(*shared, train_tunes, self.val_tunes)
        if self.config.preferences:
            goals["preferences"] = Preferences(*shared, pairs)
        return goals

    def join(self, group: Group) -> None:
        """Trains with others from now on, each on some lanes of every batch.

        All must stand at the same step. Of those that do not lead, only what the leader announces
        is called (`following.follow`).

        Raises:
            ConfigError: a group cannot share such a training.
        """
        require_shareable(self.config, group.size)
        self._group = group
        if group.size == 1:
            return
        lanes = group.lanes(self.config.batch_size)
        self.network.set_lanes(lanes, self.config.batch_size)
        own = [tensor[:, slice(*lanes)] for tensor in flatten_state(self._carried)]
        self._carried = unflatten_state(self._carried, own)

    @property
    def trained(self) -> Network:
        """The network to keep: the moving average of the weights where there is one."""
        return cast(Network, self._averaged.module) if self._averaged else self.network

    def train(
        self,
        on_step: Callable[[StepMetrics], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Trains to `max_steps`, or until `should_stop` (asked before each step) says so.

        With `patience` in the settings, also until held-out tunes have not got better for so many
        looks; `has_converged` then says so.

        Raises:
            TrainingDiverged: the loss, on held-out tunes too, or a gradient is no longer a finite
                number; what was saved before is kept.
        """
        self.network.train()
        while not self.is_done and not should_stop():
            on_step(self.train_step())

    @property
    def is_done(self) -> bool:
        """Whether the last step is taken, or no further one would help."""
        return self.has_converged or self.step >= self.config.max_steps

    def train_step(self) -> StepMetrics:
        """One step of the optimizer, and a look at held-out tunes when it is time.

        Raises:
            TrainingDiverged: see `train`.
        """
        self._group.announce(Order.STEP)
        start = time.perf_counter()
        step = self.step + 1
        rate = compute_learning_rate(self.config, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss, accuracy, grad_norm, figures = self._compute_gradients()
        if not (math.isfinite(loss) and math.isfinite(grad_norm)):
            self.optimizer.zero_grad(set_to_none=True)
            raise _diverged(step)
        self.optimizer.step()
        self._restore_zeros()
        self.step = step
        self._average_weights()
        step_s = time.perf_counter() - start
        report = self._evaluate_if_due()
        if report and not math.isfinite(report.loss):
            raise _diverged(step)
        if report:
            for goal in self._goals.values():
                figures |= goal.look(self.trained)
        self.elapsed_s += time.perf_counter() - start
        config = self.config
        characters = config.batch_size * config.seq_len * config.accumulate
        return StepMetrics(
            step, loss, accuracy, grad_norm, rate, characters / step_s, self.elapsed_s,
            report.loss if report else None, report.accuracy if report else None, figures,
        )  # fmt: skip

    def evaluate(self) -> LossReport:
        """The loss on the held-out tunes with the weights as they are, always in float32."""
        self._group.announce(Order.LOOK)
        return self._look()

    def _look(self) -> LossReport:
        """Each process reads its share of the tunes."""
        group = self._group
        own = self.val_tunes[group.rank :: group.size]
        report = compute_loss(self.trained, self.vocabulary, own)
        return report if group.size == 1 else from_sums(group.add_up(to_sums(report)))

    def state_dict(self) -> dict[str, Any]:
        """All that is needed, beside the weights, to go on as if nothing had happened.

        `values` are JSON-ready, `optimizer` is torch's state, `tensors` holds the rest by name.
        """
        self._group.announce(Order.GATHER)
        windows = self._windows.state_dict()
        tensors = {
            "generator.windows": windows.pop("generator"),
            "generator.noise": self._noise.get_state(),
        }
        carried_parts = self._group.gather_lanes(flatten_state(self._carried))
        for number, value in enumerate(carried_parts):
            tensors[f"carried.{number}"] = value
        if self._averaged is not None:
            weights = self._averaged.module.state_dict()
            tensors |= {f"averaged.{name}": value for name, value in weights.items()}
        others = self._objective.state_dict()
        tensors |= {f"objective.{name}": value for name, value in others.items()}
        for goal_name, goal in self._goals.items():
            own = goal.state_dict()
            tensors |= {f"goals.{goal_name}.{name}": value for name, value in own.items()}
        best = self._best_loss if math.isfinite(self._best_loss) else None
        return {
            "values": {
                "step": self.step,
                "elapsed_s": self.elapsed_s,
                "windows": windows,
                "best_loss": best,
                "looks_since_best": self._looks_since_best,
                "has_converged": self.has_converged,
            },
            "optimizer": self.optimizer.state_dict()["state"],
            "tensors": tensors,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from what `state_dict` gave; the weights are loaded by the caller."""
        if self.config.keep_zeros:
            self._zeros = find_zeros(self.network)
        values, tensors = state["values"], state["tensors"]
        self.step = values["step"]
        self.elapsed_s = values["elapsed_s"]
        self._best_loss = math.inf if values["best_loss"] is None else values["best_loss"]
        self._looks_since_best = values["looks_since_best"]
        self.has_converged = values["has_converged"]
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})
        self._noise.set_state(tensors["generator.noise"])
        self._windows.load_state_dict(
            values["windows"] | {"generator": tensors["generator.windows"]}
        )
        like = self.network.init_state(self.config.batch_size, self.device)
        carried = _under(tensors, "carried.")
        self._carried = unflatten_state(
            like, [carried[str(n)].to(self.device) for n in range(len(carried))]
        )
        if self._averaged is not None:
            self._averaged.module.load_state_dict(_under(tensors, "averaged."))
        self._objective.load_state_dict(_under(tensors, "objective."))
        for goal_name, goal in self._goals.items():
            goal.load_state_dict(_under(tensors, f"goals.{goal_name}."))

    def _compute_gradients(self) -> tuple[float, float, float, Figures]:
        """Loss, accuracy and gradient norm of fresh batches, and what further goals saw.

        Gradients are left in the network.
        """
        config = self.config
        self.optimizer.zero_grad(set_to_none=True)
        losses, accuracies = [], []
        for _ in range(config.accumulate):
            loss, accuracy = self._add_gradients()
            losses.append(loss)
            accuracies.append(accuracy)
        learned = [*self.network.parameters(), *self._objective.parameters()]
        loss, accuracy = _mean(losses), _mean(accuracies)
        gradients = [value.grad for value in learned if value.grad is not None]
        self._group.average([loss, accuracy, *gradients])
        figures: Figures = {}
        for goal in self._goals.values():
            figures |= goal.add_gradients(self.step + 1)
        grad_norm = torch.nn.utils.clip_grad_norm_(learned, config.grad_clip or math.inf)
        return loss.item(), accuracy.item(), grad_norm.item(), figures

    def _add_gradients(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss, without smoothing, and accuracy of one batch; its gradients are added."""
        config = self.config
        window = self._windows.draw(self.step / config.max_steps)
        if self._group.size > 1:
            window = window.lanes(*self._group.lanes(config.batch_size))
        window = window.to(self.device)
        state = None if window.is_first else self._carried
        is_mixed = self.precision != torch.float32
        with torch.autocast(self.device.type, self.precision, enabled=is_mixed):
            said, features, state = self.network.logits_and_features(window.inputs, state)
            logits = said.float().flatten(0, 1)  # (BT, V)
            loss, goal = self._objective.compute(features, logits, window)
        (goal / config.accumulate).backward()  # type: ignore[no-untyped-call]
        if config.carry_state:
            self._carried = unflatten_state(state, [t.detach() for t in flatten_state(state)])
        accuracy = (logits.detach().argmax(-1) == window.targets.flatten()).float().mean()
        return loss.detach(), accuracy

    @torch.no_grad()
    def _restore_zeros(self) -> None:
        for name, parameter in self.network.named_parameters():
            if name in self._zeros:
                parameter.masked_fill_(self._zeros[name], 0.0)

    def _average_weights(self) -> None:
        """Moves the average towards the weights; early on it follows them closely."""
        if self._averaged is None:
            return
        past = min(self.config.average, self.step / (self.step + 9))
        self._averaged.multi_avg_fn = get_ema_multi_avg_fn(past)  # type: ignore[no-untyped-call]
        self._averaged.update_parameters(self.network)

    def _evaluate_if_due(self) -> LossReport | None:
        is_due = self.step % self.config.eval_interval == 0 or self.step == self.config.max_steps
        if not (is_due and self.val_tunes):
            return None
        report = self._look()
        if report.loss < self._best_loss:
            self._best_loss, self._looks_since_best = report.loss, 0
        else:
            self._looks_since_best += 1
        self.has_converged = 0 < self.config.patience <= self._looks_since_best
        return report


def find_zeros(network: Network) -> dict[str, torch.Tensor]:
    """Where the weights of a network are zero, of each parameter that has some such and others.

    One that is zero as a whole, as new parts begin, has yet to learn what it is.
    """
    found = {name: value == 0 for name, value in network.named_parameters()}
    return {name: where for name, where in found.items() if where.any() and not where.all()}


def _start_average(network: Network) -> AveragedModel:
    """An average that has the first weights in it; torch would begin with those after a step."""
    averaged = AveragedModel(network)
    averaged.n_averaged.fill_(1)
    return averaged


def _diverged(step: int) -> TrainingDiverged:
    return TrainingDiverged(
        "At step {step} the loss was no longer a number, so the training stopped there. "
        "Try a smaller learning_rate or a grad_clip of 1; what was saved before is kept.",
        step=step,
    )


def _mean(values: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack(values).mean()


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _build_optimizer(
    config: TrainingConfig, learned: list[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimizer]
    optimizer: torch.optim.Optimizer = kind(
        learned,
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )
    return optimizer
