"""``musicgen compose --from FILE``: what a file says of its tunes, as work for the composer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.core import ParameterSource

from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError, ProvenanceError
from musicgen.library.provenance import Recipe, check_complete, check_recipe
from musicgen.models.checkpoint import (
    USUAL,
    Checkpoint,
    CheckpointRef,
    find_checkpoint,
    list_checkpoints,
    load_checkpoint,
)
from musicgen.rendering.files.embedded_provenance import read_recipes
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.edit_list import Edit


@dataclass(frozen=True)
class Order:
    """Tunes that a network is asked for, what is then changed in each, and how they sound."""

    ref: CheckpointRef
    checkpoint: Checkpoint
    config: SampleConfig
    edits: tuple[Edit, ...] = ()
    playback: PlaybackSettings = field(default_factory=PlaybackSettings)


def take_order(
    checkpoint_name: str, config: SampleConfig, playback: PlaybackSettings, paths: Paths
) -> Order:
    """The order that the options of the command make; of `house` where they name no checkpoint.

    Raises:
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    ref = find_checkpoint(checkpoint_name or USUAL, paths)
    return Order(ref, load_checkpoint(ref.path), config, playback=playback)


def repeat_orders(
    source: Path,
    checkpoint_name: str,
    prompt: str,
    change: Callable[[PlaybackSettings], PlaybackSettings],
    *,
    anyway: bool,
    paths: Paths,
) -> list[Order]:
    """The orders that bring back the tunes of a file.

    Args:
        source: The file, in any format this program writes.
        checkpoint_name: Where the network is, if not under the name that the file says.
        prompt: The beginning, where the file had no room for it; else empty.
        change: Makes of how a tune sounded how it is to sound.
        anyway: Whether to go on where another network, or a later grammar, may make another tune.
        paths: Where checkpoints lie.

    Raises:
        ProvenanceError: the file does not say how it was made, or that cannot be repeated.
        CheckpointError: the network is not here.
    """
    orders = []
    loaded: dict[str, tuple[CheckpointRef, Checkpoint]] = {}
    for recipe in read_recipes(source):
        complete = recipe.with_prompt(prompt) if prompt else recipe
        check_complete(complete)
        name = checkpoint_name or recipe.checkpoint
        if name not in loaded:
            ref = find_checkpoint(name, paths) if checkpoint_name else _find(recipe, paths)
            loaded[name] = ref, load_checkpoint(ref.path)
        ref, checkpoint = loaded[name]
        if not anyway:
            check_recipe(complete, checkpoint)
        playback = change(PlaybackSettings.from_values(complete.playback))
        orders.append(Order(ref, checkpoint, complete.config, complete.edits, playback))
    return orders


def _find(recipe: Recipe, paths: Paths) -> CheckpointRef:
    """A checkpoint by its name alone: what a file says must open no other file."""
    known = list_checkpoints(paths)
    for ref in known:
        if ref.name == recipe.checkpoint:
            return ref
    names = ", ".join(ref.name for ref in known) or "none yet"
    raise ProvenanceError(
        "This was made with a model named {name!r}, which is not here; here are: {known}. If you "
        "have it under another name, add --checkpoint NAME.",
        name=recipe.checkpoint,
        known=names,
    )


def refuse_other_settings(context: click.Context, names: Iterable[str]) -> None:
    """Sees to it that nothing is asked for besides what the file says.

    Raises:
        ConfigError: an option was given that the file decides.
    """
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise ConfigError(
                "--from makes the tune as it was: leave out --{option}.",
                option={"precision": "int8"}.get(name, name).replace("_", "-"),
            )
