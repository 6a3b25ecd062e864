"""Options and output that the commands share which change a tune: ``rewrite`` and ``take``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from musicgen.cli.files import CHOICES, TuneFiles, add_title
from musicgen.cli.options import echo_json, formats_option, json_option
from musicgen.cli.output import overwrite_option
from musicgen.cli.reproduce import ComposeRequest
from musicgen.config import Paths
from musicgen.rendering.files.formats import from_composition
from musicgen.sampling.composer import Composition
from musicgen.sampling.edit_list import Edit

_OPTIONS = (
    click.argument("file", type=click.Path(path_type=Path)),
    click.option("--number", type=click.IntRange(1), default=1, show_default=True,
                 help="Which tune of the file."),
    click.option("--checkpoint", "checkpoint_name", default="", metavar="NAME",
                 help="The model that composed it, where it has another name here; of a tune that "
                      "none composed, who fills its bars."),
    click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
                 help="Folder for the files."),
    formats_option("abc,midi,wav", CHOICES),
    overwrite_option,
    json_option,
)  # fmt: skip


def editing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what every command takes that changes a tune of a file."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def write_edited(
    request: ComposeRequest,
    tune: Composition,
    edit: Edit,
    out: Path,
    formats: tuple[str, ...],
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Makes a change, writes the tune, and says where; its name counts the changes."""
    from musicgen.sampling.edits import apply_edits

    files = TuneFiles(out, formats, Paths.default(), keeps_text=True, overwrite=overwrite)
    stem = add_title(tune, f"{request.ref.name}-{tune.seed}-change-{len(tune.edits) + 1}")
    files.check([stem], stem)
    changed = apply_edits(request.checkpoint, tune, [edit])
    written = files.write(from_composition(changed, stem=stem, playback=request.playback))
    paths = [str(path) for path in [*written.paths, *files.finish(stem)]]
    title = changed.public_tune.title
    if as_json:
        echo_json({"seed": tune.seed, "title": title, "changes": len(changed.edits),
                   "complete": changed.is_complete, "files": paths,
                   "warning": written.warning})  # fmt: skip
        return
    from musicgen.cli.options import echo

    echo(f"{title or 'without title'}: {' '.join(paths)} {written.warning}".rstrip())
