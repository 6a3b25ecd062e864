from collections import Counter

from musicgen.listening.trials import CHECK, COUNTED, NOBODY, NOISE, PRACTICE, Meetings, draw_trials
from tests.listening.plans import make_plan


def draw_all(plan, listeners):
    met, rows = Meetings(), []
    for number in range(listeners):
        trials = draw_trials(plan, met, number)
        rows.append(trials)
        for one in trials:
            if one.kind == COUNTED:
                other = one.left if one.right == NOBODY else one.right
                met[one.slot, min(one.left, other), max(one.left, other)] += 1
    return rows, met


def test_nobody_hears_a_slot_twice_and_practice_comes_first():
    rows, _ = draw_all(make_plan(3, tunes=12, pairs=10, checks=2), 8)
    for trials in rows:
        assert [one.position for one in trials] == list(range(13))
        assert trials[0].kind == PRACTICE
        assert Counter(one.kind for one in trials) == {PRACTICE: 1, CHECK: 2, COUNTED: 10}
        assert len({one.slot for one in trials}) == 13
        assert all(one.slot < 12 for one in trials if one.kind == COUNTED)


def test_pairs_of_versions_and_slots_come_equally_often():
    _, met = draw_all(make_plan(4, tunes=12, pairs=10), 30)
    pairs, slots = Counter(), Counter()
    for (slot, low, high), times in met.items():
        pairs[low, high] += times
        slots[slot] += times
    assert len(pairs) == 6
    assert max(pairs.values()) - min(pairs.values()) <= 1
    assert max(slots.values()) - min(slots.values()) <= 1


def test_each_side_goes_to_each_version_equally_often():
    rows, _ = draw_all(make_plan(2, tunes=10, pairs=10), 20)
    for trials in rows:
        counted = [one for one in trials if one.kind == COUNTED]
        assert Counter(one.left for one in counted) == {0: 5, 1: 5}
    assert len({tuple((one.slot, one.left) for one in trials) for trials in rows}) == 20


def test_a_check_sets_music_against_noise():
    rows, _ = draw_all(make_plan(2, checks=3), 10)
    checks = [one for trials in rows for one in trials if one.kind == CHECK]
    assert all((one.left == NOISE) != (one.right == NOISE) for one in checks)
    assert {one.left == NOISE for one in checks} == {True, False}


def test_ratings_give_each_version_alone():
    rows, met = draw_all(make_plan(3, design="ratings", tunes=9, pairs=9), 10)
    assert all(one.right == NOBODY for trials in rows for one in trials)
    versions = Counter()
    for (_slot, low, high), times in met.items():
        assert low == high
        versions[low] += times
    assert max(versions.values()) - min(versions.values()) <= 1
