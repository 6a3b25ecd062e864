import pytest
import torch

from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ConfigError, CorpusError
from musicgen.interpretation.recording import record
from musicgen.interpretation.sites import find_sites, put_output, share_weights
from musicgen.models.lstm_stack import LSTMStack
from musicgen.models.network import Network
from tests.examples import ScriptedNetwork
from tests.interpretation.conftest import TUNE, VOCABULARY, make_network


def encode(text: str) -> torch.Tensor:
    return torch.from_numpy(VOCABULARY.encode(SEPARATOR + text)[None])


def test_recorded_features_give_the_logits_of_the_network(network: Network) -> None:
    seen = record(network, VOCABULARY, TUNE)
    with torch.no_grad():
        expected, features, _ = network.logits_and_features(encode(TUNE))
    assert torch.equal(torch.from_numpy(seen.logits), expected[0, 2:])
    assert torch.equal(torch.from_numpy(seen.features), features[0, 2:])
    if not hasattr(network, "gates"):
        said = network.linear(torch.from_numpy(seen.features))
        torch.testing.assert_close(said, expected[0, 2:])


def test_recorded_hidden_states_sent_on_give_the_logits_of_the_network(network: Network) -> None:
    """The layer forgets what it computed, and passes on what was recorded."""
    seen = record(network, VOCABULARY, TUNE)
    expected, _ = network(encode(TUNE))
    site, copied = find_sites(network)[-1], share_weights(network)
    recorded = torch.from_numpy(seen.layers[-1].hidden)

    def send_on(_module, _inputs, output):
        values = torch.cat([torch.full((2, site.size), 7.0), recorded])[None]
        return put_output(site, output, values)

    site.find(copied).register_forward_hook(send_on)
    logits, _ = copied(encode(TUNE))
    torch.testing.assert_close(logits[0, 2:], expected[0, 2:])
    assert not torch.allclose(logits[0, 1], expected[0, 1])


def test_gates_and_cell_follow_the_equations(network: Network) -> None:
    seen = record(network, VOCABULARY, TUNE)
    for layer in seen.layers:
        if layer.kind not in ("lstm", "level"):
            assert layer.cell is None
            continue
        i, f, g, o = (torch.from_numpy(layer.get(name)) for name in layer.gates)
        cell, hidden = torch.from_numpy(layer.get("cell")), torch.from_numpy(layer.hidden)
        torch.testing.assert_close(o * cell.tanh(), hidden, atol=1e-6, rtol=1e-4)
        if layer.kind == "lstm":
            torch.testing.assert_close(cell[1:], f[1:] * cell[:-1] + i[1:] * g[1:])


def test_a_level_holds_its_values_between_boundaries() -> None:
    seen = record(make_network("hierarchical"), VOCABULARY, TUNE)
    bars = next(layer for layer in seen.layers if layer.label == "bars").hidden
    moved = {place for place in range(1, len(TUNE)) if (bars[place] != bars[place - 1]).any()}
    assert moved == {place for place, character in enumerate(TUNE) if character == "|"}


def test_a_recording_leaves_no_trace_in_the_network(network: Network) -> None:
    record(network, VOCABULARY, TUNE)
    assert not any(module._forward_hooks for module in network.modules())
    copied = share_weights(network)
    assert {id(one) for one in copied.parameters()} == {id(one) for one in network.parameters()}
    if isinstance(network, LSTMStack):
        assert copied.layers[0].weight_hh_l0 is network.layers[0].weight_hh_l0


def test_what_cannot_be_recorded_is_refused(network: Network) -> None:
    with pytest.raises(CorpusError):
        record(network, VOCABULARY, "X:1\u266d")
    with pytest.raises(ConfigError):
        record(network, VOCABULARY, "")
    with pytest.raises(ConfigError):
        record(ScriptedNetwork(VOCABULARY, "ABc"), VOCABULARY, "ABc")
    with pytest.raises(ConfigError, match="candidates"):
        record(network, VOCABULARY, TUNE).layers[-1].get("candidates")
