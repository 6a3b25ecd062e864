import math

import pytest

from musicgen.config import SampleConfig
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.interpretation.comparison import read_measures
from musicgen.interpretation.effect import measure_effect, summarise
from musicgen.interpretation.interventions import Intervention, silence
from musicgen.notation.parsing.reader import read_tune
from tests.interpretation.conftest import TUNE, VOCABULARY, make_checkpoint, make_network


def test_the_figures_are_those_of_the_tunes() -> None:
    head = "X:1\nM:4/4\nL:1/4\nK:C\n"
    texts = [head + "C2E2|G2E2|C2E2|C4|]\n", head + "C2E2|G|C4|]\n", "X:1\nK:C\n"]
    figures = summarise([read_measures(read_tune(text)[0]) for text in texts])
    assert figures.tunes == 3
    assert figures.in_time == pytest.approx(1 / 3)
    assert figures.in_key == pytest.approx(2 / 3)
    assert figures.repetition == pytest.approx((0.25 + 0.0) / 2)
    assert math.isnan(summarise([]).in_time)


def test_a_silent_network_loses_what_it_knew() -> None:
    network = make_network("lstm")
    checkpoint, done = make_checkpoint(network), []
    config = SampleConfig(seed=2, count=2, max_new_tokens=30)
    plain = measure_effect(checkpoint, Intervention(), config, [TUNE], True, done.append)
    assert done == [2, 4]
    assert plain.guided is not None
    assert plain.free.tunes == plain.guided.tunes == 2
    assert plain.loss == pytest.approx(compute_loss(network, VOCABULARY, [TUNE]).loss)
    silent = measure_effect(checkpoint, silence(1), config, [TUNE], is_guided=False)
    assert silent.guided is None
    bias = network.linear.bias.log_softmax(0)
    ids = VOCABULARY.encode(TUNE.strip("\n") + "\n\n")
    assert silent.loss == pytest.approx(float(-bias[ids].mean()), abs=1e-4)
    assert math.isnan(measure_effect(checkpoint, silence(1), config, (), False).loss)
