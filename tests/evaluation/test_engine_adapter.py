import pytest

from musicgen.config import NetworkConfig
from musicgen.corpus.dataset import Dataset
from musicgen.evaluation.loss.engine_adapter import SteppedNetwork
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.models.registry import build_network
from tests.examples import ScriptedNetwork, make_tune

TUNES = [make_tune(number) for number in range(5)]


@pytest.mark.parametrize(("precision", "share"), [("float32", 1e-6), ("int8", 5e-3)])
def test_an_engine_scores_what_its_network_scores(
    dataset: Dataset, precision: str, share: float
) -> None:
    vocabulary = dataset.vocabulary
    config = NetworkConfig(
        vocab_size=len(vocabulary), embedding_dim=6, hidden_size=32, num_layers=2
    )
    network = build_network(config, 0).eval().requires_grad_(False)
    plain = compute_loss(network, vocabulary, TUNES)
    stepped = compute_loss(SteppedNetwork(network, precision), vocabulary, TUNES)
    assert stepped.loss == pytest.approx(plain.loss, rel=share)
    assert stepped.body_loss == pytest.approx(plain.body_loss, rel=share)
    assert stepped.characters == plain.characters
    assert (stepped.loss == plain.loss) is False


def test_any_network_can_be_stepped(dataset: Dataset) -> None:
    network = ScriptedNetwork(dataset.vocabulary, "\n\n" + TUNES[0] + "\n\n")
    report = compute_loss(SteppedNetwork(network), dataset.vocabulary, TUNES[:1])
    assert report.accuracy == 1.0
