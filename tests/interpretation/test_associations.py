import math

import numpy as np
import pytest
import torch

from musicgen.interpretation.associations import BINS, find_associations
from musicgen.interpretation.excitation import APART, find_exciting
from musicgen.interpretation.facts import FACTS, TuneFacts, read_facts
from musicgen.interpretation.recording import LayerRecording, Recording, record
from musicgen.translatable import Sentence
from tests.examples import make_tune
from tests.interpretation.conftest import VOCABULARY, make_network


def recorded(text: str, hidden: np.ndarray) -> Recording:
    layer = LayerRecording(Sentence("layer 1"), "lstm", hidden.astype(np.float32))
    return Recording(text, (layer,), hidden, hidden)


def with_fact(name: str, values: np.ndarray) -> TuneFacts:
    return TuneFacts("?" * len(values), {name: values.astype(np.int64)})


def test_a_unit_wired_to_count_is_on_top_of_the_table() -> None:
    """One unit adds up the notes since the bar line or header; the others are as drawn."""
    network = make_network("lstm", num_layers=1, embedding_dim=len(VOCABULARY))
    network.embedding.weight.copy_(torch.eye(len(VOCABULARY)))
    w_input, w_recurrent, bias, other_bias = network.layer_weights[0]
    counter, size = 6, 10
    rows = [gate * size + counter for gate in range(4)]  # input, forget, candidate, output
    w_recurrent[rows], w_input[rows], other_bias[rows] = 0.0, 0.0, 0.0
    bias[rows] = torch.tensor([9.0, 9.0, 0.0, 9.0])
    for line in "|\n":  # where it forgets all
        w_input[rows[:2], VOCABULARY.ids[line]] = -99.0
    w_input[rows[2], [VOCABULARY.ids[note] for note in "ABCDEFGacdefg"]] = 0.1
    texts = [make_tune(number) for number in range(1, 25)]
    seen = [record(network, VOCABULARY, text) for text in texts]
    found = find_associations(seen, [read_facts(text) for text in texts], 0, names=["place", "key"])
    best = found[0]
    assert (best.unit, best.fact) == (counter, "place")
    assert best.correlation > 0.8
    assert best.share > 1.5 * found[1].share


def test_the_bits_are_those_of_a_hand_made_table() -> None:
    """A unit that says all there is to know, one that says half of it, one that says nothing."""
    generator = np.random.default_rng(3)
    fact = generator.integers(0, 4, 4000)
    noise = generator.random(4000)
    hidden = np.stack([fact / 3, fact // 2 + 0.0, noise, np.zeros(4000)], 1)
    found = find_associations(
        [recorded("?" * 4000, hidden)], [with_fact("degree", fact)], 0, names=["degree"]
    )
    bits = {one.unit: one.bits for one in found}
    assert [one.unit for one in found[:2]] == [0, 1]
    assert bits[0] == pytest.approx(2.0, abs=0.02)
    assert bits[1] == pytest.approx(1.0, abs=0.02)
    assert bits[2] < 0.01
    assert bits[3] == 0.0
    assert all(math.isnan(one.correlation) for one in found)
    assert found[0].share == pytest.approx(1.0, abs=0.01)


def test_what_chance_shows_of_few_characters_is_taken_away() -> None:
    generator = np.random.default_rng(5)
    hidden, fact = generator.random((300, 200)), generator.integers(0, 12, 300)
    found = find_associations(
        [recorded("?" * 300, hidden)], [with_fact("degree", fact)], 0, names=["degree"]
    )
    uncorrected = np.mean([one.bits + one.chance_bits for one in found])
    assert uncorrected > 0.15  # (BINS - 1) (12 - 1) / (2 · 300 · ln 2) = 0.19
    assert np.mean([one.bits for one in found]) < 0.02


def test_the_order_of_tunes_and_the_sign_of_a_relation_count() -> None:
    fact = np.tile([0, 1], 200)
    hidden = np.stack([1.0 - fact, fact * 5.0], 1)
    halves = [(hidden[:150], fact[:150]), (hidden[150:], fact[150:])]
    found = find_associations(
        [recorded("?" * len(values), values) for values, _ in halves],
        [with_fact("bar_line", values) for _, values in halves],
        0, names=["bar_line"],
    )  # fmt: skip
    assert {one.unit: round(one.correlation, 3) for one in found} == {0: -1.0, 1: 1.0}


def test_little_text_gives_no_table() -> None:
    text = "X:1\nK:D\nABc|"
    seen = [recorded(text, np.zeros((len(text), 2)))]
    assert find_associations(seen, [read_facts(text)], 0) == []
    assert find_associations([], [], 0) == []
    assert BINS > 1
    assert FACTS


def test_the_most_exciting_places_are_found_and_are_apart() -> None:
    text = "abcdefghijklmnopqrstuvwxyz" * 2
    hidden = np.zeros((len(text), 3))
    hidden[[5, 6, 30], 1] = [0.9, 0.8, 0.7]
    other = np.zeros((len(text), 3))
    other[40, 1] = -0.95
    seen = [recorded(text, hidden), recorded(text, other)]
    best = find_exciting(seen, 0, 1, count=2)
    assert [(one.tune, one.place, one.character) for one in best] == [(0, 5, "f"), (0, 30, "e")]
    assert best[0].value == pytest.approx(0.9)
    assert best[0].before + best[0].character + best[0].after == text[:22]
    (lowest,) = find_exciting(seen, 0, 1, count=1, is_lowest=True)
    assert (lowest.tune, lowest.place) == (1, 40)
    places = [one.place for one in find_exciting(seen[:1], 0, 0, count=99)]
    assert min(np.diff(sorted(places))) >= APART
