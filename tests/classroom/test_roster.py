import json
import stat

import pytest

from musicgen.classroom.codes import is_code
from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import MAX_MEMBERS, TEACHER, ClassStore
from musicgen.config import Paths
from musicgen.errors import ClassError


@pytest.fixture
def store(paths: Paths) -> ClassStore:
    store = ClassStore(paths)
    store.create("5b", "Ms Wu")
    return store


def test_a_class_begins_with_a_teacher_and_members_join_with_codes_of_their_own(store):
    made = store.add(["Anna", "小明"])
    room = store.read()
    assert [(one.name, one.id, one.role) for one in room.members] == [
        ("Ms Wu", "ms-wu", "teacher"), ("Anna", "anna", "pupil"), ("小明", "小明", "pupil"),
    ]  # fmt: skip
    assert is_code(made[0].code, room.members[1].code)
    assert not is_code(made[0].code, room.members[2].code)


def test_no_code_is_on_the_disk_and_what_checks_them_is_for_the_owner_alone(store, paths):
    made = store.add(["Anna"])[0]
    files = [path for path in (paths.home / "class").iterdir() if path.name != ".lock"]
    assert {path.name for path in files} == {"class.json", "key"}
    for path in files:
        assert made.code.encode() not in path.read_bytes()
        assert made.code.replace("-", "").encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names_are_found_however_they_are_typed_and_are_had_once(store):
    store.add(["Anna  Maria "])
    assert store.read().get("anna maria").name == "Anna Maria"
    with pytest.raises(ClassError, match="already"):
        store.add(["Ben", "ANNA maria"])
    assert store.read().find("Ben") is None, "all of them or none"
    with pytest.raises(ClassError, match="There are: Ms Wu"):
        store.read().get("nobody")


@pytest.mark.parametrize("name", ["", "  ", "x" * 41])
def test_a_name_that_cannot_be_one_is_refused(store, name):
    with pytest.raises(ClassError):
        store.add([name])


@pytest.mark.parametrize("name", ["../../etc", "/", "..", "con", "a\0b", ".class", "\u202eanna"])
def test_whatever_the_name_the_folder_of_a_member_lies_among_the_members(store, paths, name):
    member = store.add([name])[0].member
    where = store.paths_of(member)
    assert where.home.parent == paths.home / "members"
    assert where.home.name not in ("", ".", "..") and not where.home.name.startswith(".")
    assert where.shared == paths.home


def test_teachers_work_in_the_servers_own_home(store, paths):
    teacher = store.add(["Mr Li"], TEACHER)[0].member
    assert store.paths_of(teacher) == paths


def test_who_leaves_is_gone_and_nobody_inherits_their_work(store):
    member = store.add(["Anna"])[0].member
    home = store.paths_of(member).home
    home.mkdir(parents=True)
    (home / "mine").write_text("x")
    store.remove("Anna")
    assert store.read().find("Anna") is None and (home / "mine").is_file()
    again = store.add(["Anna"])[0].member
    assert store.paths_of(again).home != home
    store.remove("Anna", with_work=True)
    assert (home / "mine").is_file(), "the work of the first Anna"


def test_work_goes_with_its_member_where_that_is_asked_for(store):
    member = store.add(["Anna"])[0].member
    home = store.paths_of(member).home
    home.mkdir(parents=True)
    with pytest.raises(ClassError, match="remove them first"):
        store.delete_work(member)
    store.remove("Anna", with_work=True)
    assert not home.exists()


def test_a_class_keeps_a_teacher_and_there_is_one_class(store):
    with pytest.raises(ClassError, match="needs a teacher"):
        store.remove("Ms Wu")
    with pytest.raises(ClassError, match="already"):
        store.create("6a", "Mr Li")


def test_a_class_has_a_bound(store):
    values = json.loads((store._file).read_text())
    one = values["members"][0]
    values["members"] += [
        one | {"id": f"p{number}", "name": f"p{number}"} for number in range(MAX_MEMBERS - 1)
    ]
    store._file.write_text(json.dumps(values))
    with pytest.raises(ClassError, match="at most"):
        store.add(["one more"])


def test_limits_are_kept_and_what_is_written_elsewhere_is_seen_at_once(store, paths):
    ClassStore(paths).set_limits(Limits(steps=7))
    assert store.read().limits.steps == 7


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../up"},
        {"role": "headmaster"},
        {"code": {"scrypt": "zz", "scrypt_salt": "00"}},
        {"name": 3},
    ],
)
def test_a_damaged_file_is_said_to_be_one(store, change):
    values = json.loads(store._file.read_text())
    values["members"][0] |= change
    store._file.write_text(json.dumps(values))
    with pytest.raises(ClassError, match="damaged"):
        store.read()


def test_without_a_class_the_way_to_make_one_is_said(paths):
    with pytest.raises(ClassError, match="classroom new"):
        ClassStore(paths).read()
