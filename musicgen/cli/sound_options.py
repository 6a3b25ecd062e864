"""Options for how tunes sound: who plays, and who plays along."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from musicgen.audio.arrangement import ACCOMPANIMENTS, INSTRUMENTS, Arrangement
from musicgen.config import describe

_INFOS = {info.name: info for info in describe(Arrangement)}
_OPTIONS = (
    click.option("--instrument", default=_INFOS["instrument"].default, show_default=True,
                 metavar="NAME", help=f"Plays the melody: {', '.join(INSTRUMENTS)}, or a number of "
                 "General MIDI."),
    click.option("--accompaniment", type=click.Choice(ACCOMPANIMENTS), default="none",
                 show_default=True, help=_INFOS["accompaniment"].help),
    click.option("--drum", is_flag=True, help=_INFOS["drum"].help),
    click.option("--lilt", type=float, default=0.0, show_default=True, help=_INFOS["lilt"].help),
    click.option("--ornaments", is_flag=True, help=_INFOS["ornaments"].help),
)  # fmt: skip
_NAMES = ("instrument", "accompaniment", "drum", "lilt", "ornaments")


def sound_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a command, which gets them as one `Arrangement` named `arrangement`."""

    @wraps(command)
    def with_arrangement(*args: Any, **options: Any) -> Any:
        sound = {name: options.pop(name) for name in _NAMES}
        return command(*args, arrangement=_arrangement(sound), **options)

    result: Callable[..., Any] = with_arrangement
    for option in reversed(_OPTIONS):
        result = option(result)
    return result


def is_sound_asked_for(context: click.Context) -> bool:
    """Whether one of the options was given."""
    return any(context.get_parameter_source(name) is not ParameterSource.DEFAULT for name in _NAMES)


def _arrangement(sound: Mapping[str, Any]) -> Arrangement:
    return Arrangement(**sound)
