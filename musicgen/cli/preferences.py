"""``musicgen preferences``: pairs of tunes that a model composes, one preferred by its critic."""

import sys
from pathlib import Path

import click
from tqdm import tqdm

from musicgen.cli.options import checkpoint_option, echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.config import Paths
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import ConfigError
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.sampling.critic import Critic, find_critic
from musicgen.training.critic_pairs import CANDIDATES, compose_pairs, find_or_fit_critic
from musicgen.training.preference_pairs import MAX_PAIRS, MIN_PAIRS, SUFFIX, to_lines


@click.command("preferences")
@checkpoint_option
@click.option("--out", "out", type=click.Path(dir_okay=False, path_type=Path),
              help=f"File to write, *{SUFFIX}; one of your own if not given.")  # fmt: skip
@click.option("--pairs", "count", type=click.IntRange(MIN_PAIRS, MAX_PAIRS), default=256,
              show_default=True, help="How many pairs.")  # fmt: skip
@click.option("--candidates", type=click.IntRange(2, 32), default=CANDIDATES, show_default=True,
              help="Drawings of a tune: the most and the least real are a pair.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**30), default=0, show_default=True,
              help="The same seed gives the same pairs.")  # fmt: skip
@overwrite_option
@json_option
def preferences_command(
    checkpoint_name: str,
    out: Path | None,
    count: int,
    candidates: int,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Compose pairs of tunes for `train --set preferences=1 --set preference_pairs=NAME`.

    The critic of the model prefers the tune of a pair that it finds more real; a model without a
    critic gets one for this once. The file has one pair a line, {"chosen": ABC, "rejected": ABC}:
    you may as well write one by hand, or change the order in this one.
    """
    paths = Paths.default()
    ref = find_checkpoint(checkpoint_name, paths)
    path = out or paths.preferences / f"{ref.name}{SUFFIX}"
    if path.suffix != SUFFIX:
        raise ConfigError(f"The name of a file of pairs ends in {SUFFIX}.")
    check_free([path], overwrite)
    checkpoint = load_checkpoint(ref.path)
    critic = _find_critic(checkpoint, paths)
    with tqdm(total=count, unit="pair", disable=as_json or None, file=sys.stderr) as bar:
        pairs = compose_pairs(
            checkpoint, critic, count, seed, candidates, lambda found: bar.update(found - bar.n)
        )
    write_output(path, to_lines(pairs), overwrite)
    if as_json:
        echo_json({"checkpoint": ref.name, "pairs": len(pairs), "file": str(path)})
    else:
        echo(f"{len(pairs):,} pairs in {path}")


def _find_critic(checkpoint: Checkpoint, paths: Paths) -> Critic:
    """The critic of a model; one fitted to the training tunes of its first book if it has none."""
    critic = find_critic(checkpoint)
    if critic:
        return critic
    echo(f"{checkpoint.name} has no critic: one is fitted for these pairs.", err=True)
    config = checkpoint.metadata.training
    source = str(checkpoint.metadata.corpus.get("source", ""))
    dataset = load_dataset(source, paths, config.plain)
    first = dataset.source.split("+")[0]
    real = [tune.text for tune in dataset.split.train if tune.source == first]
    return find_or_fit_critic(checkpoint, real)
