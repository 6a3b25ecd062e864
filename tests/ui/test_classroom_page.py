"""A class on the pages: each has their own work, nobody another's, and the teacher a board."""

import shutil

import pytest
import streamlit as st

from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import ClassStore
from musicgen.config import Paths
from musicgen.corpus.user_corpora import Upload
from musicgen.errors import ClassError, RunError
from musicgen.jobs.background_task import TaskStatus
from musicgen.library.book_tune import make_tune
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.samples import Sample
from musicgen.ui.base import membership, resources
from musicgen.ui.frame.page import PAGES
from tests.ui.conftest import texts
from tests.ui.tiny_model import write_tiny_model

LIMIT_S = 240
TUNE = "X:1\nT:{title}\nM:4/4\nL:1/8\nK:D\n|:DEFG ABcd|d2A2 F2D2:|\n"
SCRIPTS = [script.removeprefix("pages/").removesuffix(".py") for script, _name, _icon in PAGES[1:]]


class School:
    """A class that is served, and who sits at the browser."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = ClassStore(Paths.default())
        made = [self.store.create("5b", "Ms Wu"), *self.store.add(["Anna", "Ben"])]
        self.codes = {one.member.name: one.code for one in made}
        self.sign = ""
        monkeypatch.setattr(membership, "sign_of_session", lambda: self.sign)

    def sit_down(self, name: str) -> Paths:
        self.sign = membership.sign_ins().sign_in(name, self.codes[name], "10.0.0.1")
        return resources.paths()


@pytest.fixture
def school(tmp_path, tunebook, tiny_model, monkeypatch):
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(membership.SWITCH, "1")
    st.cache_resource.clear()
    made = School(monkeypatch)
    where = Paths.default()
    where.data.mkdir(parents=True)
    (where.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    shutil.copytree(tiny_model, where.runs / "for-all" / "best")
    return made


def furnish(where: Paths, name: str, tiny_preset) -> None:
    """A run, a corpus and a tune of somebody's, all of whose names say whose they are."""
    run = RunStore(where.runs).create(f"run-of-{name}", tiny_preset)
    write_tiny_model(run.path / "best", f"run-of-{name}")
    run.append_sample(Sample(1, TUNE.format(title=f"Sample of {name}"), 1.5, is_free=False))
    run.write_status("stopped", "", 1, Progress(1.5, 1))
    text = "\n\n".join(TUNE.format(title=f"Corpus {name} {number}") for number in range(30))
    resources.corpora().create(f"corpus-of-{name}", [Upload("x.abc", text.encode())])
    resources.tunebook().add([make_tune(TUNE.format(title=f"Kept by {name}"))])


def whole(app) -> str:
    """All that an app sent to the browser, tables included."""
    sent = [str(getattr(node, "proto", "")) for node in app._tree]
    return str(sent + [table.value.to_dict() for table in (*app.dataframe, *app.table)])


def test_without_a_class_nothing_is_different(home, open_app, monkeypatch):
    monkeypatch.delenv(membership.SWITCH, raising=False)
    app = open_app()
    assert not app.exception
    assert membership.member() is None and membership.limits() is None
    assert resources.paths() == home == resources.server_paths()
    labels = {item.proto.label for item in app.get("page_link")}
    assert "Classroom" not in labels and "Signed in" not in whole(app)
    assert resources.registry()._seat is None
    page = open_app("Classroom")
    assert not page.exception and "app --class" in "".join(texts(page))


@pytest.mark.parametrize("page", ["", *SCRIPTS])
def test_no_page_is_drawn_for_who_is_not_signed_in(school, open_app, page):
    app = open_app(page)
    assert not app.exception
    assert [one.value for one in app.title] == ["Sign in"]
    assert not app.button and not app.get("page_link") and not app.selectbox
    assert not (Paths.default().home / "members").exists()
    with pytest.raises(ClassError, match="not signed in"):
        resources.paths()


@pytest.mark.parametrize("page", ["", *SCRIPTS])
def test_every_page_opens_for_a_pupil_and_shows_nothing_of_another(
    school, open_app, tiny_preset, page
):
    for name in ("Anna", "Ben"):
        furnish(school.sit_down(name), name, tiny_preset)
    app = open_app(page)
    assert not app.exception and not app.error
    text = whole(app)
    assert "Ben" in text and "of-Anna" not in text and "by Anna" not in text
    assert "for-all" in text or page not in ("", "Ship", "Inside", "Compare")


def test_each_has_runs_corpora_tunes_and_tasks_of_their_own(school, tiny_preset):
    homes = {}
    for name in ("Anna", "Ben"):
        homes[name] = school.sit_down(name)
        furnish(homes[name], name, tiny_preset)
    school.sit_down("Ben")
    assert [info.id for info in resources.store().list()] == ["run-of-Ben"]
    assert [ref.name for ref in resources.checkpoints() if ref.origin == "run"] == ["run-of-Ben"]
    assert [ref.name for ref in resources.checkpoints() if ref.origin == "shared"] == ["for-all"]
    assert resources.own_corpus_names() == ("corpus-of-Ben",)
    assert [tune.title for tune in resources.tunebook().tunes()] == ["Kept by Ben"]
    for change in (
        lambda: resources.registry().delete("run-of-Anna"),
        lambda: resources.registry().rename("run-of-Anna", "mine"),
        lambda: resources.registry().resume("run-of-Anna"),
        lambda: resources.registry().delete("for-all"),
        lambda: resources.registry().delete("../../anna/runs/run-of-Anna"),
        lambda: resources.corpora().delete("corpus-of-Anna"),
    ):
        with pytest.raises(Exception, match=r"There is no|cannot name|letters"):
            change()
    assert (homes["Anna"].runs / "run-of-Anna" / "config.json").is_file()
    assert (Paths.default().runs / "for-all" / "best").is_dir()


def test_one_model_of_the_same_name_is_two(school, open_app, tiny_preset):
    for name in ("Anna", "Ben"):
        where = school.sit_down(name)
        run = RunStore(where.runs).create("same", tiny_preset)
        write_tiny_model(run.path / "best", "same")
    refs = {}
    for name in ("Anna", "Ben"):
        school.sit_down(name)
        refs[name] = next(ref for ref in resources.checkpoints() if ref.name == "same")
    assert refs["Anna"].path != refs["Ben"].path
    assert resources.checkpoint(refs["Anna"]) is not resources.checkpoint(refs["Ben"])


def test_a_session_that_comes_back_as_somebody_else_begins_anew(school, open_app):
    school.sit_down("Anna")
    app = open_app()
    app.session_state["play_prompt"] = "of Anna"
    app.session_state["visit_name"] = "her visit"
    school.sit_down("Ben")
    app.run()
    assert not app.exception
    assert app.session_state["member"] == "ben"
    assert app.session_state["play_prompt"] != "of Anna"
    assert app.session_state["visit_name"] != "her visit"


def test_whoever_is_removed_or_signs_out_sees_nothing_at_the_next_click(school, open_app):
    school.sit_down("Anna")
    app = open_app("Tunebook")
    membership.sign_ins().sign_out(school.sign)
    app.run()
    assert [one.value for one in app.title] == ["Sign in"]


def test_limits_hold_on_the_page_and_say_what_to_do(school, open_app, tiny_preset):
    school.store.set_limits(Limits(steps=5, upload_mb=3))
    school.sit_down("Anna")
    app = open_app("Train")
    app.button(key="train_start").click().run()
    assert not app.exception
    assert any("fewer steps" in one.value for one in app.error)
    assert resources.store().list() == []
    uploader = open_app("Corpus").get("file_uploader")[0]
    assert uploader.proto.max_upload_size_mb == 3
    school.sit_down("Ms Wu")
    assert open_app("Corpus").get("file_uploader")[0].proto.max_upload_size_mb == 20


def test_the_board_is_the_teachers(school, open_app, tiny_preset):
    furnish(school.sit_down("Anna"), "Anna", tiny_preset)
    app = open_app("Classroom")
    assert not app.exception and not app.button and "run-of-Anna" not in whole(app)
    assert any("for the teacher" in one.value for one in app.info)
    labels = {item.proto.label for item in app.get("page_link")}
    assert not labels & {"Classroom", "Server"}
    school.sit_down("Ms Wu")
    app = open_app("Classroom")
    assert not app.exception and not app.error
    assert {"Classroom", "Server"} <= {item.proto.label for item in app.get("page_link")}
    app.selectbox(key="classroom_member").set_value("anna").run()
    assert not app.exception and "run-of-Anna" in whole(app)
    app.button(key="classroom_share").click().run()
    assert not app.exception and not app.error
    school.sit_down("Ben")
    assert "anna-run-of-Anna" in [ref.name for ref in resources.checkpoints()]
    app = open_app("Compare")
    assert not app.exception and "anna-run-of-Anna" in whole(app)


def test_the_teacher_sees_who_trains_and_can_stop_it(school, open_app, tiny_preset):
    training = tiny_preset.training.replace(max_steps=5_000, source="lab")
    preset = type(tiny_preset)("tiny", "", tiny_preset.network, training)
    school.sit_down("Anna")
    job = resources.registry().start(preset, "long")
    school.sit_down("Ben")
    waiting = resources.registry().start(preset, "next")
    assert resources.registry().jobs() == [waiting]
    resources.machine().trainings.slice_s = 1e9
    school.sit_down("Ms Wu")
    app = open_app("Classroom")
    rows = app.table[0].value.to_dict("list")
    assert rows["Name"][:2] == ["Anna", "Ben"] and rows["Run"][:2] == ["long", "next"]
    for member, one in (("anna", "long"), ("ben", "next")):
        app.selectbox(key="classroom_member").set_value(member).run()
        app.button(key=f"classroom_stop_{one}").click().run()
        assert not app.exception
    assert job.wait(LIMIT_S) and waiting.wait(LIMIT_S)
    assert {job.status, waiting.status} == {TaskStatus.CANCELLED}


def test_the_teacher_adds_members_whose_codes_are_shown_once(school, open_app):
    school.sit_down("Ms Wu")
    app = open_app("Classroom")
    app.text_area(key="classroom_names").set_value("Con\n小明").run()
    app.button(key="classroom_add").click().run()
    assert not app.exception and not app.error
    codes = dict(zip(*app.table[1].value.to_dict("list").values(), strict=True))
    assert set(codes) == {"Con", "小明"}
    school.codes["Con"] = codes["Con"].strip("`")
    assert school.sit_down("Con").home.parent.name == "members"
    school.sit_down("Ms Wu")
    assert "`" + school.codes["Con"] + "`" not in str(
        [table.value.to_dict() for table in open_app("Classroom").table]
    )
    app.selectbox(key="classroom_changed").set_value("Con").run()
    app.button(key="classroom_remove").click().run()
    assert not app.exception and school.store.read().find("Con") is None


def test_the_teacher_sets_limits(school, open_app):
    school.sit_down("Ms Wu")
    app = open_app("Classroom")
    app.number_input(key="classroom_limit_steps").set_value(77)
    app.number_input(key="classroom_limit_slice_s").set_value(5)
    next(one for one in app.button if one.label == "Save").click().run()
    assert not app.exception
    assert school.store.read().limits.steps == 77
    assert resources.machine().trainings.slice_s == 5


def test_the_link_of_a_study_leads_there_whoever_made_it(school, tiny_preset, monkeypatch):
    anna = school.sit_down("Anna")
    school.sit_down("Ben")
    monkeypatch.setattr(resources, "_has_study", lambda home, _study: home == anna.listening)
    (anna.listening).mkdir(parents=True)
    assert resources.store_of_study("its-long-id")._folder == anna.listening
    assert resources.study_store()._folder != anna.listening


def test_models_of_common_tunebooks_have_one_index_for_all(school, monkeypatch):
    asked = []
    monkeypatch.setattr(resources, "_novelty_service", lambda where: asked.append(where) or Fake())
    monkeypatch.setattr(resources, "training_sources_of", lambda _metadata: ())
    server = Paths.default()
    school.sit_down("Anna")
    [ref] = resources.checkpoints()[-1:]
    resources.novelty_index(ref)
    assert asked == [server]


class Fake:
    def ask(self, ref):
        return ref


class User(dict):
    is_logged_in = True


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"email": "Anna@school.example"}, "Anna 2"),
        ({"email": "anna@school.example", "email_verified": True}, "Anna 2"),
        ({"email": "anna@school.example", "email_verified": False}, None),
        ({"email": "ben@school.example"}, None),
        ({}, None),
    ],
)
def test_the_schools_own_login_is_a_members_where_its_address_is(school, monkeypatch, user, name):
    school.store.add(["Anna 2"], account="anna@school.example")
    monkeypatch.setattr(membership, "has_school_login", lambda: True)
    monkeypatch.setattr(membership.st, "user", User(user))
    found = membership.member()
    assert (found.name if found else None) == name


def test_a_damaged_run_of_one_is_no_matter_to_others(school, open_app, tiny_preset):
    where = school.sit_down("Anna")
    (where.runs / "broken").mkdir(parents=True)
    (where.runs / "broken" / "config.json").write_text("{")
    school.sit_down("Ben")
    assert not open_app("Compare").exception
    with pytest.raises(RunError):
        resources.store().get("broken")


def test_a_pupil_chooses_among_as_many_drawings_as_the_class_allows(school, open_app):
    school.sit_down("Anna")
    assert membership.most_drawings(8) == 2
    app = open_app()
    field = app.number_input(key="play_candidates")
    assert (field.value, field.max) == (2, 2)
    school.store.set_limits(Limits(drawings=5))
    assert [membership.most_drawings(count) for count in (3, 8)] == [3, 5]
    school.sit_down("Ms Wu")
    assert membership.most_drawings(8) == 8
