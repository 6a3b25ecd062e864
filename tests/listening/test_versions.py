import pytest

from musicgen.config import Paths
from musicgen.errors import CheckpointError, StudyError
from musicgen.listening.verdict import Check, GateVerdict
from musicgen.listening.versions import VersionStore, make_version
from musicgen.models.checkpoint import find_checkpoint, list_checkpoints
from tests.ui.tiny_model import write_tiny_model

PASSED = GateVerdict((Check("loss", 1.0, 1.01, 1.02, is_passed=True),))
FAILED = GateVerdict((Check("loss", 1.0, float("nan"), 1.02, is_passed=False),))


@pytest.fixture
def home(tmp_path):
    paths = Paths(tmp_path / "project", tmp_path / "home")
    write_tiny_model(paths.checkpoints / "house", "house")
    for name in ("second", "third"):
        write_tiny_model(paths.runs / name / "best", name)
    return paths


def test_a_line_plays_its_newest_accepted_version_and_goes_back(home):
    store = VersionStore(home)
    store.open("house-tuned", "house")
    assert find_checkpoint("house-tuned", home).path == home.checkpoints / "house"
    store.add("house-tuned", make_version("second", "house", {"train": 9}, PASSED))
    store.add("house-tuned", make_version("third", "second", {"train": 12}, FAILED))
    assert find_checkpoint("house-tuned", home).path == home.runs / "second" / "best"
    line = VersionStore(home).find("house-tuned")
    assert [one.is_accepted for one in line.versions] == [True, True, False]
    assert line.versions[1].verdict == PASSED and line.versions[1].learned == {"train": 9}
    store.choose("house-tuned", "house")
    assert find_checkpoint("house-tuned", home).path == home.checkpoints / "house"
    assert [ref.origin for ref in list_checkpoints(home)] == ["bundled", "version", "run", "run"]


def test_what_is_no_version_is_a_sentence(home):
    store = VersionStore(home)
    with pytest.raises(StudyError, match="none yet"):
        store.find("nothing")
    with pytest.raises(StudyError, match="cannot name"):
        store.open("second", "house")
    with pytest.raises(CheckpointError):
        store.open("line", "no-model")
    store.open("line", "house")
    with pytest.raises(StudyError, match="no version"):
        store.choose("line", "third")


def test_a_damaged_file_and_a_run_that_is_gone_hide_a_line_only(home):
    store = VersionStore(home)
    store.open("line", "house")
    store.open("other", "second")
    (home.versions / "line.json").write_text("{}")
    (home.versions / "odd.json").write_text("not json")
    (home.runs / "second").rename(home.runs / "moved")
    names = [ref.name for ref in list_checkpoints(home)]
    assert "house" in names and not {"line", "other", "odd"} & set(names)
    assert [line.name for line in store.lines()] == ["other"]
