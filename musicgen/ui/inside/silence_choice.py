"""What is changed in *Silence it*: which part of the network, and how it is heard."""

from dataclasses import dataclass

import numpy as np

from musicgen.errors import ConfigError
from musicgen.interpretation.interventions import (
    Intervention,
    hold_mean,
    scale,
    silence,
    silence_attention,
    silence_echoes,
    silence_place,
)
from musicgen.interpretation.sites import find_sites, has_attention, has_echoes, has_place
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.errors import translate
from musicgen.ui.base.language import N_, _
from musicgen.ui.inside import measured

UNIT, LIST, BEAT, RANDOM = "unit", "list", "beat", "random"
LAYER, ECHOES, ATTENTION, PLACE = "layer", "echoes", "attention", "place"
PARTS = {
    BEAT: N_("the eight units that follow the beat most"),
    RANDOM: N_("eight units drawn at random"),
    UNIT: N_("the unit chosen in Units"),
    LIST: N_("a list of units"),
    LAYER: N_("a whole layer"),
    ECHOES: N_("the echoes"),
    ATTENTION: N_("the attention"),
    PLACE: N_("the place in the bar that it is told"),
}
"""Parts of a network that can be changed."""

WITHOUT_UNITS = (ECHOES, ATTENTION, PLACE)
"""Those that have no units and can only be switched off."""

OFF, MEAN, LOUD = "off", "mean", "loud"
WAYS = {OFF: N_("switch off"), MEAN: N_("hold at its mean"), LOUD: N_("turn up or down")}
"""How they are changed."""

MAX_LISTED = 64
"""Units of a list."""

_RANDOM_UNITS = 8


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed. `units` are of `layer`, from 0 on; none for all of it."""

    part: str
    way: str
    layer: int
    units: tuple[int, ...] = ()
    factor: float = 1.0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is chosen, or what is chosen is heard as it is."""
        is_same = self.way == LOUD and self.factor == 1.0
        return is_same or (self.part == LIST and not self.units)


def parts_of(checkpoint: Checkpoint) -> list[str]:
    """What can be changed in a network."""
    missing = set()
    if not has_echoes(checkpoint.network):
        missing.add(ECHOES)
    if not has_attention(checkpoint.network):
        missing.add(ATTENTION)
    if not has_place(checkpoint.network):
        missing.add(PLACE)
    return [part for part in PARTS if part not in missing]


def ways_of(part: str) -> list[str]:
    """How a part can be changed."""
    return [OFF] if part in WITHOUT_UNITS else list(WAYS)


def units_of(checkpoint: Checkpoint, part: str, layer: int, seed: int) -> tuple[int, ...]:
    """The units of a part that are found by measuring or by chance.

    Raises:
        CorpusError: units are to be held against held-out tunes, and these are not there.
    """
    size = find_sites(checkpoint.network)[layer].size
    if part == BEAT:
        return measured.beat_units(checkpoint, layer)
    drawn = np.random.default_rng(seed).permutation(size)[:_RANDOM_UNITS]
    return tuple(sorted(drawn.tolist()))


def to_intervention(checkpoint: Checkpoint, change: Change) -> Intervention:
    """The change as `musicgen.interpretation` has it; none where nothing is chosen.

    Raises:
        ConfigError: there is no such unit.
        CorpusError: a mean is of held-out tunes, and these are not there.
    """
    if change.is_nothing:
        return Intervention()
    if change.part in WITHOUT_UNITS:
        return {ECHOES: silence_echoes, ATTENTION: silence_attention, PLACE: silence_place}[
            change.part
        ]()
    if change.way == OFF:
        return silence(change.layer, change.units)
    if change.way == LOUD:
        return scale(change.layer, change.units, change.factor)
    recordings = measured.material(checkpoint, "hidden").recordings
    return hold_mean(recordings, change.layer, change.units)


def read_units(text: str) -> tuple[int, ...]:
    """Numbers of units that somebody typed, with commas or spaces; empty for none.

    Raises:
        ConfigError: there is something else, or there are too many.
    """
    parts = text.replace(",", " ").replace("，", " ").split()
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise ConfigError("Give units as numbers with commas, such as 3,17.")
    if len(parts) > MAX_LISTED:
        raise ConfigError("A list has {most} units at most.", most=MAX_LISTED)
    return tuple(dict.fromkeys(map(int, parts)))


def describe_change(checkpoint: Checkpoint, change: Change) -> str:
    """The change in words."""
    if change.is_nothing:
        return _("nothing is changed")
    if change.part == ECHOES:
        return _("without the echoes")
    if change.part == ATTENTION:
        return _("without attention")
    if change.part == PLACE:
        return _("without its place in the bar")
    label = find_sites(checkpoint.network)[change.layer].label
    layer = translate(label.template, label.values)
    what = (
        _("units {units} of {layer}").format(units=", ".join(map(str, change.units)), layer=layer)
        if change.units
        else _("all of {layer}").format(layer=layer)
    )
    how = {OFF: _("{what}: switched off"), MEAN: _("{what}: held at the mean"),
           LOUD: _("{what}: heard {factor:g} times as strongly")}  # fmt: skip
    return how[change.way].format(what=what, factor=change.factor)
