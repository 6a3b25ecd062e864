"""Options for how tunes sound and are written down: who plays, how fast, in which key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from musicgen.audio.arrangement import ACCOMPANIMENTS, INSTRUMENTS, Arrangement
from musicgen.config import SettingInfo, describe
from musicgen.notation.analysis.clefs import CLEFS
from musicgen.rendering.playback_settings import (
    MOST_OCTAVES,
    MOST_SEMITONES,
    PlaybackSettings,
)

_INFOS = {info.name: info for info in describe(Arrangement)}
_VOLUMES = ("melody_volume", "chord_volume", "bass_volume", "drum_volume")
_SHEET = ("transpose", "has_chords", "clef", "octave")


@dataclass(frozen=True, slots=True)
class SoundChoice:
    """What the options say of the sound.

    `playback` is how a tune sounds by them and by the command's defaults; `asked` are the names and
    values of those that were given.
    """

    playback: PlaybackSettings
    asked: Mapping[str, Any] = field(default_factory=dict)

    def change(self, playback: PlaybackSettings) -> PlaybackSettings:
        """The playback settings of a tune, changed only in the options that were given."""
        sheet = {name: value for name, value in self.asked.items() if name in _SHEET}
        players = {name: value for name, value in self.asked.items() if name not in _SHEET}
        return replace(playback, arrangement=playback.arrangement.replace(**players), **sheet)


def sound_options(default: Arrangement) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds the options to a command, which gets them as one `SoundChoice` named `sound`.

    Args:
        default: How tunes sound where nothing is asked for.
    """
    options = _options(default)

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_sound(*args: Any, **values: Any) -> Any:
            context = click.get_current_context()
            sound = {name: values.pop(name) for name in options}
            asked = {
                name: value
                for name, value in sound.items()
                if context.get_parameter_source(name) is not ParameterSource.DEFAULT
            }
            players = {name: value for name, value in sound.items() if name not in _SHEET}
            sheet = {name: sound[name] for name in _SHEET}
            playback = PlaybackSettings(default.replace(**players), **sheet)
            return command(*args, sound=SoundChoice(playback, asked), **values)

        result: Callable[..., Any] = with_sound
        for option in reversed(options.values()):
            result = option(result)
        return result

    return add


def _options(default: Arrangement) -> dict[str, Callable[..., Any]]:
    """The options by the names of their settings, in the order in which help lists them."""
    found = {
        "instrument": click.option(
            "--instrument", default=default.instrument, show_default=True, metavar="NAME",
            help=f"Plays the melody: {', '.join(INSTRUMENTS)}, or a number of General MIDI.",
        ),
        "accompaniment": click.option(
            "--accompaniment", type=click.Choice(ACCOMPANIMENTS), default=default.accompaniment,
            show_default=True, help=_INFOS["accompaniment"].help,
        ),
        "drum": click.option("--drum/--no-drum", default=default.drum, help=_INFOS["drum"].help),
        "tempo_factor": _number("--tempo", _INFOS["tempo_factor"], default.tempo_factor),
        "lilt": _number("--lilt", _INFOS["lilt"], default.lilt),
        "ornaments": click.option(
            "--ornaments/--no-ornaments", default=default.ornaments, show_default=True,
            help=_INFOS["ornaments"].help,
        ),
    }  # fmt: skip
    found |= {
        name: _number(f"--{name.replace('_', '-')}", _INFOS[name], getattr(default, name))
        for name in _VOLUMES
    }
    found["transpose"] = click.option(
        "--transpose", type=click.IntRange(-MOST_SEMITONES, MOST_SEMITONES), default=0,
        show_default=True,
        help="Semitones up, or down where negative; sheet music and text move along.",
    )  # fmt: skip
    found["has_chords"] = click.option(
        "--chords", "has_chords", is_flag=True, help="Name the chords above the staff."
    )
    found |= reading_options()
    return found


def reading_options() -> dict[str, Callable[..., Any]]:
    """Clef and octave of the instrument that music is written for."""
    return {
        "clef": click.option(
            "--clef", type=click.Choice(("", *CLEFS)), default="", metavar="CLEF",
            help=f"Of sheet music and files: {', '.join(CLEFS)}.",
        ),
        "octave": click.option(
            "--octave", type=click.IntRange(-MOST_OCTAVES, MOST_OCTAVES), default=0,
            show_default=True, help="Octaves in which the instrument reads and sounds, up or down.",
        ),
    }  # fmt: skip


def _number(flag: str, info: SettingInfo, default: float) -> Callable[..., Any]:
    return click.option(
        flag, info.name, type=info.kind, default=default, show_default=True,
        help=f"{info.help} [{info.low:g} to {info.high:g}]",
    )  # fmt: skip
