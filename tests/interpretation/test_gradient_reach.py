import numpy as np
import pytest
import torch
import torch.nn.functional as F

from musicgen.config import NetworkConfig
from musicgen.errors import ConfigError
from musicgen.interpretation.gradient_reach import PlainRNN, build_untrained, measure_reach
from musicgen.interpretation.sites import find_sites, put_output, take_output
from musicgen.models.network import Network
from tests.interpretation.conftest import TUNE, VOCABULARY, make_network

DISTANCE = 12


def make_rnn(num_layers: int = 1) -> PlainRNN:
    torch.manual_seed(3)
    config = NetworkConfig(
        vocab_size=len(VOCABULARY), embedding_dim=6, hidden_size=10, num_layers=num_layers
    )
    return PlainRNN(config).eval().requires_grad_(False)


def test_the_reach_is_that_of_small_pushes_in_the_last_layer(network: Network) -> None:
    """At distance 0 a push to a hidden state changes the loss by the gradient times the push."""
    found = measure_reach(network, VOCABULARY, [TUNE], DISTANCE, lead=0)
    ids = torch.from_numpy(VOCABULARY.encode(TUNE[-DISTANCE - 2 :])[None])
    layers = [site for site in find_sites(network) if site.kind in ("lstm", "hawk")]
    site, step = layers[-1], 1e-2
    slopes = []
    for unit in range(site.size):
        losses = []
        for push in (step, -step):

            def add(_module, _inputs, output, unit=unit, push=push):
                values = take_output(site, output).clone()
                values[:, -1, unit] += push
                return put_output(site, output, values)

            hook = site.find(network).register_forward_hook(add)
            with torch.no_grad():
                logits, _ = network(ids[:, :-1])
            hook.remove()
            losses.append(float(F.cross_entropy(logits[:, -1].double(), ids[:, -1])))
        slopes.append((losses[0] - losses[1]) / (2 * step))
    assert found.norms[-1, 0] == pytest.approx(np.linalg.norm(slopes), rel=1e-2)
    assert found.norms.shape == (len(layers), DISTANCE + 1)
    assert (found.norms > 0).all()


def test_a_run_with_a_probe_says_what_the_network_says(network: Network) -> None:
    """The loss whose gradient is taken is the network's own: its mean slope by the embedding."""
    from musicgen.interpretation import gradient_reach

    seen = []
    original = gradient_reach.F.cross_entropy

    def spy(logits, *given, **named):
        seen.append(logits.detach())
        return original(logits, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradient_reach.F, "cross_entropy", spy)
        measure_reach(network, VOCABULARY, [TUNE, "X" + TUNE], DISTANCE, lead=0)
    ids = torch.from_numpy(VOCABULARY.encode(TUNE[-DISTANCE - 2 : -1])[None])
    with torch.no_grad():
        expected = network(ids)[0][:, -1]
    torch.testing.assert_close(seen[0], expected.expand(2, -1), atol=1e-5, rtol=1e-4)


def test_a_plain_network_passes_back_what_the_chain_rule_says() -> None:
    """One layer, step by step: ∂h(t)/∂h(t-1) = diag(1 - h²) U."""
    network = make_rnn()
    found = measure_reach(network, VOCABULARY, [TUNE], DISTANCE, lead=0)
    ids = torch.from_numpy(VOCABULARY.encode(TUNE[-DISTANCE - 2 :]))
    with torch.no_grad():
        hidden, _ = network.hidden_states(ids[None, :-1])
        probs = network.linear(hidden[0, -1]).softmax(0)
        probs[ids[-1]] -= 1.0
        slope = network.linear.weight.T @ probs
        recurrent = network.layers[0].weight_hh_l0
        for distance in range(DISTANCE + 1):
            assert found.norms[0, distance] == pytest.approx(float(slope.norm()), rel=1e-3)
            slope = recurrent.T @ (slope * (1 - hidden[0, -1 - distance] ** 2))


def test_a_plain_network_is_that_of_torch_and_keeps_the_contract() -> None:
    network = make_rnn(2)
    ids = torch.from_numpy(VOCABULARY.encode(TUNE[:20])[None])
    with torch.no_grad():
        whole, _ = network(ids)
        state, steps = None, []
        for place in range(20):
            logits, state = network(ids[:, place : place + 1], state)
            steps.append(logits)
    torch.testing.assert_close(torch.cat(steps, 1), whole)


def test_an_open_forget_gate_carries_gradients_that_a_plain_network_loses() -> None:
    lstm = make_network("lstm", num_layers=1)
    lstm.layer_weights[0][2][10:20] = 6.0  # forgets a quarter of a percent of its cell
    rnn = make_rnn()
    rnn.layers[0].weight_hh_l0.mul_(0.5)
    far = [measure_reach(one, VOCABULARY, [TUNE], 30).relative[0, 30] for one in (lstm, rnn)]
    assert far[0] > 1e6 * far[1]
    near = measure_reach(rnn, VOCABULARY, [TUNE], 30)
    assert 1 <= near.half_distance(0) <= 3


def test_what_is_read_before_a_stretch_is_no_distance_of_it() -> None:
    network = make_rnn()
    led = measure_reach(network, VOCABULARY, [TUNE], DISTANCE, lead=7).norms
    assert led.shape == (1, DISTANCE + 1)
    as_much_as_there_is = measure_reach(network, VOCABULARY, [TUNE[-DISTANCE - 9 :]], DISTANCE)
    np.testing.assert_allclose(led, as_much_as_there_is.norms)
    cold = measure_reach(network, VOCABULARY, [TUNE], DISTANCE, lead=0).norms
    assert not np.allclose(led[0, -1], cold[0, -1])


def test_short_texts_and_no_distance_are_refused() -> None:
    network = make_network("lstm")
    for texts, distance in (([TUNE], len(TUNE)), ([], 5), ([TUNE], 0), ([TUNE], 9999)):
        with pytest.raises(ConfigError):
            measure_reach(network, VOCABULARY, texts, distance)


def test_untrained_networks_have_the_sizes_of_a_network_and_are_the_same_each_time() -> None:
    config = make_network("echo").config
    first, second = build_untrained(config), build_untrained(config)
    assert list(first) == ["rnn", "lstm", "hawk"]
    for kind, one in first.items():
        assert one.config.hidden_size == config.hidden_size
        assert one.config.num_layers == config.num_layers
        weights = second[kind].state_dict()
        assert all(torch.equal(value, weights[key]) for key, value in one.state_dict().items())
