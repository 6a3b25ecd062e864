"""Whatever is wrong with a file of one thing, a page shows all others and the way to delete it."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig, to_json
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.errors import MusicgenError
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.sweep_plan import SweepStore, grid_plan
from musicgen.library.favourites import FavouriteStore
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import Preset
from musicgen.sampling.composer import compose
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_files import Progress
from musicgen.ui.base import resources
from musicgen.ui.compare import run_data
from musicgen.ui.compare.comparison_charts import AXES, curves_figure
from tests.damaging import damage_bytes, damage_json, damage_lines
from tests.thorough import some
from tests.ui.conftest import PROJECT, TIMEOUT_S
from tests.ui.test_compare_page import train

PATIENCE_S = 240
BOOK = b"X:1\nT:A\nM:C\nL:1/8\nK:G\nGABc d2B2|G4 G4|]\n\nX:2\nT:B\nM:C\nL:1/8\nK:D\nD8|A8|]\n"


def versions(path, seed, count):
    """The damaged contents of a file."""
    data = path.read_bytes()
    lines = damage_lines if path.suffix == ".jsonl" else damage_json
    return [text.encode() for text in lines(data.decode(), seed, count)] + damage_bytes(data, seed)


def damage_copies(good, names, count, new_name):
    """Copies of a folder, in each of which one file is damaged in one way."""
    made = []
    for seed, name in enumerate(names):
        for data in versions(good / name, seed, count):
            copy = good.with_name(new_name(len(made)))
            shutil.copytree(good, copy)
            (copy / name).write_bytes(data)
            made.append(copy.name)
    return made


def assert_drawn(app):
    assert not app.exception, app.exception[0]


def keys(app):
    return {item.key for item in app.button}


@pytest.fixture
def broken_runs(home):
    """A good run, and copies of it in each of which one file is damaged."""
    run = train(home, "good", samples=2)
    names = ["config.json", "status.json", "metrics.jsonl", "samples.jsonl", "best/checkpoint.json"]
    checkpoint = load_checkpoint(run.path / "best")
    report = {
        "fingerprint": checkpoint.fingerprint, "temperature": 0.8, "seed": 1, "tunes": 4,
        "readable_tunes": 4, "complete_tunes": 3, "in_time_tunes": 2,
    }  # fmt: skip
    (run.path / "fluency.json").write_text(json.dumps(report))
    made = damage_copies(run.path, [*names, "fluency.json"], 24, lambda number: f"bad-{number}")
    return home, made


def test_compare_shows_the_good_run_beside_all_damaged_ones(broken_runs, open_app):
    home, made = broken_runs
    app = open_app("Compare")
    assert_drawn(app)
    shown = list(app.dataframe[0].value["run"])
    assert {"good", "house"} <= set(shown)
    damaged = RunStore(home.runs).list_damaged()
    assert set(shown) - {"house"} | set(damaged) >= {"good"}
    assert {info.id for info in RunStore(home.runs).list()} | set(damaged) == {"good", *made}
    for name in damaged[:3]:
        app.button(key=f"manage_damaged_delete_{name}").click().run()
        assert_drawn(app)
        assert not (home.runs / name).exists()
    for view in ("pair", "study", "sweep"):
        assert_drawn(open_app("Compare", view=view))


def test_train_lists_damaged_runs_and_opens_them(broken_runs, open_app, monkeypatch):
    from musicgen.ui.train import training_view

    monkeypatch.setattr(training_view, "MAX_LISTED", 1000)
    app = open_app("Train")
    assert_drawn(app)
    names = [key.removeprefix("open_") for key in keys(app) if key.startswith("open_bad")]
    for name in some(sorted(names)[::25], 3):
        app.button(key=f"open_{name}").click().run()
        assert_drawn(app)


def test_figures_and_curves_of_every_damaged_run_can_be_drawn(broken_runs):
    _home, made = broken_runs
    drawn = []
    for name in made:
        try:
            figures, curves = run_data.summary(name), run_data.curves(name)
        except MusicgenError:
            continue
        for axis in AXES:
            figure = curves_figure([curves], axis, ("", ""), is_log=axis == "time")
            json.dumps(figure, allow_nan=False)
        assert figures.perplexity is None or figures.perplexity >= 1
        drawn.append(name)
    assert len(drawn) > len(made) // 2


def test_a_run_whose_loss_is_beyond_all_perplexities_is_drawn(home, open_app):
    run = train(home, "wild", preset="baseline")
    train(home, "tame", preset="improved")
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    text = "".join(
        json.dumps(line | {"val_loss": line["val_loss"] and 800.0}) + "\n" for line in lines
    )
    (run.path / "metrics.jsonl").write_text(text)
    run.write_status("finished", "", 4, Progress(800.0, 4))
    for view in ("runs", "pair", "study", "sweep"):
        app = open_app("Compare", view=view)
        assert_drawn(app)
        if view == "runs":
            table = app.dataframe[0].value
            losses = dict(zip(table["run"], table["loss"], strict=True))
            assert losses["wild"] == 800.0 and "tame" in losses
            assert app.button(key="manage_delete")
        if view == "study":
            assert "> 10^300" in str(app.table[0].value)


def test_a_bundled_model_with_a_damaged_figure_stays_in_the_table(home, open_app):
    train(home, "good")
    house = home.checkpoints / "house" / "checkpoint.json"
    for number, text in enumerate(damage_json(house.read_text(), 5, 30)):
        folder = home.checkpoints / f"model{number}"
        shutil.copytree(house.parent, folder)
        (folder / "checkpoint.json").write_text(text)
    for view in ("runs", "pair", "study"):
        app = open_app("Compare", view=view)
        assert_drawn(app)
    assert {"good", "house"} <= set(open_app("Compare").dataframe[0].value["run"])
    assert_drawn(open_app())


def test_sweeps_that_are_damaged_leave_the_others_and_can_be_deleted(home, open_app):
    store = SweepStore(home.home / "sweeps", RunStore(home.runs))
    preset = Preset("quick", "", NetworkConfig(hidden_size=8), TrainingConfig())
    store.create(grid_plan("good", preset, (2, 4), (0.01,), 10))
    cell = store.runs.create("good-b2-lr0.01", preset, sweep="good")
    cell.write_status("finished", "", 10, Progress(2.0, 10))
    good = store.root / "good.json"
    for number, data in enumerate(versions(good, 7, 40)):
        (store.root / f"bad-{number}.json").write_bytes(data)
    for number, text in enumerate(damage_json((cell.path / "status.json").read_text(), 8, 20)):
        (cell.path / "status.json").write_text(text)
        assert len(store.read_cells(store.get("good"))) == 2, number
    app = open_app("Compare", view="sweep")
    assert_drawn(app)
    assert "good" in app.selectbox(key="sweep_chosen").options
    assert app.button(key="sweep_delete")
    name = store.list_damaged()[0]
    app.button(key=f"sweep_damaged_delete_{name}").click().run()
    assert_drawn(app)
    assert not (store.root / f"{name}.json").exists()
    for plan in store.plans():
        app.selectbox(key="sweep_chosen").set_value(plan.name).run()
        assert_drawn(app)


def test_reports_that_are_damaged_leave_the_others_and_can_be_deleted(home, open_app):
    service = resources.reports()
    good = service.start(ReportPlan(("house",), 2, (0.5, 1.0)))
    assert service.wait(PATIENCE_S)
    assert service.snapshot().status is TaskStatus.FINISHED, service.snapshot().error
    made = damage_copies(
        home.reports / good, ["plan.json", "report.json", "tunes-0.json"], 40,
        lambda number: f"20200101-{number:06}-abcdef",
    )  # fmt: skip
    assert good in {info.id for info in service.store.list()}
    app = open_app("Evaluate")
    assert_drawn(app)
    assert app.button(key="report_delete")
    readable = [info.id for info in service.store.list()]
    assert set(readable) | set(service.store.list_damaged()) == {good, *made}
    odd = [name for name in made if is_odd(service, name)]
    for name in some(odd, 2):
        app = open_report(name)
        assert_drawn(app)
        assert app.button(key="report_delete")
    name = service.store.list_damaged()[0]
    app.button(key=f"report_damaged_delete_{name}").click().run()
    assert_drawn(app)
    assert not (home.reports / name).exists()


def open_report(name):
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=TIMEOUT_S)
    app.switch_page(str(PROJECT / "pages" / "Evaluate.py"))
    app.session_state["evaluate_report"] = name
    return app.run()


def is_odd(service, name):
    """Whether a damaged report is one that the page can open, or that tells why not."""
    try:
        service.store.read_plan(name)
        service.store.read(name)
    except MusicgenError:
        return int(name[9:15]) % 10 == 0  # each is told alike: a few of them will do
    return int(name[9:15]) < 75  # the plan or the report itself


def test_corpora_that_are_damaged_leave_the_others_and_can_be_deleted(home, open_app):
    store = CorpusStore(home.corpora)
    store.create("good", [Upload("book.abc", BOOK), Upload("x.pdf", b"no")])
    made = damage_copies(
        home.corpora / "good", ["corpus.json", "findings.json"], 16, lambda number: f"bad-{number}"
    )
    app = open_app("Corpus")
    assert_drawn(app)
    names = [corpus.name for corpus in store.list()]
    assert "good" in names
    assert set(names) | set(store.list_damaged()) == {"good", *made}
    for name in names[::3]:
        app.selectbox(key="corpus_name").set_value(name).run()
        assert_drawn(app)
        assert app.button(key="corpus_delete")
        if not app.error:
            app.button_group(key="corpus_view").set_value("Cleaning report").run()
            assert_drawn(app)
            app.button_group(key="corpus_view").set_value("Tunes").run()
    name = store.list_damaged()[0]
    app.button(key=f"corpus_damaged_delete_{name}").click().run()
    assert_drawn(app)
    assert not (home.corpora / name).exists()


def test_favourites_that_are_damaged_leave_the_others_and_can_be_deleted(home, open_app):
    store = FavouriteStore(home.favourites)
    checkpoint = load_checkpoint(home.checkpoints / "house")
    kept = store.add(compose(checkpoint, SampleConfig(seed=1))[0], "The good one")
    content = {"version": 1, "name": "Old", "created": "2024-01-01", "tune": dict(kept.values)}
    path = home.home / "old.json"
    path.write_text(to_json(content), "utf-8")
    home.favourites.mkdir()
    for number, data in enumerate(versions(path, 11, 60)):
        (home.favourites / f"{number:016x}.json").write_bytes(data)
    app = open_app()
    app.session_state["favourites_box"] = True
    app.run()
    assert_drawn(app)
    assert store.count_damaged() > 20
    app.button(key="favourites_damaged_delete").click().run()
    assert_drawn(app)
    assert store.count_damaged() == 0
    assert kept.key in {one.key for one in store.list()}
    for favourite in store.list():
        try:
            assert favourite.composition.to_abc()
        except MusicgenError:
            continue
