"""``musicgen critic``: teaches a model's critic, which chooses among several drawings of a tune."""

import sys
from contextlib import nullcontext
from dataclasses import replace

import click
from tqdm import tqdm

from musicgen.cli.options import checkpoint_option, echo, echo_json, json_option
from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.models.checkpoint import (
    CRITIC_FILE,
    find_checkpoint,
    load_checkpoint,
)
from musicgen.storage import storing, write_file
from musicgen.training.runs.run import RunStore

DEFAULT_TUNES = 1500

AIMED_TUNES = 300
"""Composed with the critic: how often do they come home?"""

METER_TUNES = 100
"""The same of each meter of the book, with what is asked of some of them."""


@click.command("critic")
@checkpoint_option
@click.option("--tunes", type=click.IntRange(200, 10_000), default=DEFAULT_TUNES, show_default=True,
              help="Tunes that the model composes for it to learn from.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1_000_000, show_default=True,
              help="Of the first of them.")  # fmt: skip
@click.option("--remove", is_flag=True, help="Take the critic away again.")
@json_option
def critic_command(
    checkpoint_name: str, tunes: int, seed: int, remove: bool, as_json: bool
) -> None:
    """Teach a critic to tell a model's tunes from real ones; it then chooses among drawings.

    It learns from the training tunes of the model's first book and from tunes that the model
    composes. With another critic the same seed may give another tune.
    """
    paths = Paths.default()
    ref = find_checkpoint(checkpoint_name, paths)
    checkpoint = load_checkpoint(ref.path)
    file = ref.path / CRITIC_FILE
    fitted = b""
    told: dict[str, object] = {"checkpoint": ref.name}
    if not remove:
        from musicgen.evaluation.critic_fitting import (
            compose_for_critic,
            find_aims,
            find_meter_aims,
            fit_critic,
        )

        config = checkpoint.metadata.training
        dataset = load_dataset(
            str(checkpoint.metadata.corpus.get("source", "")), paths, config.plain
        )
        first = dataset.source.split("+")[0]
        real = [tune.text for tune in dataset.split.train if tune.source == first]
        total = tunes + AIMED_TUNES
        with tqdm(total=total, unit="tune", disable=as_json or None, file=sys.stderr) as bar:

            def show(texts: list[str]) -> None:
                bar.update(len(texts) - bar.n)

            composed = compose_for_critic(checkpoint, tunes, seed, show)
            critic = fit_critic(real, composed)
            checkpoint.critic = critic.to_json()
            chosen = compose_for_critic(
                checkpoint,
                AIMED_TUNES,
                seed + tunes,
                lambda texts: show(composed + texts),
                SampleConfig().candidates,
            )
            aims = find_aims(real, chosen)
            checkpoint.critic = replace(critic, aims=aims).to_json()

            def compose_in(meter: str) -> list[str]:
                start = seed + tunes + AIMED_TUNES
                count, drawings = METER_TUNES, SampleConfig().candidates
                return compose_for_critic(checkpoint, count, start, None, drawings, meter)

            own = find_meter_aims(real, aims["home"], compose_in)
        fitted = replace(critic, aims=aims | own).to_json()
        told |= {"real": len(real), "composed": len(composed), "bytes": len(fitted)}
    run = RunStore(paths.runs).get(ref.name) if ref.origin == "run" else None
    with run.locked() if run else nullcontext():
        if fitted:
            write_file(file, fitted)
        else:
            with storing(file):
                file.unlink(missing_ok=True)
    told["fingerprint"] = load_checkpoint(ref.path).fingerprint
    if as_json:
        echo_json(told)
    elif remove:
        echo(f"{ref.name} has no critic now.")
    else:
        echo(
            f"{ref.name} has a critic now, from {told['real']:,} real and {told['composed']:,} "
            f"composed tunes."
        )
