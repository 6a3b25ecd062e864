"""Weights without torch beside the networks themselves."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from musicgen.config import NetworkConfig
from musicgen.corpus.dataset import Dataset
from musicgen.models.checkpoint import load_checkpoint
from musicgen.models.lstm_weights import (
    LSTM_KINDS,
    NORM_EPSILON,
    expected_shapes,
    take_weights,
)
from musicgen.models.registry import build_network
from musicgen.sampling.batch import draw_uniforms
from musicgen.sampling.engine import build_engine
from tests.examples import write_checkpoint


@pytest.mark.parametrize("kind", LSTM_KINDS)
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("layer_norm", [False, True])
def test_the_shapes_are_those_of_the_network(kind: str, num_layers: int, layer_norm: bool) -> None:
    config = NetworkConfig(
        kind=kind, vocab_size=7, embedding_dim=3, hidden_size=5, num_layers=num_layers,
        layer_norm=layer_norm,
    )  # fmt: skip
    network = build_network(config, 0)
    state = network.state_dict()
    assert expected_shapes(config) == {name: tuple(one.shape) for name, one in state.items()}
    weights = take_weights(network)
    assert weights.has_echoes == (kind == "echo")
    for number, layer in enumerate(network.layer_weights):
        for ours, theirs in zip(weights.layer(number), layer, strict=True):
            np.testing.assert_array_equal(ours, theirs.detach().numpy())
    assert (weights.norm(0) is not None) == layer_norm


def test_the_norm_is_that_of_torch() -> None:
    assert torch.nn.LayerNorm(3).eps == NORM_EPSILON


@pytest.mark.parametrize("seed", [0, 1, 4711, 2**31 - 1])
def test_random_numbers_are_those_of_torch(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    expected = torch.rand(1000, dtype=torch.float64, generator=generator).tolist()
    drawn = draw_uniforms(seed)
    assert [next(drawn) for _ in range(1000)] == expected


def test_weights_and_network_of_a_file_are_the_same(tmp_path: Path, dataset: Dataset) -> None:
    folder = write_checkpoint(tmp_path / "small", dataset.vocabulary)
    one, other = load_checkpoint(folder), load_checkpoint(folder)
    assert one.loaded_weights is not None
    assert other.network.training is False  # builds it
    assert other.loaded_weights is None
    ids = np.array([3, 1, 2], np.int64)
    found = [build_engine(source).read(ids)[0] for source in (one, other, other.network)]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_types_are_read(
    tmp_path: Path, dataset: Dataset, dtype: torch.dtype
) -> None:
    folder = write_checkpoint(tmp_path / "small", dataset.vocabulary)
    before = load_checkpoint(folder).network.state_dict()
    converted = {name: value.to(dtype) for name, value in before.items()}
    (folder / "model.safetensors").write_bytes(safetensors.torch.save(converted))
    loaded = load_checkpoint(folder)
    assert loaded.loaded_weights is not None
    for name, value in loaded.loaded_weights.arrays.items():
        np.testing.assert_array_equal(value, converted[name].float().numpy())
