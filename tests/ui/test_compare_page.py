import dataclasses
import io
import shutil

import pytest
import streamlit as st

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.jobs.sweep_axes import Axis
from musicgen.jobs.sweep_plan import Search, SweepPlan, grid_plan
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import PRESETS
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs import bundled_history
from musicgen.training.runs.archive import export_run
from musicgen.training.runs.bundled_history import write_bundled_training
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_admin import delete_run
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.summary import read_fluency
from musicgen.ui.base import resources
from musicgen.ui.compare import run_files, sweep_form
from musicgen.ui.compare.run_data import list_runs

SMALL = {"batch_size": 2, "seq_len": 16, "max_steps": 4, "eval_interval": 2, "save_interval": 2,
         "threads": 1, "precision": "float32", "samples": 0}  # fmt: skip


@pytest.fixture(autouse=True)
def few_measured_tunes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred take a network that has learned nothing half a minute."""
    monkeypatch.setattr(bundled_history, "MEASURED_TUNES", 4)


def train(home, name, preset="quick", **settings):
    base = PRESETS[preset]
    small = dataclasses.replace(
        base,
        network=base.network.replace(embedding_dim=4, hidden_size=8),
        training=base.training.replace(**SMALL | settings),
    )
    run = RunStore(home.runs).create(name, small)
    TrainingSession(run, load_dataset("lab", home), lambda _: None).train()
    return run


@pytest.fixture
def two_runs(home):
    """Two short runs that differ in one setting, and the bundled model."""
    return [train(home, "first"), train(home, "second", learning_rate=0.001)]


def messages(app):
    return [item.value for item in (*app.error, *app.warning)]


def test_without_runs_every_view_leads_to_train_or_works(empty_home, open_app):
    for view in ("runs", "pair", "study"):
        app = open_app("Compare", view=view)
        assert not app.exception and not app.error
        links = [item.proto.label for item in app.get("page_link")]
        assert "Train a model" in links
    app = open_app("Compare", view="sweep")
    assert not app.exception
    assert app.button(key="sweep_start")


def test_the_table_has_the_settings_that_differ_and_no_others(two_runs, open_app):
    app = open_app("Compare")
    assert not app.exception
    table = app.dataframe[0].value
    rates = dict(zip(table["run"], table["learning_rate"], strict=True))
    assert rates == {"second": 0.001, "first": 0.006, "house": TrainingConfig().learning_rate}
    assert not {"batch_size", "hidden_size", "seed"} & set(table.columns)
    first = RunStore(resources.paths().runs).get("first").info()
    losses = dict(zip(table["run"], table["loss"], strict=True))
    assert (losses["first"], losses["house"]) == (first.best_val_loss, 1.0)
    assert list(table["status"]) == ["finished", "finished", "bundled"]


def test_cells_of_sweeps_are_not_among_the_runs(two_runs, home, open_app):
    store = RunStore(home.runs)
    store.create("s-b2-lr0.1", two_runs[0].preset, sweep="s")
    assert {info.id for info in list_runs()} == {"second", "first"}
    assert len(list_runs(has_cells=True)) == 3


def test_runs_to_draw_can_be_chosen(two_runs, open_app):
    app = open_app("Compare")
    drawn = app.multiselect(key="compare_drawn")
    assert set(drawn.value) == {"second", "first"}
    drawn.set_value(["first"]).run()
    app.button_group(key="compare_axis").set_value("characters").run()
    app.toggle(key="compare_log").set_value(True).run()
    assert not app.exception
    drawn.set_value([]).run()
    assert not app.exception


def test_a_run_is_renamed_and_deleted(two_runs, open_app):
    app = open_app("Compare")
    app.selectbox(key="manage_run").set_value("first").run()
    app.text_input(key="manage_name_first").set_value("third").run()
    app.button(key="manage_rename").click().run()
    assert not app.exception and not messages(app)
    assert {info.id for info in list_runs()} == {"second", "third"}
    app.selectbox(key="manage_run").set_value("second").run()
    app.button(key="manage_delete").click().run()
    assert not app.exception and not messages(app)
    assert [info.id for info in list_runs()] == ["third"]


def test_a_name_that_is_taken_is_told_in_a_sentence(two_runs, open_app):
    app = open_app("Compare")
    app.selectbox(key="manage_run").set_value("first").run()
    app.text_input(key="manage_name_first").set_value("second").run()
    app.button(key="manage_rename").click().run()
    assert not app.exception
    assert "already" in app.error[0].value


def test_a_run_that_trains_cannot_be_touched(two_runs, open_app):
    two_runs[0].write_status("running", "", 2, Progress())
    with two_runs[0].locked():
        app = open_app("Compare")
        app.selectbox(key="manage_run").set_value("first").run()
        assert "being trained" in app.info[0].value
        assert "manage_delete" not in [item.key for item in app.button]


def test_an_export_is_taken_in_again(two_runs, home):
    data = run_files._exported("first", True)
    file = io.BytesIO()
    export_run(two_runs[0], file)
    assert len(data) == len(file.getvalue())
    from musicgen.training.runs.archive import import_run

    assert import_run(resources.store(), io.BytesIO(data)).id == "first-2"


def test_two_models_compose_from_one_seed(two_runs, home, open_app):
    app = open_app("Compare", view="pair")
    app.selectbox(key="pair_left").set_value("house").run()
    app.selectbox(key="pair_right").set_value("house").run()
    app.number_input(key="pair_seed").set_value(7).run()
    app.button(key="pair_compose").click().run()
    assert not app.exception and not messages(app)
    shown = app.session_state["compare_shown"]
    assert shown["left"].composition.abc == shown["right"].composition.abc
    assert shown["left"].request.config.seed == 7
    app.slider(key="pair_temperature").set_value(1.2).run()
    assert app.session_state["compare_shown"] == shown  # until it is asked for again


def test_the_settings_that_differ_stand_beside_one_another(two_runs, open_app):
    app = open_app("Compare", view="pair")
    app.selectbox(key="pair_left").set_value("first").run()
    app.selectbox(key="pair_right").set_value("second").run()
    assert not app.exception
    settings = app.table[1].value
    assert settings.to_numpy().tolist() == [["Learning rate", "0.006", "0.001"]]


def test_the_studies_are_filled_from_runs_of_their_presets(home, open_app):
    train(home, "b", "baseline")
    app = open_app("Compare", view="study")
    assert not app.exception
    assert any("improved" in item.value for item in app.subheader)
    train(home, "i", "improved")
    app = open_app("Compare", view="study")
    assert not app.exception and not app.subheader
    table = app.table[0].value
    assert list(table.columns)[1:] == ["baseline", "improved"]
    assert "not measured" in table.to_numpy().flatten().tolist()
    assert any("departs from its preset" in item.value for item in app.caption)


def test_fluency_is_measured_on_request_and_kept(home, open_app):
    run = train(home, "b", "baseline")
    app = open_app("Compare", view="study")
    app.number_input(key="study_count").set_value(2).run()
    app.button(key="study_measure").click().run()
    assert not app.exception and not messages(app)
    again = open_app("Compare", view="study")
    values = again.table[0].value.to_numpy().flatten().tolist()
    assert any("of 2 tunes" in str(value) for value in values)
    checkpoint = resources.checkpoint(resources.checkpoints()[-1])
    assert read_fluency(run, checkpoint.fingerprint).tunes == 2


@pytest.fixture
def bundled_study(home):
    """A bundled model with the record of its training, and a run of one's own of the same name."""
    run = train(home, "baseline", "baseline")
    folder = home.checkpoints / "baseline"
    shutil.copytree(run.path / "best", folder)
    write_bundled_training(run, folder, load_checkpoint(folder))
    return run


def test_the_training_of_a_bundled_model_is_shown_beside_a_run_of_the_same_name(
    bundled_study, home, open_app
):
    app = open_app("Compare")
    assert not app.exception
    assert app.multiselect(key="compare_drawn").options == ["baseline", "baseline (bundled)"]
    table = app.dataframe[0].value
    assert list(table["run"]) == ["baseline", "house", "baseline"]
    minutes = list(table["minutes"])
    assert minutes[2] == pytest.approx(minutes[0], rel=1e-2)
    delete_run(RunStore(home.runs), "baseline")
    app = open_app("Compare")
    assert app.multiselect(key="compare_drawn").options == ["baseline (bundled)"]
    assert any("Nothing of your own yet" in item.value for item in app.subheader)


def test_the_studies_begin_with_the_bundled_trainings(bundled_study, home, open_app):
    train(home, "i", "improved")
    app = open_app("Compare", view="study")
    assert app.selectbox(key="study_baseline").value == "baseline"  # one's own goes first
    app.selectbox(key="study_baseline").set_value("bundled/baseline").run()
    assert not app.exception and not messages(app)
    values = app.table[0].value.to_numpy().flatten().tolist()
    assert any(f"of {bundled_history.MEASURED_TUNES} tunes" in str(value) for value in values)
    kept = (home.checkpoints / "baseline" / "training" / "fluency.json").read_bytes()
    app.number_input(key="study_count").set_value(2).run()
    app.button(key="study_measure").click().run()
    assert not app.exception and not messages(app)
    assert (home.checkpoints / "baseline" / "training" / "fluency.json").read_bytes() == kept


@pytest.fixture
def small_preset(monkeypatch):
    small = dataclasses.replace(
        PRESETS["quick"],
        network=NetworkConfig(embedding_dim=4, hidden_size=8),
        training=TrainingConfig(**SMALL),
    )
    monkeypatch.setitem(PRESETS, "quick", small)


def test_a_sweep_is_started_and_fills_its_map(home, open_app, small_preset):
    app = open_app("Compare", view="sweep")
    app.number_input(key="sweep_steps").set_value(2).run()
    app.multiselect(key="sweep_sizes").set_value([4, 8]).run()
    app.multiselect(key="sweep_rates").set_value([0.001]).run()
    app.button(key="sweep_start").click().run()
    assert not app.exception and not messages(app)
    runner = resources.sweep_runner()
    assert runner.wait(240)
    app.run()
    assert not app.exception
    cells = runner.store.read_cells(runner.store.get("sweep-1"))
    assert [cell.status for cell in cells] == ["finished", "finished"]
    app.button(key="sweep_delete").click().run()
    assert not app.exception and not messages(app)
    assert runner.store.plans() == [] == list_runs(has_cells=True)


def test_an_unfinished_sweep_is_offered_to_go_on_after_a_restart(home, open_app, small_preset):
    plan = grid_plan("left", PRESETS["quick"], (4,), (0.001, 0.01), 2)
    resources.sweep_runner().store.create(plan)
    st.cache_resource.clear()  # as a server that was started anew
    app = open_app("Compare", view="sweep")
    app.button(key="sweep_resume").click().run()
    assert not app.exception and not messages(app)
    assert resources.sweep_runner().wait(240)
    assert all(cell.is_done for cell in resources.sweep_runner().store.read_cells(plan))


def test_a_sweep_that_cannot_be_is_told_in_a_sentence(home, open_app):
    app = open_app("Compare", view="sweep")
    app.multiselect(key="sweep_rates").set_value([0.001]).run()
    app.number_input(key="sweep_steps").set_value(0).run()
    app.button(key="sweep_start").click().run()
    assert not app.exception
    assert "max_steps is 0" in app.error[0].value


def finished_sweep(axes, search=None, losses=(2.0, 1.5, 1.8, 1.7, 1.9, 1.6)):
    """A sweep on the disk whose cells have losses and no networks."""
    plan = SweepPlan("done", PRESETS["quick"], axes, 10, search=search or Search())
    store = resources.sweep_runner().store
    store.create(plan)
    for cell, loss in zip(plan.cells(), losses, strict=False):
        settings = cell.settings or {"learning_rate": loss / 1000, "dropout": 0.4 - loss / 10}
        run = store.runs.create(cell.run_id, plan.cell_preset(settings), sweep="done")
        run.append_metrics(StepMetrics(10, loss, 0.5, 1.0, 1e-3, 1e4, 1.0, loss, 0.5))
        run.write_status("finished", "", 10, Progress(loss, 10))
    return plan


def test_a_finished_sweep_tells_its_edge_and_a_cell_is_looked_at(home, open_app):
    finished_sweep((Axis("batch_size", (4, 8)), Axis("learning_rate", (0.001, 0.003, 0.01))))
    app = open_app("Compare", view="sweep")
    assert not app.exception and not messages(app)
    assert not app.info, "the best, 0.003, has others on both sides"
    cell = app.selectbox(key="compare_cell")
    assert len(cell.options) == 7
    assert "1.500" in cell.options[2]
    cell.set_value(2).run()
    assert not app.exception
    assert any("held-out loss 1.5000 nats per character" in one.value for one in app.caption)


def test_the_edge_of_a_sweep_of_three_settings_is_told(home, open_app):
    axes = Axis("dropout", (0.0, 0.2, 0.4)), Axis("num_layers", (1,)), Axis("init", ("pytorch",))
    finished_sweep(axes, losses=(2.0, 1.5, 1.2))
    app = open_app("Compare", view="sweep")
    assert not app.exception
    assert "The best value of Dropout, 0.4, is the largest" in app.info[0].value
    app.selectbox(key="sweep_across_done").set_value("dropout").run()
    assert not app.exception


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_search_is_shown_by_its_points(home, open_app, lang):
    axes = Axis("learning_rate", (), 1e-4, 1e-1, is_log=True), Axis("dropout", (), 0.0, 0.5)
    finished_sweep(axes, Search("tpe", 8))
    app = open_app("Compare", view="sweep", lang=lang)
    assert not app.exception and not messages(app)
    assert len(app.selectbox(key="compare_cell").options) == 7


def test_the_form_offers_searches_only_with_optuna(home, open_app, monkeypatch):
    for there in (False, True):
        monkeypatch.setattr(sweep_form, "has_optuna", lambda there=there: there)
        app = open_app("Compare", view="sweep")
        assert not app.exception
        told = any("need Optuna" in one.value for one in app.caption)
        assert told != there
    app.multiselect(key="sweep_names").set_value(["dropout", "kind", "hidden_size"]).run()
    assert not app.exception
    app.button_group(key="sweep_method").set_value("tpe").run()
    assert not app.exception
    assert app.number_input(key="sweep_trials").value == 20
    assert app.text_input(key="sweep_quick_dropout_low")


def test_the_page_speaks_chinese(two_runs, open_app):
    app = open_app("Compare", lang="zh")
    assert [item.value for item in app.title] == ["对比"]
    for view in ("pair", "study", "sweep"):
        assert not open_app("Compare", lang="zh", view=view).exception
