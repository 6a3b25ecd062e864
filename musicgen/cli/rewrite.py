"""``musicgen rewrite``: some bars of a tune written anew, the others as they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicgen.cli.bars import BARS_HELP, parse_bars, place_bars
from musicgen.cli.editing import editing_options, write_edited
from musicgen.cli.files import TuneFiles
from musicgen.cli.options import echo, echo_json
from musicgen.cli.reading import read_tunebook_file
from musicgen.cli.recompose import recompose_tune, require_number
from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError
from musicgen.names import make_name
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files.embedded_provenance import has_recipes
from musicgen.rendering.files.formats import ExportTune
from musicgen.sampling.edit_list import Rewrite

if TYPE_CHECKING:
    from musicgen.sampling.infilling import Candidate


@click.command("rewrite")
@click.option("--bars", required=True, metavar="FIRST-LAST", help=BARS_HELP)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Start of the drawings; another finds other ways.")  # fmt: skip
@click.option("--choice", type=click.IntRange(0), help="Write the tune with this way.")
@editing_options
def rewrite_command(  # noqa: PLR0913 - each is an option of the command
    file: Path,
    number: int,
    checkpoint_name: str,
    bars: str,
    seed: int,
    choice: int | None,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Other ways to go through some bars of a tune, whoever made it.

    Without --choice the ways are listed, those after which the rest of the tune follows best first;
    with --choice NUMBER the tune is written with that way. FILE may have any format that this
    program writes; of a tune that no model composed it is in ABC, and house fills the bars unless
    --checkpoint names another model.
    """
    first, last = parse_bars(bars)
    if not has_recipes(file):
        tune = _other_tune(file, number)
        places = place_bars(tune, first, last)
        found = _other_ways(tune, checkpoint_name, *places, seed)
        if choice is None:
            _list(found, first, last, seed, as_json=as_json)
            return
        stem = make_name(f"{tune.title or file.stem}-bars-{first}-{last}-{seed}-{choice}")
        files = TuneFiles(out, formats, Paths.default(), keeps_text=True, overwrite=overwrite)
        files.check([stem], stem)
        _write_other(files, stem, found, choice, as_json=as_json)
        return
    request, composed = recompose_tune(file, checkpoint_name, number)
    places = place_bars(composed.tune, first, last)
    if choice is not None:
        edit = Rewrite(*places, seed, choice)
        write_edited(request, composed, edit, out, formats, overwrite=overwrite, as_json=as_json)
        return
    from musicgen.sampling.infilling import rewrite_bars

    found = rewrite_bars(request.checkpoint, composed.config, composed.abc, *places, seed)
    _list(found, first, last, seed, as_json=as_json)


def _other_tune(file: Path, number: int) -> Tune:
    """A tune that no model composed, from a file in ABC."""
    tunes = [tune for tune, _problems in read_tunebook_file(file)]
    require_number(file, number, len(tunes))
    return tunes[number - 1]


def _other_ways(
    tune: Tune, checkpoint_name: str, first: int, last: int, seed: int
) -> "Sequence[Candidate]":
    """Ways through bars of such a tune, by a model that is named, else by house."""
    from musicgen.models.checkpoint import DEFAULT_CHECKPOINT, find_checkpoint, load_checkpoint
    from musicgen.sampling.foreign_infilling import rewrite_any_bars

    name = checkpoint_name or DEFAULT_CHECKPOINT
    checkpoint = load_checkpoint(find_checkpoint(name, Paths.default()).path)
    return rewrite_any_bars(checkpoint, SampleConfig(), tune.text, first, last, seed)


def _write_other(
    files: TuneFiles, stem: str, found: "Sequence[Candidate]", choice: int, *, as_json: bool
) -> None:
    """Writes such a tune with one of the ways, and says where."""
    chosen = [one for one in found if one.choice == choice]
    if not chosen:
        raise ConfigError("There is no way with the number {number}.", number=choice)
    changed = read_tune(chosen[0].abc)[0]
    written = files.write(ExportTune(stem, chosen[0].abc, changed))
    paths = [str(path) for path in [*written.paths, *files.finish(stem)]]
    if as_json:
        echo_json({"title": changed.title, "files": paths, "warning": written.warning})
    else:
        echo(f"{changed.title or 'without title'}: {' '.join(paths)} {written.warning}".rstrip())


def _list(found: "Sequence[Candidate]", first: int, last: int, seed: int, *, as_json: bool) -> None:
    """Lists ways, to be chosen from."""
    if as_json:
        ways = [
            {"choice": one.choice, "bars": list(one.bars), "fit": round(one.fit, 4)}
            for one in found
        ]
        echo_json({"first_bar": first, "last_bar": last, "seed": seed, "ways": ways})
        return
    for one in found:
        music = "|".join(bar.strip() for bar in one.bars).replace("\n", " ")
        echo(f"--choice {one.choice:<3} {one.fit:+6.1f}  {music}")
