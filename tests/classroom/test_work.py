import pytest

from musicgen.classroom.limits import Limits, check_training
from musicgen.classroom.roster import ClassStore
from musicgen.classroom.work import admit, check_room, measure_home, share_run
from musicgen.config import TrainingConfig
from musicgen.errors import ClassError, RunError
from musicgen.models.checkpoint import find_checkpoint, list_checkpoints
from musicgen.training.estimate import TrainingEstimate
from musicgen.training.runs.run import RunStore
from musicgen.training.runs.run_files import Progress
from tests.examples import write_checkpoint

SMALL = TrainingEstimate(1_000, 1, 1.0, 1_000)


@pytest.mark.parametrize(
    ("estimate", "steps", "active", "kept", "says"),
    [
        (TrainingEstimate(1_001, 1, 1.0, 0), 10, 0, 0, "smaller preset"),
        (SMALL, 11, 0, 0, "fewer steps"),
        (SMALL, 10, 2, 0, "stop one"),
        (SMALL, 10, 0, 9_999_500, "Delete runs"),
    ],
)
def test_each_limit_says_what_to_do(estimate, steps, active, kept, says):
    limits = Limits(parameters=1_000, steps=10, trainings=2, disk_mb=10)
    check_training(limits, SMALL, TrainingConfig(max_steps=10), 1, 0)
    with pytest.raises(ClassError, match=says):
        check_training(limits, estimate, TrainingConfig(max_steps=steps), active, kept)


def test_members_have_limits_and_teachers_none(paths):
    store = ClassStore(paths)
    store.create("5b", "Ms Wu")
    pupil = store.paths_of(store.add(["Anna"])[0].member)
    store.set_limits(Limits(steps=1, disk_mb=10))
    admit(store, paths, SMALL, TrainingConfig(), 99)
    with pytest.raises(ClassError):
        admit(store, pupil, SMALL, TrainingConfig(), 0)
    (pupil.home / "runs").mkdir(parents=True)
    (pupil.home / "runs" / "large").write_bytes(bytes(6_000_000))
    assert measure_home(pupil.home) == 6_000_000
    check_room(store, pupil, 4_000_000)
    with pytest.raises(ClassError, match="10 MB"):
        check_room(store, pupil, 4_000_001)
    check_room(store, paths, 10**12)


def test_a_run_is_shared_as_a_copy_that_others_read_and_cannot_change(paths, dataset, tiny_preset):
    store = ClassStore(paths)
    store.create("5b", "Ms Wu")
    anna, ben = (store.paths_of(one.member) for one in store.add(["Anna", "Ben"]))
    run = RunStore(anna.runs).create("jig", tiny_preset)
    write_checkpoint(run.path / "best", dataset.vocabulary)
    run.write_status("stopped", "", 0, Progress())
    assert [ref.name for ref in list_checkpoints(anna)] == ["jig"]
    assert list_checkpoints(ben) == []
    name = share_run("jig", anna, paths, "anna")
    assert name == "anna-jig" and run.path.is_dir()
    found = find_checkpoint(name, ben)
    assert (found.origin, found.path.parent.parent) == ("shared", paths.runs)
    assert [ref.name for ref in list_checkpoints(anna)] == ["jig", "anna-jig"]
    with pytest.raises(RunError):
        RunStore(ben.runs).get(name)
    with pytest.raises(RunError):
        share_run("../anna/runs/jig", ben, paths)


def test_a_path_leads_a_member_to_nobodys_model(paths, dataset):
    store = ClassStore(paths)
    store.create("5b", "Ms Wu")
    anna, ben = (store.paths_of(one.member) for one in store.add(["Anna", "Ben"]))
    folder = write_checkpoint(anna.runs / "jig" / "best", dataset.vocabulary)
    assert find_checkpoint(str(folder), anna.sharing).origin == "file", "the owner may"
    for name in (str(folder), str(folder.parent), "../anna/runs/jig"):
        with pytest.raises(Exception, match="There is no checkpoint named"):
            find_checkpoint(name, ben)
