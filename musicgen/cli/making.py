"""Tunes of orders and of files, for the commands that do something with them."""

from collections.abc import Callable
from pathlib import Path

from musicgen.cli.reproduce import Order, repeat_orders
from musicgen.config import Paths
from musicgen.errors import ConfigError
from musicgen.sampling.composer import Composition, compose

OnText = Callable[[list[str]], None]


def compose_order(order: Order, on_text: OnText | None = None) -> list[Composition]:
    """The tunes of an order, with what was changed in them."""
    tunes = compose(order.checkpoint, order.config, on_text)
    if not order.edits:
        return tunes
    from musicgen.sampling.edits import apply_edits  # with the whole network, and so torch

    return [apply_edits(order.checkpoint, tune, order.edits, on_text) for tune in tunes]


def make_again(file: Path, checkpoint_name: str, number: int = 1) -> tuple[Order, Composition]:
    """A tune of a file that this program wrote, made again.

    Args:
        file: In any format this program writes.
        checkpoint_name: Where its network is, if not under the name that the file says.
        number: Which of its tunes, from 1.

    Raises:
        ProvenanceError: the file does not say how it was made, or that cannot be repeated.
        ConfigError: it has no such tune.
        CheckpointError: the network is not here.
    """
    orders = repeat_orders(
        file, checkpoint_name, "", lambda playback: playback, anyway=False, paths=Paths.default()
    )
    if not 1 <= number <= len(orders):
        raise ConfigError(
            "{name} has {count} tunes: there is no tune {number}.",
            name=file.name,
            count=len(orders),
            number=number,
        )
    order = orders[number - 1]
    return order, compose_order(order)[0]
