import torch

from musicgen.config import NetworkConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.extension import extend_network, extend_vocabulary
from musicgen.models.registry import build_network

CONFIG = NetworkConfig(vocab_size=5, embedding_dim=4, hidden_size=6, num_layers=2, dropout=0.5)


def test_known_characters_keep_their_ids_and_new_ones_follow() -> None:
    known = Vocabulary(("b", "a", "z"))
    assert extend_vocabulary(known, Vocabulary(("a", "c", "k"))).characters == tuple("bazck")
    assert extend_vocabulary(known, Vocabulary(("a", "b"))).characters == known.characters


def test_what_was_learned_stays() -> None:
    network = build_network(CONFIG, 1).eval()
    wider = extend_network(network, CONFIG.replace(vocab_size=8, dropout=0.1), seed=2)
    assert wider.training
    assert wider.dropout.share == 0.1
    wider.eval()
    ids = torch.randint(5, (3, 7))
    before, after = network(ids)[0], wider(ids)[0]
    assert after.shape == (3, 7, 8)
    torch.testing.assert_close(after[..., :5], before)


def test_new_rows_are_fresh_and_follow_the_seed() -> None:
    network = build_network(CONFIG, 1)
    rows = [
        extend_network(network, CONFIG.replace(vocab_size=6), seed).embedding.weight[5]
        for seed in (2, 2, 3)
    ]
    assert torch.equal(rows[0], rows[1])
    assert not torch.equal(rows[0], rows[2])
