"""Reports in the background."""

import shutil
import threading

import pytest

from musicgen.config import Paths
from musicgen.errors import CheckpointError, ReportError
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs import report_job as jobs
from musicgen.jobs.report_job import ReportDesk, ReportStatus
from tests.examples import write_checkpoint

PATIENCE_S = 120
PLAN = ReportPlan(("small",), 2)


@pytest.fixture
def where(tmp_path, tunebook, dataset):
    paths = Paths(tmp_path / "project", tmp_path / "home")
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    write_checkpoint(paths.checkpoints / "small", dataset.vocabulary)
    return paths


@pytest.fixture
def desk(where):
    return ReportDesk(ReportStore(where.reports), where)


def test_a_report_is_made_kept_and_opened_again(desk, where):
    report_id = desk.start(PLAN)
    assert desk.wait(PATIENCE_S)
    now = desk.snapshot()
    assert (now.status, now.share, now.error) == (ReportStatus.FINISHED, 1.0, None)
    report = ReportStore(where.reports).read(report_id)
    assert report.sets[0].tunes == 2
    assert [info.is_done for info in desk.store.list()] == [True]
    desk.delete(report_id)
    assert desk.store.list() == []


def test_one_report_at_a_time_and_cancelling_keeps_what_was_composed(desk, monkeypatch):
    goes_on, has_begun = threading.Event(), threading.Event()
    write = ReportStore.write_drawn

    def hold(*arguments):
        write(*arguments)
        has_begun.set()
        goes_on.wait(PATIENCE_S)

    monkeypatch.setattr(ReportStore, "write_drawn", hold)
    plan = ReportPlan(("small",), 2, (0.8, 1.0))
    report_id = desk.start(plan)
    assert has_begun.wait(PATIENCE_S)
    assert desk.snapshot().status is ReportStatus.RUNNING
    for call in (lambda: desk.start(PLAN), lambda: desk.resume(report_id),
                 lambda: desk.delete(report_id)):  # fmt: skip
        with pytest.raises(ReportError, match="being made"):
            call()
    desk.cancel()
    assert desk.snapshot().status is ReportStatus.STOPPING
    goes_on.set()
    assert desk.wait(PATIENCE_S)
    assert desk.snapshot().status is ReportStatus.STOPPED
    assert not desk.store.list()[0].is_done
    assert len(list((desk.store.root / report_id).glob("tunes-*.json"))) == 1
    desk.resume(report_id)
    assert desk.wait(PATIENCE_S)
    assert desk.snapshot().status is ReportStatus.FINISHED
    assert len(desk.store.read(report_id).sets) == 2


def test_a_checkpoint_that_is_not_there_is_told_before_anything_is_written(desk):
    with pytest.raises(CheckpointError):
        desk.start(ReportPlan(("nobody",), 2))
    assert desk.store.list() == []


def test_a_checkpoint_that_goes_away_ends_a_report_in_a_sentence(desk, where):
    report_id = desk.store.create(PLAN)
    shutil.rmtree(where.checkpoints / "small")
    desk.resume(report_id)
    assert desk.wait(PATIENCE_S)
    assert desk.snapshot().status is ReportStatus.FAILED
    assert isinstance(desk.snapshot().error, CheckpointError)


def test_what_nobody_expected_ends_a_report_in_a_sentence(desk, monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "make_report", fail)
    desk.start(PLAN)
    assert desk.wait(PATIENCE_S)
    assert "log says where" in str(desk.snapshot().error)
    assert "failed" in caplog.text


def test_a_report_that_another_process_makes_is_left_alone(desk):
    report_id = desk.store.create(PLAN)
    with ReportStore(desk.store.root).locked(report_id):
        with pytest.raises(ReportError, match="being made"):
            desk.delete(report_id)
        desk.resume(report_id)
        assert desk.wait(PATIENCE_S)
        assert "being made" in str(desk.snapshot().error)
        crowded = ReportStore(desk.store.root, limit=1)
        newer = [crowded.create(PLAN) for _ in range(2)]
        assert (desk.store.root / report_id).is_dir()
        assert newer[1] in {info.id for info in crowded.list()}
    desk.delete(report_id)
    assert not (desk.store.root / report_id).exists()
