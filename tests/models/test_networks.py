import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.errors import ConfigError
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.registry import NETWORKS, build_network
from musicgen.presets import get_preset

PROJECT = Path(__file__).resolve().parents[2]
SMALL = NetworkConfig(vocab_size=11, embedding_dim=5, hidden_size=7, num_layers=2)


@pytest.mark.parametrize(
    ("preset", "parameters"), [("baseline", 5_357_395), ("improved", 3_742_035)]
)
def test_the_studies_networks_have_their_number_of_parameters(preset: str, parameters: int) -> None:
    assert build_network(get_preset(preset).network).num_parameters == parameters


def test_the_baseline_has_the_labs_shapes() -> None:
    network = build_network(get_preset("baseline").network)
    assert isinstance(network, LSTMNetwork)
    ids = torch.zeros(8, 100, dtype=torch.int64)
    embedded = network.embedding(ids)
    hidden, _ = network.layers[0](embedded)
    logits, (h, c) = network(ids)
    assert embedded.shape == (8, 100, 256)
    assert hidden.shape == (8, 100, 1024)
    assert logits.shape == (8, 100, 83)
    assert h.shape == c.shape == (1, 8, 1024)


@pytest.mark.parametrize("kind", sorted(NETWORKS))
@pytest.mark.parametrize("layer_norm", [False, True])
def test_one_pass_over_a_text_equals_a_pass_for_each_character(kind: str, layer_norm: bool) -> None:
    network = build_network(SMALL.replace(kind=kind, layer_norm=layer_norm, dropout=0.5), 0).eval()
    ids = torch.randint(11, (3, 9))
    whole, _ = network(ids)
    state, parts = network.init_state(3), []
    for step in range(9):
        logits, state = network(ids[:, step : step + 1], state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole)


def test_the_network_equals_a_plain_stack_of_torch_layers() -> None:
    network = build_network(SMALL, 0).eval()
    assert isinstance(network, LSTMNetwork)
    plain = nn.LSTM(5, 7, 2, batch_first=True)
    weights = [value for layer in network.layers for value in layer.parameters()]
    plain.load_state_dict(dict(zip(plain.state_dict(), weights, strict=True)))
    ids = torch.randint(11, (2, 6))
    expected = network.linear(plain(network.embedding(ids))[0])
    torch.testing.assert_close(network(ids)[0], expected)


def test_the_labs_names_work() -> None:
    network = build_network(SMALL, 0)
    assert isinstance(network, LSTMNetwork)
    ids = torch.zeros(2, 3, dtype=torch.int64)
    logits = network(ids, network.init_hidden(2), return_state=False)
    assert isinstance(logits, torch.Tensor)
    assert logits.shape == (2, 3, 11)


def test_the_same_seed_gives_the_same_weights_and_leaves_others_randomness_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second, third = (build_network(SMALL, seed).linear.weight for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert torch.equal(torch.rand(1), expected)


def test_orthogonal_initialisation_is_what_it_says() -> None:
    network = build_network(SMALL.replace(init="orthogonal"), 0)
    assert isinstance(network, LSTMNetwork)
    for _, recurrent, bias_input, bias_recurrent in network.layer_weights:
        for gate in recurrent.chunk(4):
            torch.testing.assert_close(gate @ gate.T, torch.eye(7), atol=1e-5, rtol=0)
        assert (bias_input + bias_recurrent).chunk(4)[1].tolist() == [1.0] * 7
    assert network.linear.bias.abs().sum() == 0


def test_dropout_acts_in_training_only_and_is_locked_over_time() -> None:
    network = build_network(SMALL.replace(dropout=0.5), 0)
    values = torch.ones(4, 6, 50)
    dropped = network.dropout.train()(values)
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(network.dropout.eval()(values), values)


def test_dropout_follows_its_generator() -> None:
    network = build_network(SMALL.replace(dropout=0.5), 0).train()
    ids = torch.zeros(2, 3, dtype=torch.int64)
    results = []
    for _ in range(2):
        network.set_generator(torch.Generator().manual_seed(7))
        results.append(network(ids)[0])
    assert torch.equal(*results)


def test_layer_normalisation_normalises() -> None:
    network = build_network(SMALL.replace(layer_norm=True), 0)
    values = network.norms[0](torch.randn(4, 7) * 9 + 5)
    torch.testing.assert_close(values.mean(-1), torch.zeros(4), atol=1e-5, rtol=0)


def test_an_unknown_kind_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"'tree'.*lstm"):
        build_network(NetworkConfig(kind="tree"))


def test_recurrent_weights_are_left_out_while_training_alone() -> None:
    config = NetworkConfig(
        vocab_size=9, embedding_dim=4, hidden_size=12, num_layers=2, recurrent_dropout=0.5
    )
    network = build_network(config, 0)
    plain = build_network(config.replace(recurrent_dropout=0.0), 0)
    plain.load_state_dict(network.state_dict())
    ids = torch.arange(18).remainder(9).view(2, 9)
    torch.testing.assert_close(network.eval()(ids)[0], plain.eval()(ids)[0])

    def say(seed: int, dtype: torch.dtype | None = None) -> torch.Tensor:
        network.train().set_generator(torch.Generator().manual_seed(seed))
        with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
            return network(ids)[0].float()

    assert not torch.allclose(say(1), plain(ids)[0])
    torch.testing.assert_close(say(1), say(1))
    assert not torch.allclose(say(1), say(2))
    # The same weights are left out in low precision, by our own layer.
    torch.testing.assert_close(say(1, torch.bfloat16), say(1), rtol=0.05, atol=0.02)
    say(1).sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_a_network_without_values_has_its_shapes_and_loads_no_compiler() -> None:
    """In a process of its own: another test may have loaded torch's compiler."""
    code = """
import sys
from musicgen.models.registry import build_empty_network, build_network
from musicgen.presets import PRESETS

configs = [preset.network.replace(vocab_size=60) for preset in PRESETS.values()]
empty = [build_empty_network(config).state_dict() for config in configs]
assert all(value.is_meta for state in empty for value in state.values() if value.numel() > 1024)
assert "torch._dynamo" not in sys.modules, "torch's compiler"
for config in configs:
    small = config.replace(embedding_dim=12, hidden_size=20)
    state, real = (build(small).state_dict() for build in (build_empty_network, build_network))
    assert {k: v.shape for k, v in state.items()} == {k: v.shape for k, v in real.items()}
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
