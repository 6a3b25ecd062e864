import pytest
import torch
from torch.nn.modules import module as torch_module

from musicgen.interpretation.anatomy import arrange_parts, count_rows_read, describe_parts
from musicgen.models.network import Network
from musicgen.models.registry import NETWORKS
from tests.interpretation.conftest import VOCABULARY, make_network


def test_every_weight_is_in_one_part(network: Network) -> None:
    found = describe_parts(network)
    assert found.parameters == network.num_parameters
    assert found.size_bytes == 4 * network.num_parameters
    shapes = sorted(shape for part in found.parts for shape in part.shapes)
    assert shapes == sorted(tuple(one.shape) for one in network.parameters())


def test_the_products_of_an_lstm_are_counted_by_hand() -> None:
    parts = {part.name: part for part in describe_parts(make_network("lstm")).parts}
    assert list(parts) == ["embedding", "layers.0", "layers.1", "linear"]
    assert parts["embedding"].multiply_adds == 0
    assert parts["layers.0"].multiply_adds == 4 * 10 * (6 + 10)
    assert parts["layers.0"].parameters == 4 * 10 * (6 + 10) + 2 * 4 * 10
    assert parts["layers.1"].multiply_adds == 4 * 10 * (10 + 10)
    assert parts["linear"].multiply_adds == 10 * len(VOCABULARY)


@pytest.mark.parametrize("kind", ["lstm", "echo", "relative", "hawk"])
def test_the_products_are_those_that_linear_layers_do(kind: str) -> None:
    """What passes the linear layers of a network at one character, seen by a hook."""
    network, seen = make_network(kind), []

    def count(module, inputs, _output):
        if isinstance(module, torch.nn.Linear):
            seen.append(inputs[0].numel() * module.out_features)
        elif isinstance(module, torch.nn.LSTM):
            seen.append(4 * module.hidden_size * (module.input_size + module.hidden_size))

    hook = torch_module.register_module_forward_hook(count)
    try:
        with torch.no_grad():
            network(torch.tensor([[1]]))
    finally:
        hook.remove()
    taps = 2 * 4 * 10 if kind == "hawk" else 0
    assert describe_parts(network).multiply_adds == sum(seen) + taps


def test_what_is_carried_and_what_is_read_are_counted() -> None:
    assert describe_parts(make_network("lstm")).state_numbers == 2 * 2 * 10
    assert describe_parts(make_network("hawk")).state_numbers == 2 * 10 * 4
    rows = [count_rows_read(make_network(kind)) for kind in ("lstm", "echo", "relative")]
    assert rows == [1, 9, 25]


@pytest.mark.parametrize("kind", list(NETWORKS))
def test_each_part_has_one_place_in_the_drawing(kind):
    found = describe_parts(make_network(kind))
    flow = arrange_parts(found)
    placed = [
        *flow.read,
        *(part for layer in flow.layers for part in layer),
        *flow.beside,
        *flow.say,
    ]
    assert sorted(part.name for part in placed) == sorted(part.name for part in found.parts)
    assert len(flow.layers) == 2
    assert flow.say[-1].name in ("linear", "gates") and "embedding" in [p.name for p in flow.read]
    beside = {part.name.partition(".")[0] for part in flow.beside}
    assert beside == {
        "attention": {"network", "query", "key", "value", "join"},
        "hierarchical": {"bars", "phrases", "from_bars", "from_phrases"},
    }.get(kind, set())
