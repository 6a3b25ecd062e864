import torch
import torch.nn.functional as F

from musicgen.config import NetworkConfig
from musicgen.models.hawk import HawkNetwork, RecurrentUnit
from musicgen.models.linear_scan import scan


def test_the_scan_is_its_recurrence_and_its_gradients_are_exact() -> None:
    torch.manual_seed(0)
    a = torch.rand(6, 2, 3, dtype=torch.float64, requires_grad=True)
    x = torch.randn(6, 2, 3, dtype=torch.float64, requires_grad=True)
    h = torch.randn(2, 3, dtype=torch.float64)
    outputs, before = scan(a, x, h), h
    for step in range(6):
        before = a[step] * before + x[step]
        torch.testing.assert_close(outputs[step], before)
    assert torch.autograd.gradcheck(lambda a, x: scan(a, x, h), (a, x))


def test_the_unit_is_that_of_the_paper() -> None:
    """Equations 1 to 4 of De et al. (2024), one step after the other, after the convolution."""
    torch.manual_seed(0)
    unit = RecurrentUnit(5)
    values, h, before = torch.randn(7, 2, 5), torch.randn(2, 5), torch.randn(3, 2, 5)
    outputs, last, kept = unit(values, h, before)
    longer = torch.cat([before, values])
    for step in range(7):
        mixed = sum(unit.taps[tap] * longer[step + tap] for tap in range(4))
        recall, take = torch.sigmoid(unit.gates(mixed)).chunk(2, -1)
        decay = torch.sigmoid(-unit.rate) ** (8.0 * recall)  # softplus(x) = -log sigmoid(-x)
        h = decay * h + torch.sqrt(1.0 - decay**2) * take * mixed
        torch.testing.assert_close(outputs[step], h, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(last, outputs[-1])
    assert torch.equal(kept, values[-3:])


def test_at_first_memories_of_all_lengths_are_there() -> None:
    left = torch.exp(-8.0 * F.softplus(RecurrentUnit(11).rate))
    torch.testing.assert_close(left, torch.linspace(0.9, 0.999, 11))


def test_the_house_size_has_no_product_that_waits() -> None:
    """All weights but the taps and rates are those of products over a whole stretch."""
    network = HawkNetwork(NetworkConfig(kind="hawk", hidden_size=8, num_layers=2, vocab_size=9))
    waiting = [name for name, _ in network.named_parameters() if "hh" in name]
    assert waiting == []
