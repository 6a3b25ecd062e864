"""``musicgen render``: every tune of an ABC file as sound and sheet music."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from musicgen.audio.arrangement import Arrangement
from musicgen.cli.files import CHOICES, TuneFiles
from musicgen.cli.options import echo, echo_json, formats_option, json_option
from musicgen.cli.output import overwrite_option
from musicgen.cli.reading import read_tunes_text
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths
from musicgen.errors import AudioError
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import read_file_header, read_tunebook
from musicgen.rendering.files.formats import ExportTune


@click.command("render")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@sound_options(Arrangement())
@formats_option("midi,wav", CHOICES)
@overwrite_option
@json_option
def render_command(
    file: Path,
    out: Path,
    sound: SoundChoice,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Render every tune of an ABC file: <X>.mid and <X>.wav by reference number.

    Tunes whose numbers repeat, or that have none, are named by their position in the file.
    """
    text = read_tunes_text(file)
    tunes = [tune for tune, _ in read_tunebook(text)]
    header = "".join(f"{letter}:{value}\n" for letter, value in read_file_header(text))
    files = TuneFiles(out, formats, Paths.default(), overwrite=overwrite)
    stems = name_tunes(tunes)
    files.check(stems, file.stem)
    rows: list[dict[str, Any]] = []
    for stem, tune in tqdm(
        list(zip(stems, tunes, strict=True)),
        unit="tune",
        delay=0.5,
        disable=as_json,
        file=sys.stderr,
    ):
        abc = f"{header}\n{tune.text}".strip("\n") + "\n"
        if sound.asked.keys() & {"transpose", "has_chords"}:
            tune = sound.playback.apply_to(read_tune(abc)[0])
            abc = tune.text
        written = files.write(ExportTune(stem, abc, tune, arrangement=sound.playback.arrangement))
        paths = [str(path) for path in written.paths]
        said = {"warning": written.warning, "remark": written.remark}
        rows.append({"name": stem, "title": tune.title, "files": paths, **said})
    if all(row["warning"] for row in rows):
        raise AudioError(f"No tune of {file.name} could be rendered: {rows[0]['warning']}")
    for path in files.finish(file.stem):
        for row in rows:
            row["files"].append(str(path))
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        remarks = " ".join(filter(None, (row["warning"], row["remark"])))
        echo(f"{row['name']}: {row['title'] or 'without title'} {remarks}".rstrip())


def name_tunes(tunes: list[Tune]) -> list[str]:
    """A file name for each tune: its reference number, or its position if that is no safe name.

    Where any reference number repeats, all tunes go by position, so that no two names meet.
    """
    references = [tune.reference for tune in tunes]
    counts = Counter(references)
    is_usable = all(r.isdecimal() and r.isascii() and len(r) <= 12 for r in references)
    if is_usable and max(counts.values(), default=0) == 1:
        return references
    return [str(position) for position in range(1, len(tunes) + 1)]
