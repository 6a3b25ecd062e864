import torch

from musicgen.config import NetworkConfig
from musicgen.models.attention import AttentionNetwork

CONFIG = NetworkConfig(
    kind="attention", vocab_size=7, embedding_dim=4, hidden_size=6, num_layers=1, window=5
)


def build(**changes: object) -> AttentionNetwork:
    torch.manual_seed(0)
    network = AttentionNetwork(CONFIG.replace(**changes)).eval()
    with torch.no_grad():
        for value in network.parameters():
            value += 0.5 * torch.randn(value.shape)
    return network


def test_it_is_luongs_attention_over_keys_of_before_and_values_of_after() -> None:
    """Against loops over places, straight from the docstring."""
    network = build()
    ids = torch.randint(7, (1, 12))
    with torch.no_grad():
        hidden, _ = network.run_layers(network.embed(ids), network.init_hidden(1))
        expected = []
        for now in range(12):
            query = network.query(hidden[0, now])
            scores, values = [query @ network.nowhere / 3**0.5], [torch.zeros(3)]
            for distance in range(1, 6):
                place = now - distance
                if place >= 0:
                    key = network.key(hidden[0, place - 1]) if place else torch.zeros(3)
                    scores.append(query @ key / 3**0.5 + network.nearness[distance - 1])
                    values.append(network.value(hidden[0, place]))
            weights = torch.softmax(torch.stack(scores), 0)
            found = (weights[:, None] * torch.stack(values)).sum(0)
            expected.append(network.linear(hidden[0, now] + network.join(found)))
        torch.testing.assert_close(network(ids)[0][0], torch.stack(expected))


def test_weights_are_shares_of_what_has_been_read() -> None:
    network = build()
    weights = network.attention_weights(torch.randint(7, (2, 9)))
    assert weights.shape == (2, 9, 5)
    assert (weights >= 0).all()
    assert (weights.sum(-1) < 1).all()
    for now in range(9):
        assert (weights[:, now, : min(now, 5)] > 0).all()
        assert (weights[:, now, now:] == 0).all()  # nothing stands before the beginning


def test_weights_go_on_where_an_earlier_stretch_ended() -> None:
    network = build()
    ids = torch.randint(7, (2, 9))
    whole = network.attention_weights(ids)
    _, state = network(ids[:, :4])
    torch.testing.assert_close(network.attention_weights(ids[:, 4:], state), whole[:, 4:])


def test_what_lies_beyond_the_window_is_forgotten() -> None:
    """With an LSTM that remembers nothing, a character counts for six steps and no longer."""
    network = build()
    with torch.no_grad():
        network.layers[0].weight_hh_l0.zero_()
        network.layers[0].bias_ih_l0.chunk(4)[1].fill_(-100.0)  # forget gate shut
    ids = torch.randint(7, (1, 20))
    changed = ids.clone()
    changed[0, 5] = (changed[0, 5] + 1) % 7
    moved = (network(ids)[0] - network(changed)[0]).abs().amax(-1)[0] > 1e-6
    # The value stands at a distance of 1 to 5; the key of the place after it one step longer.
    assert moved.nonzero().flatten().tolist() == [5, 6, 7, 8, 9, 10, 11]


def test_nothing_before_a_blank_line_is_looked_at() -> None:
    network = build(line_id=0)
    text = torch.tensor([[3, 0, 0, 4, 0, 5, 6]])
    weights = network.attention_weights(text)[0]
    seen = [(row > 0).sum().item() for row in weights]
    assert seen == [0, 1, 0, 1, 2, 3, 4]  # a blank line's second sign is the first place
    _, state = network(text[:, :2])
    torch.testing.assert_close(network.attention_weights(text[:, 2:], state)[0], weights[2:])


def test_a_tune_after_another_is_looked_back_on_as_one_alone() -> None:
    network = build(line_id=0)
    tune, other = torch.tensor([[0, 0, 4, 2, 5, 4, 2]]), torch.tensor([[3, 1, 6]])
    with torch.no_grad():
        network.layers[0].weight_hh_l0.zero_()
        network.layers[0].bias_ih_l0.chunk(4)[1].fill_(-100.0)  # forget gate shut
    alone = network(tune)[0][:, 1:]
    torch.testing.assert_close(network(torch.cat([other, tune], 1))[0][:, 4:], alone)
