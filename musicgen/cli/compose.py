"""``musicgen compose``: tunes from a checkpoint, or the tunes of a file once more, as files."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from musicgen.cli.files import CHOICES, TuneFiles, add_title
from musicgen.cli.options import (
    echo,
    echo_json,
    formats_option,
    json_option,
    on_option,
    sample_option,
)
from musicgen.cli.output import overwrite_option
from musicgen.cli.recompose import compose_request
from musicgen.cli.reproduce import (
    ComposeRequest,
    refuse_other_settings,
    request_of_options,
    requests_of_file,
)
from musicgen.cli.sound_options import SoundChoice, sound_options
from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError, NotationError
from musicgen.models.checkpoint import Checkpoint
from musicgen.places.place import Place, find_place
from musicgen.rendering.files.formats import from_composition
from musicgen.rendering.playback_settings import AS_DANCED
from musicgen.sampling.composer import SEEDS, Composition
from musicgen.sampling.description import describe_composition

if TYPE_CHECKING:
    from musicgen.evaluation.novelty.comparison import NoveltyIndex


@click.command("compose")
@click.option(
    "--checkpoint",
    "checkpoint_name",
    default="",
    metavar="NAME",
    help="A bundled checkpoint, a run, or the path of a checkpoint's folder.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file that this program wrote, in any format: makes its tunes again.",
)
@click.option(
    "--anyway", is_flag=True,
    help="With --from: also where the model has changed and the tune may differ.",
)  # fmt: skip
@sample_option("--count", "count")
@sample_option("--temperature", "temperature")
@sample_option("--top-k", "top_k")
@sample_option("--top-p", "top_p")
@sample_option("--seed", "seed")
@sample_option("--prompt", "prompt")
@click.option("--begin", type=click.Path(path_type=Path), metavar="FILE",
              help="Begin like the first tune of an ABC or MIDI file.")  # fmt: skip
@click.option("--begin-bars", type=click.IntRange(1, 64), default=4, show_default=True,
              help="With --begin: how many of its bars.")  # fmt: skip
@sample_option("--max-new-tokens", "max_new_tokens")
@sample_option("--meter", "meter")
@sample_option("--key", "key")
@sample_option("--unit", "unit")
@sample_option("--rhythm", "rhythm")
@sample_option("--sections", "sections")
@sample_option("--bars", "bars")
@sample_option("--range", "range")
@sample_option("--likeness", "likeness")
@sample_option("--book", "book")
@sample_option("--candidates", "candidates")
@click.option("--draft", is_flag=True, help="Keep the first drawing of each tune: --candidates 1.")
@sample_option("--free", "free")
@click.option("--int8", "precision", flag_value="int8", default="float32",
              help="Fast arithmetic in 8 bits: another tune from the same seed.")  # fmt: skip
@click.option("--fixed", "precision", flag_value="fixed",
              help="Whole numbers, as exported programs and pages compute: another tune from the "
              "same seed, the same on every machine. Keeps the first drawing.")  # fmt: skip
@sound_options(AS_DANCED)
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder for the files.")  # fmt: skip
@formats_option("abc,midi,wav", CHOICES)
@overwrite_option
@on_option
@json_option
def compose_command(  # noqa: PLR0913 - each is an option of the command
    checkpoint_name: str,
    source: Path | None,
    anyway: bool,
    sound: SoundChoice,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    place_name: str,
    as_json: bool,
    begin: Path | None,
    begin_bars: int,
    draft: bool,
    **settings: Any,
) -> None:
    """Compose tunes; tune number i has the seed SEED + i - 1, and the same seed the same tune."""
    paths = Paths.default()
    if begin and (source or settings["prompt"]):
        raise ConfigError("--begin is a beginning by itself: leave out --prompt and --from.")
    if begin:
        settings["prompt"] = _read_beginning(begin, begin_bars)
    if draft:
        settings["candidates"] = 1
    files = TuneFiles(out, formats, paths, keeps_text=True, overwrite=overwrite)
    if source:
        context = click.get_current_context()
        refuse_other_settings(context, settings.keys() - {"prompt"})
        requests = requests_of_file(
            source, checkpoint_name, settings["prompt"], sound.change, anyway=anyway, paths=paths
        )
    else:
        requests = [
            request_of_options(checkpoint_name, SampleConfig(**settings), sound.playback, paths)
        ]
    stems = [stem for request in requests for stem in _stems(request)]
    files.check(stems, _archive_stem(requests), titled=True)
    rows, composed_s = _fill(requests, files, find_place(place_name), as_json=as_json)
    if as_json:
        first = requests[0]
        echo_json({"checkpoint": first.ref.name, "fingerprint": first.checkpoint.fingerprint,
                   "composed_s": round(composed_s, 3), "tunes": rows})  # fmt: skip
        return
    for row in rows:
        echo(_line(row))


def _read_beginning(file: Path, bars: int) -> str:
    from musicgen.sampling.beginnings import beginning_from_file

    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotationError(
            "{name} cannot be read: {reason}.", name=file, reason=error.strerror or error
        ) from error
    return beginning_from_file(data, file.name, bars)


def _stems(request: ComposeRequest) -> list[str]:
    """What the files of a request's tunes are called behind their titles, without endings."""
    first, count = request.config.seed, request.config.count
    return [f"{request.ref.name}-{(first + number) % SEEDS}" for number in range(count)]


def _archive_stem(requests: list[ComposeRequest]) -> str:
    total = sum(request.config.count for request in requests)
    return _stems(requests[0])[0] + (f"-{total}-tunes" if total > 1 else "")


def _fill(
    requests: list[ComposeRequest], files: TuneFiles, place: Place, *, as_json: bool
) -> tuple[list[dict[str, Any]], float]:
    """Composes and writes; a row for each tune, and the seconds that composing took."""
    rows: list[dict[str, Any]] = []
    composed_s, figures = 0.0, _Figures()
    total = sum(request.config.count for request in requests)
    with tqdm(total=total, unit="tune", delay=0.5, disable=as_json or None, file=sys.stderr) as bar:

        def show(texts: list[str]) -> None:
            bar.set_postfix_str(f"{sum(map(len, texts)):,} characters")

        for request in requests:
            start = time.perf_counter()
            tunes = compose_request(request, show, place)
            taken_s = time.perf_counter() - start
            composed_s += taken_s
            for tune in tunes:
                stem = add_title(tune, f"{request.ref.name}-{tune.seed}")
                piece = from_composition(tune, stem=stem, playback=request.playback)
                row = describe_composition(tune) | {"time_s": round(taken_s / len(tunes), 4)}
                row |= figures.measure(request.checkpoint, tune) if as_json else {}
                written = files.write(piece)
                said = " ".join(filter(None, (written.warning, written.remark)))
                row |= {"warning": said, "files": [str(one) for one in written.paths]}
                rows.append(row)
                bar.update()
    archive = files.finish(_archive_stem(requests))
    for row in rows:
        row["files"] += [str(path) for path in archive]
    return rows, composed_s


class _Figures:
    """What is measured of each tune; what a network learned from is looked up once."""

    def __init__(self) -> None:
        self._indices: dict[str, NoveltyIndex | None] = {}

    def measure(self, checkpoint: Checkpoint, composition: Composition) -> dict[str, Any]:
        """How likely a tune is to its own network, in nats per character, and how new it is."""
        from musicgen.cli.novelty import find_composed
        from musicgen.evaluation.loss.text_loss import compute_loss
        from musicgen.evaluation.novelty.description import describe_novelty

        if checkpoint.fingerprint not in self._indices:
            found = find_composed(checkpoint.metadata, Paths.default())
            self._indices[checkpoint.fingerprint] = found
        index = self._indices[checkpoint.fingerprint]
        losses = compute_loss(checkpoint.network, checkpoint.vocabulary, [composition.abc])
        return {
            "loss": losses.to_dict()["loss"],
            "body_loss": losses.to_dict()["body_loss"],
            "novelty": describe_novelty(index, composition.abc) if index else None,
        }


def _line(row: dict[str, Any]) -> str:
    notes = [
        "ends by itself" if row["complete"] else "cut at the limit",
        {True: "in time", False: "not in time", None: "no meter"}[row["in_time"]],
    ]
    if row["warning"]:
        notes.append(row["warning"])
    names = " ".join(Path(name).name for name in row["files"])
    return f"seed {row['seed']}: {row['title'] or 'without title'} ({', '.join(notes)}) {names}"
