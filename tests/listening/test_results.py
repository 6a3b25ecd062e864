import csv
import io
import json
import math
import random
from dataclasses import replace

import pytest

from musicgen.errors import StudyError
from musicgen.listening.bradley_terry import Interval
from musicgen.listening.export import describe, export, write_figure
from musicgen.listening.pooling import pool
from musicgen.listening.results import count, find_excluded, krippendorff, take_look
from musicgen.listening.store import LEFT, RIGHT, Ballot, StudyStore
from musicgen.listening.trials import CHECK, COUNTED, NOISE, Meetings, draw_trials
from tests.listening.plans import add_study, make_plan


@pytest.fixture
def store(tmp_path):
    return StudyStore(tmp_path)


def listen(store, study, taste, *, is_careless=False):
    """A listener who prefers the version that `taste` gives the highest number."""
    one = store.enrol(study)
    while trial := store.next_trial(one.id):
        values = [
            -9 if version == NOISE else taste[version] for version in (trial.left, trial.right)
        ]
        if is_careless and trial.kind == CHECK:
            values.reverse()
        answer = "tie" if values[0] == values[1] else "left" if values[0] > values[1] else "right"
        store.vote(one.id, trial.position, answer, 2000)


def result_of(store, study):
    info = store.get(study)
    return count(info.plan, store.ballots(study), store.numbers(study))


def test_the_count_is_of_those_who_listen(store):
    study = add_study(store, make_plan(2, tunes=8, pairs=8, listeners=6))
    for strength in (2, 2, 2, 2, 2, 1):
        listen(store, study, [strength, 1.5])
    listen(store, study, [0, 1], is_careless=True)
    result = result_of(store, study)
    assert (len(result.listeners), result.excluded, result.failed_checks) == (7, 1, 1)
    first, second = result.versions
    assert first.won + first.lost == 48 and first.won == second.lost
    assert result.pairs[0].preference.value > 0.5
    assert result.left_share.low < 0.5 < result.left_share.high
    assert result.times_s[1] == 2
    assert [one.is_counted for one in result.listeners] == [True] * 6 + [False]
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["ballots"] == 48


def test_before_its_look_a_study_says_nothing(store):
    study = add_study(store, make_plan(2, tunes=8, pairs=8, listeners=4, looks=2))
    listen(store, study, [1, 0])
    result = result_of(store, study)
    assert result.look.number == 0 and result.look.next_at == 16
    assert math.isnan(result.versions[0].strength.value)
    assert not result.pairs[0].is_different and result.versions[0].won == 0
    listen(store, study, [1, 0])
    listen(store, study, [0, 1])  # after the look, so that it does not count yet
    assert result_of(store, study).versions[0].won == 16


def test_a_study_closed_for_good_is_counted_as_it_is(store):
    study = add_study(store, make_plan(2, tunes=8, pairs=8, listeners=40))
    for taste in ([1, 0], [1, 0], [0, 1]):
        listen(store, study, taste)
    before = result_of(store, study)
    assert before.look.number == 0 and before.missing_listeners == 37
    assert any("37" in fact for fact in describe(before))
    store.finish(study)
    info = store.get(study)
    found = count(info.plan, store.ballots(study), store.numbers(study), is_final=info.is_final)
    assert (found.versions[0].won, found.versions[1].won) == (16, 8)
    assert found.look.is_last and found.missing_listeners == 0
    assert any("closed for good" in fact for fact in describe(found))
    assert pool(store, [info])[0].ballots == 24
    assert json.loads(export(store, info, "json"))["result"]["look"]["is_early"]


def test_figures_of_nothing_have_no_sign_and_times_no_two_ends():
    assert write_figure(Interval(-0.001, -0.004, 0.2)) == "0.00 (0.00 … 0.20)"


def test_equal_versions_are_told_from_those_nobody_knows():
    plan = make_plan(2, tunes=40, pairs=40, listeners=20, margin=0.6)
    chance = random.Random(1)
    ballots = [
        Ballot(f"{listener}", trial, chance.choice(("left", "right")), 1, "")
        for listener in range(20)
        for trial in draw_trials(plan, Meetings(), listener)
        if trial.kind == COUNTED
    ]
    pair = count(plan, ballots, {}).pairs[0]
    assert pair.is_equal and not pair.is_different
    few = make_plan(2, tunes=40, pairs=40, listeners=2, margin=0.6)
    assert not count(few, ballots[:80], {}).pairs[0].is_equal


def test_ratings_have_means_and_differences(store):
    plan = make_plan(2, design="ratings", scales="liked,machine", tunes=8, pairs=8, listeners=5)
    study = add_study(store, plan)
    for bias in (0, 0, 1, 1, 0):
        one = store.enrol(study)
        while trial := store.next_trial(one.id):
            value = 1 if trial.left == NOISE else 2 + bias + 2 * trial.left
            store.vote(one.id, trial.position, {"liked": value, "machine": 3}, 1)
    rows = {(row.name, row.scale): row for row in result_of(store, study).ratings}
    better = rows["v1", "liked"]
    assert better.mean.value == pytest.approx(4.4)
    assert better.difference.value == pytest.approx(2.0)
    assert better.difference.high == pytest.approx(2.0)  # everybody says so
    assert rows["v0", "machine"].mean.value == 3


def test_krippendorffs_alpha_is_that_of_the_textbook():
    # The example of "Content Analysis" as Wikipedia works it out: 0.691 nominal, 0.811 interval.
    coders = ("*****341211 33*3", "1*2133 43*******", "**21344*2113 3*4")
    rows = [text.replace(" ", "") for text in coders]
    units = [[int(row[n]) for row in rows if row[n] != "*"] for n in range(15)]
    assert krippendorff(units, lambda a, b: float(a != b)) == pytest.approx(0.691, abs=5e-4)
    assert krippendorff(units, lambda a, b: (a - b) ** 2) == pytest.approx(0.811, abs=5e-4)
    assert math.isnan(krippendorff([[1], [2]], lambda a, b: float(a != b)))


def test_every_ballot_is_exported_and_no_id_of_a_listener(store):
    study = add_study(store, make_plan(2))
    listen(store, study, [1, 0])
    (listener,) = store.numbers(study)
    info = store.get(study)
    files = {name: export(store, info, name).decode() for name in ("csv", "json", "html")}
    assert all(listener not in text for text in files.values())
    rows = list(csv.DictReader(io.StringIO(files["csv"])))
    assert len(rows) == 6 and {row["listener"] for row in rows} == {"1"}
    assert all(row["preferred"] == "v0" for row in rows if row["kind"] == COUNTED)
    values = json.loads(files["json"])
    assert len(values["ballots"]) == 6 and values["plan"] == info.plan.to_dict()
    assert "<script" not in files["html"] and "v0" in files["html"]


def test_a_formula_in_a_label_is_no_formula_in_the_table(store):
    plan = make_plan(2)
    values = plan.to_dict()
    values["versions"][0]["label"] = "=1+1"
    study = add_study(store, type(plan).from_dict(values))
    listen(store, study, [1, 0])
    assert ",'=1+1," in export(store, store.get(study), "csv").decode()


def test_studies_with_a_version_in_common_are_counted_as_one(store):
    first = add_study(store, make_plan(2, tunes=8, pairs=8, listeners=2))
    second = add_study(store, make_plan(2, tunes=8, pairs=8, listeners=2, looks=2))
    for study, taste in ((first, [0, 1]), (first, [0, 1]), (second, [1, 0])):
        listen(store, study, taste)  # one look of the second is due
    versions = pool(store, [store.get(first), store.get(second)])
    assert [one.studies for one in versions] == [2, 2]
    assert versions[1].strength.value > versions[0].strength.value
    assert sum(one.ballots for one in versions) == 48
    begun = add_study(store, make_plan(2, listeners=2))
    listen(store, begun, [0, 1])
    with pytest.raises(StudyError, match="first look"):  # half of its ballots are in
        pool(store, [store.get(begun)])


def test_a_look_stays_as_it_was_taken(store):
    """Whoever fails a check later is left out of the looks that follow, not of those before."""
    study = add_study(store, make_plan(2, tunes=8, pairs=8, listeners=4, looks=2))
    for _listener in range(2):
        listen(store, study, [0, 1])
    ballots = store.ballots(study)
    plan = store.get(study).plan
    look, used = take_look(plan, ballots)
    assert (look.number, len(used)) == (1, 16)
    check = next(one for one in ballots if one.trial.kind == CHECK)
    failed = replace(check, answer=RIGHT if check.answer == LEFT else LEFT)
    later = [*ballots, failed, failed]
    assert find_excluded(later) == {check.listener}
    assert take_look(plan, later) == (look, used)
    assert take_look(plan, [failed, failed, *ballots])[0].number == 0  # known from the first


def test_files_say_nothing_of_who_is_ahead_before_the_first_look(store):
    study = add_study(store, make_plan(2, listeners=3))
    listen(store, study, [1, 0])
    result = result_of(store, study)
    assert result.look.number == 0
    assert [row["scores"] for row in result.to_dict()["listeners"]] == [(None, None)]
    listen(store, study, [1, 0])
    listen(store, study, [1, 0])
    shown = result_of(store, study).to_dict()["listeners"]
    assert [row["scores"] for row in shown] == [(1.0, 0.0)] * 3
