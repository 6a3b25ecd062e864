"""Reports in the background."""

import shutil
import threading

import pytest

from musicgen.config import Paths
from musicgen.errors import CheckpointError, ReportError
from musicgen.evaluation.report import builder
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.report_service import ReportService
from tests.examples import write_checkpoint

PATIENCE_S = 240
PLAN = ReportPlan(("small",), 2)


@pytest.fixture
def where(tmp_path, tunebook, dataset):
    paths = Paths(tmp_path / "project", tmp_path / "home")
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    write_checkpoint(paths.checkpoints / "small", dataset.vocabulary)
    return paths


@pytest.fixture
def service(where):
    return ReportService(ReportStore(where.reports), where)


def test_a_report_is_made_kept_and_opened_again(service, where):
    report_id = service.start(PLAN)
    assert service.wait(PATIENCE_S)
    now = service.snapshot()
    assert (now.status, now.share, now.error) == (TaskStatus.FINISHED, 1.0, None)
    report = ReportStore(where.reports).read(report_id)
    assert report.sets[0].tunes == 2
    assert [info.is_done for info in service.store.list()] == [True]
    service.delete(report_id)
    assert service.store.list() == []


def test_one_report_at_a_time_and_cancelling_keeps_what_was_composed(service, monkeypatch):
    goes_on, has_begun = threading.Event(), threading.Event()
    write = ReportStore.write_drawn

    def hold(*arguments):
        write(*arguments)
        has_begun.set()
        goes_on.wait(PATIENCE_S)

    monkeypatch.setattr(ReportStore, "write_drawn", hold)
    plan = ReportPlan(("small",), 2, (0.8, 1.0))
    report_id = service.start(plan)
    assert has_begun.wait(PATIENCE_S)
    assert service.snapshot().status is TaskStatus.RUNNING
    for call in (lambda: service.start(PLAN), lambda: service.resume(report_id),
                 lambda: service.delete(report_id)):  # fmt: skip
        with pytest.raises(ReportError, match="being made"):
            call()
    service.cancel()
    assert service.snapshot().status is TaskStatus.CANCELLING
    goes_on.set()
    assert service.wait(PATIENCE_S)
    assert service.snapshot().status is TaskStatus.CANCELLED
    assert not service.store.list()[0].is_done
    assert len(list((service.store.root / report_id).glob("tunes-*.json"))) == 1
    service.resume(report_id)
    assert service.wait(PATIENCE_S)
    assert service.snapshot().status is TaskStatus.FINISHED
    assert len(service.store.read(report_id).sets) == 2


def test_a_checkpoint_that_is_not_there_is_told_before_anything_is_written(service):
    with pytest.raises(CheckpointError):
        service.start(ReportPlan(("nobody",), 2))
    assert service.store.list() == []


def test_a_checkpoint_that_goes_away_ends_a_report_in_a_sentence(service, where):
    report_id = service.store.create(PLAN)
    shutil.rmtree(where.checkpoints / "small")
    service.resume(report_id)
    assert service.wait(PATIENCE_S)
    assert service.snapshot().status is TaskStatus.FAILED
    assert isinstance(service.snapshot().error, CheckpointError)


def test_what_nobody_expected_ends_a_report_in_a_sentence(service, monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(builder, "make_report", fail)
    service.start(PLAN)
    assert service.wait(PATIENCE_S)
    assert "log says where" in str(service.snapshot().error)
    assert "failed" in caplog.text


def test_a_report_that_another_process_makes_is_left_alone(service):
    report_id = service.store.create(PLAN)
    with ReportStore(service.store.root).locked(report_id):
        with pytest.raises(ReportError, match="being made"):
            service.delete(report_id)
        service.resume(report_id)
        assert service.wait(PATIENCE_S)
        assert "being made" in str(service.snapshot().error)
        crowded = ReportStore(service.store.root, limit=1)
        newer = [crowded.create(PLAN) for _ in range(2)]
        assert (service.store.root / report_id).is_dir()
        assert newer[1] in {info.id for info in crowded.list()}
    service.delete(report_id)
    assert not (service.store.root / report_id).exists()
