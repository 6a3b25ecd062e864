"""``musicgen compose --from FILE``: requests for the composer from the recipes in a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.core import ParameterSource

from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError, ProvenanceError
from musicgen.library.provenance import Recipe, check_complete, check_recipe
from musicgen.models.checkpoint import (
    DEFAULT_CHECKPOINT,
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
class ComposeRequest:
    """What to compose, with which network, the edits of each tune, and how it is played."""

    ref: CheckpointRef
    checkpoint: Checkpoint
    config: SampleConfig
    edits: tuple[Edit, ...] = ()
    playback: PlaybackSettings = field(default_factory=PlaybackSettings)


def request_of_options(
    checkpoint_name: str, config: SampleConfig, playback: PlaybackSettings, paths: Paths
) -> ComposeRequest:
    """The request that the options of the command make; of `house` where they name no checkpoint.

    Raises:
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    ref = find_checkpoint(checkpoint_name or DEFAULT_CHECKPOINT, paths)
    return ComposeRequest(ref, load_checkpoint(ref.path), config, playback=playback)


def requests_of_file(
    source: Path,
    checkpoint_name: str,
    prompt: str,
    change: Callable[[PlaybackSettings], PlaybackSettings],
    *,
    anyway: bool,
    paths: Paths,
) -> list[ComposeRequest]:
    """The requests that compose the tunes of a file again.

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
    requests = []
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
        requests.append(ComposeRequest(ref, checkpoint, complete.config, complete.edits, playback))
    return requests


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
    """Checks that no option contradicts what the file records.

    Raises:
        ConfigError: an option was given that the file decides.
    """
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise ConfigError(
                "--from makes the tune as it was: leave out --{option}.",
                option={"precision": "int8"}.get(name, name).replace("_", "-"),
            )
