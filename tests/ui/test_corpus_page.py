import pytest

from musicgen.corpus.cleaning import MEND_KINDS
from musicgen.corpus.user_corpora import Upload
from musicgen.jobs.background_task import TaskStatus
from musicgen.ui.base import resources, state
from musicgen.ui.corpus.corpus_charts import count_figure, length_figure
from musicgen.ui.corpus.corpus_words import FINDING_LABELS, OUTCOMES, outcome
from musicgen.ui.tune.viewing import NUMBERS, ROLL, SCORE
from tests.ui.test_train_page import fill_in, start

BAD_TITLE = "<b>Bold</b> [link](http://x) $x$"
BOOK = (
    f"X:1\nT:{BAD_TITLE}\nM:C\nL:1/8\nK:G\nGABc d2B2|G4 G4|]\n\n"
    "X:2\nT:B\nM:6/8\nL:1/8\nK:Edor\nEFG ABc|EF|EFG ABc|]"
)


@pytest.fixture
def own(home):
    resources.corpora().create("mine", [Upload("book.abc", BOOK.encode())])
    return home


def test_the_page_shows_a_corpus_with_its_tunes_and_sound(own, open_app):
    app = open_app("Corpus")
    assert not app.exception and not app.error
    app.selectbox(key="corpus_name").set_value("mine").run()
    assert not app.exception and not app.error
    (table,) = app.dataframe
    assert list(table.value["Title"]) == [BAD_TITLE, "B"]
    assert list(table.value["Key"]) == ["G major", "E Dorian"]
    assert len(app.get("audio")) == 1
    # Titles are data of the table and of the score, never text that is marked up.
    assert not [item for item in (*app.markdown, *app.caption) if "Bold" in item.value]


def check_save(app):
    """The tune is saved in the format that is chosen, as it is read and played."""
    app.session_state["corpus_save"] = True
    app.run()
    app.button_group(key="corpus_format").set_value("musicxml").run()
    assert not app.exception and not app.warning
    (button,) = (one for one in app.get("download_button") if "MusicXML" in one.proto.label)
    assert button.proto.label == "Save MusicXML"


def test_a_tune_of_a_corpus_is_heard_and_drawn_as_one_likes(own, open_app):
    app = open_app("Corpus")
    app.selectbox(key="corpus_name").set_value("mine").run()
    heard = [app.get("audio")[0].proto.url]
    for change in (
        lambda: app.number_input(key=state.SOUND["transpose"].name).set_value(2),
        lambda: app.toggle(key=state.SOUND["drum"].name).set_value(True),
    ):
        change().run()
        assert not app.exception and not app.error
        heard.append(app.get("audio")[0].proto.url)
    assert len(set(heard)) == 3
    app.selectbox(key="corpus_fingering").set_value("whistle D").run()
    assert not app.exception and not app.error
    assert resources.tunebook().choice("fingering") == "whistle D"
    captions = [item.value for item in app.caption]
    assert any("A major" in value and "beats a minute" in value for value in captions), captions
    check_save(app)
    for view in (ROLL, NUMBERS, SCORE):
        app.button_group(key=state.VIEW.name).set_value(view).run()
        assert not app.exception and not app.error


def test_search_finds_and_says_how_many(own, open_app):
    app = open_app("Corpus")
    app.selectbox(key="corpus_name").set_value("mine").run()
    app.text_input(key="corpus_search").set_value("dorian").run()
    assert list(app.dataframe[0].value["Title"]) == ["B"]
    assert any("1 tune ·" in item.value for item in app.caption)
    app.text_input(key="corpus_search").set_value("nowhere").run()
    assert not app.exception
    assert not app.get("audio")


def test_figures_and_report_are_drawn(own, open_app):
    app = open_app("Corpus")
    app.selectbox(key="corpus_name").set_value("mine").run()
    app.button_group(key="corpus_view").set_value("Figures").run()
    assert not app.exception and not app.error
    assert [item.value for item in app.subheader] == ["Keys", "Meters", "Bars in a tune"]
    app.button_group(key="corpus_view").set_value("Cleaning report").run()
    assert not app.exception and not app.error
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["File"], row["Line"], row["Title"], row["Outcome"]) == ("book.abc", 8, "B", "kept")


def test_a_corpus_is_deleted_after_a_second_word(own, open_app):
    app = open_app("Corpus")
    app.selectbox(key="corpus_name").set_value("mine").run()
    app.button(key="corpus_delete").click().run()
    assert not app.exception and not app.error
    assert not resources.corpora().list()
    assert app.selectbox(key="corpus_name").value == "lab"
    assert not [item for item in app.button if item.key == "corpus_delete"]


def test_a_corpus_made_again_within_the_same_second_is_the_new_one(own, open_app):
    app = open_app("Corpus")
    app.selectbox(key="corpus_name").set_value("mine").run()
    store = resources.corpora()
    old = store.get("mine")
    store.delete("mine")
    new = store.create("mine", [Upload("book.abc", BOOK.replace("T:B", "T:New").encode())])
    info = new.path / "corpus.json"
    info.write_text(info.read_text().replace(new.created, old.created))
    app.run()
    assert not app.exception and not app.error
    assert list(app.dataframe[0].value["Title"]) == [BAD_TITLE, "New"]


def test_a_form_without_files_or_name_is_a_sentence(home, open_app):
    app = open_app("Corpus")
    app.button(key="corpus_make").click().run()
    assert not app.exception
    assert len(app.error) == 1 and "cannot name a corpus" in app.error[0].value
    assert not home.corpora.exists()


def test_the_form_of_train_offers_own_corpora_and_a_model_to_start_from(
    empty_home, tunebook, open_app
):
    resources.corpora().create("mine", [Upload("book.abc", tunebook.encode())])
    app = start(fill_in(open_app("Train")))
    assert resources.registry().get("quick-1").wait(240)
    app = open_app("Train")
    field = app.selectbox(key="train_quick_training_source")
    assert {"lab", "mine", "lab+mine"} <= set(field.options)
    field.set_value("mine")
    app.selectbox(key="train_from").set_value("quick-1")
    fill_in(app, network_hidden_size=4)
    start(app)
    assert not app.exception and not app.error
    job = resources.registry().get("quick-2")
    assert job.wait(240)
    assert job.snapshot().status is TaskStatus.FINISHED
    assert job.snapshot().preset.network.hidden_size == 8


def test_too_small_a_corpus_is_told_on_train_and_leaves_no_run(own, open_app):
    app = open_app("Train")
    app.selectbox(key="train_quick_training_source").set_value("mine")
    start(fill_in(app))
    assert not app.exception
    assert len(app.error) == 1 and "'mine'" in app.error[0].value
    assert not own.runs.exists()


def test_every_kind_of_finding_has_words():
    assert FINDING_LABELS.keys() == MEND_KINDS.keys()
    assert {outcome(kind) for kind in FINDING_LABELS} == OUTCOMES.keys()


def test_what_is_rare_is_counted_together_in_figures():
    counts = [(str(number), 20 - number) for number in range(20)]
    (trace,) = count_figure(counts, "c", "tunes", "others")["data"]
    assert trace["x"][-1] == "others"
    assert sum(trace["y"]) == sum(count for _, count in counts)
    (lengths,) = length_figure([1, 4, 5, 8, 200, 0], "c", "tunes")["data"]
    assert (lengths["x"][0], lengths["y"][0], lengths["y"][1]) == ("1–4", 2, 2)
    assert (lengths["x"][-1], lengths["y"][-1]) == ("> 96", 1)
    assert length_figure([], "c", "tunes")["data"][0]["x"] == []


def test_the_page_speaks_chinese(own, open_app):
    app = open_app("Corpus", lang="zh")
    assert [item.value for item in app.title] == ["曲集"]
