"""``musicgen favourites``: the tunes that are kept on this computer, those of the pages too."""

from pathlib import Path
from typing import Any

import click

from musicgen.cli.files import CHOICES, TuneFiles
from musicgen.cli.options import echo, echo_json, formats_option, json_option
from musicgen.cli.output import overwrite_option
from musicgen.cli.recompose import recompose_tune
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths
from musicgen.errors import FavouriteError
from musicgen.library.book_tune import to_file_name
from musicgen.library.favourites import Favourite, FavouriteStore
from musicgen.library.serialization import header_field
from musicgen.rendering.files.formats import from_composition
from musicgen.rendering.playback_settings import AS_DANCED

_KEY = "The beginning of its key, as `favourites list` shows it."


@click.group("favourites")
def favourites_group() -> None:
    """The tunes that are kept: list, add, rename, remove, export."""


@favourites_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """One line for each favourite, the newest first."""
    rows = [_row(one) for one in _store().list()]
    if as_json:
        echo_json(rows)
        return
    if not rows:
        echo("There are no favourites yet. Keep one: python -m musicgen favourites add FILE")
    for row in rows:
        echo(_line(row))


@favourites_group.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--number", type=click.IntRange(1), default=1, show_default=True,
              help="Which tune of the file.")  # fmt: skip
@click.option("--name", default="", help="What to call it; its title if not given.")
@click.option("--checkpoint", "checkpoint_name", default="", metavar="NAME",
              help="The model that composed it, where it has another name here.")  # fmt: skip
@json_option
def add_command(file: Path, number: int, name: str, checkpoint_name: str, as_json: bool) -> None:
    """Keep a tune of a file that this program wrote, in any format."""
    _request, tune = recompose_tune(file, checkpoint_name, number)
    _show(_store().add(tune, name), as_json)


@favourites_group.command("rename")
@click.argument("key", metavar="KEY")
@click.argument("name")
@json_option
def rename_command(key: str, name: str, as_json: bool) -> None:
    """Give a favourite another name."""
    _show(_store().rename(_find(key).key, name), as_json)


@favourites_group.command("remove")
@click.argument("key", metavar="KEY")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove_command(key: str, yes: bool, as_json: bool) -> None:
    """Take a tune from the favourites. Files that it was exported to stay."""
    favourite = _find(key)
    if not yes:
        click.confirm(f"Remove {favourite.name!r} from the favourites?", abort=True, err=True)
    _store().remove(favourite.key)
    if as_json:
        echo_json({"removed": favourite.key, "name": favourite.name})
    else:
        echo(f"{favourite.name} is removed.")


@favourites_group.command("export")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@sound_options(AS_DANCED)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("abc", CHOICES)
@overwrite_option
@json_option
def export_command(
    keys: tuple[str, ...],
    sound: SoundChoice,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write favourites as files; all of them if none is named."""
    chosen = [_find(key) for key in dict.fromkeys(keys)] or _store().list()
    if not chosen:
        raise FavouriteError("There are no favourites yet.")
    stems = [to_file_name(one.name) for one in chosen]
    files = TuneFiles(out, formats, Paths.default(), keeps_text=True, overwrite=overwrite)
    files.check(stems, "favourites")
    rows = []
    for favourite, stem in zip(chosen, stems, strict=True):
        piece = from_composition(favourite.composition, stem=stem, playback=sound.playback)
        written = files.write(piece)
        rows.append(
            {"key": favourite.key, "name": favourite.name, "warning": written.warning,
             "files": [str(path) for path in written.paths]}
        )  # fmt: skip
    packed = [str(path) for path in files.finish("favourites")]
    if as_json:
        echo_json({"tunes": rows, "archive": packed})
        return
    for row in rows:
        echo(f"{row['name']}: {' '.join([*row['files'], *packed])} {row['warning']}".rstrip())


def _store() -> FavouriteStore:
    return FavouriteStore(Paths.default().favourites)


def _find(key: str) -> Favourite:
    """The favourite whose key begins so.

    Raises:
        FavouriteError: there is none, or several.
    """
    found = [one for one in _store().list() if key and one.key.startswith(key.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise FavouriteError("Several favourites have keys that begin with {key}: give more of it.",
                             key=key)  # fmt: skip
    raise FavouriteError(
        "There is no favourite {key!r}. Their keys: python -m musicgen favourites list",
        key=key[:40],
    )


def _row(favourite: Favourite) -> dict[str, Any]:
    values = favourite.values
    return {
        "key": favourite.key,
        "name": favourite.name,
        "created": favourite.created,
        "rhythm": header_field(values["abc"], "R"),
        "meter": header_field(values["abc"], "M"),
        "music_key": header_field(values["abc"], "K"),
        "checkpoint": values["checkpoint"],
        "temperature": values["config"].get("temperature"),
        "seed": values["seed"],
    }


def _show(favourite: Favourite, as_json: bool) -> None:
    row = _row(favourite)
    if as_json:
        echo_json(row)
    else:
        echo(_line(row))


def _line(row: dict[str, Any]) -> str:
    facts = [row["rhythm"], row["meter"], row["music_key"], row["checkpoint"],
             f"seed {row['seed']}", row["created"][:10]]  # fmt: skip
    return f"{row['key'][:8]}  {row['name']}  ({', '.join(filter(None, facts))})"
