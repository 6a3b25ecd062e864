"""Divergence, diversity, ranking, and the summary of a set of tunes."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.evaluation.loss.heldout import estimate_loss
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.measure_labels import MEASURES
from musicgen.evaluation.measures.diversity import (
    MAX_COMPARED,
    estimate_distinct,
    estimate_diversity,
    find_grams,
)
from musicgen.evaluation.measures.ranking import Ranking
from musicgen.evaluation.measures.tune_figures import (
    count_corpus,
    measure_tune,
    sum_distributions,
    summarise_tunes,
)
from musicgen.evaluation.statistics.divergence import compute_divergence, estimate_divergence
from musicgen.notation.parsing.reader import read_tune
from tests.examples import ScriptedNetwork, make_tune

COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9), min_size=1)


def test_the_divergence_is_that_of_a_worked_example():
    # M = (3/4, 1/4): H(M) = 0.811278, H(P) = 0, H(Q) = 1.
    assert compute_divergence({"a": 4}, {"a": 1, "b": 1}) == pytest.approx(0.811278 - 0.5, abs=1e-6)
    assert compute_divergence({"a": 2, "b": 1}, {"a": 4, "b": 2}) == pytest.approx(0, abs=1e-12)
    assert compute_divergence({"a": 1}, {"b": 5}) == pytest.approx(1.0)
    assert math.isnan(compute_divergence({}, {"a": 1}))
    assert math.isnan(compute_divergence({"a": 1}, {}))


@given(COUNTS, COUNTS)
def test_the_divergence_is_symmetric_and_within_a_bit(one, other):
    found = compute_divergence(one, other)
    assert 0 <= found <= 1
    assert found == pytest.approx(compute_divergence(other, one), abs=1e-12)


def test_draws_of_one_size_compare_sets_of_unequal_size():
    rng = np.random.default_rng(1)
    corpus = Counter(dict.fromkeys("abcdefgh", 100))

    def draw(count):
        return [Counter(rng.choice(list("abcdefgh"), 5).tolist()) for _ in range(count)]

    few, many = draw(20), draw(400)
    assert estimate_divergence(few, corpus, 10).value == pytest.approx(
        estimate_divergence(many, corpus, 10).value, rel=0.35
    )
    assert estimate_divergence(many, corpus, 100).value < 0.3 * (
        estimate_divergence(many, corpus, 10).value
    )


def test_a_draw_of_all_tunes_is_the_divergence_itself():
    tunes = [Counter("aab"), Counter("bc")]
    corpus = Counter("abc")
    found = estimate_divergence(tunes, corpus, 5)
    wanted = compute_divergence(Counter("aabbc"), corpus)
    assert (found.value, found.low, found.high) == pytest.approx((wanted, wanted, wanted))


def test_without_tunes_or_corpus_there_is_no_divergence():
    for found in (
        estimate_divergence([], Counter("a"), 3),
        estimate_divergence([Counter()], Counter("a"), 3),
        estimate_divergence([Counter("a")], Counter(), 3),
    ):
        assert math.isnan(found.value)


def test_diversity_is_the_mean_jaccard_distance_of_pairs():
    a, b, c = frozenset({(1,), (2,)}), frozenset({(2,), (3,)}), frozenset({(1,), (2,)})
    # |a ∩ b| / |a ∪ b| = 1/3; a and c are the same; b and c as a and b.
    assert estimate_diversity([a, b, c]).value == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)
    assert estimate_diversity([a, a, a]).value == 0.0
    assert math.isnan(estimate_diversity([a, frozenset()]).value)


def test_of_many_tunes_some_are_compared():
    grams = [frozenset({(number,)}) for number in range(MAX_COMPARED + 20)]
    found = estimate_diversity(grams)
    assert (found.value, found.count) == (1.0, MAX_COMPARED)


def test_grams_are_the_same_in_any_key():
    one, _ = read_tune("X:1\nL:1/4\nK:C\nCDEFG|")
    other, _ = read_tune("X:1\nL:1/4\nK:D\nDEFGA|")
    assert find_grams(one) == find_grams(other) == {(2, 2, 1, 2)}


def test_melodies_that_came_before_are_counted():
    assert estimate_distinct(["a", "b", "a", ""]).value == pytest.approx(2 / 3)
    assert math.isnan(estimate_distinct([""]).value)


def test_a_set_is_summed_up_under_names_that_have_words():
    texts = [make_tune(number) for number in range(1, 9)]
    figures = [measure_tune(text, {"surprise": 0.5}) for text in texts]
    found = summarise_tunes(figures, count_corpus(texts), 4)
    assert found.keys() <= MEASURES.keys()
    assert found["readable"].value == found["in_time"].value == 1.0
    assert found["bars"].value == 4.0
    assert found["surprise"].value == 0.5
    assert 0 < found["transitions"].value < 1
    assert sum(sum_distributions(figures)["lengths"].values()) == sum(
        figure.numbers["notes"] for figure in figures
    )


def test_without_a_corpus_there_are_no_distances():
    found = summarise_tunes([measure_tune(make_tune(1))], None, 1)
    assert "transitions" not in found
    assert "scale" in found


@pytest.mark.parametrize("text", ["", "no tune\n", "X:1\nK:D\nz4|", "X:1\nT:é\n\n\n|:|:|"])
def test_a_text_without_music_has_empty_figures(text):
    figures = measure_tune(text)
    assert not figures.has_notes
    assert figures.rates["readable"] is False
    found = summarise_tunes([figures], count_corpus([make_tune(1)]), 1)
    assert found["readable"].value == 0.0
    assert found["readable"].count == 1
    assert math.isnan(found["scale"].value)
    assert math.isnan(found["transitions"].value)


def test_no_tunes_have_no_figures():
    assert all(math.isnan(one.value) for one in summarise_tunes([], Counter(), 0).values())


def test_a_tune_without_a_meter_is_neither_in_time_nor_out_of_it():
    assert measure_tune("X:1\nM:none\nK:C\nCDE|]").rates["in_time"] is None


def test_the_best_tune_is_like_the_others_and_the_worst_is_wrong():
    real = [measure_tune(make_tune(number)) for number in range(1, 20)]
    odd = measure_tune("X:1\nM:C\nL:1/8\nK:D\nC,^Ca'b'C|")
    silent = measure_tune("X:1\nM:C\nK:D\nz8|]")
    assert Ranking(real).find_best_and_worst([silent, odd, real[3]]) == (2, 1)
    assert Ranking(real).find_best_and_worst([silent]) is None
    assert Ranking(real).distance(odd) > 20


def test_losses_with_intervals_are_the_losses(dataset):
    texts = dataset.texts("train")[:6]
    network = ScriptedNetwork(dataset.vocabulary, texts[0], certainty=2.0)
    found = estimate_loss(network, dataset.vocabulary, texts)
    wanted = compute_loss(network, dataset.vocabulary, texts)
    assert found.loss.value == pytest.approx(wanted.loss)
    assert found.body_loss.value == pytest.approx(wanted.body_loss)
    assert found.accuracy.value == pytest.approx(wanted.accuracy)
    assert found.body_accuracy.value == pytest.approx(wanted.body_accuracy)
    assert found.perplexity.value == pytest.approx(wanted.perplexity)
    assert found.loss.low < found.loss.value < found.loss.high
    assert math.isnan(estimate_loss(network, dataset.vocabulary, []).loss.value)


def test_a_temperature_divides_the_logits(dataset):
    texts = dataset.texts("train")[:2]
    sure = ScriptedNetwork(dataset.vocabulary, texts[0], certainty=8.0)
    unsure = ScriptedNetwork(dataset.vocabulary, texts[0], certainty=4.0)
    warm = estimate_loss(sure, dataset.vocabulary, texts, temperature=2.0)
    assert warm.loss.value == pytest.approx(
        estimate_loss(unsure, dataset.vocabulary, texts).loss.value, rel=1e-6
    )


def test_a_network_that_is_surely_wrong_has_no_perplexity_and_breaks_nothing(dataset):
    texts = dataset.texts("train")[:2]
    network = ScriptedNetwork(dataset.vocabulary, "::::", certainty=5000.0)
    found = estimate_loss(network, dataset.vocabulary, texts)
    assert found.perplexity.value == math.inf
    assert found.perplexity.to_dict()["value"] is None
    assert compute_loss(network, dataset.vocabulary, texts).to_dict()["perplexity"] is None
