"""The fast engine beside plain `torch.nn.LSTM`, in both precisions, in batches and threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from musicgen.config import NetworkConfig
from musicgen.errors import CompositionError
from musicgen.models.lstm import LSTMNetwork
from musicgen.models.lstm_weights import take_weights
from musicgen.models.network import Network
from musicgen.models.registry import NETWORKS, build_network
from musicgen.sampling import lstm_engine
from musicgen.sampling.engine import (
    MAX_ENGINES,
    Engine,
    ForwardEngine,
    build_engine,
    get_engine,
)
from musicgen.sampling.lstm_engine import LSTMEngine
from musicgen.sampling.lstm_graph import make_product, make_step

VOCAB = 13
SHAPES = [
    pytest.param(num_layers, layer_norm, id=f"{num_layers} layers{', normed' * layer_norm}")
    for num_layers in (1, 2, 3)
    for layer_norm in (False, True)
]


def make_network(num_layers: int = 1, layer_norm: bool = False, seed: int = 0) -> Network:
    config = NetworkConfig(
        vocab_size=VOCAB,
        embedding_dim=6,
        hidden_size=24,
        num_layers=num_layers,
        layer_norm=layer_norm,
    )
    network = build_network(config, seed).eval().requires_grad_(False)
    if layer_norm:
        with torch.no_grad():
            for norm in network.norms:
                norm.weight.mul_(torch.rand(24) * 2)
                norm.bias.add_(torch.randn(24))
    return network


def make_ids(count: int, batch_size: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, VOCAB, (count, batch_size))


def read_all(engine: Engine, ids: np.ndarray) -> np.ndarray:
    """Logits (T, B, V) of ids (T, B)."""
    state, rows = engine.init_state(ids.shape[1]), []
    for row in ids:
        logits, state = engine.step(row, state)
        rows.append(logits)
    return np.stack(rows)


@pytest.mark.parametrize(("num_layers", "layer_norm"), SHAPES)
def test_in_float32_the_engine_says_what_the_network_says(
    num_layers: int, layer_norm: bool
) -> None:
    network, ids = make_network(num_layers, layer_norm), make_ids(60, 4)
    engine = build_engine(network)
    assert isinstance(engine, LSTMEngine)
    expected, _ = network(torch.from_numpy(ids.T))
    np.testing.assert_allclose(
        read_all(engine, ids), expected.transpose(0, 1), rtol=1e-5, atol=1e-5
    )


def test_in_float32_the_engine_says_what_torchs_own_lstm_says() -> None:
    network, ids = make_network(), make_ids(60, 1)
    assert isinstance(network, LSTMNetwork)
    plain = nn.LSTM(6, 24)
    plain.load_state_dict(
        dict(
            zip(
                ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"),
                network.layer_weights[0],
                strict=True,
            )
        )
    )
    outputs, _ = plain(network.embedding(torch.from_numpy(ids)))
    expected = network.linear(outputs).detach().numpy()
    np.testing.assert_allclose(read_all(build_engine(network), ids), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("num_layers", "layer_norm"), SHAPES)
def test_in_int8_the_engine_stays_near_the_network(num_layers: int, layer_norm: bool) -> None:
    network, ids = make_network(num_layers, layer_norm), make_ids(200, 4)
    found, expected = (
        read_all(engine, ids) for engine in (build_engine(network, "int8"), ForwardEngine(network))
    )
    assert (found - expected).std() < 0.03 * expected.std()
    assert not np.array_equal(found, expected)


@pytest.mark.parametrize(("num_layers", "layer_norm"), SHAPES)
def test_in_int8_a_tune_has_the_same_logits_in_any_batch(num_layers: int, layer_norm: bool) -> None:
    engine, ids = build_engine(make_network(num_layers, layer_norm), "int8"), make_ids(40, 7)
    together = read_all(engine, ids)
    for column in range(7):
        alone = read_all(engine, ids[:, [column]])
        np.testing.assert_array_equal(together[:, [column]], alone)


@pytest.mark.parametrize(("num_layers", "layer_norm"), SHAPES)
def test_unsigned_weights_give_the_same_where_signed_ones_would_overflow(
    monkeypatch: pytest.MonkeyPatch, num_layers: int, layer_norm: bool
) -> None:
    if lstm_engine._weight_type() is np.uint8:
        pytest.skip(
            "Signed products overflow on this processor: that is why it takes unsigned ones"
        )
    network, ids = make_network(num_layers, layer_norm), make_ids(40, 3)
    found = []
    for kind in (np.int8, np.uint8):
        monkeypatch.setattr(lstm_engine, "_weight_type", lambda kind=kind: kind)
        found.append(read_all(build_engine(network, "int8"), ids))
    np.testing.assert_array_equal(*found)


def test_the_type_of_weights_is_one_whose_products_are_right_here() -> None:
    kind = lstm_engine._weight_type()
    values = np.full((2, 64), 255, np.uint8)
    largest = np.full((64, 16), np.iinfo(kind).max if kind is np.uint8 else 127, kind)
    (products,) = lstm_engine.open_session(make_product(largest)).run(None, {"values": values})
    expected = values.astype(np.int64) @ largest.astype(np.int64)
    np.testing.assert_array_equal(products, expected)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_threads_may_share_an_engine(precision: str) -> None:
    engine = build_engine(make_network(2), precision)
    books = [np.random.default_rng(seed).integers(0, VOCAB, (300, 2)) for seed in range(8)]
    expected = [read_all(engine, ids) for ids in books]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda ids: read_all(engine, ids), books))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(params=["plain", "float32", "int8", *(kind for kind in NETWORKS if kind != "lstm")])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param in NETWORKS:
        config = NetworkConfig(
            kind=request.param, vocab_size=VOCAB, embedding_dim=8, hidden_size=24, num_layers=2
        )
        return build_engine(build_network(config, 0).eval().requires_grad_(False))
    network = make_network(2)
    if request.param == "plain":
        return ForwardEngine(network)
    return build_engine(network, request.param)


def test_reading_a_beginning_equals_its_steps(engine: Engine) -> None:
    ids = make_ids(30, 1)
    logits, state = engine.read(ids[:, 0])
    steps = read_all(engine, ids)
    np.testing.assert_allclose(logits, steps[-1], rtol=1e-5, atol=1e-5)
    following, _ = engine.step(np.array([3]), state)
    expected = read_all(engine, np.concatenate([ids, [[3]]]))[-1]
    np.testing.assert_allclose(following, expected, rtol=1e-5, atol=1e-5)


def test_a_state_stays_good_after_a_step_from_it(engine: Engine) -> None:
    _, state = engine.read(make_ids(5, 1)[:, 0])
    first, _ = engine.step(np.array([1]), state)
    engine.step(np.array([2]), state)
    again, _ = engine.step(np.array([1]), state)
    np.testing.assert_array_equal(first, again)


def test_rows_of_a_state_are_tunes(engine: Engine) -> None:
    ids = make_ids(9, 3)
    state = engine.init_state(3)
    for row in ids:
        _, state = engine.step(row, state)
    logits, _ = engine.step(np.array([4, 5]), engine.select(state, [2, 0]))
    every, _ = engine.step(np.array([5, 0, 4]), state)
    np.testing.assert_allclose(logits, every[[2, 0]], rtol=1e-5, atol=1e-5)


def test_an_engine_is_built_once_and_few_are_kept() -> None:
    networks = [make_network(seed=seed) for seed in range(MAX_ENGINES + 1)]
    with ThreadPoolExecutor(6) as pool:
        built = set(pool.map(lambda _: id(get_engine(networks[0])), range(12)))
    assert len(built) == 1
    first = get_engine(networks[0], "int8")
    assert first is get_engine(networks[0], "int8")
    assert first is not get_engine(networks[0])
    for network in networks[1:]:
        get_engine(network)
    assert get_engine(networks[0], "int8") is not first


class Strange(LSTMNetwork):
    """Adds something that the fast engine knows nothing of."""


def test_other_networks_are_stepped_through_their_forward() -> None:
    network = Strange(make_network().config).eval()
    assert isinstance(build_engine(network), ForwardEngine)
    with pytest.raises(CompositionError, match="Turn it off"):
        build_engine(network, "int8")


def test_8_bit_weights_take_a_quarter_of_the_room() -> None:
    config = NetworkConfig(vocab_size=20, embedding_dim=8, hidden_size=256)
    network = build_network(config, 0)
    assert isinstance(network, LSTMNetwork)
    weights = take_weights(network)
    assert len(make_step(weights, np.int8)) < 0.35 * len(make_step(weights))
