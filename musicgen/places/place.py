"""The one setting of where work runs, and the place that is this very process.

A place trains runs, composes tunes and makes reports. All of them do the same with the same
functions, so that what seeds fix is the same everywhere; runs and reports are the same folders.
"""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from musicgen.config import SampleConfig
from musicgen.errors import ConfigError
from musicgen.models.checkpoint import load_checkpoint

if TYPE_CHECKING:
    from musicgen.corpus.dataset import Dataset
    from musicgen.evaluation.report.builder import Hooks
    from musicgen.evaluation.report.plan import ReportPlan
    from musicgen.evaluation.report.reference import Reference
    from musicgen.evaluation.report.result import Report
    from musicgen.sampling.composer import Composition
    from musicgen.training.loop.metrics import StepMetrics
    from musicgen.training.runs.run import Run
    from musicgen.training.runs.samples import Sample

HERE, RAY, RAY_CLIENT = "local", "ray", "ray://"

OnTexts = Callable[[list[str]], None]


class Sitting(Protocol):
    """One sitting of a training, as `TrainingSession` is one.

    `dataset` is what it learns from, `samples` are the tunes composed along the way, and `warning`
    says why something could not be saved.
    """

    dataset: "Dataset"
    samples: "tuple[Sample, ...]"
    warning: str

    @property
    def is_saved(self) -> bool:
        """Whether the last save holds the newest step."""
        ...

    def train(self, should_stop: Callable[[], bool] = ...) -> str:
        """Trains until the end or until told to stop; returns ``finished`` or ``stopped``."""
        ...


class Place(Protocol):
    """Where work runs. `name` is the setting that names it."""

    name: str
    is_here: bool

    def count_slots(self) -> int:
        """Trainings that run at once."""
        ...

    def open_sitting(
        self,
        run: "Run",
        dataset: "Dataset",
        on_step: "Callable[[StepMetrics], None]",
        is_held: Callable[[], bool] = ...,
    ) -> Sitting:
        """A sitting of a training, not begun yet.

        Args:
            run: The run; if it has a last save, training goes on from there.
            dataset: What to learn from.
            on_step: Called after each step, or soon after.
            is_held: Whether the training is to pause; where `is_here`, `should_stop` waits instead.
        """
        ...

    def compose(
        self, checkpoint: Path, config: SampleConfig, on_texts: OnTexts | None = None
    ) -> "list[Composition]":
        """The tunes of some settings, as `musicgen.sampling.composer.compose` makes them.

        Args:
            checkpoint: The folder of the network.
            config: Temperature, limits, seed, count, prompt.
            on_texts: Called now and then with the texts of all tunes so far.

        Raises:
            MusicgenError: as there; a cluster also where its workers are lost.
        """
        ...

    def make_report(
        self,
        plan: "ReportPlan",
        folders: Sequence[Path],
        reference: "Reference | None",
        hooks: "Hooks",
    ) -> "Report":
        """Everything a plan asks for, as `musicgen.evaluation.report.builder.make_report` does.

        Args:
            plan: What is asked for.
            folders: Of the checkpoints of the plan, in its order.
            reference: The real tunes.
            hooks: Callbacks and switches.

        Raises:
            ReportStopped, MusicgenError: as there.
        """
        ...


class LocalPlace:
    """This process."""

    name = HERE
    is_here = True

    def count_slots(self) -> int:
        """One: two trainings would fight for the same cores."""
        return 1

    def open_sitting(
        self,
        run: "Run",
        dataset: "Dataset",
        on_step: "Callable[[StepMetrics], None]",
        is_held: Callable[[], bool] = lambda: False,  # noqa: ARG002 - `should_stop` waits here
    ) -> Sitting:
        """As of `Place`."""
        from musicgen.training.loop.session import TrainingSession

        return TrainingSession(run, dataset, on_step)

    def compose(
        self, checkpoint: Path, config: SampleConfig, on_texts: OnTexts | None = None
    ) -> "list[Composition]":
        """As of `Place`."""
        from musicgen.sampling.composer import compose

        return compose(load_checkpoint(checkpoint), config, on_texts)

    def make_report(
        self,
        plan: "ReportPlan",
        folders: Sequence[Path],
        reference: "Reference | None",
        hooks: "Hooks",
    ) -> "Report":
        """As of `Place`."""
        from musicgen.evaluation.report.builder import make_report

        return make_report(plan, [load_checkpoint(folder) for folder in folders], reference, hooks)


LOCAL = LocalPlace()
"""This process."""


def has_ray() -> bool:
    """Whether Ray can be imported."""
    return importlib.util.find_spec("ray") is not None


def find_place(name: str) -> Place:
    """The place of that name: ``local``, ``ray`` or ``ray://HOST:PORT``.

    ``ray`` is the cluster that ``RAY_ADDRESS`` names, else the one that was started on this
    machine, else one that is started for this process. A cluster is connected to here.

    Raises:
        ConfigError: there is no such place, Ray is not installed, or the cluster is not there.
    """
    if name == HERE:
        return LOCAL
    if name != RAY and not name.startswith(RAY_CLIENT):
        raise ConfigError(
            "There is no place {name!r} to run on. Choose local, ray or ray://HOST:PORT.", name=name
        )
    if not has_ray():
        raise ConfigError(
            "To run on a cluster, Ray is needed: pip install -r requirements-cluster.txt."
        )
    from musicgen.places.ray_cluster import connect
    from musicgen.places.remote import RemotePlace

    return RemotePlace(name, connect(name))
