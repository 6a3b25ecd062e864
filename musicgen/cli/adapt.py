"""``musicgen adapt``: a model learns from ballots and thumbs, or from new tunes, and is judged."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.signals import asking_to_stop
from musicgen.config import Paths
from musicgen.errors import StudyError

if TYPE_CHECKING:
    from musicgen.jobs.adapt_service import AdaptPlan, AdaptService

_POLL_S = 0.5
_MAX_TUNEBOOK_BYTES = 20_000_000


@click.command("adapt")
@click.argument("model")
@click.option("--tunes", type=click.Path(dir_okay=False, path_type=Path),
              help="A tunebook in ABC to learn, instead of ballots and thumbs.")  # fmt: skip
@click.option("--study", "studies", multiple=True, metavar="STUDY",
              help="Only ballots of this study count; once for each.")  # fmt: skip
@click.option("--line", default="", help="Line of versions; MODEL-tuned if not given.")
@click.option("--steps", type=click.IntRange(0, 100_000), default=0,
              help="Steps of training; by default 90 on pairs, 500 on a tunebook.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**30), default=0, show_default=True,
              help="Of the training and of the tunes that the gate has composed.")  # fmt: skip
@click.option("--judged", type=click.IntRange(10, 1000), default=120, show_default=True,
              help="Tunes of each version that the gate looks at.")  # fmt: skip
@click.option("--least", type=click.IntRange(0, 20_000), default=0,
              help="Do nothing where fewer pairs, or tunes of the book, are new since the last "
                   "version: for a nightly task.")  # fmt: skip
@json_option
def adapt_command(  # noqa: PLR0913 - click hands over every option as an argument
    model: str,
    tunes: Path | None,
    studies: tuple[str, ...],
    line: str,
    steps: int,
    seed: int,
    judged: int,
    least: int,
    as_json: bool,
) -> None:
    """Let MODEL learn which tunes people preferred, or a tunebook, old tunes mixed in.

    The new version plays under the name of its line if the gate lets it through: loss on held-out
    tunes, what detectors say, diversity, novelty, length, and preferences that it never saw. Else
    it is kept aside. `versions` lists them and goes back.
    """
    from musicgen.jobs.adapt_service import AdaptPlan, AdaptService, count_new
    from musicgen.jobs.training_job import JobRegistry
    from musicgen.listening.store import StudyStore
    from musicgen.training.runs.run import RunStore

    paths = Paths.default()
    ids = tuple(StudyStore(paths.listening).get(key).id for key in studies)
    plan = AdaptPlan(model, line, ids, _read_tunes(tunes), steps, seed, judged)
    if least and (new := count_new(plan, paths)) < least:
        what = "tunes" if tunes else "pairs"
        echo(f"{new:,} new {what}, fewer than {least:,}: nothing is done.")
        return
    service = AdaptService(JobRegistry(RunStore(paths.runs), paths), paths)
    _run(service, plan, as_json)


def _read_tunes(path: Path | None) -> tuple[str, bytes] | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_TUNEBOOK_BYTES + 1)
    except OSError as error:
        raise StudyError("{name} cannot be read.", name=path) from error
    if len(data) > _MAX_TUNEBOOK_BYTES:
        raise StudyError("{name} is too large to be a tunebook.", name=path)
    return path.stem, data


def _run(service: "AdaptService", plan: "AdaptPlan", as_json: bool) -> None:
    service.start(plan)
    with (
        asking_to_stop(service.cancel),
        tqdm(total=100, unit="%", disable=as_json or None, file=sys.stderr) as bar,
    ):
        while not service.wait(_POLL_S):
            now = service.snapshot()
            bar.update(round(100 * (now.share if now else 0)) - bar.n)
    now = service.snapshot()
    if now is None or now.verdict is None:
        if now and now.error:
            raise now.error
        raise StudyError("The model was not adapted: it was stopped.")
    if as_json:
        echo_json({"run": now.run, "line": plan.line_name, "accepted": now.verdict.is_accepted,
                   "checks": now.verdict.to_list()})  # fmt: skip
        return
    for check in now.verdict.checks:
        echo(f"  {'passed' if check.is_passed else 'FAILED'}  {check.name:11} "
             f"{check.before:.3f} → {check.after:.3f}  (bound {check.bound:.3f})")  # fmt: skip
    echo(f"{now.run} plays as {plan.line_name} now." if now.verdict.is_accepted
         else f"{now.run} is kept aside; {plan.line_name} plays as before.")  # fmt: skip
