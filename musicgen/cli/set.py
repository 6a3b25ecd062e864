"""``musicgen set``: tunes that follow one another without a gap, as one file."""

from pathlib import Path

import click

from musicgen.cli.options import (
    checkpoint_option,
    echo,
    echo_json,
    formats_option,
    json_option,
    sample_option,
)
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths, SampleConfig
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.analysis.instruments import INSTRUMENTS
from musicgen.rendering.files.formats import FORMATS, from_composition
from musicgen.rendering.files.tune_set import SET_FORMATS, ExportSet
from musicgen.rendering.playback_settings import AS_DANCED
from musicgen.sampling.set_planner import STYLES, TUNES_IN_A_SET
from musicgen.sampling.tune_sets import compose_number


@click.command("set")
@checkpoint_option
@click.option("--style", type=click.Choice(tuple(STYLES)), default="mixed", show_default=True,
              help="The dances it is made of.")  # fmt: skip
@click.option(
    "--count",
    type=click.IntRange(1, 100),
    default=TUNES_IN_A_SET,
    show_default=True,
    help="How many tunes; every three are of one rhythm, in keys near each other.",
)
@click.option("--keep-to", "name", type=click.Choice(tuple(INSTRUMENTS)), metavar="NAME",
              help="Keep to an instrument's range and usual keys: 'whistle D'.")  # fmt: skip
@sample_option("--seed", "seed")
@sample_option("--temperature", "temperature")
@sound_options(AS_DANCED)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("abc,midi,flac", SET_FORMATS)
@overwrite_option
@json_option
def set_command(  # noqa: PLR0913 - each is an option of the command
    checkpoint_name: str,
    style: str,
    count: int,
    name: str | None,
    seed: int,
    temperature: float,
    sound: SoundChoice,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """A set of tunes to dance to, as Endless plays them: one file, without a gap between tunes."""
    config = SampleConfig(temperature=temperature, seed=seed)
    ref = find_checkpoint(checkpoint_name, Paths.default())
    paths = {name: out / f"{ref.name}-set-{seed}.{FORMATS[name].suffix}" for name in formats}
    check_free(paths.values(), overwrite)
    checkpoint = load_checkpoint(ref.path)
    instrument = INSTRUMENTS[name] if name else None
    tunes = [
        compose_number(checkpoint, number, style, seed, config, instrument)
        for number in range(count)
    ]
    together = ExportSet([from_composition(tune, playback=sound.playback) for tune in tunes])
    for kind, path in paths.items():
        write_output(path, together.make(kind), overwrite)
    rows = [
        {"title": piece.tune.title, "rhythm": tune.config.rhythm, "key": piece.tune.key.text,
         "seed": tune.seed}
        for piece, tune in zip(together.pieces, tunes, strict=True)
    ]  # fmt: skip
    files = [str(path) for path in paths.values()]
    if as_json:
        echo_json({"checkpoint": ref.name, "seed": seed, "tunes": rows, "files": files})
        return
    for row in rows:
        echo(f"{row['title'] or 'without title'} ({row['rhythm'] or 'any rhythm'}, {row['key']})")
    echo(" ".join(files))
