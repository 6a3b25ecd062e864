import pytest
import torch
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.models.lstm_layer import run_lstm_layer
from musicgen.models.registry import build_network

T, B, INPUT, H = 9, 3, 5, 4


@pytest.fixture
def layer() -> nn.LSTM:
    torch.manual_seed(0)
    return nn.LSTM(INPUT, H).double()


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def test_outputs_states_and_gradients_are_those_of_torchs_layer(layer: nn.LSTM) -> None:
    values = random(T, B, INPUT).requires_grad_()
    h, c, direction = random(B, H), random(B, H), random(T, B, H)
    weights = tuple(layer.all_weights[0])
    expected, (expected_h, expected_c) = layer(values, (h[None], c[None]))
    outputs, last_h, last_c = run_lstm_layer(values, h, c, weights, torch.float64)
    for ours, theirs in ((outputs, expected), (last_h, expected_h[0]), (last_c, expected_c[0])):
        torch.testing.assert_close(ours, theirs)
    for ours, theirs in zip(
        torch.autograd.grad((outputs * direction).sum(), [values, *weights]),
        torch.autograd.grad((expected * direction).sum(), [values, *weights]),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


def test_rounding_of_products_does_not_add_up_over_time(layer: nn.LSTM) -> None:
    layer = layer.float()
    values, zeros = torch.randn(400, B, INPUT), torch.zeros(B, H)
    weights = tuple(layer.all_weights[0])
    exact, _, _ = run_lstm_layer(values, zeros, zeros, weights)
    rounded, _, _ = run_lstm_layer(values, zeros, zeros, weights, torch.bfloat16)
    errors = (exact - rounded).abs()
    assert 0 < errors.max() < 0.05
    assert errors[200:].mean() < 2 * errors[:200].mean()


def test_a_network_under_autocast_keeps_its_state_in_float32() -> None:
    config = NetworkConfig(vocab_size=7, embedding_dim=6, hidden_size=8, num_layers=2)
    network = build_network(config, 0)
    ids = torch.randint(7, (2, 20))
    exact, (h, c) = network(ids)
    with torch.autocast("cpu", torch.bfloat16):
        rounded, (low_h, low_c) = network(ids)
    assert low_h.dtype == low_c.dtype == torch.float32
    torch.testing.assert_close(rounded.float(), exact, atol=0.02, rtol=0.05)
    torch.testing.assert_close(low_c, c, atol=0.02, rtol=0.05)
    torch.testing.assert_close(low_h, h, atol=0.02, rtol=0.05)
    (exact_grad,) = torch.autograd.grad(exact.sum(), network.embedding.weight)
    (rounded_grad,) = torch.autograd.grad(rounded.float().sum(), network.embedding.weight)
    similarity = torch.cosine_similarity(exact_grad.flatten(), rounded_grad.flatten(), 0)
    assert similarity > 0.999
