from itertools import accumulate
from typing import Any

import pytest
import torch

from musicgen.config import SampleConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ConfigError
from musicgen.interpretation import changed_network
from musicgen.interpretation.changed_network import (
    PLACE_IN_BAR,
    change_checkpoint,
    change_network,
    compose_changed,
)
from musicgen.interpretation.interventions import (
    Intervention,
    freeze,
    hold,
    hold_mean,
    scale,
    silence,
    silence_attention,
    silence_echoes,
    silence_place,
)
from musicgen.interpretation.recording import record
from musicgen.interpretation.sites import find_sites
from musicgen.models.network import Network
from musicgen.models.position import FEATURES
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import ForwardEngine, build_engine
from tests.interpretation.conftest import TUNE, VOCABULARY, make_checkpoint, make_network

IDS = torch.from_numpy(VOCABULARY.encode(SEPARATOR + TUNE)[None])
CHANGES = {
    "silent": silence(0, [1, 4]),
    "held": hold(1, [2, 0], [0.7, -0.4]),
    "louder": scale(1, [3], 2.5) | scale(0, [], 0.5),
    "twice": hold(0, [3], [0.5]) | scale(0, [3], 2.0),
}


@torch.no_grad()
def logits_of(network: Network) -> torch.Tensor:
    return network(IDS)[0]


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_changed_weights_do_what_hooks_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("lstm", "echo", "relative"):
        network = make_network(kind)
        by_weights = logits_of(change_network(network, CHANGES[name]))
        with monkeypatch.context() as patch:
            patch.setattr(changed_network, "_is_read_by_weights", lambda *_: False)
            by_hooks = logits_of(change_network(network, CHANGES[name]))
        torch.testing.assert_close(by_weights, by_hooks, atol=1e-5, rtol=1e-4)
        assert not torch.allclose(by_weights, logits_of(network), atol=1e-4)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_what_a_changed_network_says_is_the_same_step_by_step(name: str, network: Network) -> None:
    changed = change_network(network, CHANGES[name])
    state, steps = None, []
    with torch.no_grad():
        for place in range(IDS.shape[1]):
            logits, state = changed(IDS[:, place : place + 1], state)
            steps.append(logits)
    torch.testing.assert_close(torch.cat(steps, 1), logits_of(changed), atol=1e-5, rtol=1e-4)


def test_an_lstm_is_heard_by_hand_as_changed() -> None:
    """The equations of an LSTM, with the hidden state replaced wherever it is read."""
    network, held = make_network("lstm"), 0.7
    changed = logits_of(change_network(network, hold(0, [2], [held]) | scale(1, [5], 3.0)))
    h, c = torch.zeros(2, 10), torch.zeros(2, 10)
    h[0, 2] = held
    for place in range(IDS.shape[1]):
        value = network.embedding.weight[IDS[0, place]]
        for layer, (w_in, w_re, b_in, b_re) in enumerate(network.layer_weights):
            i, f, g, o = (w_in @ value + w_re @ h[layer] + b_in + b_re).chunk(4)
            c[layer] = f.sigmoid() * c[layer] + i.sigmoid() * g.tanh()
            value = o.sigmoid() * c[layer].tanh()
            if layer == 0:
                value[2] = held
            else:
                value[5] *= 3.0
            h[layer] = value
        torch.testing.assert_close(network.linear(value), changed[0, place], atol=1e-5, rtol=1e-4)


def test_a_unit_that_nobody_reads_can_be_silenced_without_a_trace() -> None:
    network = make_network("echo")
    assert not torch.equal(logits_of(change_network(network, silence(1, [4]))), logits_of(network))
    for weights in (network.layers[1].weight_hh_l0, network.linear.weight, network.gates.weight):
        weights[:, 4] = 0.0
    assert torch.equal(logits_of(change_network(network, silence(1, [4]))), logits_of(network))


def test_a_silent_layer_leaves_the_bias_alone() -> None:
    network = make_network("lstm")
    said = logits_of(change_network(network, silence(1)))
    assert torch.equal(said, network.linear.bias.expand_as(said))


def test_nothing_changed_is_the_same_network_and_the_network_itself_stays(network: Network) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert torch.equal(logits_of(change_network(network, Intervention())), logits_of(network))
    change_network(network, silence(0) | hold(1, [0], [1.0]))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_silent_echoes_are_those_that_never_offer_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from musicgen.models import echo

    for kind in ("echo", "relative"):
        network = make_network(kind)
        silent = logits_of(change_network(network, silence_echoes()))
        two = logits_of(change_network(network, silence_echoes([0, 2])))
        find = echo.find_candidates
        for echoes, said in (([0, 1, 2, 3], silent), ([0, 2], two)):

            def deaf(*given, echoes=echoes, find=find):
                offered, levels, memory = find(*given)
                offered[..., echoes], levels[..., echoes] = -1, 0
                return offered, levels, memory

            with monkeypatch.context() as patch:
                patch.setattr(echo, "find_candidates", deaf)
                torch.testing.assert_close(said, logits_of(network))
        assert not torch.allclose(silent, logits_of(network))


def test_silent_attention_is_that_which_looks_nowhere() -> None:
    network = make_network("attention")
    changed = logits_of(change_network(network, silence_attention()))
    network.join.weight.zero_()
    assert torch.equal(changed, logits_of(network))


def test_a_network_that_is_told_no_place_reads_all_places_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from musicgen.models import echo

    network = make_network("relative")
    silent = change_network(network, silence_place())
    said = logits_of(silent)
    assert not torch.allclose(said, logits_of(network), atol=1e-4)
    find = echo.read_positions
    starts = dict(zip(FEATURES, accumulate([0, *FEATURES.values()]), strict=False))
    columns = [list(FEATURES).index(name) for name in PLACE_IN_BAR]

    def elsewhere(*given: Any) -> Any:
        places, after = find(*given)
        for name, column in zip(PLACE_IN_BAR, columns, strict=True):
            places[..., column] = starts[name] + 1
        return places, after

    monkeypatch.setattr(echo, "read_positions", elsewhere)
    torch.testing.assert_close(said, logits_of(silent))
    assert not torch.allclose(said, logits_of(network), atol=1e-4)
    assert build_engine(silent) is not None


def test_the_fast_engine_serves_changed_weights_and_never_forgets_hooks() -> None:
    for kind in ("lstm", "echo", "normalised"):
        changed = change_network(make_network(kind), CHANGES["held"])
        engine = build_engine(changed)
        assert isinstance(engine, ForwardEngine) == (kind == "normalised")
        logits, _ = engine.read(IDS[0].numpy())
        expected = logits_of(changed)[0, -1:]
        torch.testing.assert_close(torch.from_numpy(logits), expected, atol=1e-5, rtol=1e-4)


def test_units_are_frozen_at_a_place_and_held_at_their_mean() -> None:
    network = make_network("lstm")
    seen = record(network, VOCABULARY, TUNE)
    values = seen.layers[1].hidden
    frozen, mean = freeze(seen, 1, [3, 7], 20), hold_mean([seen, seen], 1, [3, 7])
    assert frozen.changes[0].offsets == pytest.approx(values[20, [3, 7]].tolist())
    assert mean.changes[0].offsets == pytest.approx(values[:, [3, 7]].mean(0).tolist(), abs=1e-6)


def test_the_same_seed_is_composed_with_and_without(network: Network) -> None:
    checkpoint = make_checkpoint(network)
    config = SampleConfig(seed=5, max_new_tokens=40, free=True)
    (plain,) = compose(checkpoint, config)
    (same,) = compose_changed(checkpoint, config, Intervention())
    assert (same.abc, same.fingerprint) == (plain.abc, plain.fingerprint)
    last = len(find_sites(network)) - 1
    (changed,) = compose_changed(checkpoint, config, scale(last, [], -9.0))
    assert changed.abc != plain.abc
    assert changed.seed == plain.seed
    assert changed.fingerprint != plain.fingerprint
    assert len(changed.fingerprint) == len(plain.fingerprint)


def test_what_is_not_there_is_refused() -> None:
    network = make_network("lstm")
    for wrong in (
        silence(2), silence(-1), silence(0, [10]), silence(0, [-1]), hold(0, [1, 2], [0.5]),
        silence_echoes(), silence_attention(), silence_place(),
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            change_network(network, wrong)
    with pytest.raises(ConfigError):
        change_network(make_network("echo"), silence_echoes([4]))
    with pytest.raises(ConfigError):
        scale(0, [1], float("nan"))


def test_changed_networks_have_fingerprints_of_their_own() -> None:
    checkpoint = make_checkpoint(make_network("lstm"))
    marks = [change_checkpoint(checkpoint, silence(0, [unit])).fingerprint for unit in (0, 0, 1)]
    assert marks[0] == marks[1] != marks[2] != checkpoint.fingerprint
