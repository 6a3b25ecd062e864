"""``musicgen temperature``: what temperature does to the next character."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from musicgen.cli.options import echo, echo_json, json_option, sample_option
from musicgen.cli.recompose import recompose_tune
from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.sampling.beginnings import EXAMPLES
from musicgen.sampling.temperature_comparison import COMPARED_TEMPERATURES

if TYPE_CHECKING:
    from musicgen.sampling.text_scoring import TextScores

_SIGNS = {" ": "space", "\n": "line end"}
_HEADER = ("meter", "key", "rhythm")
_OF_BEGINNINGS = ("prompt", "free", *_HEADER)


@click.command("temperature")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--number", type=click.IntRange(1), default=1, show_default=True,
              help="Which tune of the file.")  # fmt: skip
@click.option("--at", "offset", type=click.IntRange(0), metavar="OFFSET",
              help="Place in the tune of the file, counted from its beginning; where the network "
                   "is least sure if not given.")  # fmt: skip
@click.option("--checkpoint", "checkpoint_name", default="", metavar="NAME",
              help="A bundled checkpoint, a run, or the path of a checkpoint's folder. With a file "
                   "only needed if the model has another name here.")  # fmt: skip
@click.option("--temperature", "temperatures", multiple=True, type=float,
              help="Give it again for each; "
                   f"{', '.join(map('{:g}'.format, COMPARED_TEMPERATURES))} "
                   "if none is given.")  # fmt: skip
@sample_option("--top-k", "top_k")
@sample_option("--top-p", "top_p")
@sample_option("--free", "free")
@sample_option("--prompt", "prompt")
@sample_option("--meter", "meter")
@sample_option("--key", "key")
@sample_option("--rhythm", "rhythm")
@json_option
@click.pass_context
def temperature_command(
    context: click.Context,
    /,
    file: Path | None,
    number: int,
    offset: int | None,
    checkpoint_name: str,
    temperatures: tuple[float, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Show the probabilities of the next character at several temperatures.

    In FILE, a tune that this program composed, at any place; without a file, after the beginning
    that --prompt gives, or after that of a jig. The first column is temperature 1 without limits:
    the probabilities of the network itself, among what the grammar allows. The last lines give the
    entropy, and among how many equally likely characters one would be as undecided.
    """
    config = SampleConfig(**settings)
    wanted = [
        config.replace(temperature=one)
        for one in dict.fromkeys(temperatures or COMPARED_TEMPERATURES)
    ]
    if file is None:
        _refuse(context, ("number", "offset"), "--{name} is for the tune of a file: name the file.")
        checkpoint, seen, place = _score_next(context, checkpoint_name, config)
    else:
        _refuse(context, _OF_BEGINNINGS, "A composed tune has its own beginning and rules: leave "
                "out --{name}.")  # fmt: skip
        checkpoint, seen, place = _look_into(file, number, offset, checkpoint_name)
    from musicgen.sampling.temperature_effect import compute_effects, show_before

    effects = compute_effects(seen, place, wanted)
    first = effects[0]
    rows = [_row(SampleConfig(temperature=1.0), first.characters, first.before,
                 first.entropy_before)]  # fmt: skip
    rows += [
        _row(one, effect.characters, effect.after, effect.entropy_after)
        for one, effect in zip(wanted, effects, strict=True)
        if (one.temperature, one.top_k, one.top_p) != (1.0, 0, 1.0)
    ]
    if as_json:
        echo_json({"checkpoint": checkpoint.name, "fingerprint": checkpoint.fingerprint,
                   "at": place, "before": show_before(seen.text, place),
                   "written": None if file is None else seen.text[place],
                   "temperatures": rows})  # fmt: skip
        return
    echo(f"{checkpoint.name}, the next character at {place}:")
    echo(*show_before(seen.text, place).split("\n"))
    echo(*_table(rows))
    echo("The last line: among how many equally likely characters one would be as undecided.")
    if config.top_k or config.top_p < 1:
        echo(f"All columns but the first with top-k {config.top_k} and top-p {config.top_p:g}.")


def _refuse(context: click.Context, names: tuple[str, ...], sentence: str) -> None:
    """Raises ConfigError, with the option as `name` of the sentence, if one of these was given."""
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise ConfigError(sentence, name={"offset": "at"}.get(name, name))


def _look_into(
    file: Path, number: int, offset: int | None, checkpoint_name: str
) -> tuple[Checkpoint, "TextScores", int]:
    """The network that composed the tune of a file, what it expected there, and a place."""
    request, tune = recompose_tune(file, checkpoint_name, number)
    from musicgen.sampling.temperature_effect import find_open_place, open_places, written_text
    from musicgen.sampling.text_scoring import score_text

    places = open_places(tune)
    if offset is not None and offset not in places:
        raise ConfigError(
            "--at is {offset}: in this tune it can be {first} to {last}.",
            offset=offset, first=places[0], last=places[-1],
        )  # fmt: skip
    seen = score_text(request.checkpoint, tune.config, written_text(tune), tune.drawn_start)
    place = find_open_place(seen, places[0]) if offset is None else offset
    return request.checkpoint, seen, place


def _score_next(
    context: click.Context, checkpoint_name: str, config: SampleConfig
) -> tuple[Checkpoint, "TextScores", int]:
    """A network, what it expects after the beginning that is asked for, and that place."""
    if not checkpoint_name:
        raise ConfigError("Name a model with --checkpoint, or the file of a composed tune.")
    if not config.prompt.strip():
        _refuse(context, _HEADER, "--{name} says how a beginning is to be read: give one with "
                "--prompt.")  # fmt: skip
    checkpoint = load_checkpoint(find_checkpoint(checkpoint_name, Paths.default()).path)
    from musicgen.sampling.temperature_effect import choose_beginning, score_next

    text, rules = choose_beginning(checkpoint, config)
    if config.prompt.strip() and "K:" not in text.replace(EXAMPLES["jig"], ""):
        raise ConfigError(
            "No music begins there: give a beginning with K: in it, or add --meter and --key."
        )
    return checkpoint, score_next(checkpoint, rules, text), len(text)


def _row(
    config: SampleConfig, characters: tuple[str, ...], probs: tuple[float, ...], entropy: float
) -> dict[str, Any]:
    from musicgen.sampling.temperature_effect import count_choices

    return {
        "temperature": config.temperature,
        "top_k": config.top_k,
        "top_p": config.top_p,
        "probabilities": dict(zip(characters, probs, strict=True)),
        "entropy_bits": entropy,
        "equally_likely": count_choices(entropy),
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """A line for each character, and a column for each temperature."""
    lines = [_line("temperature", [f"{row['temperature']:g}" for row in rows])]
    for character in rows[0]["probabilities"]:
        shares = [f"{row['probabilities'][character]:.1%}" for row in rows]
        lines.append(_line(_SIGNS.get(character, character), shares))
    lines.append(_line("entropy in bits", [f"{row['entropy_bits']:.2f}" for row in rows]))
    lines.append(_line("as if among", [f"{row['equally_likely']:.1f}" for row in rows]))
    return lines


def _line(label: str, values: list[str]) -> str:
    return f"{label:<16}" + "".join(f"{value:>9}" for value in values)
