"""``musicgen practise``: a tune with count-in and metronome, slower and faster, as a sound file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from musicgen.audio.files import AUDIO_FORMATS
from musicgen.audio.practice import PracticeSettings
from musicgen.cli.bars import place_bars
from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.reading import read_tunebook_file
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths, describe
from musicgen.errors import AudioError
from musicgen.library.book_tune import to_file_name
from musicgen.library.favourites import FavouriteStore
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import AS_DANCED
from musicgen.storage import is_file

_FLAGS = {"has_metronome": "--metronome/--no-metronome", "has_melody": "--melody/--no-melody",
          "has_drone": "--drone/--no-drone", "answer_bars": "--answer"}  # fmt: skip


def _practice_options(command: Any) -> Any:
    """An option for each of the settings of practising."""
    for info in reversed(describe(PracticeSettings)):
        flag = _FLAGS.get(info.name, f"--{info.name.replace('_', '-')}")
        bounds = "" if info.low is None else f" [{info.low:g} to {info.high:g}]"
        kind = {} if info.kind is bool else {"type": info.kind}
        command = click.option(
            flag, info.name, default=info.default, show_default=True,
            help=f"{info.help}{bounds}", **kind,
        )(command)  # fmt: skip
    return command


@click.command("practise")
@click.argument("tune", metavar="FILE|TUNE")
@click.option("--number", type=click.IntRange(1), default=1, show_default=True,
              help="Which tune of the file.")  # fmt: skip
@_practice_options
@sound_options(AS_DANCED)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the file.")  # fmt: skip
@click.option("--format", "suffix", type=click.Choice(tuple(AUDIO_FORMATS)), default="mp3",
              show_default=True, help="Kind of sound file.")  # fmt: skip
@overwrite_option
@json_option
def practise_command(
    tune: str,
    number: int,
    sound: SoundChoice,
    out: Path,
    suffix: str,
    overwrite: bool,
    as_json: bool,
    **practice: Any,
) -> None:
    """Write a tune as one practises it: of an ABC file, or of the tunebook by its title."""
    from musicgen.audio.files import audio_bytes
    from musicgen.audio.practice import plan_practice, render_practice

    found = sound.playback.apply_to(_find(tune, number))
    settings = _placed(found, PracticeSettings(**practice))
    path = out / f"{to_file_name(found.title or 'tune')}-practice.{suffix}"
    check_free([path], overwrite)
    planned = plan_practice(found, settings, sound.playback.arrangement)
    rendered = render_practice(planned)
    write_output(path, audio_bytes(rendered.waveform, rendered.sample_rate, suffix), overwrite)
    rows = [
        {"begin_s": round(one.begin_s, 3), "end_s": round(one.end_s, 3), "bpm": round(one.bpm, 1)}
        for one in planned.passes
    ]
    if as_json:
        clicks = [round(one.at_s, 4) for one in planned.clicks]
        echo_json({"file": str(path), "passes": rows, "clicks_s": clicks})
        return
    speeds = ", ".join(f"{row['bpm']:g}" for row in rows)
    echo(f"{path}: {planned.duration_s:.0f} s, beats a minute: {speeds}")


def _placed(tune: Tune, settings: PracticeSettings) -> PracticeSettings:
    """The settings with bars as they are written, of those that were named as musicians count."""
    first, last = settings.first_bar, settings.last_bar
    if not (first or last):
        return settings
    numbers = number_bars(tune.bars) or (0,)
    begin, end = place_bars(tune, first or numbers[0], last or numbers[-1])
    return replace(settings, first_bar=begin, last_bar=end)


def _find(name: str, number: int) -> Tune:
    """The tune of a file, else of the tunebook.

    Raises:
        AudioError: the file has fewer tunes.
        TunebookError: there is neither.
    """
    path = Path(name)
    if not is_file(path):
        return FavouriteStore(Paths.default().favourites).book.find(name).tune
    tunes = read_tunebook_file(path)
    if number > len(tunes):
        raise AudioError(
            "The file has {count} tunes: there is no number {number}.",
            count=len(tunes),
            number=number,
        )
    return tunes[number - 1][0]
