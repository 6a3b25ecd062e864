"""A network that is heard differently inside, and what it composes.

Of an LSTM, with or without echoes, that is the same network with other weights: what goes out from
a unit is multiplied, and what it is held at goes into a bias. Its fast engine composes with it as
with any other. Where a normalisation, attention or another kind of layer is in between, hooks of a
copy do the same.

Shapes: H units, W numbers that read them, K echoes.
"""

import copy
from typing import Any, cast

import torch
from torch import nn

from musicgen.config import SampleConfig
from musicgen.errors import ConfigError
from musicgen.interpretation.interventions import Intervention, UnitChange
from musicgen.interpretation.sites import (
    Site,
    find_sites,
    has_attention,
    has_echoes,
    has_place,
    put_output,
    take_output,
)
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.copy_candidates import ECHOES
from musicgen.models.echo import EchoNetwork
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.lstm_stack import LSTMStack
from musicgen.models.network import Network
from musicgen.models.position import FEATURES
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.engine import build_engine

PLACE_IN_BAR = ("metre_and_place", "left_in_bar", "fraction")
"""The features of a position that tell how full the bar is."""

_Lines = dict[int, tuple[torch.Tensor, torch.Tensor]]
"""Of each changed layer the factors and offsets of its units, both (H,)."""


def compose_changed(
    checkpoint: Checkpoint, config: SampleConfig, intervention: Intervention
) -> list[Composition]:
    """Composes with a changed network: the tunes of the same seeds and settings.

    Their fingerprint is not that of the checkpoint, which would not compose them again.

    Raises:
        ConfigError: as of `change_network`.
        CompositionError, GrammarError: as of `compose`.
    """
    changed = change_checkpoint(checkpoint, intervention)
    return compose(changed, config, engine=build_engine(changed, config.precision))


def change_checkpoint(checkpoint: Checkpoint, intervention: Intervention) -> Checkpoint:
    """A checkpoint with the changed network and a fingerprint of its own, to measure with.

    Raises:
        ConfigError: as of `change_network`.
    """
    return Checkpoint(
        change_network(checkpoint.network, intervention),
        checkpoint.metadata,
        intervention.fingerprint(checkpoint.fingerprint),
        checkpoint.critic,
    )


def change_network(network: Network, intervention: Intervention) -> Network:
    """A copy of a network in which units, echoes or attention are heard differently.

    Args:
        network: Of any kind in the registry; it is not changed.
        intervention: What is changed.

    Raises:
        ConfigError: there is no such layer or unit, or the network has no echoes or no attention,
            or is not told its place.
    """
    sites = find_sites(network)
    lines: _Lines = {}
    for change in intervention.changes:
        _add(change, sites, lines)
    _check_parts(network, intervention)
    changed = copy.deepcopy(network).eval().requires_grad_(False)
    with torch.no_grad():
        for layer, line in lines.items():
            if sites[layer].is_recurrent:
                _, recurrent, _, bias = sites[layer].lstm(changed).all_weights[0]
                _turn(recurrent, bias, line)
            if _is_read_by_weights(changed, layer, line):
                _turn_readers(cast(LSTMStack, changed), layer, line)
            else:
                _hook(sites[layer], changed, line)
        if intervention.silent_echoes:
            _silence_echoes(cast(EchoNetwork, changed), list(intervention.silent_echoes))
        if intervention.is_place_silent:
            _silence_place(cast(EchoNetwork, changed))
        if intervention.is_attention_silent:
            nothing = torch.zeros(sites[-1].size)
            _hook(sites[-1], changed, (nothing, nothing))
    return changed


def _add(change: UnitChange, sites: tuple[Site, ...], lines: _Lines) -> None:
    """Puts a change of units behind those that there are."""
    if not 0 <= change.layer < len(sites):
        raise ConfigError(
            "There is no layer {layer}; this network has {count}.",
            layer=change.layer + 1,
            count=len(sites),
        )
    size = sites[change.layer].size
    units = list(change.units) or list(range(size))
    if wrong := [unit for unit in units if not 0 <= unit < size]:
        raise ConfigError(
            "There is no unit {unit}; this layer has {count}, from 0 on.",
            unit=wrong[0],
            count=size,
        )
    if change.offsets and len(change.offsets) != len(units):
        raise ConfigError("Give one value for each unit that is held.")
    factors, offsets = lines.setdefault(change.layer, (torch.ones(size), torch.zeros(size)))
    factors[units] *= change.factor
    offsets[units] *= change.factor
    if change.offsets:
        offsets[units] += torch.tensor(change.offsets)


def _check_parts(network: Network, intervention: Intervention) -> None:
    if intervention.silent_echoes and not has_echoes(network):
        raise ConfigError("This network has no echoes to switch off.")
    if any(not 0 <= echo < ECHOES for echo in intervention.silent_echoes):
        raise ConfigError("There are {count} echoes, counted from 0.", count=ECHOES)
    if intervention.is_place_silent and not has_place(network):
        raise ConfigError("This network is not told its place in the bar.")
    if intervention.is_attention_silent and not has_attention(network):
        raise ConfigError("This network has no attention to switch off.")


def _turn(
    weights: torch.Tensor, bias: torch.Tensor, line: tuple[torch.Tensor, torch.Tensor]
) -> None:
    """Lets weights (W, H) and a bias (W,) read ``factor · h + offset`` in the place of h."""
    factors, offsets = line
    bias += weights @ offsets
    weights *= factors


def _is_read_by_weights(
    network: Network, layer: int, line: tuple[torch.Tensor, torch.Tensor]
) -> bool:
    """Whether all that reads a layer does so by a matrix with a bias."""
    if type(network) not in (LSTMNetwork, EchoNetwork) or network.config.layer_norm:
        return False
    is_last = layer == network.config.num_layers - 1
    has_relative = getattr(network, "relative", None) is not None  # which has no bias
    return not (is_last and has_relative and bool(line[1].any()))


def _turn_readers(network: LSTMStack, layer: int, line: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Changes what reads a layer, but for the layer itself."""
    if layer < network.config.num_layers - 1:
        w_input, _, bias_input, _ = network.layer_weights[layer + 1]
        _turn(w_input, bias_input, line)
        return
    _turn(network.linear.weight, network.linear.bias, line)
    if isinstance(network, EchoNetwork):
        _turn(network.gates.weight, network.trust, line)  # the same for each level
        if network.relative is not None:
            network.relative.weight *= line[0]


def _silence_echoes(network: EchoNetwork, echoes: list[int]) -> None:
    """The same as if these echoes, (K,), never found anything."""
    network.offers[:, echoes] = 0.0
    network.levels[:, echoes] = network.levels[0, echoes]
    network.gates.weight[echoes] = 0.0
    network.trust[:, echoes] = 0.0


def _silence_place(network: EchoNetwork) -> None:
    """Each feature that tells the place in the bar is told as the mean of all its values."""
    weight = cast(nn.Embedding, network.position).weight
    row = 0
    for name, count in FEATURES.items():
        if name in PLACE_IN_BAR:
            weight[row : row + count] = weight[row : row + count].mean(0)
        row += count


def _hook(site: Site, network: nn.Module, line: tuple[torch.Tensor, torch.Tensor]) -> None:
    factors, offsets = line

    def turn(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        values = take_output(site, output)
        return put_output(site, output, values * factors.to(values) + offsets.to(values))

    site.find(network).register_forward_hook(turn)
