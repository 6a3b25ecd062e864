"""Chooses what a sweep tries next, ends early what is behind, and says which settings mattered.

Optuna does all three. It keeps nothing on the disk: the runs of the cells are all there is to know,
and from them its study is built again whenever a sweep goes on. So a process may be killed at any
moment, and one that goes on chooses what the other would have chosen.
"""

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.errors import ConfigError
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.sweep_axes import Axis, Value
from musicgen.jobs.sweep_plan import SweepPlan
from musicgen.jobs.sweep_results import SweepPoint

FEWEST_POINTS = 4
"""Combinations with a loss from which the weight of settings is told."""

_SEED_STEP = 1_000
_MOST_BY_CHANCE = 10
_FEWEST_BY_CHANCE = 4
_SPARED = 3  # combinations that come to their end before any is ended early
_REDUCTION = 3


@dataclass(frozen=True, slots=True)
class Look:
    """A look at held-out tunes: the step, and the loss in nats per character."""

    step: int
    loss: float


def has_optuna() -> bool:
    """Whether Optuna can be imported."""
    return importlib.util.find_spec("optuna") is not None


def require_optuna() -> None:
    """Makes sure that Optuna can be imported.

    Raises:
        ConfigError: it cannot.
    """
    if not has_optuna():
        raise ConfigError(
            "This kind of sweep needs Optuna: pip install -r requirements-search.txt. A grid "
            "without early stopping does without."
        )


class SweepSearch:
    """The search of one sweep.

    Args:
        plan: What is to be tried.

    Raises:
        ConfigError: Optuna is not installed.
    """

    def __init__(self, plan: SweepPlan) -> None:
        require_optuna()
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._study = optuna.create_study(
            study_name=plan.name, direction="minimize", pruner=_pruner(plan)
        )
        self._spaces = {axis.name: _space(axis) for axis in plan.axes}
        self._trials: dict[int, Any] = {}
        self._begun: set[int] = set()
        self._last_steps: dict[int, int] = {}

    def take(self, point: SweepPoint, looks: Sequence[Look]) -> None:
        """Learns of a combination that was begun before, and perhaps ended.

        Args:
            point: The combination.
            looks: At held-out tunes, of its first seed.
        """
        self.begin(point.number, point.settings)
        for look in looks:
            self.is_behind(point.number, look)
        if point.is_done:
            self.end(point)

    def has_begun(self, number: int) -> bool:
        """Whether a combination was begun."""
        return number in self._begun

    def begin(self, number: int, settings: Mapping[str, Value] | None) -> dict[str, Value]:
        """Begins a combination, and gives its settings.

        Args:
            number: Of the combination, from 1. What is chosen follows from it, from the seed of the
                sweep, and from all combinations before.
            settings: Its settings, where they are known; None to have them chosen.
        """
        if settings is None:
            self._study.sampler = _sampler(self._plan, number)
        else:
            self._study.enqueue_trial(dict(settings))
        trial = self._study.ask(self._spaces)
        self._trials[number] = trial
        self._begun.add(number)
        return {name: trial.params[name] for name in self._plan.names}

    def is_behind(self, number: int, look: Look) -> bool:
        """Whether a combination is so far behind the others that it is to be ended early."""
        if look.step <= self._last_steps.get(number, 0):
            return False  # a resumed training repeats steps
        self._last_steps[number] = look.step
        trial = self._trials[number]
        trial.report(look.loss, look.step)
        return bool(trial.should_prune())

    def end(self, point: SweepPoint) -> None:
        """Learns what a combination has come to, once it is over."""
        from optuna.trial import TrialState

        trial = self._trials.pop(point.number, None)
        if trial is None:
            return
        if point.status == TaskStatus.PRUNED:
            self._study.tell(trial, state=TrialState.PRUNED)
        elif point.loss is None:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, point.loss)


def compute_importances(plan: SweepPlan, points: Sequence[SweepPoint]) -> dict[str, float]:
    """How much of the differences in loss each setting explains: shares that add up to 1.

    By fANOVA (Hutter, Hoos and Leyton-Brown 2014) as Optuna computes it, always with the same
    random numbers. Empty with a single setting, with fewer than `FEWEST_POINTS` combinations that
    came to their end, and where all have the same loss.

    Raises:
        ConfigError: Optuna is not installed.
    """
    require_optuna()
    import optuna

    scored = [point for point in points if point.loss is not None and point.is_done]
    whole = [point for point in scored if point.status == TaskStatus.FINISHED]
    losses = {point.loss for point in whole}
    if len(plan.axes) < 2 or len(whole) < FEWEST_POINTS or len(losses) < 2:
        return {}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize")
    spaces = {axis.name: _space(axis) for axis in plan.axes}
    for point in whole:
        study.add_trial(
            optuna.trial.create_trial(
                params=dict(point.settings), distributions=spaces, value=point.loss
            )
        )
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn, about its own forests
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(found.get(name, 0.0)) for name in plan.names}


def _space(axis: Axis) -> Any:
    """What Optuna is to know of an axis. Lists of numbers are ranges with gaps: choices to it."""
    from optuna import distributions

    if axis.values:
        return distributions.CategoricalDistribution(axis.values)
    if axis.is_whole:
        return distributions.IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
    return distributions.FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _sampler(plan: SweepPlan, number: int) -> Any:
    """What chooses a combination; its luck follows from the seed of the sweep and the number."""
    import optuna

    seed = (plan.preset.training.seed * _SEED_STEP + number) % 2**32
    if plan.search.method == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    by_chance = min(_MOST_BY_CHANCE, max(_FEWEST_BY_CHANCE, plan.count // 3))
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=by_chance, constant_liar=True)


def _pruner(plan: SweepPlan) -> Any:
    import optuna

    interval = plan.cell_preset({}).training.eval_interval
    if plan.search.stopper == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=_SPARED, n_warmup_steps=interval)
    if plan.search.stopper == "hyperband":
        return optuna.pruners.HyperbandPruner(
            min_resource=interval, max_resource=plan.steps, reduction_factor=_REDUCTION
        )
    return optuna.pruners.NopPruner()
