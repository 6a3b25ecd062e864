"""The workers of a Ray cluster. The only module that knows Ray; nobody imports it without need.

Trainings are actors: they can be asked and ordered while they work. All else are tasks, which Ray
starts again where a worker was lost. Objects travel in Ray's own way, between processes of one
user: nothing of that is ever written as a file of ours, or read from one.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicgen.errors import ConfigError, MusicgenError
from musicgen.places.place import RAY_CLIENT
from musicgen.places.remote import Worker, WorkerLost, WorkStopped
from musicgen.places.work import News, TrainingWork

MOST_RETRIES = 50
"""Times that a task is started again after its worker was lost."""

_WAIT_S = 0.25
_PACKAGE = Path(__file__).parents[1]


def connect(name: str) -> "RayCluster":
    """The cluster of that name, connected to once for the process.

    Args:
        name: ``ray`` or ``ray://HOST:PORT``. Workers of the latter are sent this package; torch and
            the other requirements must be there.

    Raises:
        ConfigError: it is not there.
    """
    import ray

    if not ray.is_initialized():
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine
        options: dict[str, Any] = {"namespace": "musicgen", "log_to_driver": False}
        if name.startswith(RAY_CLIENT):
            options |= {"address": name, "runtime_env": {"py_modules": [str(_PACKAGE)]}}
        else:
            options |= {"include_dashboard": False}
        try:
            ray.init(**options)
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            raise ConfigError(
                "The cluster {name} is not there: {reason}", name=name, reason=str(error)[:300]
            ) from error
    return RayCluster()


class RayCluster:
    """The cluster that this process is connected to."""

    def count_slots(self) -> int:
        """As of `Cluster`: one for each processor, or each GPU where there are any."""
        import ray

        there = ray.cluster_resources()
        return max(1, int(there.get("GPU", 0) or there.get("CPU", 1)))

    def share(self, value: Any) -> Any:
        """As of `Cluster`."""
        import ray

        return ray.put(value)

    def start(self, folder: str, probe: str, dataset: Any, threads: int) -> Worker:
        """As of `Cluster`."""
        import ray

        gpus = 1 if ray.cluster_resources().get("GPU") else 0
        remote: Any = ray.remote(TrainingWork)
        actor = remote.options(num_cpus=threads, num_gpus=gpus).remote(folder, probe, dataset)
        return _RayWorker(actor)

    def run_all(
        self,
        function: Callable[..., Any],
        items: Sequence[tuple[Any, ...]],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[int, Any]]:
        """As of `Cluster`."""
        import ray

        remote: Any = ray.remote(function)
        task = remote.options(num_cpus=1, max_retries=MOST_RETRIES)
        pending = {task.remote(*item): place for place, item in enumerate(items)}
        try:
            while pending:
                if should_stop():
                    raise WorkStopped
                ready, _others = ray.wait(list(pending), timeout=_WAIT_S)
                for reference in ready:
                    yield pending.pop(reference), _get(reference)
        finally:
            for reference in pending:
                ray.cancel(reference, force=True)


class _RayWorker:
    """A training in an actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._asked: Any = None

    def poll(self, known: int) -> News | None:
        import ray

        if self._asked is None:
            self._asked = self._actor.poll.remote(known)
        ready, _others = ray.wait([self._asked], timeout=_WAIT_S)
        if not ready:
            return None
        asked, self._asked = self._asked, None
        news: News = _get(asked)
        return news

    def take(self, files: Mapping[str, bytes]) -> None:
        _get(self._actor.take.remote(dict(files)))

    def order(self, word: str) -> None:
        self._actor.order.remote(word)

    def close(self) -> None:
        import ray

        ray.kill(self._actor, no_restart=True)


def _get(reference: Any) -> Any:
    """What a worker gave.

    Raises:
        WorkerLost: the worker is no more.
        MusicgenError: what it did raised one.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return ray.get(reference)
    except RayTaskError as error:
        if isinstance(error.cause, MusicgenError):
            raise error.cause from error
        raise
    except RayError as error:
        raise WorkerLost(
            "The cluster lost the workers of this work again and again. Its log says why."
        ) from error
