"""``musicgen inspect`` where a network is changed, or its loss is followed back or along tunes."""

import functools
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicgen.cli.inspect_text import load, read_texts, show
from musicgen.cli.options import checkpoint_option, echo, echo_json, json_option, sample_option
from musicgen.config import Paths, SampleConfig
from musicgen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from musicgen.interpretation.interventions import Intervention
    from musicgen.models.checkpoint import Checkpoint

DISTANCE = 64
REACH_TUNES = 6
"""As many as the page takes."""

file_argument = click.argument("file", type=click.Path(path_type=Path), required=False)


@click.command("silence")
@checkpoint_option
@click.option("--layer", type=click.IntRange(1), default=1, show_default=True,
              help="Number of the layer, as `inspect parts` lists them.")  # fmt: skip
@click.option("--units", default="", metavar="LIST",
              help="Numbers of units, with commas; the whole layer without.")  # fmt: skip
@click.option("--factor", type=float, default=0.0, show_default=True,
              help="How loud they are heard: 0 is silent, above 1 turned up.")  # fmt: skip
@click.option("--mean", is_flag=True,
              help="Hold them at their mean over held-out tunes; --factor is unused.")  # fmt: skip
@click.option("--echoes", is_flag=True, help="Switch the echoes off, and no units.")
@click.option("--attention", is_flag=True, help="Switch attention off, and no units.")
@click.option("--place", is_flag=True,
              help="Tell it no longer its place in the bar, and switch off no units.")  # fmt: skip
@click.option("--tunes", type=click.IntRange(0, 200), default=16, show_default=True,
              help="Held-out tunes for the loss; 0 for none.")  # fmt: skip
@sample_option("--seed", "seed")
@sample_option("--temperature", "temperature")
@sample_option("--free", "free")
@json_option
def silence_command(  # noqa: PLR0913 - each is an option of the command
    checkpoint_name: str, layer: int, units: str, factor: float, mean: bool, echoes: bool,
    attention: bool, place: bool, tunes: int, as_json: bool, **settings: Any,
) -> None:  # fmt: skip
    """Compose a seed with a network as it is and with something switched off; what differs.

    Each tune is drawn once: a critic that chooses among drawings would hide what a unit does.
    """
    checkpoint, config = load(checkpoint_name), SampleConfig(**settings, candidates=1)
    from musicgen.interpretation.changed_network import compose_changed
    from musicgen.interpretation.comparison import compare_tunes
    from musicgen.sampling.composer import compose

    change = _silence_parts(echoes, attention, place) or _change_units(
        checkpoint, layer - 1, _read_units(units), None if mean else factor
    )
    (changed,) = compose_changed(checkpoint, config, change)
    (plain,) = compose(checkpoint, config)
    found = compare_tunes(plain.tune, changed.tune)
    losses = _find_losses(checkpoint, change, tunes)
    if as_json:
        echo_json({"plain": plain.abc, "changed": changed.abc, "first": found.first,
                   "second": found.second, "same_share": found.same_share,
                   "notes": list(found.notes), "loss": losses})  # fmt: skip
        return
    echo("As it is:", *plain.abc.split("\n"), "Changed:", *changed.abc.split("\n"))
    echo(f"{found.same_share:.0%} of the notes are the same.")
    for name, one in (("as it is", found.first), ("changed", found.second)):
        time = {True: "in time", False: "not in time", None: "without meter"}[one.is_in_time]
        echo(f"{name}: {time}, {one.bars} bars, {one.notes} notes, the key "
             f"{'is kept' if one.keeps_key else 'is not heard'}")  # fmt: skip
    if losses:
        before, after = losses["plain"], losses["changed"]
        echo(f"Loss on {losses['tunes']} held-out tunes: {before:.3f} nats a character as it is, "
             f"{after:.3f} changed ({round(after - before, 3) + 0.0:+.3f}).")  # fmt: skip


def _silence_parts(echoes: bool, attention: bool, place: bool) -> "Intervention | None":
    """What switches off parts without units; None if no such part is named."""
    from musicgen.interpretation.interventions import (
        silence_attention,
        silence_echoes,
        silence_place,
    )

    parts = [silence_echoes()] * echoes + [silence_attention()] * attention
    parts += [silence_place()] * place
    return functools.reduce(or_, parts) if parts else None


def _change_units(
    checkpoint: "Checkpoint", layer: int, units: list[int], factor: float | None
) -> "Intervention":
    """Units heard `factor` times as strongly, or held at their mean where that is None."""
    from musicgen.interpretation.interventions import hold_mean, scale
    from musicgen.interpretation.material import FEW_TUNES, find_known, record_tunes

    if factor is not None:
        return scale(layer, units, factor)
    texts = find_known(checkpoint, Paths.default(), FEW_TUNES)
    return hold_mean(record_tunes(checkpoint, texts).recordings, layer, units)


def _find_losses(
    checkpoint: "Checkpoint", change: "Intervention", tunes: int
) -> dict[str, Any] | None:
    """Nats a character as it is and changed; None where no tunes are asked for or there."""
    from musicgen.evaluation.loss.text_loss import compute_loss
    from musicgen.interpretation.changed_network import change_network
    from musicgen.interpretation.material import find_known

    if not tunes:
        return None
    try:
        texts = find_known(checkpoint, Paths.default(), tunes)
    except CorpusError:  # its book is not here: nothing is said of it
        return None
    if not texts:
        return None
    networks = {
        "plain": checkpoint.network, "changed": change_network(checkpoint.network, change),
    }  # fmt: skip
    losses = {name: compute_loss(network, checkpoint.vocabulary, texts).loss
              for name, network in networks.items()}  # fmt: skip
    return {"tunes": len(texts), **losses}


def _read_units(units: str) -> list[int]:
    parts = [part.strip() for part in units.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise ConfigError("Give units as numbers with commas, such as 3,17.")
    return [int(part) for part in parts]


@click.command("reach")
@file_argument
@checkpoint_option
@click.option("--tunes", type=click.IntRange(1, 200), default=REACH_TUNES, show_default=True,
              help="Tunes at most, of FILE or held-out ones.")  # fmt: skip
@click.option("--distance", type=click.IntRange(1, 512), default=DISTANCE, show_default=True,
              help="Characters that the loss is followed back.")  # fmt: skip
@json_option
def reach_command(
    file: Path | None, checkpoint_name: str, tunes: int, distance: int, as_json: bool
) -> None:
    """How far gradients of the loss reach back, next to untrained networks of its size.

    Each figure is the norm of the gradient by what a layer did that many characters before, as a
    share of that at the last character.
    """
    checkpoint = load(checkpoint_name)
    from musicgen.interpretation.gradient_reach import build_untrained, measure_reach

    texts = [text for text in _tunes_of(checkpoint, file) if len(text) > distance + 2][:tunes]
    measured = {"": checkpoint.network} | build_untrained(checkpoint.network.config)
    rows: list[dict[str, Any]] = []
    for kind, network in measured.items():
        found = measure_reach(network, checkpoint.vocabulary, texts, distance)
        rows += [
            {"network": f"untrained {kind}" if kind else checkpoint_name, "layer": number,
             "half_distance": found.half_distance(number - 1),
             "shares": [show(share) if share > 1e-3 else float(f"{share:.3g}") for share in row]}
            for number, row in enumerate(found.relative.tolist(), 1)
        ]  # fmt: skip
    if as_json:
        echo_json(rows)
        return
    places = [2**power for power in range(10) if 2**power < distance] + [distance]
    echo(f"{'characters before':<32}" + "".join(f"{place:>10}" for place in places))
    for row in rows:
        name = f"{row['network']}, layer {row['layer']}"
        echo(f"{name:<32}" + "".join(f"{row['shares'][place]:>10.2g}" for place in places))


@click.command("along")
@file_argument
@checkpoint_option
@click.option("--tunes", type=click.IntRange(1, 200), default=40, show_default=True,
              help="Tunes at most, of FILE or held-out ones.")  # fmt: skip
@click.option("--width", type=click.IntRange(1, 512), default=16, show_default=True,
              help="Characters of which one mean is made.")  # fmt: skip
@json_option
def along_command(
    file: Path | None, checkpoint_name: str, tunes: int, width: int, as_json: bool
) -> None:
    """The loss along tunes, from their first character on, in nats a character."""
    checkpoint = load(checkpoint_name)
    from musicgen.lessons.measures import place_losses

    texts = _tunes_of(checkpoint, file)[:tunes]
    found = place_losses(checkpoint.network, checkpoint.vocabulary, texts, width)
    if as_json:
        echo_json([{"place": place, "loss": show(loss)}
                   for place, loss in zip(found.places, found.losses, strict=True)])  # fmt: skip
        return
    for place, loss in zip(found.places, found.losses, strict=True):
        start = round(place - width / 2)
        echo(f"characters {start + 1:>4} to {start + width:>4}{loss:>8.3f}")


def _tunes_of(checkpoint: "Checkpoint", file: Path | None) -> tuple[str, ...]:
    """The tunes of a file, or held-out ones, without characters that the network does not know."""
    from musicgen.evaluation.loss.text_loss import known_text
    from musicgen.interpretation.material import find_known

    if file is None:
        return find_known(checkpoint, Paths.default())
    known = (known_text(checkpoint.vocabulary, text) for text in read_texts(file))
    return tuple(text + "\n" for text in known if text)


CHANGE_COMMANDS = (silence_command, reach_command, along_command)
