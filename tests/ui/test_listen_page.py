import json
import math

import pytest

from musicgen.jobs.background_task import TaskStatus
from musicgen.listening.bradley_terry import Interval
from musicgen.listening.plan import StudyPlan, StudySettings, Version
from musicgen.listening.pooling import PooledVersion
from musicgen.listening.store import StudyTune
from musicgen.listening.thumbs import ThumbStore
from musicgen.listening.trials import NOISE
from musicgen.listening.verdict import Check, GateVerdict
from musicgen.listening.versions import VersionStore, make_version
from musicgen.ui.base import resources
from musicgen.ui.listen.study_charts import pooled_figure, strength_figure
from tests.ui.conftest import texts
from tests.ui.tiny_model import TUNE, write_tiny_model

PATIENCE_S = 240


def labels(app, kind):
    return [item.proto.label for item in app.get(kind)]


def make_study(title="Which is better?", **settings):
    """A study of two versions with a silent sound, kept on the disk of the app."""
    small = {"tunes": 3, "pairs": 3, "listeners": 2, "checks": 1, "break_after": 2} | settings
    versions = (Version(label="zz-secret-one"), Version(label="zz-secret-two"))
    plan = StudyPlan(title, versions, StudySettings.from_dict(small))
    tunes = [
        StudyTune(slot, version, TUNE + "\n", "musicgen checkpoint=zz-model", b"ID3 sound")
        for slot in range(plan.slots)
        for version in (NOISE, 0, 1)
    ]
    return resources.study_store().add(plan, tunes)


def hear(app):
    """What the browser says once both tunes have sounded for a while."""
    listener, position, _since = app.session_state["listen_shown"]
    app.session_state["listen_heard"] = f"{listener} {position}"
    app.run()


def take_part(app, answer):
    """Goes through a whole study, with `answer` at each pair; returns how many were answered."""
    app.button(key="listen_begin").click().run()
    count = 0
    while not app.success:
        assert not app.exception and not app.error
        if [one for one in app.button if one.key == "listen_go_on"]:
            app.button(key="listen_go_on").click().run()
            continue
        assert app.button(key=f"listen_{answer}").disabled
        hear(app)
        app.button(key=f"listen_{answer}").click().run()
        count += 1
    return count


def test_with_nothing_trained_the_page_leads_to_train(empty_home, open_app):
    app = open_app("Listen")
    assert not app.exception and not app.error
    assert "Train a model" in labels(app, "page_link")


def test_a_study_is_made_shown_closed_and_deleted(home, open_app):
    app = open_app("Listen")
    app.multiselect(key="listen_temperatures_house").set_value([0.8, 1.0])
    app.checkbox(key="listen_real").uncheck()
    for key, value in (("listen_pairs", 2), ("listen_seconds", 5), ("listen_listeners", 2)):
        app.number_input(key=key).set_value(value)
    app.run()
    assert any("4 ballots" in one.value for one in app.caption)
    app.button(key="listen_make").click().run()
    assert resources.studies().wait(PATIENCE_S)
    made = resources.studies().snapshot()
    assert made.status is TaskStatus.FINISHED, made.error
    app.run()
    assert not app.exception and not app.error
    assert f"?study={made.study}" in "".join(texts(app))
    assert len(resources.study_store().texts(made.study)) == 2 * 4 + 1
    app.button(key="listen_close").click().run()
    assert not resources.study_store().get(made.study).is_open
    assert any("closed" in one.value for one in app.info)
    app.button(key="listen_delete").click().run()
    assert resources.study_store().infos() == []


def test_a_study_is_what_the_form_says_of_every_setting(home, open_app, monkeypatch):
    write_tiny_model(home.runs / "newer" / "best", "newer")
    plans = []
    monkeypatch.setattr(resources.studies(), "start", plans.append)
    app = open_app("Listen")
    app.multiselect(key="listen_models").set_value(["house", "newer"]).run()
    app.multiselect(key="listen_temperatures_newer").set_value([1.0, 0.6]).run()
    for key, value in (("rhythm", "jig"), ("range", "fiddle"), ("tonic", "E")):
        app.selectbox(key=f"listen_{key}").set_value(value)
    app.run()
    app.selectbox(key="listen_mode").set_value("Dorian")
    numbers = {"sections": 2, "bars": 8, "difference": 65, "margin": 58, "seed": 7, "break": 0}
    for key, value in numbers.items():
        app.number_input(key=f"listen_{key}").set_value(value)
    app.number_input(key="listen_spread").set_value(0.5)
    app.text_input(key="listen_label_newer · 0.6").set_value("the calm one")
    app.run()
    assert any("can learn from it" in one.value for one in app.caption)
    app.button(key="listen_make").click().run()
    (plan,) = plans
    assert [one.name for one in plan.versions] == [
        "house · 0.85", "the calm one", "newer · 1", "real",
    ]  # fmt: skip
    assert plan.versions[1].temperature == 0.6
    settings = plan.settings
    assert plan.wishes() == {
        "rhythm": "jig", "key": "E Dorian", "sections": 2, "bars": 8, "range": "fiddle",
    }  # fmt: skip
    assert (settings.difference, settings.margin, settings.spread) == (0.65, 0.58, 0.5)
    assert (settings.seed, settings.break_after, settings.source) == (7, 0, "lab")


def test_a_study_of_ratings_says_what_it_can_find(home, open_app):
    app = open_app("Listen")
    app.button_group(key="listen_design").set_value("ratings").run()
    assert any("points or more" in one.value for one in app.caption)
    assert any("No model can learn" in one.value for one in app.caption)


def test_a_study_is_counted_as_it_is_and_stays_closed(home, open_app):
    study = make_study(tunes=4, pairs=4, listeners=9, checks=0, practice=False, break_after=0)
    store = resources.study_store()
    one = store.enrol(study)
    while trial := store.next_trial(one.id):
        store.vote(one.id, trial.position, "left" if trial.left == 0 else "right", 3000)
    app = open_app("Listen")
    assert any("Listeners still needed: 8" in one.value for one in app.caption)
    assert not app.table
    app.button(key="listen_finish").click().run()
    assert not app.exception and not app.error
    assert any("counted as it was" in one.value for one in app.info)
    assert any("zz-secret-one" in str(one.value) for one in app.table)
    assert not [one for one in app.button if one.key in ("listen_close", "listen_finish")]


def test_nobody_is_sent_into_a_break_before_the_last_pairs(home, open_app):
    app = open_app("Listen", study=make_study(break_after=3, practice=False))  # four in all
    app.button(key="listen_begin").click().run()
    for _ in range(4):
        hear(app)
        app.button(key="listen_left").click().run()
    assert app.success


def test_a_form_that_makes_no_study_says_why(home, open_app):
    app = open_app("Listen")
    app.checkbox(key="listen_real").uncheck().run()
    assert app.button(key="listen_make").disabled
    assert any("2 to 6 versions" in one.value for one in app.caption)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_listener_goes_from_consent_to_the_code(home, open_app, language):
    study = make_study()
    app = open_app("Listen", study=study, lang=language)
    app.number_input(key="listen_years").set_value(12)
    assert take_part(app, "left") == 5
    store = resources.study_store()
    ballots = store.ballots(study)
    assert [one.trial.position for one in ballots] == [0, 1, 2, 3, 4]
    assert {one.answer for one in ballots} == {"left"} and {one.years for one in ballots} == {12}
    assert store.listener(ballots[0].listener).code in texts(app)


def test_nothing_on_a_listeners_page_gives_a_version_away(home, open_app):
    study = make_study(has_score=True, break_after=0)
    app = open_app("Listen", study=study)
    app.button(key="listen_begin").click().run()
    for _ in range(5):
        page = "".join(str(getattr(one, "proto", "")) for one in app.main)
        assert "zz-" not in page
        hear(app)
        app.button(key="listen_tie").click().run()
    assert app.success


def test_a_listener_goes_on_in_another_session_and_two_windows_vote_once(home, open_app):
    study = make_study(break_after=0)
    first = open_app("Listen", study=study)
    first.button(key="listen_begin").click().run()
    listener = first.session_state["listen_listener"]
    second = open_app("Listen", study=study)
    second.session_state["listen_listener"] = listener
    second.run()
    hear(first)
    hear(second)
    first.button(key="listen_left").click().run()
    second.button(key="listen_right").click().run()
    (ballot,) = resources.study_store().ballots(study)
    assert ballot.answer == "left"
    assert second.session_state["listen_shown"][1] == 1


def test_a_study_of_ratings_asks_for_every_scale(home, open_app):
    study = make_study(design="ratings", scales="liked,machine", checks=0, break_after=0)
    app = open_app("Listen", study=study)
    app.button(key="listen_begin").click().run()
    for position in range(4):
        hear(app)
        app.button_group(key=f"listen_rating_liked_{position}").set_value(4).run()
        assert app.button(key="listen_next").disabled
        app.button_group(key=f"listen_rating_machine_{position}").set_value(2).run()
        app.button(key="listen_next").click().run()
    assert app.success
    answers = [one.answer for one in resources.study_store().ballots(study)]
    assert answers == [{"liked": 4, "machine": 2}] * 4


def test_a_wrong_link_and_a_closed_study_are_sentences(home, open_app):
    assert "no study" in open_app("Listen", study="nothing").error[0].value
    study = make_study()
    resources.study_store().close(study)
    assert "over" in open_app("Listen", study=study).error[0].value


def test_results_stand_in_a_table_a_chart_and_files(home, open_app):
    study = make_study(tunes=4, pairs=4, checks=0, practice=False, break_after=0)
    store = resources.study_store()
    for _ in range(2):
        one = store.enrol(study)
        while trial := store.next_trial(one.id):
            store.vote(one.id, trial.position, "left" if trial.left == 0 else "right", 3000)
    app = open_app("Listen")
    assert not app.exception and not app.error
    tables = [json.loads(one.value.to_json()) for one in app.table]
    assert any("zz-secret-one" in str(one) for one in tables)
    assert len(labels(app, "download_button")) == 3


def test_the_chart_has_a_row_for_each_version(home):
    from musicgen.listening.results import count

    study = make_study()
    info = resources.study_store().get(study)
    figure = strength_figure(count(info.plan, [], {}))
    assert figure["data"][0]["y"] == ["zz-secret-two", "zz-secret-one"]
    versions = [
        PooledVersion("<one>", "2026-03-01", 1, 9, Interval(0.2, 0.1, 0.4)),
        PooledVersion("two", "2026-05-01", 1, 9, Interval(-0.2, math.nan, math.nan)),
    ]
    (trace,) = pooled_figure(versions)["data"]
    assert trace["y"] == ["2026-05-01 · two", "2026-03-01 · &lt;one&gt;"]
    assert trace["x"] == [-0.2, 0.2] and trace["error_x"]["array"] == pytest.approx([0, 0.2])


def test_a_tune_of_play_gets_a_thumb_and_loses_it(home, open_app):
    app = open_app()
    app.button(key="compose").click().run()
    app.button(key="play_good").click().run()
    assert [one.is_up for one in ThumbStore(home.listening).list()] == [True]
    app.button(key="play_poor").click().run()
    assert [one.is_up for one in ThumbStore(home.listening).list()] == [False]
    app.button(key="play_poor").click().run()
    assert ThumbStore(home.listening).list() == []
    assert not app.exception


def test_versions_are_listed_and_another_one_is_let_play(home, open_app):
    write_tiny_model(home.runs / "newer" / "best", "newer")
    store = VersionStore(home)
    store.open("house-tuned", "house")
    verdict = GateVerdict((Check("loss", 1.0, 2.0, 1.02, is_passed=False),))
    store.add("house-tuned", make_version("newer", "house", {"train": 30}, verdict))
    app = open_app("Listen")
    app.session_state["listen_line_house-tuned"] = True
    app.session_state["listen_teach"] = True
    app.run()
    assert not app.exception and not app.error
    assert app.button(key="listen_adapt").disabled  # nobody said anything yet
    assert any("two versions of this model" in one.value for one in app.caption)
    assert any("30 pairs" in str(one.value) for one in app.table)
    app.selectbox(key="listen_version_house-tuned").set_value("newer").run()
    app.button(key="listen_use_house-tuned").click().run()
    assert store.find("house-tuned").current == "newer"
