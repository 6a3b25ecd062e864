"""The engine of an LSTM with echoes beside the network itself."""

import numpy as np
import pytest
import torch

from musicgen.config import NetworkConfig
from musicgen.models.echo import EchoNetwork
from musicgen.models.registry import build_network
from musicgen.sampling.echo_engine import EchoEngine
from musicgen.sampling.engine import ForwardEngine, build_engine
from tests.sampling.test_engine import VOCAB, make_ids, read_all

SHAPES = [(1, False, False), (2, True, False), (3, False, False), (2, False, True)]
CHARACTERS = "|\n:KMLGABcdef"
"""Ids 0 to 2 are the signs of `make_echo`."""


def make_echo(num_layers: int, layer_norm: bool, position: bool = False) -> EchoNetwork:
    """A network whose echoes have much to say, and positions where they are read."""
    config = NetworkConfig(
        kind="echo", vocab_size=VOCAB, embedding_dim=6, hidden_size=24, num_layers=num_layers,
        layer_norm=layer_norm, bar_id=0, line_id=1, colon_id=2, position=position,
        characters=CHARACTERS if position else "",
    )  # fmt: skip
    network = build_network(config, 0).eval().requires_grad_(False)
    assert isinstance(network, EchoNetwork)
    generator = torch.Generator().manual_seed(3)
    for weight in (network.offers, network.levels, network.gates.weight, network.trust):
        weight.copy_(torch.randn(weight.shape, generator=generator))
    if network.position is not None:
        weight = network.position.weight
        weight.copy_(0.3 * torch.randn(weight.shape, generator=generator))
    return network


@pytest.mark.parametrize(("num_layers", "layer_norm", "position"), SHAPES)
def test_in_float32_the_engine_says_what_the_network_says(
    num_layers: int, layer_norm: bool, position: bool
) -> None:
    network, ids = make_echo(num_layers, layer_norm, position), make_ids(300, 4)
    engine = build_engine(network)
    assert isinstance(engine, EchoEngine)
    expected, _ = network(torch.from_numpy(ids.T))
    np.testing.assert_allclose(
        read_all(engine, ids), expected.transpose(0, 1), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(("num_layers", "layer_norm", "position"), SHAPES)
def test_in_int8_the_engine_stays_near_the_network_in_any_batch(
    num_layers: int, layer_norm: bool, position: bool
) -> None:
    network, ids = make_echo(num_layers, layer_norm, position), make_ids(200, 4)
    engine = build_engine(network, "int8")
    together, expected = read_all(engine, ids), read_all(ForwardEngine(network), ids)
    assert 0 < (together - expected).std() < 0.03 * expected.std()
    for column in range(4):
        alone = read_all(engine, ids[:, [column]])
        np.testing.assert_array_equal(together[:, [column]], alone)
