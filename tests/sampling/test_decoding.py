import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from musicgen.sampling.decoding import compute_probs, draw

LOGITS = np.log(np.array([[0.5, 0.3, 0.15, 0.05]]))


def test_temperature_one_gives_the_networks_own_probabilities() -> None:
    assert compute_probs(LOGITS)[0] == pytest.approx([0.5, 0.3, 0.15, 0.05])


def test_a_low_temperature_sharpens_and_a_high_one_flattens() -> None:
    cold, warm, hot = (compute_probs(LOGITS, t)[0, 0] for t in (0.05, 1.0, 3.0))
    assert cold > 0.999
    assert 0.25 < hot < warm < cold


def test_temperature_is_the_power_of_the_probabilities() -> None:
    powered = np.array([0.5, 0.3, 0.15, 0.05]) ** 2
    assert compute_probs(LOGITS, 0.5)[0] == pytest.approx(powered / powered.sum())


@pytest.mark.parametrize(("k", "kept"), [(1, 1), (2, 2), (4, 4), (9, 4), (0, 4)])
def test_top_k_keeps_the_k_likeliest(k: int, kept: int) -> None:
    probs = compute_probs(LOGITS, top_k=k)[0]
    assert (probs > 0).tolist() == [True] * kept + [False] * (4 - kept)
    assert probs.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("p", "kept"), [(0.01, 1), (0.45, 1), (0.55, 2), (0.79, 2), (0.81, 3), (1.0, 4)]
)
def test_top_p_keeps_the_smallest_set_that_reaches_it(p: float, kept: int) -> None:
    probs = compute_probs(LOGITS, top_p=p)[0]
    assert (probs > 0).tolist() == [True] * kept + [False] * (4 - kept)


@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.05, 3.0),
    st.integers(0, 12),
    st.floats(0.01, 1.0),
)
def test_each_row_is_what_torch_makes_of_it_alone(
    seed: int, temperature: float, top_k: int, top_p: float
) -> None:
    logits = np.random.default_rng(seed).normal(0, 3, (3, 10)).astype(np.float32)
    together = compute_probs(logits, temperature, top_k, top_p)
    for row, values in zip(together, torch.from_numpy(logits), strict=True):
        probs, order = torch.softmax(values.double() / temperature, 0).sort(descending=True)
        if top_k:
            probs[top_k:] = 0.0
            probs = probs / probs.sum()
        before = probs.cumsum(0) - probs
        if ((before - top_p).abs() < 1e-9).any():
            return  # on the edge, rounding decides
        kept = probs.where(before < top_p, 0.0)
        expected = torch.zeros(10).double().scatter(0, order, kept / kept.sum())
        assert row == pytest.approx(expected.numpy(), abs=1e-12)


def test_what_is_forbidden_has_no_probability_however_likely_it_was() -> None:
    probs = compute_probs(
        np.array([[900.0, -np.inf, 0.0, -1.0], [-np.inf, -np.inf, -900.0, -901.0]])
    )
    assert probs[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert probs[1, 2:] == pytest.approx([0.731, 0.269], abs=1e-3)


def test_draws_follow_the_probabilities() -> None:
    uniforms = (np.arange(100_000) + 0.5) / 100_000
    ids = draw(np.broadcast_to(compute_probs(LOGITS), (100_000, 4)), uniforms)
    shares = np.bincount(ids, minlength=4) / 100_000
    assert shares == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=1e-4)


def test_a_character_without_probability_is_never_drawn() -> None:
    probs = np.array([[0.0, 1.0, 0.0], [0.25, 0.75, 0.0]])
    for uniform in (0.0, 0.999999999999, 1.0 - 2**-53):
        ids = draw(probs, np.full(2, uniform))
        assert all(probs[row, index] > 0 for row, index in enumerate(ids))
