"""``musicgen novelty``: is it copied? What tunes share with those a network learned from."""

import os
from pathlib import Path
from typing import Any

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.reading import read_tunes_text
from musicgen.config import Paths
from musicgen.corpus.dataset import read_tunes
from musicgen.errors import ConfigError, CorpusError
from musicgen.evaluation.novelty.comparison import NoveltyIndex, build_index
from musicgen.evaluation.novelty.description import describe_novelty, describe_real
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import TrainingSource, training_sources_of
from musicgen.models.checkpoint import CheckpointMetadata, find_checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook

_KINDNESS = 5


@click.command("novelty")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--checkpoint",
    "checkpoint_name",
    metavar="NAME",
    help="Compare with what a checkpoint learned from: a name or its folder.",
)
@click.option("--source", metavar="NAME", help="Compare with all tunes of a corpus.")
@click.option(
    "--prepare",
    is_flag=True,
    help="Make the index of a checkpoint's tunes, so that Play answers at once.",
)
@json_option
def novelty_command(
    files: tuple[Path, ...],
    checkpoint_name: str | None,
    source: str | None,
    prepare: bool,
    as_json: bool,
) -> None:
    """Compare tunes with those a checkpoint learned from, or with a corpus.

    Says the longest run each shares with any one tune, in characters and in melody (in any key),
    the tune it is nearest to, and what real tunes share among themselves.
    """
    if (checkpoint_name is None) == (source is None):
        raise ConfigError("Say what to compare with: either --checkpoint or --source.")
    if not files and not prepare:
        raise ConfigError("Give the ABC files to look at.")
    for file in files:
        read_tunes_text(file)  # what cannot be read is said before the index is made
    paths = Paths.default()
    if prepare and hasattr(os, "nice"):
        os.nice(_KINDNESS)  # somebody may be listening to music meanwhile
    index = (
        _learned_by(checkpoint_name, paths, prepare)
        if checkpoint_name is not None
        else build_index(read_tunes(str(source), paths)[0])
    )
    name = str(checkpoint_name or source)
    rows = [row for file in files for row in _rows(file, index)]
    if as_json:
        echo_json({"compared_with": name, "real": describe_real(index), "tunes": rows})
        return
    for row in rows:
        echo(_line(row))
    echo(_real_line(name, index))


def find_composed(metadata: CheckpointMetadata, paths: Paths) -> NoveltyIndex | None:
    """The index of the tunes a checkpoint learned from; None where they are not here."""
    try:
        return load_index(training_sources_of(metadata), paths)
    except CorpusError:
        return None


def _learned_by(name: str, paths: Paths, tells: bool) -> NoveltyIndex:
    learned_from: tuple[TrainingSource, ...] = training_sources_of(
        find_checkpoint(name, paths).metadata()
    )

    def tell(tunes: int) -> None:
        if tells:
            echo(f"{tunes} tunes read")

    return load_index(learned_from, paths, tell)


def _rows(file: Path, index: NoveltyIndex) -> list[dict[str, Any]]:
    pieces = split_tunebook(read_tunes_text(file))
    return [
        {"file": str(file), "line": piece.start_line, "title": read_tune(piece.text)[0].title}
        | describe_novelty(index, piece.text)
        for piece in pieces
    ]


def _line(row: dict[str, Any]) -> str:
    title = row["title"] or "without title"
    nearest = f"nearest: {row['nearest']}" if row["nearest"] else "nothing is like it"
    known = ", known" if row["known"] else ""
    return (
        f"{Path(row['file']).name}:{row['line']}: {title}{known}: longest shared run "
        f"{row['characters']['longest']} characters, {row['melody']['longest']} notes in any key; "
        f"{nearest}"
    )


def _real_line(name: str, index: NoveltyIndex) -> str:
    if not index.tunes:
        return f"{name} has no tunes"
    characters, melody = index.real_characters, index.real_melody
    return (
        f"the {len(index.tunes):,} tunes of {name} among themselves: median {characters.median:g} "
        f"characters (90th percentile {characters.percentile(90):g}), {melody.median:g} notes "
        f"({melody.percentile(90):g})"
    )
