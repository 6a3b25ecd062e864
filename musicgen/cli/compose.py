"""``musicgen compose``: tunes from a checkpoint, as files."""

import sys
import time
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from musicgen.audio.arrangement import Arrangement
from musicgen.cli.files import FORMATS, write_tune
from musicgen.cli.novelty import describe_novelty, find_composed
from musicgen.cli.options import (
    checkpoint_option,
    echo_json,
    formats_option,
    json_option,
    sample_option,
)
from musicgen.cli.sound_options import sound_options
from musicgen.config import Paths, SampleConfig
from musicgen.errors import AudioError
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
from musicgen.notation.bars import check_bars
from musicgen.sampling.composer import Composition, compose


@click.command("compose")
@checkpoint_option
@sample_option("--count", "count")
@sample_option("--temperature", "temperature")
@sample_option("--top-k", "top_k")
@sample_option("--top-p", "top_p")
@sample_option("--seed", "seed")
@sample_option("--prompt", "prompt")
@sample_option("--max-new-tokens", "max_new_tokens")
@sample_option("--meter", "meter")
@sample_option("--key", "key")
@sample_option("--unit", "unit")
@sample_option("--rhythm", "rhythm")
@sample_option("--sections", "sections")
@sample_option("--bars", "bars")
@sample_option("--range", "range")
@sample_option("--free", "free")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("abc,midi,wav", FORMATS)
@sound_options
@json_option
def compose_command(
    checkpoint_name: str,
    out: Path,
    formats: tuple[str, ...],
    as_json: bool,
    arrangement: Arrangement,
    **settings: Any,
) -> None:
    """Compose tunes; tune number i has the seed SEED + i - 1, and the same seed the same tune."""
    config = SampleConfig(**settings)
    ref = find_checkpoint(checkpoint_name, Paths.default())
    checkpoint = load_checkpoint(ref.path)
    index = find_composed(checkpoint.metadata, Paths.default()) if as_json else None
    start = time.perf_counter()
    with tqdm(total=config.count, unit="tune", delay=0.5, disable=as_json, file=sys.stderr) as bar:

        def show(texts: list[str]) -> None:
            bar.set_postfix_str(f"{sum(map(len, texts)):,} characters")

        tunes = compose(checkpoint, config, show)
        composed_s = time.perf_counter() - start
        rows = []
        for number, tune in enumerate(tunes, start=1):
            row = _write(out, f"{ref.name}-{tune.seed}", tune, formats, arrangement)
            rows.append(row | {"novelty": describe_novelty(index, tune.abc) if index else None})
            bar.update(number - bar.n)
    if as_json:
        echo_json({"checkpoint": ref.name, "fingerprint": checkpoint.fingerprint,
                   "composed_s": round(composed_s, 3), "tunes": rows})  # fmt: skip
        return
    for row in rows:
        click.echo(_line(row))


def _write(
    folder: Path,
    stem: str,
    composition: Composition,
    formats: tuple[str, ...],
    arrangement: Arrangement,
) -> dict[str, Any]:
    """Writes the files of a tune; one without sound keeps its text and says so."""
    report = check_bars(composition.tune)
    row: dict[str, Any] = {
        "seed": composition.seed,
        "title": composition.tune.title,
        "meter": composition.tune.meter.text,
        "key": composition.tune.key.text,
        "characters": len(composition.abc),
        "complete": composition.is_complete,
        "in_time": report.is_in_time if report.is_metered else None,
        "problems": len(composition.problems),
        "intervention_share": round(composition.intervention_share, 4),
        "warning": "",
    }
    abc, comment = composition.to_abc(), composition.provenance()
    try:
        files = write_tune(folder, stem, abc, composition.tune, formats, comment, arrangement)
    except AudioError as error:
        row["warning"] = str(error)
        files = write_tune(folder, stem, abc, composition.tune, ("abc",), comment)
    row["files"] = [str(path) for path in files]
    return row


def _line(row: dict[str, Any]) -> str:
    notes = [
        "ends by itself" if row["complete"] else "cut at the limit",
        {True: "in time", False: "not in time", None: "no meter"}[row["in_time"]],
    ]
    if row["warning"]:
        notes.append(row["warning"])
    names = " ".join(Path(name).name for name in row["files"])
    return f"seed {row['seed']}: {row['title'] or 'without title'} ({', '.join(notes)}) {names}"
