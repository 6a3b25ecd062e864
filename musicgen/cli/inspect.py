"""``musicgen inspect``: what is inside a network, and what happens when some of it is switched off.

The commands that look at one text are in `inspect_text`, those that change a
network or follow its loss in `inspect_change`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicgen.cli.inspect_change import CHANGE_COMMANDS
from musicgen.cli.inspect_text import TEXT_COMMANDS, load, read_texts, show
from musicgen.cli.options import checkpoint_option, echo, echo_json, json_option
from musicgen.config import Paths
from musicgen.errors import ConfigError

if TYPE_CHECKING:
    from musicgen.interpretation.material import Material
    from musicgen.models.checkpoint import Checkpoint

file_argument = click.argument("file", type=click.Path(path_type=Path), required=False)
tunes_option = click.option("--tunes", type=click.IntRange(2, 500), default=40, show_default=True,
                            help="Held-out tunes, where no file is named.")  # fmt: skip
layer_option = click.option("--layer", type=click.IntRange(1), default=1, show_default=True,
                            help="Number of the layer, as `inspect parts` lists them.")  # fmt: skip
top_option = click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True,
                          help="Rows at most.")  # fmt: skip


@click.group("inspect")
def inspect_group() -> None:
    """Look inside a network: parts, units, probes, what it expects, and what silence costs."""


@inspect_group.command("parts")
@checkpoint_option
@json_option
def parts_command(checkpoint_name: str, as_json: bool) -> None:
    """The parts of a network: shapes, parameters, and what it computes for a character."""
    checkpoint = load(checkpoint_name)
    from musicgen.interpretation.anatomy import describe_parts
    from musicgen.interpretation.sites import find_sites

    found = describe_parts(checkpoint.network)
    layers = [site.label for site in find_sites(checkpoint.network)]
    if as_json:
        echo_json({"kind": found.kind, "parts": list(found.parts), "layers": layers,
                   "parameters": found.parameters, "size_bytes": found.size_bytes,
                   "multiply_adds": found.multiply_adds,
                   "state_numbers": found.state_numbers})  # fmt: skip
        return
    for part in found.parts:
        shapes = ", ".join(" × ".join(map(str, shape)) for shape in part.shapes)
        echo(f"{part.name:<24}{part.parameters:>12,}{part.multiply_adds:>12,}  {shapes}")
    echo(f"{'all':<24}{found.parameters:>12,}{found.multiply_adds:>12,}")
    echo("The columns: parameters, multiply-adds for a character, shapes of the weights.")
    echo(f"{found.size_bytes / 1e6:.1f} MB of weights; a tune carries {found.state_numbers:,} "
         "numbers.")  # fmt: skip
    echo("Layers: " + ", ".join(f"{number} {name}" for number, name in enumerate(layers, 1)))


@inspect_group.command("units")
@file_argument
@checkpoint_option
@tunes_option
@layer_option
@click.option("--fact", default="", help="Only this fact, such as place or bar_line.")
@top_option
@json_option
def units_command(
    file: Path | None, checkpoint_name: str, tunes: int, layer: int, fact: str, top: int,
    as_json: bool,
) -> None:  # fmt: skip
    """What the units of a layer follow, over the tunes of FILE or held-out ones."""
    material = _record(load(checkpoint_name), file, tunes)
    from musicgen.interpretation.associations import find_associations
    from musicgen.interpretation.facts import FACTS

    names = _choose_facts(fact)
    found = find_associations(
        material.recordings, material.facts, _number(material, layer), names=names
    )[:top]
    rows: list[dict[str, Any]] = [
        {"layer": layer, "unit": one.unit, "fact": one.fact, "bits": round(one.bits, 4),
         "share": round(one.share, 4), "correlation": show(one.correlation)}
        for one in found
    ]  # fmt: skip
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        sign = "" if row["correlation"] is None else f"  correlation {row['correlation']:+.2f}"
        echo(f"unit {row['unit']:>4}  {FACTS[row['fact']].label:<20}{row['bits']:6.3f} bits, "
             f"{row['share']:.1%} of it{sign}")  # fmt: skip


@inspect_group.command("find")
@file_argument
@checkpoint_option
@tunes_option
@layer_option
@click.option("--unit", type=click.IntRange(0), required=True, help="Number of the unit, from 0.")
@click.option("--signal", default="hidden", show_default=True,
              help="hidden, cell, or a gate: input, forget, candidate, output.")  # fmt: skip
@click.option("--lowest", is_flag=True, help="The lowest values in place of the highest.")
@top_option
@json_option
def find_command(  # noqa: PLR0913 - one for each option
    file: Path | None, checkpoint_name: str, tunes: int, layer: int, unit: int, signal: str,
    lowest: bool, top: int, as_json: bool,
) -> None:  # fmt: skip
    """The places in tunes that excite a unit most."""
    material = _record(load(checkpoint_name), file, tunes)
    from musicgen.interpretation.excitation import find_exciting

    number = _number(material, layer)
    size = material.recordings[0].layers[number].size
    if unit >= size:
        raise ConfigError("There is no unit {unit}; this layer has {count}, from 0 on.",
                          unit=unit, count=size)  # fmt: skip
    found = find_exciting(material.recordings, number, unit, top, signal, lowest)
    if as_json:
        echo_json(found)
        return
    for one in found:
        text = f"{one.before}[{one.character}]{one.after}".replace("\n", "⏎")
        echo(f"{one.value:+.3f}  tune {one.tune + 1:>3}, {one.place:>4}:  {text}")


@inspect_group.command("probes")
@file_argument
@checkpoint_option
@tunes_option
@click.option("--fact", default="", help="Only this fact, such as place or bar_line.")
@json_option
def probes_command(
    file: Path | None, checkpoint_name: str, tunes: int, fact: str, as_json: bool
) -> None:
    """What can be read off each layer by a weighted sum, on tunes that the probe has not seen."""
    material = _record(load(checkpoint_name), file, tunes)
    from musicgen.interpretation.facts import FACTS
    from musicgen.interpretation.probes import fit_probes

    found = fit_probes(material.recordings, material.facts, _choose_facts(fact))
    if as_json:
        echo_json([{"layer": one.layer + 1, "fact": one.fact, "accuracy": one.accuracy,
                    "baseline": one.baseline, "characters": one.characters}
                   for one in found])  # fmt: skip
        return
    for one in found:
        label = material.recordings[0].layers[one.layer].label
        echo(f"{label:<12}{FACTS[one.fact].label:<20}{one.accuracy:7.1%}  "
             f"(always the commonest: {one.baseline:.1%})")  # fmt: skip


@inspect_group.command("learned")
@click.argument("run_id", metavar="RUN")
@click.option("--tunes", type=click.IntRange(2, 200), default=16, show_default=True,
              help="Held-out tunes that are read at each moment.")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 200), default=12, show_default=True,
              help="Free tunes composed at each moment.")  # fmt: skip
@json_option
def learned_command(run_id: str, tunes: int, count: int, as_json: bool) -> None:
    """When RUN learned what: figures of all moments at which its weights were kept."""
    from musicgen.interpretation.development import PROBED, find_learned, look_at_moment
    from musicgen.interpretation.facts import FACTS
    from musicgen.interpretation.material import find_held_out
    from musicgen.models.checkpoint import load_checkpoint
    from musicgen.training.runs.run import RunStore

    paths = Paths.default()
    folders = RunStore(paths.runs).get(run_id).list_moments()
    if not folders:
        raise ConfigError(
            "The run {name!r} kept no weights along the way. Train one with --set moments=true.",
            name=run_id,
        )
    moments = []
    for folder in folders.values():
        checkpoint = load_checkpoint(folder)
        texts = find_held_out(checkpoint, paths, tunes)
        moments.append(look_at_moment(checkpoint, texts, count))
    if as_json:
        echo_json([{"step": one.step, "loss": one.loss, "bar_lines": show(one.bar_lines),
                    "in_time": one.in_time, "probes": dict(one.probes),
                    "baselines": dict(one.baselines), "tune": one.tune.abc}
                   for one in moments])  # fmt: skip
        return
    names = [name for name in PROBED if any(name in one.probes for one in moments)]
    echo(f"{'step':>8}{'loss':>8}{'bar lines':>11}{'in time':>9}"
         + "".join(f"{FACTS[name].label:>18}" for name in names))  # fmt: skip
    for one in moments:
        probes = "".join(f"{one.probes.get(name, float('nan')):>18.1%}" for name in names)
        echo(f"{one.step:>8,}{one.loss:>8.3f}{one.bar_lines:>11.1%}{one.in_time:>9.1%}{probes}")
    for name in names:
        step = find_learned(moments, name)
        if step is not None:
            echo(f"Half of what it knows of {FACTS[name].label} it knew at step {step:,}.")


def _record(checkpoint: "Checkpoint", file: Path | None, tunes: int) -> "Material":
    from musicgen.interpretation.material import find_held_out, record_tunes

    if file is None:
        return record_tunes(checkpoint, find_held_out(checkpoint, Paths.default(), tunes))
    return record_tunes(checkpoint, read_texts(file))


def _number(material: "Material", layer: int) -> int:
    """The number from 0 of a layer."""
    count = len(material.recordings[0].layers)
    if layer > count:
        raise ConfigError("There is no layer {layer}; this network has {count}.",
                          layer=layer, count=count)  # fmt: skip
    return layer - 1


def _choose_facts(fact: str) -> tuple[str, ...]:
    from musicgen.interpretation.facts import FACTS

    if fact and fact not in FACTS:
        raise ConfigError("There is no fact {name!r}. Choose from: {known}.",
                          name=fact, known=", ".join(FACTS))  # fmt: skip
    return (fact,) if fact else tuple(FACTS)


for _command in (*TEXT_COMMANDS, *CHANGE_COMMANDS):
    inspect_group.add_command(_command)
