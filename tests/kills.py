"""The pieces of work that `killing` kills: an import of a run, and the bundling of a checkpoint."""

import os
import time
from pathlib import Path

from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.measures.fluency import FluencyReport
from musicgen.evaluation.model_card import CARD_FILE
from musicgen.models.checkpoint import CheckpointRef, list_checkpoints, load_checkpoint
from musicgen.training.runs.archive import import_run
from musicgen.training.runs.litter import clear_all_litter
from musicgen.training.runs.run import RunStore
from tests.killing import kill_at_every_point, names

_LONG_AGO_S = 7200


def kill_imports(home: Path) -> dict[str, object]:
    """Imports ``run.zip`` that lies beside the home."""
    paths = Paths(home, home)

    def work() -> None:
        with (home.parent / "run.zip").open("rb") as file:
            import_run(RunStore(paths.runs), file)

    def look() -> list[str]:
        clear_all_litter(paths)
        for run in RunStore(paths.runs).list():
            load_checkpoint(run.path / "best")
        return names(paths.runs)

    return {"found": kill_at_every_point(home, work, look, step=5)}


def kill_bundles(home: Path) -> dict[str, object]:
    """Bundles the run ``mine`` as ``new``, which is there before as another model."""
    from musicgen.cli import bundle
    from musicgen.training.runs import bundled_history

    # What takes long and writes nothing is left out.
    bundled_history.measure_fluency = lambda one, count: FluencyReport(
        one.fingerprint, 0.8, 1, count, count, count, count
    )
    paths = Paths(home, home)
    bundle.Paths = type("Here", (), {"default": staticmethod(lambda: paths)})  # type: ignore[misc]

    # Once before: what torch imports late would be imported anew in each process.
    load_checkpoint(paths.runs / "mine" / "best")
    load_dataset("lab", paths)

    def work() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        bundle.bundle_command.main(["mine", "--name", "new"], standalone_mode=False)

    def look() -> list[object]:
        offered = [ref for ref in list_checkpoints(paths) if ref.origin == "bundled"]
        before = [_is_whole(ref) for ref in offered]
        clear_all_litter(paths)
        after = [ref for ref in list_checkpoints(paths) if ref.origin == "bundled"]
        return [before, [_is_whole(ref) for ref in after], names(paths.checkpoints)]

    return {"found": kill_at_every_point(home, work, look, step=3)}


def _is_whole(ref: CheckpointRef) -> bool:
    """Whether a checkpoint plays, and has its card and figures of its own."""
    load_checkpoint(ref.path)
    return (ref.path / CARD_FILE).is_file() and "test" in ref.metadata().metrics


def age(path: Path) -> None:
    """Makes a file look two hours old."""
    moment = time.time() - _LONG_AGO_S
    os.utime(path, (moment, moment))
