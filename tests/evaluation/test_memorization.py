import math

import numpy as np
import torch

from musicgen.config import NetworkConfig
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.loss.bodies import body_start
from musicgen.evaluation.novelty.memorization import recital_rate
from musicgen.models.registry import build_network
from tests.examples import ScriptedNetwork, make_tune
from tests.ui.tiny_model import TUNE

OTHER = TUNE.replace("GBd gdB", "GBd BdB")


def test_what_is_known_by_heart_is_said_and_another_tune_is_not() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    knows = ScriptedNetwork(vocabulary, SEPARATOR + TUNE + SEPARATOR)
    assert recital_rate(knows, vocabulary, [TUNE]).value == 1
    assert recital_rate(knows, vocabulary, [OTHER], context=4, length=10).value == 0
    assert recital_rate(knows, vocabulary, [TUNE, OTHER], context=4, length=10).count == 2


def test_tunes_too_short_to_ask_for_are_left_out() -> None:
    vocabulary = Vocabulary.from_text(TUNE)
    knows = ScriptedNetwork(vocabulary, SEPARATOR + TUNE + SEPARATOR)
    body = len(TUNE) - body_start(TUNE)
    assert recital_rate(knows, vocabulary, [TUNE], body - 50, 50).count == 1
    found = recital_rate(knows, vocabulary, [TUNE], body - 49, 50)
    assert found.count == 0 and math.isnan(found.value)


def test_it_is_what_greedy_decoding_says() -> None:
    tunes = [make_tune(number) for number in range(12)]
    vocabulary = Vocabulary.from_text("".join(tunes))
    shape = NetworkConfig(vocab_size=len(vocabulary), embedding_dim=8, hidden_size=16)
    network = build_network(shape, 3).eval()
    context, length, said = 6, 2, []
    for tune in tunes:
        ids = torch.from_numpy(vocabulary.encode(SEPARATOR + tune))
        start = len(SEPARATOR) + body_start(tune) + context
        heard, answer = ids[:start], []
        with torch.inference_mode():
            for _ in range(length):
                logits, _state = network(heard[None], None)
                answer.append(int(logits[0, -1].argmax()))
                heard = torch.cat([heard, torch.tensor(answer[-1:])])
        said.append(answer == ids[start : start + length].tolist())
    found = recital_rate(network, vocabulary, tunes, context, length)
    assert found.value == np.mean(said)
