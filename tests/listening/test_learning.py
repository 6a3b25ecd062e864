import pytest

from musicgen.config import SampleConfig
from musicgen.listening.learning import (
    collect_pairs,
    is_held_back,
    lineage,
    make_pair,
    pair_thumbs,
)
from musicgen.listening.plan import REAL, StudyPlan, StudySettings, Version
from musicgen.listening.store import StudyStore, StudyTune
from musicgen.listening.thumbs import Thumb, ThumbStore
from musicgen.listening.trials import NOISE
from musicgen.models.checkpoint import load_checkpoint
from musicgen.sampling.composer import compose
from tests.examples import make_tune
from tests.ui.tiny_model import write_tiny_model


def add_study(store, versions, scales="liked", tunes=12):
    settings = StudySettings(tunes=tunes, pairs=tunes, scales=scales, checks=0, practice=False)
    plan = StudyPlan(
        "T", tuple(Version(model=m, label=f"v{n}") for n, m in enumerate(versions)), settings
    )
    return store.add(
        plan,
        [
            StudyTune(slot, number, "bare", "", b"", "" if model == REAL else raw(slot, number))
            for slot in range(tunes)
            for number, model in enumerate(versions)
        ],
    )


def raw(slot, number):
    return f"X:1\nM:4/4\nK:D\n{'ABcd' * (slot + 1)} {number}|\n"


def vote_for(store, study, version):
    one = store.enrol(study)
    while trial := store.next_trial(one.id):
        assert NOISE not in (trial.left, trial.right)
        store.vote(one.id, trial.position, "left" if trial.left == version else "right", 1)


@pytest.fixture
def store(tmp_path):
    return StudyStore(tmp_path)


def test_ballots_become_pairs_and_a_fifth_of_the_slots_is_never_learned(store, tmp_path):
    study = add_study(store, ["house", "house"], tunes=40)
    vote_for(store, study, 1)
    found = collect_pairs(store, ThumbStore(tmp_path), {"house"})
    assert found.ballots == 40 and len(found.train) + len(found.unseen) == 40
    assert all(pair.chosen.endswith("1|\n") for pair in found.train)
    held = {slot for slot in range(40) if is_held_back(f"{study} {slot}")}
    assert {pair.chosen for pair in found.unseen} == {raw(slot, 1) for slot in held}


def test_real_tunes_and_other_models_are_left_out(store, tmp_path):
    for versions in (["house", REAL], ["house", "other"]):
        vote_for(store, add_study(store, versions), 0)
    found = collect_pairs(store, ThumbStore(tmp_path), {"house"})
    assert (found.train, found.unseen, found.ballots) == ((), (), 0)


def test_who_takes_a_tune_for_the_machines_prefers_the_other(store, tmp_path):
    study = add_study(store, ["house", "house"], scales="machine")
    vote_for(store, study, 1)
    found = collect_pairs(store, ThumbStore(tmp_path), {"house"}, [study])
    assert all(pair.chosen.endswith("0|\n") for pair in (*found.train, *found.unseen))


def test_thumbs_are_paired_within_a_side_and_a_meter():
    thumbs = [Thumb(f"{n}", "house", "", raw(n, 0), n % 2 == 0) for n in range(40)]
    thumbs.append(Thumb("again", "house", "", raw(0, 0), is_up=False))
    pairs = pair_thumbs(thumbs)
    assert pairs
    assert raw(0, 0) not in {pair.chosen for pair in pairs} | {pair.rejected for pair in pairs}
    assert all(is_held_back(pair.chosen) == is_held_back(pair.rejected) for pair in pairs)


def test_a_pair_is_of_two_different_tunes():
    assert make_pair("A\n", "A") is None
    assert make_pair("A\n\nB", "C") is None
    assert make_pair("", "C") is None
    assert make_pair("A", "B").chosen == "A\n"


def test_a_thumb_is_kept_changed_and_taken_back(tmp_path):
    folder = tmp_path / "tiny"
    write_tiny_model(folder)
    (tune,) = compose(load_checkpoint(folder), SampleConfig(seed=1))
    store = ThumbStore(tmp_path / "listening")
    assert store.find(tune, "me") is None
    store.give(tune, "me", is_up=True)
    store.give(tune, "you", is_up=False)
    store.give(tune, "me", is_up=False)
    assert store.find(tune, "me") is False
    store.give(tune, "me", None)
    assert store.find(tune, "me") is None
    (left,) = store.list()
    assert (left.model, left.abc, left.is_up) == ("tiny", tune.abc, False)


def test_a_lineage_names_all_before(tmp_path):
    folder = tmp_path / "tiny"
    write_tiny_model(folder)
    metadata = load_checkpoint(folder).metadata
    metadata.corpus["started_from"] = {"name": "b", "started_from": {"name": "c"}}
    assert lineage(metadata) == {"tiny", "b", "c"}
    assert make_tune(1)
