import pytest
import torch

from musicgen.sampling.decoding import compute_probs, draw

LOGITS = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))


def test_temperature_one_gives_the_networks_own_probabilities() -> None:
    torch.testing.assert_close(
        compute_probs(LOGITS), torch.tensor([[0.5, 0.3, 0.15, 0.05]]).double(), atol=1e-6, rtol=0
    )


def test_a_low_temperature_sharpens_and_a_high_one_flattens() -> None:
    cold, warm, hot = (compute_probs(LOGITS, t)[0, 0].item() for t in (0.05, 1.0, 3.0))
    assert cold > 0.999
    assert 0.25 < hot < warm < cold


def test_temperature_is_the_power_of_the_probabilities() -> None:
    powered = torch.tensor([0.5, 0.3, 0.15, 0.05]).double() ** 2
    torch.testing.assert_close(
        compute_probs(LOGITS, 0.5)[0], powered / powered.sum(), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize(("k", "kept"), [(1, 1), (2, 2), (4, 4), (9, 4), (0, 4)])
def test_top_k_keeps_the_k_likeliest(k: int, kept: int) -> None:
    probs = compute_probs(LOGITS, top_k=k)[0]
    assert (probs > 0).sum() == kept
    assert probs.sum().item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("p", "kept"), [(0.01, 1), (0.45, 1), (0.55, 2), (0.79, 2), (0.81, 3), (1.0, 4)]
)
def test_top_p_keeps_the_smallest_set_that_reaches_it(p: float, kept: int) -> None:
    probs = compute_probs(LOGITS, top_p=p)[0]
    assert (probs > 0).tolist() == [True] * kept + [False] * (4 - kept)


def test_draws_follow_the_probabilities() -> None:
    uniforms = (torch.arange(100_000) + 0.5).double() / 100_000
    ids = draw(compute_probs(LOGITS).expand(100_000, 4), uniforms)
    shares = torch.bincount(ids, minlength=4) / 100_000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.3, 0.15, 0.05]), atol=1e-4, rtol=0)


def test_a_character_without_probability_is_never_drawn() -> None:
    probs = torch.tensor([[0.0, 1.0, 0.0], [0.25, 0.75, 0.0]]).double()
    for uniform in (0.0, 0.999999999999, 1.0 - 2**-53):
        ids = draw(probs, torch.full((2,), uniform).double())
        assert all(probs[row, index] > 0 for row, index in enumerate(ids))
