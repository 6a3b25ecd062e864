"""Composed tunes of a report before the judge, and how a report tells what came of it."""

import dataclasses
import json
import random

import pytest

from musicgen.cli.report_lines import report_lines
from musicgen.config import to_json
from musicgen.errors import ReportError
from musicgen.evaluation.judge import detectors, labels
from musicgen.evaluation.judge.detectors import DETECTORS
from musicgen.evaluation.judge.result import Giveaway, Judgement, Verdict
from musicgen.evaluation.report import builder, judging
from musicgen.evaluation.report.builder import Hooks, ReportStopped, make_report
from musicgen.evaluation.report.html import render_html
from musicgen.evaluation.report.judging import STEPS, count_judged, judge_sets
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import Reference, hold_out
from musicgen.evaluation.report.result import DrawnTune, Report
from musicgen.models.checkpoint import load_checkpoint
from musicgen.ui.evaluate.report_table import giveaway_rows, verdict_rows
from tests.evaluation.judge.walks import make_bars, write
from tests.examples import write_checkpoint


def texts(first, count):
    return tuple(write(make_bars(random.Random(seed))) for seed in range(first, first + count))


def shuffled_texts(first, count):
    found = []
    for seed in range(first, first + count):
        rng = random.Random(seed)
        notes = [note for bar in make_bars(rng) for note in bar]
        rng.shuffle(notes)
        found.append(write([notes[at : at + 8] for at in range(0, len(notes), 8)]))
    return found


BOOK = Reference("book", "", texts(0, 24), texts(0, 24))
OWN = dataclasses.replace(BOOK, others=texts(200, 60))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, dataset):
    return load_checkpoint(
        write_checkpoint(tmp_path_factory.mktemp("small") / "best", dataset.vocabulary)
    )


def drawn(cell, _fingerprint):
    tunes = shuffled_texts(500, 24) if cell.temperature > 1 else texts(300, 24)
    return [DrawnTune(abc, seed, 1.0, 0.0) for seed, abc in enumerate(tunes)]


@pytest.fixture(scope="module")
def report(checkpoint):
    plan = ReportPlan(("small",), 24, (0.5, 1.5))
    return make_report(plan, [checkpoint], OWN, Hooks(read_drawn=drawn))


def test_a_report_has_a_control_and_a_judgement_of_each_set(report):
    control, (like, unlike) = report.control(), [found for _item, found in report.judged()]
    assert [one.detector for one in control.verdicts] == list(DETECTORS)
    assert control.tunes == like.tunes == unlike.tunes == 24
    for name in DETECTORS:
        assert control.auc(name).low <= 0.5  # real tunes are not found out
        assert unlike.auc(name).value > 0.9
        assert unlike.auc(name).low > control.auc(name).high
    assert like.auc("figures").value < 0.7
    assert unlike.giveaways[0].gap.low > 1 or unlike.giveaways[0].gap.high < -1


def test_the_control_is_of_other_real_tunes_of_the_book_or_of_its_halves(monkeypatch):
    seen = []

    def note(real, other, **_):
        seen.append((real, other))
        return Judgement(0)

    monkeypatch.setattr(judging, "judge_tunes", note)
    judge_sets(OWN, [texts(300, 30)], lambda: None)
    judge_sets(BOOK, [texts(300, 30)], lambda: None)
    (own, other), _composed, (half, rest), _again = seen
    assert (len(own), len(other)) == (24, 30)
    known = {judging.extract_features(text).fingerprints for text in OWN.others}
    assert {one.fingerprints for one in other} <= known
    assert (len(half), len(rest)) == (12, 12)
    assert not {one.fingerprints for one in half} & {one.fingerprints for one in rest}
    assert {one.fingerprints for one in (*half, *rest)} == {one.fingerprints for one in own}


def test_held_out_tunes_have_the_training_tunes_as_others(dataset):
    assert hold_out("tiny", "val", dataset).others == tuple(dataset.texts("train"))


def test_the_judge_is_not_asked_where_the_plan_says_so(checkpoint):
    plan = ReportPlan(("small",), 24, (0.5,), judge=False)
    found = make_report(plan, [checkpoint], OWN, Hooks(read_drawn=drawn))
    assert found.control() is None and found.judged() == []
    assert labels.TITLE not in render_html(found)
    assert labels.TITLE not in report_lines(found)


def test_without_real_or_without_composed_tunes_nothing_is_judged(checkpoint):
    plan = ReportPlan(("small",), 24, (0.5,))
    assert make_report(plan, [checkpoint], None, Hooks(read_drawn=drawn)).judged() == []
    alone = make_report(ReportPlan((), 0), [], BOOK)
    assert alone.control() is None and alone.judged() == []


def test_progress_goes_on_while_tunes_are_judged_and_it_can_be_stopped(
    checkpoint, monkeypatch, few_trees
):
    plan = ReportPlan(("small",), 24, (0.5,))
    shares, is_judging = [], []
    judge = builder.judge_sets

    def watch(*arguments):
        is_judging.append(len(shares))
        return judge(*arguments)

    monkeypatch.setattr(builder, "judge_sets", watch)
    hooks = Hooks(lambda share, _cell: shares.append(share), read_drawn=drawn)
    make_report(plan, [checkpoint], OWN, hooks)
    during = shares[is_judging[0] :]
    assert len(during) > 10
    assert during == sorted(during) and during[0] < 0.7
    stopping = dataclasses.replace(hooks, should_stop=lambda: len(is_judging) > 1)
    with pytest.raises(ReportStopped):
        make_report(plan, [checkpoint], OWN, stopping)


@pytest.fixture
def few_trees(monkeypatch):
    """A small forest, where it is not asked how well it tells tunes apart."""
    monkeypatch.setattr(detectors, "_TREES", 20)


def test_the_steps_of_a_judgement_are_as_many_as_its_progress_expects(few_trees):
    steps = []
    judge_sets(OWN, [], lambda: steps.append(1))
    assert len(steps) == 0  # a control of no tunes
    judge_sets(OWN, [texts(300, 24)], lambda: steps.append(1))
    assert len(steps) == 2 * STEPS
    assert count_judged(OWN, 24) == 24
    assert count_judged(OWN, 500) == 24
    assert count_judged(OWN, 19) == 0


def test_the_numbers_are_in_the_json_and_come_back(report):
    values = json.loads(to_json(report.to_dict()))
    found = values["sets"][1]["judgement"]
    assert found["tunes"] == 24
    assert set(found["detectors"]) == set(DETECTORS)
    assert 0.5 < found["detectors"]["figures"]["low"] <= found["detectors"]["figures"]["value"] <= 1
    assert found["figures"][0]["gap"]["value"]
    assert set(values["real"]["judgement"]["detectors"]) == set(DETECTORS)
    assert Report.from_dict(values) == report


def test_a_report_that_was_made_before_there_was_a_judge_opens(report):
    values = json.loads(to_json(report.to_dict()))
    del values["plan"]["judge"], values["real"]["judgement"]
    for item in values["sets"]:
        del item["judgement"]
    old = Report.from_dict(values)
    assert old.judged() == [] and old.control() is None and old.plan.judge is False
    assert labels.TITLE not in render_html(old)
    assert labels.TITLE not in report_lines(old)


@pytest.mark.parametrize("damage", [1, [], {"tunes": 3}, {"tunes": 24, "detectors": {"a": {}}}])
def test_a_damaged_judgement_is_no_report(report, damage):
    values = json.loads(to_json(report.to_dict()))
    values["sets"][0]["judgement"] = damage
    with pytest.raises(ReportError):
        Report.from_dict(values)


@pytest.mark.parametrize("value", [None, 1, "yes"])
def test_a_plan_whose_switch_is_none_is_refused(value):
    with pytest.raises(ValueError, match="no plan"):
        ReportPlan.from_dict(ReportPlan(("a",)).to_dict() | {"judge": value})


def test_a_page_has_verdicts_giveaways_and_what_they_mean(report):
    page = render_html(report)
    for words in (labels.TITLE, labels.MEANING, labels.CONTROL, labels.GIVEAWAYS_TITLE,
                  labels.METHOD, "Runs of notes", "Leaps"):  # fmt: skip
        assert words in page
    assert "↑" in page.partition(labels.TITLE)[2].partition(labels.GIVEAWAYS_TITLE)[0]


def test_the_terminal_has_verdicts_giveaways_and_what_they_mean(report):
    lines = report_lines(report)
    start = lines.index(labels.TITLE)
    assert labels.MEANING in lines[start + 1]
    told = "\n".join(lines[start:])
    assert f"{labels.CONTROL}: 24 tunes of each side" in told
    assert told.count("A network over the notes") == 3
    assert "small · 1.5, what gives them away" in told


def test_tables_of_the_page_have_a_cell_in_each_row(report):
    for rows in (verdict_rows(report.control(), report.judged()), giveaway_rows(report.judged())):
        assert {len(column) for column in rows.values()} == {len(rows[" "])}
        assert len(rows) == 4
        assert rows[" "]
    assert ":orange[↑]" in verdict_rows(report.control(), report.judged())["small · 1.5"][1]


def with_judgements(report, control, *found):
    sets = [dataclasses.replace(one, judgement=this)
            for one, this in zip(report.sets, found, strict=True)]  # fmt: skip
    real = dataclasses.replace(report.real, judgement=control)
    return dataclasses.replace(report, real=real, sets=tuple(sets))


def test_too_few_tunes_are_a_sentence_everywhere(report):
    few = with_judgements(report, Judgement(3), Judgement(3), Judgement(5))
    sentence = "Not judged: detectors need 20 different tunes of each side, and there are 3."
    assert sentence in render_html(few)
    assert labels.GIVEAWAYS_TITLE not in render_html(few)
    assert f"  {sentence}" in report_lines(few)
    assert labels.MEANING not in "\n".join(report_lines(few))


def test_a_set_of_too_few_tunes_leaves_the_others(report):
    whole = report.sets[1].judgement
    some = with_judgements(report, report.control(), Judgement(3), whole)
    assert "there are 3" in render_html(some)
    assert verdict_rows(some.control(), some.judged())["small · 0.5"] == ["–"] * 3
    assert "small · 1.5: 24 tunes of each side" in report_lines(some)
    assert "small · 0.5: 3 tunes of each side" not in report_lines(some)


def test_names_of_detectors_and_figures_that_nobody_knows_are_escaped(report):
    evil = "<script>alert(1)</script>"
    one = report.sets[1].judgement
    strange = Judgement(
        24, (Verdict(evil, one.verdicts[0].auc),),
        (Giveaway(evil, *[one.giveaways[0].gap] * 3),),
    )  # fmt: skip
    assert "<script" not in render_html(with_judgements(report, None, strange, strange))
