"""``musicgen notes``: the notes of a tune by name, their range, and what else was likely."""

from pathlib import Path
from typing import Any

import click

from musicgen.cli.options import echo, echo_json, json_option
from musicgen.cli.reading import read_tunebook_file
from musicgen.cli.recompose import recompose_tune
from musicgen.errors import ConfigError, ProvenanceError
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES, notes_outside
from musicgen.notation.display.note_names import name_note
from musicgen.notation.model import Tune

_SIGNS = {" ": "space", "\n": "line end"}


@click.command("notes")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--number", type=click.IntRange(1), default=1, show_default=True,
              help="Which tune of the file.")  # fmt: skip
@click.option("--range", "instrument", type=click.Choice(tuple(INSTRUMENT_RANGES)),
              help="Mark the notes that this instrument does not have.")  # fmt: skip
@click.option("--checkpoint", "checkpoint_name", default="", metavar="NAME",
              help="The model that composed it, where it has another name here.")  # fmt: skip
@json_option
def notes_command(
    file: Path, number: int, instrument: str | None, checkpoint_name: str, as_json: bool
) -> None:
    """Name the notes of a tune, bar by bar.

    Of a tune that this program composed it also says how much each note surprised the network, in
    bits, and what else might have stood there: take that with `take`.
    """
    tune, rows = _read(file, number, checkpoint_name)
    outside = set(notes_outside(tune, instrument or ""))
    for at, row in enumerate(rows):
        row["outside"] = at in outside if instrument else None
    if as_json:
        echo_json({"title": tune.title, "key": tune.key.text, "meter": tune.meter.text,
                   "range": instrument, "outside": len(outside) if instrument else None,
                   "notes": rows})  # fmt: skip
        return
    for row in rows:
        echo(_line(row))
    if instrument:
        noun = "note lies" if len(outside) == 1 else "notes lie"
        echo(f"{len(outside)} {noun} outside of the range of the {instrument}.")


def _read(file: Path, number: int, checkpoint_name: str) -> tuple[Tune, list[dict[str, Any]]]:
    """The tune, and a row for each note; with the network where the file says which."""
    try:
        request, composed = recompose_tune(file, checkpoint_name, number)
    except ProvenanceError as error:
        if checkpoint_name or file.suffix.lower() not in (".abc", ".txt"):
            raise
        tunes = read_tunebook_file(file)
        if number > len(tunes):
            raise ConfigError(
                "{name} has {count} tunes: there is no tune {number}.",
                name=file.name, count=len(tunes), number=number,
            ) from error  # fmt: skip
        tune = tunes[number - 1][0]
        return tune, _rows(tune)
    from musicgen.sampling.note_surprise import find_surprise

    text = composed.abc + "\n" * composed.is_complete
    found = find_surprise(
        request.checkpoint, composed.config, text, composed.drawn_start, composed.tune
    )
    rows = _rows(composed.tune)
    for row, bits, alternatives in zip(rows, found.bits, found.alternatives, strict=True):
        row |= {"bits": bits, "alternatives": [
            {"at": one.offset, "character": one.character, "percent": one.percent,
             "others": dict(zip(one.others, one.percents, strict=True))}
            for one in alternatives
        ]}  # fmt: skip
    return composed.tune, rows


def _rows(tune: Tune) -> list[dict[str, Any]]:
    return [
        {"bar": note.bar + 1, "name": name_note(tune, note) or "rest",
         "pitches": list(note.pitches), "written": tune.text[note.start : note.end]}
        for note in tune.notes
    ]  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    parts = [f"bar {row['bar']:>3}  {row['name']:<6}"]
    if "bits" in row:
        parts.append(f"{row['bits']:5.1f} bits")
    if row["outside"]:
        parts.append("out of range")
    for one in row.get("alternatives", ()):
        others = ", ".join(
            f"{_SIGNS.get(character, character)} {percent:g} %"
            for character, percent in one["others"].items()
        )
        written = _SIGNS.get(one["character"], one["character"])
        parts.append(f"at {one['at']}: {written} {one['percent']:g} % ({others})")
    return "  ".join(parts).rstrip()
