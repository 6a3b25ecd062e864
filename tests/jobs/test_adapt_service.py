import pytest

from musicgen.config import Paths
from musicgen.corpus.user_corpora import CorpusStore
from musicgen.errors import StudyError
from musicgen.jobs import adapt_service
from musicgen.jobs.adapt_service import (
    READINGS,
    AdaptPlan,
    AdaptService,
    count_new,
    make_preset,
)
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.training_job import JobRegistry
from musicgen.listening.database import writing
from musicgen.listening.thumbs import ThumbStore
from musicgen.listening.versions import VersionStore
from musicgen.training.runs.run import RunStore
from tests.examples import make_tune, stand_in, write_checkpoint

PATIENCE_S = 240


@pytest.fixture
def home(tmp_path, dataset, monkeypatch):
    """A home with an untrained model, and the tiny tunebook for every corpus."""
    paths = Paths(tmp_path / "project", tmp_path / "home")
    write_checkpoint(paths.runs / "small" / "best", dataset.vocabulary)
    monkeypatch.setattr(adapt_service, "load_dataset", stand_in(dataset))
    monkeypatch.setattr("musicgen.jobs.training_job.load_dataset", stand_in(dataset))
    make_trainings_small(monkeypatch)
    return paths


@pytest.fixture
def true_home(tmp_path, dataset, tunebook, monkeypatch):
    """The same where corpora are read as they are; the tiny tunebook is the lab's."""
    paths = Paths(tmp_path / "project", tmp_path / "home")
    write_checkpoint(paths.runs / "small" / "best", dataset.vocabulary, source="lab")
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    make_trainings_small(monkeypatch)
    return paths


def make_trainings_small(monkeypatch):
    def small(plan, source, **options):
        preset = make_preset(plan, source, **options)
        training = preset.training.replace(
            batch_size=2, seq_len=8, preference_batch=2, precision="float32", threads=1
        )
        return type(preset).without_meaning("adapt", preset.network, training)

    monkeypatch.setattr(adapt_service, "make_preset", small)


def give_thumbs(paths, count=40):
    ThumbStore(paths.listening)
    with writing(paths.listening) as connection:
        connection.executemany(
            "insert into thumb values (?, 'me', 'small', '', ?, ?, ?)",
            [(f"{n}", make_tune(n) + "\n", n % 2, f"{n:03}") for n in range(1, count + 1)],
        )


def adapt(paths, **plan):
    service = AdaptService(JobRegistry(RunStore(paths.runs), paths), paths)
    service.start(AdaptPlan("small", steps=4, judged=10, **plan))
    assert service.wait(PATIENCE_S)
    return service.snapshot()


def test_thumbs_are_learned_judged_and_kept_with_their_provenance(home):
    give_thumbs(home)
    now = adapt(home)
    assert now.status is TaskStatus.FINISHED, now.error
    assert {"loss", "diversity", "length"} <= {check.name for check in now.verdict.checks}
    (line,) = VersionStore(home).lines()
    assert line.name == "small-tuned" and [one.model for one in line.versions] == [
        "small", "small-tuned-1",
    ]  # fmt: skip
    assert line.versions[1].learned["thumbs"] == 40
    assert line.current == ("small-tuned-1" if now.verdict.is_accepted else "small")
    run = RunStore(home.runs).get("small-tuned-1")
    assert run.read_pairs() and run.preset.training.preferences == 1.0
    assert run.start().name == "small"


def test_new_tunes_are_learned_beside_old_ones_and_some_are_kept_for_the_gate(true_home):
    now = adapt(true_home, tunes=("mine", make_book(101, 141)), line="ours")
    assert now.status is TaskStatus.FINISHED, now.error
    assert "new tunes" in {check.name for check in now.verdict.checks}
    learned = VersionStore(true_home).find("ours").versions[1].learned
    assert learned["tunes"] > learned["unseen tunes"] > 0
    source = RunStore(true_home.runs).get("ours-1").preset.training.source
    assert source.split("+") == ["lab"] + ["own:ours-1"] * READINGS


def make_book(first, last):
    return "\n\n".join(make_tune(n).replace("Tune", "New") for n in range(first, last)).encode()


def test_a_book_is_learned_from_the_disk_and_not_again_as_long_as_it_is_the_same(true_home):
    book = ("mine", make_book(101, 141))
    plan = AdaptPlan("small", tunes=book)
    assert count_new(plan, true_home) >= 30
    now = adapt(true_home, tunes=book)
    assert now.status is TaskStatus.FINISHED, now.error
    (check,) = (one for one in now.verdict.checks if one.name == "new tunes")
    assert check.before > 0
    run = RunStore(true_home.runs).get("small-tuned-1")
    assert set(run.preset.training.source.split("+")) == {"lab", "own:small-tuned-1"}
    assert count_new(plan, true_home) == 0
    assert count_new(AdaptPlan("small", tunes=("mine", make_book(102, 142))), true_home) >= 30


def test_a_book_that_cannot_be_learned_leaves_no_corpus_behind(true_home, monkeypatch):
    def refuse(*_arguments):
        raise StudyError("No room.")

    monkeypatch.setattr(JobRegistry, "start", refuse)
    now = adapt(true_home, tunes=("mine", make_book(101, 141)))
    assert isinstance(now.error, StudyError)
    assert CorpusStore(true_home.corpora).list() == []


def test_pairs_that_a_version_has_met_are_not_new(home):
    give_thumbs(home)
    plan = AdaptPlan("small")
    all_of_them = count_new(plan, home)
    assert all_of_them > 20
    assert adapt(home).status is TaskStatus.FINISHED
    assert count_new(plan, home) == 0
    assert count_new(AdaptPlan("small", line="another"), home) == all_of_them


def test_too_few_pairs_and_tunes_are_a_sentence_and_leave_no_run(home):
    now = adapt(home)
    assert isinstance(now.error, StudyError) and "too few" in str(now.error)
    now = adapt(home, tunes=("mine", make_tune(1).encode()))
    assert isinstance(now.error, StudyError) and "at least" in str(now.error)
    assert [run.id for run in RunStore(home.runs).list()] == []
