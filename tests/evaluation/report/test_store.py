"""Reports on the disk."""

import json

import pytest

from musicgen.errors import ReportError
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.result import DrawnTune
from musicgen.evaluation.report.store import ReportStore

PLAN = ReportPlan(("small",), 2)


def test_the_oldest_reports_make_room_also_within_one_second(tmp_path):
    store = ReportStore(tmp_path, limit=3)
    made = [store.create(ReportPlan(("a",), number + 1)) for number in range(8)]
    assert [info.id for info in store.list()] == made[:-4:-1]
    assert [info.plan.count for info in store.list()] == [8, 7, 6]


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
