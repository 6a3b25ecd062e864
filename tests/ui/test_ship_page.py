import io
import math
import zipfile

import pytest

from musicgen.compression.measuring import VariantFigures
from musicgen.errors import CorpusError
from musicgen.jobs import variant_service
from musicgen.jobs.background_task import TaskStatus
from musicgen.models.checkpoint import load_checkpoint
from musicgen.ui.base import resources
from musicgen.ui.ship import take
from musicgen.ui.ship.ship_charts import cost_figure
from tests.random_checkpoints import build_checkpoint


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_with_no_model_it_leads_to_train(empty_home, open_app):
    app = open_app("Ship")
    assert not app.exception and not app.error
    assert [one.value for one in app.subheader] == ["There is nothing to ship yet"]


def test_a_model_is_made_smaller_and_the_address_chooses_it(home, open_app):
    app = open_app("Ship")
    assert not app.exception and not app.error
    assert app.selectbox(key="ship_model").value == "house"
    app.segmented_control(key="ship_method").set_value("units").run()
    app.slider(key="ship_share").set_value(50).run()
    assert app.text_input(key="ship_name_house-units-50").value == "house-units-50"
    press(app, "ship_make")
    assert not app.error
    assert "house-units-50" in app.success[0].value
    assert app.success[0].value.count(" MB") == 2  # before and after
    made = load_checkpoint(resources.store().get("house-units-50").path / "best")
    assert made.metadata.network.hidden_size == 256
    again = open_app("Ship", model="house-units-50")
    assert again.selectbox(key="ship_model").value == "house-units-50"
    again.text_input(key="ship_name_house-units-50-int8").set_value("house-units-50").run()
    press(again, "ship_make")
    assert "already" in again.error[0].value


def test_what_a_model_takes_is_said_and_8_bits_are_not_made_twice(home, open_app):
    app = press(open_app("Ship"), "ship_make")
    assert not app.error
    again = open_app("Ship", model="house-int8")
    assert any("house-int8 takes" in one.value for one in again.caption)
    press(again, "ship_make")
    assert "8 bits already" in again.error[0].value


def test_a_link_leads_to_train_where_the_smaller_one_is_to_learn_on(home, open_app):
    app = open_app("Ship")
    app.segmented_control(key="ship_method").set_value("weights").run()
    press(app, "ship_make")
    (link,) = [one for one in app.get("page_link") if "Train on from it" in str(one.proto)]
    assert "from=house-weights-40" in link.proto.query_string
    assert any("Zeros stay zero" in one.value for one in app.caption)
    train = open_app("Train", **{"from": "house-weights-40"})
    assert train.selectbox(key="train_from").value == "house-weights-40"
    assert open_app("Train", **{"from": "nobody"}).selectbox(key="train_from").value == ""


@pytest.fixture
def some(home, dataset):
    """A network of ordinary weights: rounding shows in those of the one that knows a tune."""
    build_checkpoint(home.runs / "some" / "best", dataset, kind="echo")
    return home


def test_a_model_is_taken_away_with_what_was_compared(some, open_app):
    app = open_app("Ship", model="some")
    press(app, "ship_export")
    assert not app.error
    (table,) = app.dataframe
    assert len(table.value) > 3
    assert table.value["Compared"][1] == "logits of the step, 3 tunes at once"
    assert app.get("download_button")
    chinese = open_app("Ship", model="some", lang="zh")
    press(chinese, "ship_export")
    assert "单步的 logits，同时 3 首" in list(chinese.dataframe[0].value.iloc[:, 0])


def test_a_folder_becomes_a_zip(some):
    ref = next(one for one in resources.checkpoints() if one.name == "some")
    name, data, agreements = take._export(str(ref.path), ref.name, 0, "numpy")
    assert name == "some-numpy.zip"
    assert agreements[0].is_within
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "some-numpy/sampler.py" in archive.namelist()


def test_two_versions_are_heard_before_they_are_named(home, open_app):
    app = open_app("Ship")
    press(app, "ship_make")
    press(app, "ship_pair")
    assert len(app.get("audio")) == 2
    before = [one.value for one in app.markdown]
    assert not [text for text in before if "·" in text]
    press(app, "ship_like_B")
    named = {one.value.partition(" · ")[2] for one in app.markdown if " · " in one.value}
    assert named == {"tiny", "house-int8"}  # what the checkpoints call themselves
    assert app.button(key="ship_like_A").disabled
    assert "You chose" in app.info[-1].value


def test_versions_are_measured_in_the_background(home, open_app, monkeypatch):
    row = VariantFigures("house", "", "float32", 10**6, 500, 0.0, 10**7, 0.3, 0.6, 0.7, 20, 0.5,
                         None, (90.0, 9.0))  # fmt: skip

    def measure(names, paths, tunes, on_step):
        on_step("house, float32", 0, 1)
        return [row]

    monkeypatch.setattr(variant_service, "measure_all", measure)
    app = press(open_app("Ship"), "ship_measure")
    assert resources.variants().wait(60)
    assert resources.variants().snapshot().status is TaskStatus.FINISHED
    app.run()
    assert not app.exception and not app.error
    (table,) = app.dataframe
    assert list(table.value["MB on the disk"]) == [1.0]
    assert list(table.value["In time, free"]) == ["50%"]
    assert list(table.value["nats, test tunes"]) == [0.6]
    (report,) = [one for one in app.get("download_button") if one.proto.label == "Report as HTML"]
    assert not report.proto.disabled


def _figures(name, precision, size, loss):
    return VariantFigures(name, "", precision, size, 500, 0.0, 10**7, 0.3, loss, loss, 0, math.nan,
                          None, (90.0, 9.0))  # fmt: skip


def test_charts_show_what_differs_and_not_the_way_to_zero():
    rows = [_figures("a<b>", "float32", 10**6, 0.696), _figures("a<b>", "int8", 10**6, 0.697),
            _figures("c", "float32", 4 * 10**6, 0.70), _figures("d", "int8", 0, 0.9),
            _figures("e", "int8", 10, math.nan)]  # fmt: skip
    figure = cost_figure(rows, lambda one: one.size_bytes / 1e6, ("MB", "nats"))
    first, second = figure["data"]
    assert first["name"] == "a&lt;b&gt;"
    assert first["marker"]["symbol"] == ["circle", "diamond"]
    assert second["x"] == [4.0]
    low, high = figure["layout"]["yaxis"]["range"]
    assert 0.69 < low < 0.696
    assert 0.70 < high < 0.71
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < 0.0
    assert high > math.log10(4)
    assert figure["layout"]["xaxis"]["ticktext"] == ["0.9", "1", "2", "3", "4"]
    assert cost_figure([], lambda one: one.start_s, ("", ""))["data"] == []


def test_a_measuring_that_fails_is_a_sentence(home, open_app, monkeypatch):
    def measure(*_):
        raise CorpusError("The tunebook is not here.")

    monkeypatch.setattr(variant_service, "measure_all", measure)
    resources.variants().start("house", 2)
    assert resources.variants().wait(60)
    app = open_app("Ship")
    assert any("not here" in one.value for one in app.warning)
