import numpy as np
import pytest

from musicgen.config import SampleConfig
from musicgen.errors import GrammarError
from musicgen.sampling.composer import compose
from musicgen.sampling.temperature_effect import (
    choose_beginning,
    compute_effect,
    compute_entropy,
    count_choices,
    find_open_place,
    score_next,
)
from musicgen.sampling.text_scoring import TextScores, score_text
from tests.ui.tiny_model import TUNE


def seen(*rows):
    probs = np.array(rows, dtype=np.float32)
    return TextScores("?" * len(rows), tuple("abcd"), np.zeros(len(rows), dtype=np.int64), probs)


def test_the_probabilities_are_those_a_tune_is_drawn_with(knowing):
    config = SampleConfig(temperature=0.9, top_k=12, seed=2)
    (tune,) = compose(knowing, config)
    found = score_text(knowing, tune.config, tune.abc, tune.drawn_start)
    for offset in range(tune.drawn_start, len(tune.abc)):
        effect = compute_effect(found, offset, config, most=99)
        drawn = effect.characters.index(tune.abc[offset])
        prob = tune.char_probs[offset - tune.drawn_start]
        assert effect.after[drawn] == pytest.approx(prob, abs=2e-4)


def test_behind_a_beginning_stands_what_the_network_would_write(knowing):
    text = TUNE[: TUNE.index("GBd gd")] + "GBd gd"
    effect = compute_effect(score_next(knowing, SampleConfig(), text), len(text), SampleConfig())
    assert effect.characters[0] == "B"
    assert sum(effect.before) == pytest.approx(1, abs=0.01)


def test_behind_a_beginning_nothing_stands_that_the_grammar_forbids(knowing):
    text = TUNE[: TUNE.index("GBd gd")] + "GBd gdB"  # the bar is full
    hot = SampleConfig(temperature=2.0)
    rest = compute_effect(score_next(knowing, SampleConfig(), text), len(text), hot, most=99)
    assert set(rest.characters) <= set("|: ")
    free = score_next(knowing, SampleConfig(free=True), text)
    assert free.probs[-1].min() > 0


def test_a_beginning_that_breaks_the_rules_is_refused(knowing):
    with pytest.raises(GrammarError):
        score_next(knowing, SampleConfig(), "ABc")


def test_music_with_its_meter_and_key_is_a_beginning(knowing):
    text, rules = choose_beginning(knowing, SampleConfig(prompt=TUNE[: TUNE.index("GBd")]))
    assert TUNE.startswith(text) and rules == SampleConfig()
    asked = SampleConfig(prompt="DFA dAF|", meter="6/8", key="D major", temperature=1.3)
    text, rules = choose_beginning(knowing, asked)
    assert "M:6/8" in text and text.endswith("\nDFA dAF|")
    assert rules == SampleConfig(meter="6/8", key="D major")  # temperature is not its business
    example = choose_beginning(knowing, SampleConfig(free=True))
    assert "K:" in example[0] and example[1].free


def test_low_temperatures_sharpen_and_high_ones_flatten():
    # By hand: squares of 1/2, 1/4, 1/8, 1/8 over their sum 11/32 at temperature 1/2.
    found = seen([0.5, 0.25, 0.125, 0.125])
    cold = compute_effect(found, 0, SampleConfig(temperature=0.5))
    assert cold.before == pytest.approx((0.5, 0.25, 0.125, 0.125), rel=1e-5)
    assert cold.after == pytest.approx((8 / 11, 2 / 11, 1 / 22, 1 / 22), rel=1e-5)
    assert cold.entropy_before == pytest.approx(1.75, rel=1e-5)
    hot = compute_effect(found, 0, SampleConfig(temperature=2.0))
    assert cold.entropy_after < cold.entropy_before < hot.entropy_after


def test_what_may_not_be_written_stays_away_at_any_temperature():
    effect = compute_effect(seen([0.5, 0.5, 0.0, 0.0]), 0, SampleConfig(temperature=2.0))
    assert effect.characters == ("a", "b")
    assert effect.entropy_after == pytest.approx(1)


def test_entropy_is_that_of_shannon():
    assert compute_entropy(np.full(8, 1 / 8)) == pytest.approx(3)
    assert compute_entropy(np.array([1.0, 0.0])) == 0
    assert count_choices(3) == 8


def test_the_open_place_is_where_the_network_is_least_sure():
    found = seen([0.97, 0.01, 0.01, 0.01], [0.25] * 4, [0.5, 0.5, 0.0, 0.0])
    assert find_open_place(found, 0) == 1
    assert find_open_place(found, 2) == 2
    assert find_open_place(found, 3) == 3
