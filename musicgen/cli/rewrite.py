"""``musicgen rewrite``: some bars of a composed tune written anew, the others as they are."""

import re
from pathlib import Path

import click

from musicgen.cli.editing import editing_options, write_edited
from musicgen.cli.options import echo, echo_json
from musicgen.cli.recompose import recompose_tune
from musicgen.errors import ConfigError
from musicgen.sampling.edit_list import Rewrite

_BARS = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


@click.command("rewrite")
@click.option("--bars", required=True, metavar="FIRST-LAST",
              help="Which bars, counted from 1 as they are written, such as 5-6.")  # fmt: skip
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
    """Other ways to go through some bars of a tune that this program composed.

    Without --choice the ways are listed, those after which the rest of the tune follows best first;
    with --choice NUMBER the tune is written with that way. FILE may have any format.
    """
    first, last = parse_bars(bars)
    request, tune = recompose_tune(file, checkpoint_name, number)
    if choice is not None:
        edit = Rewrite(first, last, seed, choice)
        write_edited(request, tune, edit, out, formats, overwrite=overwrite, as_json=as_json)
        return
    from musicgen.sampling.infilling import rewrite_bars

    found = rewrite_bars(request.checkpoint, tune.config, tune.abc, first, last, seed)
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


def parse_bars(text: str) -> tuple[int, int]:
    """The first and last bar of ``5-6`` or ``5``, counted from 1.

    Raises:
        ConfigError: the text is neither.
    """
    match = _BARS.fullmatch(text.strip())
    if not match:
        raise ConfigError("--bars takes numbers such as 5 or 5-6, not {text!r}.", text=text[:40])
    return int(match[1]), int(match[2] or match[1])
