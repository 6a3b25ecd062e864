"""Composes what was requested, and composes the tunes of files again."""

from collections.abc import Callable
from pathlib import Path

from musicgen.cli.reproduce import ComposeRequest, requests_of_file
from musicgen.config import Paths
from musicgen.errors import ConfigError
from musicgen.places.place import LOCAL, Place
from musicgen.sampling.composer import Composition, compose

OnText = Callable[[list[str]], None]


def compose_request(
    request: ComposeRequest, on_text: OnText | None = None, place: Place = LOCAL
) -> list[Composition]:
    """The tunes of a request, with what was changed in them."""
    if place.is_here:
        tunes = compose(request.checkpoint, request.config, on_text)
    else:
        tunes = place.compose(request.ref.path, request.config, on_text)
    if not request.edits:
        return tunes
    from musicgen.sampling.edits import apply_edits  # with the whole network, and so torch

    return [apply_edits(request.checkpoint, tune, request.edits, on_text) for tune in tunes]


def recompose_tune(
    file: Path, checkpoint_name: str, number: int = 1
) -> tuple[ComposeRequest, Composition]:
    """A tune of a file that this program wrote, composed again.

    Args:
        file: In any format this program writes.
        checkpoint_name: Where its network is, if not under the name that the file says.
        number: Which of its tunes, from 1.

    Raises:
        ProvenanceError: the file does not say how it was made, or that cannot be repeated.
        ConfigError: it has no such tune.
        CheckpointError: the network is not here.
    """
    requests = requests_of_file(
        file, checkpoint_name, "", lambda playback: playback, anyway=False, paths=Paths.default()
    )
    require_number(file, number, len(requests))
    request = requests[number - 1]
    return request, compose_request(request)[0]


def require_number(file: Path, number: int, count: int) -> None:
    """Makes sure that a file of so many tunes has one of a number.

    Raises:
        ConfigError: it has none.
    """
    if not 1 <= number <= count:
        raise ConfigError(
            "{name} has {count} tunes: there is no tune {number}.",
            name=file.name,
            count=count,
            number=number,
        )
