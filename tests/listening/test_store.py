import json
import secrets
import sqlite3
import threading
from pathlib import Path

import pytest

from musicgen.errors import StudyError
from musicgen.listening import database
from musicgen.listening.store import StudyStore
from tests.listening.plans import add_study, make_plan


@pytest.fixture
def store(tmp_path: Path) -> StudyStore:
    return StudyStore(tmp_path / "listening")


def test_a_listener_goes_on_where_they_were_and_each_place_takes_one_ballot(store):
    study = add_study(store, make_plan())
    one = store.enrol(study, "zh", years=7)
    assert store.listener(one.id) == one and len(one.code) == 8
    places = []
    while trial := store.next_trial(one.id):
        places.append(trial.position)
        assert store.vote(one.id, trial.position, "left", 1500)
        assert not store.vote(one.id, trial.position, "right", 99)
    assert places == list(range(6))
    found = store.ballots(study)
    assert [(b.trial.position, b.answer, b.duration_ms, b.years) for b in found] == [
        (place, "left", 1500, 7) for place in places
    ]
    assert store.get(study).ballots == 4  # neither practice nor check


def test_what_is_no_ballot_is_refused(store):
    study = add_study(store, make_plan(ties=False))
    one = store.enrol(study)
    for position, answer in ((99, "left"), (0, "tie"), (0, "both"), (0, {"liked": 3})):
        with pytest.raises(StudyError):
            store.vote(one.id, position, answer, 0)
    with pytest.raises(StudyError):
        store.vote("nobody-at-all", 0, "left", 0)
    assert store.listener("' or 1=1 --") is None
    rated = add_study(store, make_plan(design="ratings", scales="liked,machine"))
    other = store.enrol(rated)
    for answer in ({"liked": 3}, {"liked": 6, "machine": 1}, {"liked": True, "machine": 1}, "left"):
        with pytest.raises(StudyError):
            store.vote(other.id, 0, answer, 0)
    assert store.vote(other.id, 0, {"liked": 3, "machine": 1}, 0)


def test_a_closed_study_takes_nobody_and_nothing(store):
    study = add_study(store, make_plan())
    one = store.enrol(study)
    store.close(study)
    with pytest.raises(StudyError, match="over"):
        store.enrol(study)
    with pytest.raises(StudyError, match="over"):
        store.vote(one.id, 0, "left", 0)
    store.close(study, is_open=True)
    assert store.vote(one.id, 0, "left", 0)


def test_a_study_that_is_closed_for_good_is_not_opened_again(store):
    study = add_study(store, make_plan())
    one = store.enrol(study)
    store.finish(study)
    assert (store.get(study).is_open, store.get(study).is_final) == (False, True)
    with pytest.raises(StudyError, match="over"):
        store.vote(one.id, 0, "left", 0)
    with pytest.raises(StudyError, match="for good"):
        store.close(study, is_open=True)
    store.close(study)  # closed already
    assert store.get(study).is_final


def test_a_file_of_before_is_brought_up_to_date(store, tmp_path, monkeypatch):
    monkeypatch.setattr(database, "MIGRATIONS", database.MIGRATIONS[:3])
    folder = tmp_path / "old"
    with database.writing(folder) as connection:
        plan = json.dumps(make_plan().to_dict())
        connection.execute(
            "insert into study (id, created, title, plan) values ('abcdefgh', '2026', 't', ?)",
            (plan,),
        )
    monkeypatch.undo()
    assert not StudyStore(folder).get("abcdefgh").is_final


def test_no_command_takes_an_id_for_an_option(store, monkeypatch):
    drawn = iter(["-EnOZvjhE7XW", "a-EnOZvjhE7X", "-", "-b", "bcdefghijklm-_op"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _size: next(drawn))
    study = add_study(store, make_plan())
    assert study == "a-EnOZvjhE7X"
    assert store.enrol(study).id == "bcdefghijklm-_op"


def test_a_study_is_found_by_the_beginning_of_its_id_and_deleted_whole(store, tmp_path):
    study = add_study(store, make_plan())
    one = store.enrol(study)
    store.vote(one.id, 0, "left", 0)
    assert store.get(study[:6]).id == study
    assert store.tune(study, 0, 1).sound == b"sound"
    store.delete(study)
    assert store.infos() == []
    with pytest.raises(StudyError):
        store.get(study)
    with sqlite3.connect(tmp_path / "listening" / database.FILE_NAME) as connection:
        (left,) = connection.execute(
            "select (select count(*) from tune) + (select count(*) from listener) "
            "+ (select count(*) from trial) + (select count(*) from ballot)"
        ).fetchone()
    connection.close()
    assert left == 0


def test_many_at_once_lose_nothing_and_get_rows_of_their_own(store):
    study = add_study(store, make_plan(tunes=12, pairs=12))
    failures = []

    def listen():
        try:
            one = store.enrol(study)
            while trial := store.next_trial(one.id):
                store.vote(one.id, trial.position, "tie", 1)
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=listen) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(store.numbers(study).values()) == list(range(8))
    assert len(store.ballots(study)) == 8 * 14


def test_a_file_of_an_older_version_is_brought_up_to_date(tmp_path):
    folder = tmp_path / "listening"
    folder.mkdir()
    connection = sqlite3.connect(folder / database.FILE_NAME)
    for statement in database.MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute("pragma user_version = 1")
    connection.commit()
    connection.close()
    with database.reading(folder) as opened:
        names = {row[0] for row in opened.execute("select name from sqlite_master")}
        assert "thumb" in names
        assert opened.execute("pragma user_version").fetchone()[0] == len(database.MIGRATIONS)


def test_a_damaged_or_newer_file_is_a_sentence(tmp_path):
    folder = tmp_path / "listening"
    folder.mkdir()
    (folder / database.FILE_NAME).write_bytes(b"no database" * 200)
    with pytest.raises(StudyError, match="cannot be used"):
        StudyStore(folder).infos()
    (folder / database.FILE_NAME).unlink()
    connection = sqlite3.connect(folder / database.FILE_NAME)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(StudyError, match="newer"):
        StudyStore(folder).infos()


def test_an_error_within_a_transaction_leaves_nothing(tmp_path):
    def half():
        with database.writing(tmp_path) as connection:
            connection.execute("insert into study (id, created, title, plan) values (1, 2, 3, 4)")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with database.reading(tmp_path) as connection:
        assert connection.execute("select count(*) from study").fetchone()[0] == 0
