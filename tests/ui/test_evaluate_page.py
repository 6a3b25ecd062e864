import dataclasses
import json

import pytest

from musicgen.evaluation.judge.result import Giveaway, Judgement, Verdict
from musicgen.evaluation.report.builder import make_report
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import read_book
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.jobs.background_task import TaskStatus
from musicgen.ui.base import resources
from musicgen.ui.evaluate.report_charts import distribution_figure, sweep_figure
from musicgen.ui.evaluate.report_table import measure_rows
from musicgen.ui.evaluate.report_view import _html, _json
from tests.examples import make_tune

PATIENCE_S = 240


@pytest.fixture
def made(home):
    """A small report of the model that knows one tune."""
    service = resources.reports()
    report_id = service.start(ReportPlan(("house",), 2, (0.5, 1.0), (False, True)))
    assert service.wait(PATIENCE_S)
    assert service.snapshot().status is TaskStatus.FINISHED, service.snapshot().error
    return report_id


def labels(app, kind):
    return [item.proto.label for item in app.get(kind)]


def test_without_a_model_the_page_leads_to_train(empty_home, open_app):
    app = open_app("Evaluate")
    assert not app.exception
    assert "Train a model" in labels(app, "page_link")
    assert not app.button


def test_without_a_report_the_form_is_open(home, open_app):
    app = open_app("Evaluate")
    assert not app.exception and not app.error
    assert app.multiselect(key="report_models").value == ["house"]
    assert "100 tunes to compose" in [item.value for item in app.caption]
    app.multiselect(key="report_temperatures").set_value([0.6, 1.0]).run()
    app.button_group(key="report_mode").set_value("both").run()
    assert "400 tunes to compose" in [item.value for item in app.caption]
    app.multiselect(key="report_models").set_value([]).run()
    assert app.button(key="report_start").disabled


def test_a_report_is_started_and_read(home, open_app):
    app = open_app("Evaluate")
    app.number_input(key="report_count").set_value(2).run()
    app.button(key="report_start").click().run()
    assert not app.exception and not app.error
    assert resources.reports().wait(PATIENCE_S)
    app.run()
    losses, measures = (table.value for table in app.table)
    assert list(losses["Model"]) == ["house \\*"]  # this model does not say what it learned from
    assert list(measures.columns)[1] == "Real tunes"
    row = dict(zip(measures[" "], measures.iloc[:, 2], strict=True))
    assert row["In time"].startswith("100\u00a0%")


def test_a_report_shows_sound_figures_and_what_they_mean(made, open_app):
    app = open_app("Evaluate")
    assert not app.exception and not app.error
    assert app.get("audio")
    text = " ".join(item.value for item in app.markdown)
    assert "Jensen" in text
    assert "Krumhansl" in text
    assert {"HTML", "JSON"} <= set(labels(app, "download_button"))
    app.button_group(key=f"report_end_{made}").set_value("worst").run()
    assert not app.exception


def store_judged(made, judgement, control):
    """A report like another with a judgement of its first set; the id of it."""
    store = resources.reports().store
    report = store.read(made)
    real = dataclasses.replace(report.real, judgement=control)
    first = dataclasses.replace(report.sets[0], judgement=judgement)
    return store.add(dataclasses.replace(report, real=real, sets=(first,)))


def test_a_report_says_how_well_tunes_are_told_from_real_ones_and_by_what(made, open_app):
    found, chance = Estimate(0.75, 0.65, 0.85, 160), Estimate(0.5, 0.4, 0.6, 160)
    gap = Giveaway("leaps", chance, found, Estimate(0.5, 0.3, 0.7, 160))
    judgement = Judgement(80, (Verdict("ngrams", found),), (gap,))
    store_judged(made, judgement, Judgement(80, (Verdict("ngrams", chance),)))
    app = open_app("Evaluate")
    assert not app.exception and not app.error
    verdicts, giveaways = (table.value for table in app.table[2:])
    assert list(verdicts.columns)[1:] == ["Control: real beside real", "house · 0.5"]
    assert verdicts.iloc[0, 2].startswith("75.0\u00a0%\u00a0:orange[↑]")
    assert list(giveaways[" "]) == ["Leaps"]
    assert "+0.50" in giveaways.iloc[0, 2]
    assert any("50 % is chance" in item.value for item in app.caption)
    chinese = open_app("Evaluate", lang="zh")
    assert any("50 % 等于乱猜" in item.value for item in chinese.caption)
    assert list(chinese.table[3].value[" "]) == ["跳进"]


def test_too_few_tunes_to_judge_are_a_sentence(made, open_app):
    store_judged(made, Judgement(2), Judgement(2))
    app = open_app("Evaluate")
    assert not app.exception and not app.error
    assert "20 different tunes of each side, and there are 2" in app.info[0].value
    assert len(app.table) == 2


def test_the_judge_can_be_left_out(home, open_app):
    app = open_app("Evaluate")
    app.number_input(key="report_count").set_value(2).run()
    app.checkbox(key="report_judge").set_value(False).run()
    app.button(key="report_start").click().run()
    assert resources.reports().wait(PATIENCE_S)
    (info,) = resources.reports().store.list()
    assert info.plan.judge is False
    assert resources.reports().store.read(info.id).judged() == []


def test_sets_to_show_can_be_chosen(made, open_app):
    app = open_app("Evaluate")
    chosen = app.multiselect(key=f"report_sets_{made}")
    assert len(chosen.value) == 3
    chosen.set_value(["house@1-free"]).run()
    assert not app.exception
    assert len(app.table[1].value.columns) == 3


def test_a_report_is_told_in_chinese(made, open_app):
    app = open_app("Evaluate", lang="zh")
    assert app.title[0].value == "评测"
    assert "真实曲目" in app.table[1].value.columns


def test_a_report_that_ended_early_goes_on(home, open_app):
    report_id = resources.reports().store.create(ReportPlan(("house",), 2))
    app = open_app("Evaluate")
    assert not app.exception
    app.button(key="report_resume").click().run()
    assert resources.reports().wait(PATIENCE_S)
    assert resources.reports().store.read(report_id).sets[0].tunes == 2


def test_a_report_is_deleted(made, open_app):
    app = open_app("Evaluate")
    app.button(key="report_delete").click().run()
    assert not app.exception and not app.table
    assert resources.reports().store.list() == []


def test_a_damaged_report_is_a_sentence_and_can_be_deleted(made, open_app):
    (resources.reports().store.root / made / "report.json").write_text("{}")
    app = open_app("Evaluate")
    assert not app.exception
    assert "no report that this program can read" in app.error[0].value
    app.button(key="report_delete").click().run()
    assert not app.error


def test_without_the_corpus_there_is_a_report_with_nothing_real(home, open_app):
    (home.data / "irish.abc").unlink()
    service = resources.reports()
    service.start(ReportPlan(("house",), 2))
    assert service.wait(PATIENCE_S)
    app = open_app("Evaluate")
    assert not app.exception and not app.error
    assert "The corpus is not here" in app.info[0].value
    assert len(app.table) == 1


def test_a_report_of_the_terminal_on_a_tunebook_alone_is_shown(home, open_app):
    book = read_book("own.abc", f"{make_tune(3)}\n\n{make_tune(4)}\n".encode(), "", [])
    resources.reports().store.add(make_report(ReportPlan((), 0), [], book))
    app = open_app("Evaluate")
    assert not app.exception and not app.error
    assert list(app.table[0].value.columns)[1:] == ["Real tunes"]
    assert any("2 real tunes (own.abc)" in item.value for item in app.caption)


def test_files_hold_the_report(made):
    report = resources.reports().store.read(made)
    assert json.loads(_json(report)) == report.to_dict()
    assert _html(report, "en").startswith(b"<!doctype html>")


def test_figures_have_real_tunes_in_grey_and_a_band(made):
    report = resources.reports().store.read(made)
    sets = report.all_sets()
    figure = distribution_figure("pitches", sets, [item.key for item in sets], "x")
    assert len(figure["data"]) == len(sets)
    assert "gray" in figure["data"][0]["marker"]["color"]
    assert sum(figure["data"][1]["y"]) == pytest.approx(1, abs=1e-3)
    assert [len(shape) for shape in sweep_figure([], report.real.estimates["bars"], ("x", "y"), "b")
            ["layout"]["shapes"]]  # fmt: skip
    assert "shapes" not in sweep_figure([], None, ("x", "y"), "b")["layout"]


def test_all_columns_of_the_table_have_a_cell_in_each_row(made):
    rows = measure_rows(resources.reports().store.read(made).all_sets())
    assert len({len(column) for column in rows.values()}) == 1
