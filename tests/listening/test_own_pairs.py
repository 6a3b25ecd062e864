"""Pairs that a network makes for itself."""

import random

import numpy as np
import pytest

from musicgen.evaluation.loss.bodies import body_start
from musicgen.listening import own_pairs as module
from musicgen.listening.own_pairs import choose_pair, draw_pairs, find_pairs_to_learn, find_place
from musicgen.listening.taste import Taste, measure_liked
from musicgen.models.checkpoint import load_checkpoint
from musicgen.training.preference_pairs import PreferencePair
from tests.examples import make_tune, write_checkpoint

HEAD = "X:1\nM:4/4\nL:1/8\nK:C\n"
LOW, HIGH = f"{HEAD}CDEF GABc|C8|]\n", f"{HEAD}cdef gabc'|c8|]\n"


def taste_for_mean_step(weight: float) -> Taste:
    """Likes wide steps, or with a negative weight small ones, and nothing else."""
    figures = measure_liked([LOW])
    weights = np.zeros(figures.shape[1])
    weights[-3] = weight
    return Taste(weights, np.zeros_like(weights), np.ones_like(weights), 1.0)


def test_a_tune_is_left_behind_a_bar_line_of_its_body():
    text = f"{HEAD}|:C8|D8|1E8:|2F8||G8|A8|B8|c8|]\n"
    begin = body_start(text)
    places = {find_place(text, random.Random(seed)) for seed in range(60)}
    kept = {text[begin:place] for place in places}
    begun = "|:C8|D8|1E8:|2F8||"
    assert kept == {"", "|:C8|", begun, f"{begun}G8|", f"{begun}G8|A8|"}
    assert find_place(f"{HEAD}CDEF", random.Random(0)) == 0


@pytest.mark.parametrize(("weight", "liked"), [(3.0, 1), (-3.0, 0)])
def test_the_way_on_that_is_liked_most_is_set_against_the_one_liked_least(weight, liked):
    small, wide = f"{HEAD}CDED CDED|C8|]\n", f"{HEAD}CcCc CcCc|C8|]\n"
    between = f"{HEAD}CFCF CFCF|C8|]\n"
    pair = choose_pair(taste_for_mean_step(weight), [small, between, wide])
    assert pair == PreferencePair(*((wide, small) if liked else (small, wide)))


def test_ways_that_are_liked_alike_are_no_pair():
    assert choose_pair(taste_for_mean_step(1.0), [LOW, LOW]) is None
    assert choose_pair(taste_for_mean_step(0.0), [LOW, HIGH]) is None


@pytest.fixture
def start(tmp_path, dataset):
    return load_checkpoint(write_checkpoint(tmp_path / "start", dataset.vocabulary))


def test_both_tunes_of_a_pair_begin_alike(start, monkeypatch):
    monkeypatch.setattr(module, "LEAST_GAP", 0.01)
    asked = []
    pairs = draw_pairs(start, taste_for_mean_step(2.0), 6, 3, lambda: asked.append(1))
    assert asked
    for pair in pairs:
        begin = body_start(pair.chosen)
        assert pair.chosen[:begin] == pair.rejected[:begin]
        assert pair.chosen != pair.rejected
    assert pairs == draw_pairs(start, taste_for_mean_step(2.0), 6, 3)


def test_ballots_without_a_taste_stay_as_they_are(start):
    pairs = [PreferencePair(make_tune(n), make_tune(n + 1)) for n in range(1, 10)]
    assert find_pairs_to_learn(start, pairs) == pairs
