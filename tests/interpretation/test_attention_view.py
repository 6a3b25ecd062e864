import numpy as np
import pytest
import torch

from musicgen.corpus.lab import SEPARATOR
from musicgen.errors import ConfigError, CorpusError
from musicgen.interpretation.attention_view import (
    AttentionView,
    ClockView,
    EchoView,
    look,
)
from musicgen.models.copy_candidates import empty_memory, find_candidates, locate_candidates
from tests.interpretation.conftest import TUNE, VOCABULARY, make_network

REPEATING = "X:1\nM:C\nK:D\nABcd efga|dcAA GFED|ABcd efga|dcAA GFED|ABcd\n"


def test_attention_is_found_where_it_was_put() -> None:
    """All learned keys are zero; the bias of distances says where to look: six characters back."""
    network = make_network("attention")
    network.key.weight.zero_()
    network.nowhere.zero_()
    network.nearness.zero_()
    network.nearness[6 - 1] = 50.0
    view = look(network, VOCABULARY, TUNE)
    assert isinstance(view, AttentionView)
    assert view.weights.shape == (len(TUNE), network.config.window)
    for place in range(6, len(TUNE)):
        assert view.strongest(place) == [(place - 6, pytest.approx(1.0))]
    assert view.strongest(0) == []
    torch.testing.assert_close(view.weights.sum(1) + view.nowhere, np.ones(len(TUNE), np.float32))


def test_attention_to_one_character_finds_its_last_place() -> None:
    """Keys say which character was read before a place, and every query asks for a bar line."""
    network = make_network("attention", num_layers=1, embedding_dim=len(VOCABULARY))
    network.embedding.weight.copy_(torch.eye(len(VOCABULARY)))
    w_input, w_recurrent, bias, other = network.layer_weights[0]
    for one in (w_input, w_recurrent, bias, other, network.query.weight, network.key.weight):
        one.zero_()
    network.nearness.zero_()
    bias[0:10], bias[10:20], bias[30:40] = 30.0, -30.0, 30.0  # new values only, and all heard
    w_input[20, VOCABULARY.ids["|"]] = 30.0  # unit 0: the character is a bar line
    bias[21] = 30.0  # unit 1: always there
    network.query.weight[0, 1] = 30.0
    network.key.weight[0, 0] = 30.0
    view = look(network, VOCABULARY, REPEATING)
    assert isinstance(view, AttentionView)
    line = REPEATING.index("|")
    assert view.strongest(line + 5) == [(line + 1, pytest.approx(1.0, abs=1e-3))]


def test_echoes_point_at_what_they_offer() -> None:
    view = look(make_network("echo"), VOCABULARY, REPEATING)
    assert isinstance(view, EchoView)
    for place, echo in zip(*np.nonzero(view.offered >= 0), strict=True):
        source = view.places[place, echo]
        assert source <= place
        assert VOCABULARY.characters[view.offered[place, echo]] == REPEATING[source]
    assert (view.places[view.offered < 0] == -1).all()
    third = REPEATING.index("ABcd efga", REPEATING.index("GFED")) + 3
    first = REPEATING.index("ABcd") + 4
    assert view.places[third].tolist()[:2] == [first, first]  # the run, and two bars back
    assert view.is_taken[third, 0]
    assert not view.is_taken[-1].any()


def test_the_gates_of_echoes_are_those_of_the_network() -> None:
    """Trust and gain follow from what the network says with and without its gates."""
    network = make_network("echo")
    view = look(network, VOCABULARY, REPEATING)
    assert isinstance(view, EchoView)
    ids = torch.from_numpy(VOCABULARY.encode(SEPARATOR + REPEATING)[None])
    with torch.no_grad():
        said, features, _ = network.logits_and_features(ids)
        alone = network.linear(features)
    added = torch.zeros_like(alone[0, 2:])
    for place, echo in zip(*np.nonzero(view.offered >= 0), strict=True):
        added[place, view.offered[place, echo]] += float(view.trust[place, echo])
    torch.testing.assert_close(added, said[0, 2:] - alone[0, 2:], atol=1e-5, rtol=1e-4)
    own = ids[0, 2:]
    gains = (said.log_softmax(2) - alone.log_softmax(2))[0, 2:-1]
    expected = gains.gather(1, own[1:, None])[:, 0]
    torch.testing.assert_close(torch.from_numpy(view.gain[:-1]), expected, atol=1e-5, rtol=1e-4)
    assert (view.trust[view.levels == 0] == 0).all()


def test_located_candidates_are_those_that_the_network_reads() -> None:
    network = make_network("echo")
    ids = VOCABULARY.encode(REPEATING)
    lead = VOCABULARY.encode(SEPARATOR)
    whole = np.concatenate([lead, ids])[None]
    offered, levels, _ = find_candidates(whole, empty_memory(1), network.signs)
    located = locate_candidates(ids, network.signs)
    assert (located[0] == offered[0, 2:]).all()
    assert (located[1] == levels[0, 2:]).all()
    assert locate_candidates(ids[:0], network.signs)[2].shape == (0, 4)


def test_levels_move_at_bars_and_phrases() -> None:
    view = look(make_network("hierarchical"), VOCABULARY, TUNE)
    assert isinstance(view, ClockView)
    lines = [place for place, character in enumerate(TUNE) if character == "|"]
    assert np.flatnonzero(view.bars).tolist() == lines
    assert np.flatnonzero(view.phrases).tolist() == [lines[3]]


def test_others_look_nowhere_and_nothing_is_refused() -> None:
    assert look(make_network("lstm"), VOCABULARY, TUNE) is None
    assert look(make_network("hawk"), VOCABULARY, TUNE) is None
    with pytest.raises(ConfigError):
        look(make_network("echo"), VOCABULARY, "")
    with pytest.raises(CorpusError):
        look(make_network("echo"), VOCABULARY, "?%")
