"""Reports on the disk and in the background."""

import json
import shutil
import threading

import pytest

from musicgen.config import Paths
from musicgen.errors import CheckpointError, ReportError
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.result import DrawnTune
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


def test_the_oldest_reports_make_room(tmp_path):
    store = ReportStore(tmp_path, limit=2)
    made = []
    for number in range(4):
        made.append(store.create(ReportPlan(("a",), number + 1)))
        old = tmp_path / made[-1]
        made[-1] = f"2026010{number + 1}-000000-{made[-1][-6:]}"
        old.rename(tmp_path / made[-1])
    store.create(PLAN)
    assert [info.id for info in store.list()][1:] == made[:1:-1][:1]


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


def test_tunes_of_another_network_are_not_taken(tmp_path):
    store = ReportStore(tmp_path)
    report_id = store.create(PLAN)
    (cell,) = PLAN.cells()
    tunes = [DrawnTune("X:1\nK:D\nD4|]\n", 1, 0.5, 0.0)]
    store.write_drawn(report_id, cell, "print", tunes)
    assert store.read_drawn(report_id, cell, "print") == tunes
    assert store.read_drawn(report_id, cell, "other") == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"fingerprint": "f"}', b"[" * 99999])
def test_a_torn_file_loses_its_own_tunes_only(tmp_path, data):
    store = ReportStore(tmp_path)
    report_id = store.create(PLAN)
    (tmp_path / report_id / "tunes-0.json").write_bytes(data)
    assert store.read_drawn(report_id, PLAN.cells()[0], "f") == []


@pytest.mark.parametrize("name", ["../../etc", "", "20260101-000000-abcdef/..", "nothing", "/etc"])
def test_an_id_leads_nowhere_else(tmp_path, name):
    store = ReportStore(tmp_path / "reports")
    outside = tmp_path / "plan.json"
    outside.write_text(json.dumps(PLAN.to_dict()))
    for call in (store.read, store.read_plan, store.delete):
        with pytest.raises(ReportError):
            call(name)
    assert store.read_drawn(name, Cell("small", 1.0, False), "f") == []
    assert outside.exists()


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b'{"format": "musicgen-report"}', b"[" * 99999])
def test_a_damaged_report_is_a_sentence(tmp_path, data):
    store = ReportStore(tmp_path)
    report_id = store.create(PLAN)
    (tmp_path / report_id / "report.json").write_bytes(data)
    with pytest.raises(ReportError):
        store.read(report_id)
    (tmp_path / report_id / "plan.json").write_bytes(data)
    assert store.list() == []
