import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.evaluation.judge import cross_validation, detectors
from musicgen.evaluation.judge.cross_validation import FOLDS, assign_folds, judge_tunes
from musicgen.evaluation.judge.detectors import DETECTORS
from musicgen.evaluation.judge.families import find_families, keep_first
from musicgen.evaluation.judge.features import FIGURES, TuneFeatures, extract_features
from musicgen.evaluation.judge.result import MIN_TUNES
from tests.evaluation.judge.walks import shuffled, walk

SIDE = st.lists(st.integers(0, 60), min_size=MIN_TUNES, max_size=40, unique=True)
"""Families of the tunes of a side, of which variants were taken out."""

SILENT = TuneFeatures((), (math.nan,) * len(FIGURES), ())


@functools.cache
def walks(first, count):
    return [walk(seed) for seed in range(first, first + count)]


@pytest.fixture
def few_trees(monkeypatch):
    """A small forest, where it is not asked how well it tells tunes apart."""
    monkeypatch.setattr(detectors, "_TREES", 20)


@pytest.fixture(scope="module")
def found_out():
    """What detectors make of tunes whose notes were shuffled."""
    return judge_tunes(walks(0, 30), [shuffled(seed) for seed in range(500, 530)])


@pytest.mark.parametrize("detector", DETECTORS)
def test_tunes_with_shuffled_notes_are_found_out(found_out, detector):
    assert found_out.tunes == 30
    assert found_out.auc(detector).value > 0.9
    assert found_out.auc(detector).low > 0.8


def test_the_figures_that_give_shuffled_tunes_away_are_those_of_order(found_out):
    widest = {one.figure for one in found_out.giveaways[:5]}
    assert "leaps" in widest and "distinct_bars" in widest
    assert found_out.giveaway("leaps").gap.low > 1
    assert not found_out.giveaway("leaps").may_be_chance
    assert found_out.giveaway("rests").gap.value == 0


@pytest.mark.parametrize("detector", DETECTORS)
def test_tunes_of_one_kind_are_not_told_apart(detector):
    found = judge_tunes(walks(0, 60), walks(1000, 60), [detector]).auc(detector)
    assert found.low <= 0.5 <= found.high
    assert 0.2 < found.high - found.low < 0.4


def test_a_detector_that_knows_nothing_is_at_chance_whatever_the_order(monkeypatch):
    def know_nothing(_train, _labels, test, _seed, _on_step):
        return np.zeros(len(test))

    monkeypatch.setitem(DETECTORS, "nothing", know_nothing)
    found = judge_tunes(walks(0, 30), walks(100, 30), ["nothing"])
    assert found.auc("nothing").value == pytest.approx(0.5, abs=0.02)


def test_the_same_tunes_give_the_same_digits(few_trees):
    sides = walks(0, MIN_TUNES), walks(300, MIN_TUNES)
    assert judge_tunes(*sides) == judge_tunes(*sides)


def test_no_detector_is_asked_about_a_tune_it_has_read_or_a_variant(monkeypatch):
    asked = []

    def watch(train, labels, test, _seed, _on_step):
        known = {mark for tune in train for mark in tune.fingerprints}
        asked.extend(known & set(tune.fingerprints) for tune in test)
        assert set(labels.tolist()) == {0, 1}
        return np.zeros(len(test))

    monkeypatch.setitem(DETECTORS, "watch", watch)
    # Half of the composed tunes are real ones over again.
    judge_tunes(walks(0, 40), [*walks(0, 20), *walks(100, 20)], ["watch"])
    assert asked == [set()] * 80


@settings(max_examples=60)
@given(SIDE, SIDE, st.integers(0, 2**40))
def test_families_are_in_one_fold(real, composed, seed):
    families = [*real, *composed]
    labels = np.repeat([1, 0], [len(real), len(composed)])
    folds = assign_folds(labels, families, seed)
    assert set(folds.tolist()) <= set(range(FOLDS))
    homes = {}
    for family, fold in zip(families, folds.tolist(), strict=True):
        assert homes.setdefault(family, fold) == fold


def test_variants_are_one_family_and_strangers_are_none():
    bars = "DEFG ABcd|dcBA GFED|DFAd FAdf|fdAF dAFD|GBdg dBGB|A8|]"
    head = "X:1\nM:C\nL:1/8\nK:"
    same = [f"{head}D\n{bars}", f"{head}G\n{bars}".replace("K:G\n", "K:D\nV:1\n")]
    other_end = f"{head}D\n{bars.replace('GBdg dBGB|A8', 'EGBe BGEG|D8')}"
    strangers = ["X:1\nM:C\nL:1/8\nK:D\nD8|]", "X:1\nM:C\nL:1/8\nK:D\nz8|]"]
    tunes = [extract_features(text) for text in (*same, other_end, *strangers)]
    families = find_families(tunes)
    assert families[0] == families[1] == families[2]
    assert len(set(families)) == 3
    assert keep_first(families) == [0, 3, 4]
    assert find_families([SILENT, SILENT]) == [0, 1]


def test_variants_of_a_side_count_once():
    few = [*walks(0, MIN_TUNES - 1)] * 3
    assert judge_tunes(few, walks(100, 50)).tunes == MIN_TUNES - 1


@pytest.mark.parametrize(("real", "composed"), [(19, 40), (40, 19), (0, 40), (0, 0)])
def test_too_few_tunes_are_not_judged(real, composed):
    found = judge_tunes(walks(0, real), walks(100, composed))
    assert found.has_too_few
    assert found.tunes == min(real, composed)
    assert (found.verdicts, found.giveaways) == ((), ())


def test_both_sides_have_equally_many_tunes(monkeypatch):
    monkeypatch.setattr(cross_validation, "MAX_TUNES", 30)
    sizes = []

    def count(train, labels, test, _seed, _on_step):
        sizes.append((int(labels.sum()), len(labels)))
        return np.zeros(len(test))

    monkeypatch.setitem(DETECTORS, "count", count)
    assert judge_tunes(walks(0, 35), walks(100, 60), ["count"]).tunes == 30
    assert all(real == whole - real == 24 for real, whole in sizes)


def test_tunes_in_which_nothing_sounds_are_judged_too():
    found = judge_tunes(walks(0, 25), [SILENT] * 25)
    assert all(one.auc.value > 0.95 for one in found.verdicts)
    assert found.giveaways == ()
    for one in judge_tunes([SILENT] * 25, [SILENT] * 25).verdicts:
        assert one.auc.low <= 0.5 <= one.auc.high


@pytest.mark.parametrize("detector", DETECTORS)
def test_what_a_step_raises_ends_the_judging(detector):
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    with pytest.raises(Stop):
        judge_tunes(walks(0, 25), walks(100, 25), [detector], on_step=stop)
