"""The commands of ``musicgen inspect`` that look at one text, and what all of them share."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicgen.cli.options import checkpoint_option, echo, echo_json, json_option, sample_option
from musicgen.cli.reading import read_tunebook_file
from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError
from musicgen.models.checkpoint import find_checkpoint, load_checkpoint

if TYPE_CHECKING:
    from musicgen.models.checkpoint import Checkpoint

_SIGNS = {" ": "space", "\n": "line end"}

file_argument = click.argument("file", type=click.Path(path_type=Path))
number_option = click.option("--number", type=click.IntRange(1), default=1, show_default=True,
                             help="Which tune of the file.")  # fmt: skip
at_option = click.option("--at", "offset", type=click.IntRange(0), metavar="OFFSET", required=True,
                         help="Place in the tune, counted from its beginning.")  # fmt: skip


def load(name: str) -> "Checkpoint":
    """A checkpoint by its name."""
    return load_checkpoint(find_checkpoint(name, Paths.default()).path)


def read_texts(file: Path) -> list[str]:
    """The texts of the tunes of a file."""
    return [tune.text.strip("\n") + "\n" for tune, _problems in read_tunebook_file(file)]


def show(value: float) -> float | None:
    """A figure for JSON; None where there is none."""
    return round(value, 4) if math.isfinite(value) else None


def _read_text(checkpoint: "Checkpoint", file: Path, number: int) -> str:
    """One tune of a file, without the characters that the network does not know."""
    texts = read_texts(file)
    if number > len(texts):
        raise ConfigError("{name} has {count} tunes: there is no tune {number}.",
                          name=file.name, count=len(texts), number=number)  # fmt: skip
    return "".join(one for one in texts[number - 1] if one in checkpoint.vocabulary)


@click.command("look")
@file_argument
@checkpoint_option
@number_option
@json_option
def look_command(file: Path, checkpoint_name: str, number: int, as_json: bool) -> None:
    """Where a network looks while it reads a tune: attention, echoes or clocks of its levels."""
    checkpoint = load(checkpoint_name)
    text = _read_text(checkpoint, file, number)
    from musicgen.interpretation.attention_view import AttentionView, EchoView, look

    view = look(checkpoint.network, checkpoint.vocabulary, text)
    if view is None:
        raise ConfigError("A network of the kind {kind!r} looks nowhere: it has its state alone.",
                          kind=checkpoint.metadata.network.kind)  # fmt: skip
    rows: list[dict[str, Any]] = []
    for place, character in enumerate(text):
        row: dict[str, Any] = {"at": place, "character": character}
        if isinstance(view, AttentionView):
            row["places"] = view.strongest(place)
        elif isinstance(view, EchoView):
            row |= {"places": view.places[place].tolist(), "levels": view.levels[place].tolist(),
                    "trust": view.trust[place].astype(float).round(3).tolist(),
                    "taken": view.is_taken[place].tolist()}  # fmt: skip
        else:
            row |= {"bar": bool(view.bars[place]), "phrase": bool(view.phrases[place])}
        rows.append(row)
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        told = "  ".join(f"{name} {value}" for name, value in row.items() if name != "character")
        echo(f"{_SIGNS.get(str(row['character']), row['character']):<9}{told}")


@click.command("saliency")
@file_argument
@checkpoint_option
@number_option
@at_option
@click.option("--reach", type=click.IntRange(1, 256), default=24, show_default=True,
              help="Earlier characters that are asked about.")  # fmt: skip
@json_option
def saliency_command(
    file: Path, checkpoint_name: str, number: int, offset: int, reach: int, as_json: bool
) -> None:
    """Which earlier characters moved the prediction at a place, found in two ways."""
    checkpoint = load(checkpoint_name)
    text = _read_text(checkpoint, file, number)
    from musicgen.interpretation.saliency import find_saliency

    found = find_saliency(checkpoint.network, checkpoint.vocabulary, text, offset, reach)
    rows = [
        {"at": found.start + at, "character": text[found.start + at],
         "gradient": show(found.gradient[at]), "zeroed": show(found.zeroed[at]),
         "left_out": show(found.left_out[at])}
        for at in range(len(found.gradient))
    ]  # fmt: skip
    if as_json:
        echo_json({"at": offset, "character": text[offset], "log_prob": show(found.log_prob),
                   "agreement": show(found.agreement),
                   "agreement_left_out": show(found.agreement_left_out),
                   "characters": rows})  # fmt: skip
        return
    echo(f"{'':<15}gradient    zeroed  left out")
    for row in rows:
        name = _SIGNS.get(str(row["character"]), row["character"])
        echo(f"{row['at']:>4}  {name:<9}{row['gradient']:+8.3f}  {row['zeroed']:+8.3f}  "
             f"{row['left_out']:+8.3f}")  # fmt: skip
    echo(f"Rank correlation of gradient and zeroed: {found.agreement:.2f}; of gradient and left "
         f"out: {found.agreement_left_out:.2f}.")  # fmt: skip


@click.command("expect")
@file_argument
@checkpoint_option
@number_option
@at_option
@sample_option("--temperature", "temperature")
@sample_option("--top-k", "top_k")
@sample_option("--top-p", "top_p")
@sample_option("--free", "free")
@json_option
def expect_command(
    file: Path, checkpoint_name: str, number: int, offset: int, as_json: bool, **settings: Any
) -> None:
    """What a network expects at a place, and what the grammar and each setting make of it."""
    checkpoint = load(checkpoint_name)
    text = _read_text(checkpoint, file, number)
    from musicgen.interpretation.expectation import find_stages

    stages = find_stages(checkpoint, SampleConfig(**settings), text, offset)
    if as_json:
        echo_json([{"stage": one.name, "entropy_bits": show(one.entropy), "characters": one.count,
                    "likeliest": dict(one.likeliest(10))} for one in stages])  # fmt: skip
        return
    for one in stages:
        best = "  ".join(f"{_SIGNS.get(name, name)} {prob:.1%}" for name, prob in one.likeliest())
        echo(f"{one.label:<18}{one.entropy:5.2f} bits, {one.count:>3} characters:  {best}")


@click.command("embedding")
@checkpoint_option
@click.option("--near", "character", default="", help="The characters most like this one.")
@click.option("--analogy", default="", metavar="ABC",
              help="Three characters: those nearest to A - B + C.")  # fmt: skip
@json_option
def embedding_command(checkpoint_name: str, character: str, analogy: str, as_json: bool) -> None:
    """The vectors of characters: a map of two dimensions, neighbours, arithmetic."""
    checkpoint = load(checkpoint_name)
    from musicgen.interpretation.embeddings import (
        compute_analogy,
        find_neighbours,
        map_embedding,
    )

    network, vocabulary = checkpoint.network, checkpoint.vocabulary
    if analogy and len(analogy) != 3:
        raise ConfigError("Give three characters for --analogy, such as aAC.")
    if character or analogy:
        found = (compute_analogy(network, vocabulary, *analogy) if analogy
                 else find_neighbours(network, vocabulary, character))  # fmt: skip
        if as_json:
            echo_json(dict(found))
            return
        echo(*(f"{_SIGNS.get(name, name):<9}{cosine:+.3f}" for name, cosine in found))
        return
    drawn = map_embedding(network, vocabulary)
    rows = [
        {"character": one, "kind": kind, "pitch": pitch, "places": places.round(4).tolist()}
        for one, kind, pitch, places in zip(
            drawn.characters, drawn.kinds, drawn.pitches, drawn.places, strict=True)
    ]  # fmt: skip
    if as_json:
        echo_json({"shares": drawn.shares.round(4).tolist(), "characters": rows})
        return
    for row in rows:
        x, y = row["places"]
        echo(
            f"{_SIGNS.get(row['character'], row['character']):<9}{x:+8.3f}{y:+8.3f}  {row['kind']}"
        )


TEXT_COMMANDS = (look_command, saliency_command, expect_command, embedding_command)
