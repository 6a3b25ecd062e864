"""``musicgen ladder``: one seed at several temperatures."""

from pathlib import Path
from typing import Any

import click

from musicgen.cli.files import CHOICES, TuneFiles, add_title
from musicgen.cli.options import (
    checkpoint_option,
    echo,
    echo_json,
    formats_option,
    json_option,
    sample_option,
)
from musicgen.cli.output import overwrite_option
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths, SampleConfig
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.analysis.bars import is_in_time
from musicgen.rendering.files.formats import from_composition
from musicgen.rendering.playback_settings import AS_DANCED
from musicgen.sampling.temperature_comparison import COMPARED_TEMPERATURES, compose_at_temperatures


@click.command("ladder")
@checkpoint_option
@click.option("--temperature", "temperatures", multiple=True, type=float,
              help="Give it again for each; "
                   f"{', '.join(map('{:g}'.format, COMPARED_TEMPERATURES))} "
                   "if none is given.")  # fmt: skip
@sample_option("--seed", "seed")
@sample_option("--prompt", "prompt")
@sample_option("--meter", "meter")
@sample_option("--key", "key")
@sample_option("--rhythm", "rhythm")
@sample_option("--sections", "sections")
@sample_option("--bars", "bars")
@sample_option("--range", "range")
@sample_option("--free", "free")
@sound_options(AS_DANCED)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("abc,midi,wav", CHOICES)
@overwrite_option
@json_option
def ladder_command(
    checkpoint_name: str,
    temperatures: tuple[float, ...],
    sound: SoundChoice,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """The same seed at several temperatures: what the network does as it dares more."""
    paths = Paths.default()
    config = SampleConfig(**settings)
    wanted = tuple(dict.fromkeys(temperatures or COMPARED_TEMPERATURES))
    stems = [
        f"{find_checkpoint(checkpoint_name, paths).name}-{config.seed}-t{one:g}" for one in wanted
    ]
    for one in wanted:
        config.replace(temperature=one)  # out of bounds is said before anything is made
    files = TuneFiles(out, formats, paths, keeps_text=True, overwrite=overwrite)
    archive = f"{stems[0].rpartition('-t')[0]}-ladder"
    files.check(stems, archive, titled=True)
    checkpoint = load_checkpoint(find_checkpoint(checkpoint_name, paths).path)
    rows: list[dict[str, Any]] = []
    for stem, tune in zip(stems, compose_at_temperatures(checkpoint, config, wanted), strict=True):
        stem = add_title(tune, stem)
        written = files.write(from_composition(tune, stem=stem, playback=sound.playback))
        rows.append(
            {"temperature": tune.config.temperature, "seed": tune.seed,
             "title": tune.public_tune.title,
             "in_time": is_in_time(tune.tune), "warning": written.warning,
             "files": [str(path) for path in written.paths]}
        )  # fmt: skip
    packed = [str(path) for path in files.finish(archive)]
    if as_json:
        echo_json({"checkpoint": checkpoint.name, "tunes": rows, "archive": packed})
        return
    for row in rows:
        names = " ".join(Path(name).name for name in [*row["files"], *packed])
        title = row["title"] or "without title"
        echo(f"temperature {row['temperature']:g}: {title} {row['warning']} {names}")
