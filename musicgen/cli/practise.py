"""``musicgen practise``: a tune with count-in and metronome, slower and faster, as a sound file."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicgen.audio.files import AUDIO_FORMATS
from musicgen.audio.practice import PracticeSettings
from musicgen.cli.bars import place_bars
from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.reading import read_tunebook_file
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths, describe
from musicgen.errors import AudioError, TunebookError
from musicgen.library.book_tune import to_file_name
from musicgen.library.favourites import FavouriteStore
from musicgen.library.tunebook import Tunebook
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import AS_DANCED
from musicgen.storage import is_file

if TYPE_CHECKING:
    from musicgen.audio.practice import Pass

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
@click.argument("tune", metavar="FILE|TUNE|SET")
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
    """Write a tune as one practises it: of an ABC file, or of the tunebook by its title.

    The name of a set writes a file for each of its tunes, in its key.
    """
    from musicgen.audio.files import audio_bytes
    from musicgen.audio.practice import plan_practice, render_practice

    tunes = [sound.playback.apply_to(one) for one in _find(tune, number)]
    places = [out / f"{to_file_name(one.title or 'tune')}-practice.{suffix}" for one in tunes]
    settings = [_placed(one, PracticeSettings(**practice)) for one in tunes]
    check_free(places, overwrite)
    rows: list[dict[str, Any]] = []
    for path, found, chosen in zip(places, tunes, settings, strict=True):
        planned = plan_practice(found, chosen, sound.playback.arrangement)
        rendered = render_practice(planned)
        write_output(path, audio_bytes(rendered.waveform, rendered.sample_rate, suffix), overwrite)
        row = {"file": str(path), "passes": [_row(one) for one in planned.passes]}
        rows.append(row | {"clicks_s": [round(one.at_s, 4) for one in planned.clicks]})
        if not as_json:
            speeds = ", ".join(f"{one.bpm:.4g}" for one in planned.passes)
            echo(f"{path}: {planned.duration_s:.0f} s, beats a minute: {speeds}")
    if as_json:
        echo_json(rows[0] if len(rows) == 1 else rows)


def _row(one: "Pass") -> dict[str, float]:
    return {
        "begin_s": round(one.begin_s, 3), "end_s": round(one.end_s, 3), "bpm": round(one.bpm, 1)
    }  # fmt: skip


def _placed(tune: Tune, settings: PracticeSettings) -> PracticeSettings:
    """The settings with bars as they are written, of those that were named as musicians count."""
    first, last = settings.first_bar, settings.last_bar
    if not (first or last):
        return settings
    numbers = number_bars(tune.bars) or (0,)
    begin, end = place_bars(tune, first or numbers[0], last or numbers[-1])
    return replace(settings, first_bar=begin, last_bar=end)


def _find(name: str, number: int) -> list[Tune]:
    """The tune of a file, else of the tunebook, else those of a set there.

    Raises:
        AudioError: the file has fewer tunes.
        TunebookError: there is neither.
    """
    path = Path(name)
    if not is_file(path):
        return _find_in_book(FavouriteStore(Paths.default().favourites).book, name)
    tunes = read_tunebook_file(path)
    if number > len(tunes):
        raise AudioError(
            "The file has {count} tunes: there is no number {number}.",
            count=len(tunes),
            number=number,
        )
    return [tunes[number - 1][0]]


def _find_in_book(book: Tunebook, name: str) -> list[Tune]:
    try:
        return [book.find(name).tune]
    except TunebookError as error:
        try:
            wanted = book.get_set(name)
        except TunebookError:
            raise error from None
    from musicgen.rendering.files.book_files import tunes_of_set

    return [one.tune for one in tunes_of_set(book, wanted)]
