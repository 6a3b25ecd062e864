import itertools
import math

import pytest
import torch

from musicgen.config import NetworkConfig
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.models.registry import build_network
from tests.examples import ScriptedNetwork, make_tune

TUNE = "X:1\nT:A\nK:G\nGABc|"


def test_a_network_without_opinion_scores_the_logarithm_of_the_vocabulary() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    report = compute_loss(ScriptedNetwork(vocabulary, TUNE, certainty=0.0), vocabulary, [TUNE])
    assert report.loss == pytest.approx(math.log(len(vocabulary)))
    assert report.perplexity == pytest.approx(len(vocabulary))


def test_every_character_and_the_closing_blank_line_is_scored_once() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    report = compute_loss(ScriptedNetwork(vocabulary, TUNE), vocabulary, [TUNE, TUNE + "\n"])
    assert report.characters == 2 * (len(TUNE) + 2)
    assert report.body_characters == 2 * (len("GABc|") + 2)
    assert report.tunes == 2


def test_a_network_that_knows_the_tune_scores_nothing() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    knows = ScriptedNetwork(vocabulary, "\n\n" + TUNE + "\n\n")
    report = compute_loss(knows, vocabulary, [TUNE])
    assert report.loss == pytest.approx(0.0, abs=1e-6)
    assert report.accuracy == report.body_accuracy == 1.0


def test_the_loss_is_that_of_reading_one_character_after_another(dataset: Dataset) -> None:
    vocabulary = dataset.vocabulary
    config = NetworkConfig(vocab_size=len(vocabulary), embedding_dim=6, hidden_size=9)
    network = build_network(config, 0).eval()
    tunes = [make_tune(1), make_tune(2) + "ABc", make_tune(3)[:40]]
    total = body = 0.0
    count = body_count = 0
    for tune in tunes:
        ids = torch.from_numpy(vocabulary.encode("\n\n" + tune + "\n\n"))
        state = None
        for place, (now, then) in enumerate(itertools.pairwise(ids)):
            logits, state = network(now.reshape(1, 1), state)
            if place >= 1:
                loss = -torch.log_softmax(logits[0, 0].double(), -1)[then].item()
                total, count = total + loss, count + 1
                if place - 1 >= body_start(tune):
                    body, body_count = body + loss, body_count + 1
    for batch_size in (1, 2, 32):
        report = compute_loss(network, vocabulary, tunes, batch_size=batch_size)
        assert (report.characters, report.body_characters) == (count, body_count)
        assert report.loss == pytest.approx(total / count, rel=1e-5)
        assert report.body_loss == pytest.approx(body / body_count, rel=1e-5)


def test_characters_the_network_lacks_are_left_out_and_counted() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    report = compute_loss(ScriptedNetwork(vocabulary, TUNE), vocabulary, ["ü" + TUNE + "öä"])
    assert (report.characters, report.unknown_characters) == (len(TUNE) + 2, 3)


def test_no_tunes_give_nan_and_json_without_it() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    report = compute_loss(ScriptedNetwork(vocabulary, TUNE), vocabulary, [])
    assert math.isnan(report.loss)
    assert report.to_dict()["loss"] is None


def test_the_network_is_left_as_it_was(dataset: Dataset) -> None:
    config = NetworkConfig(vocab_size=len(dataset.vocabulary), embedding_dim=4, hidden_size=4)
    network = build_network(config, 0).train()
    compute_loss(network, dataset.vocabulary, [make_tune(1)])
    assert network.training


@pytest.mark.parametrize(("text", "start"), [("X:1\nK:G\nabc", 8), ("abc", 0), ("K:G", 0)])
def test_the_body_begins_after_the_key(text: str, start: int) -> None:
    assert body_start(text) == start
