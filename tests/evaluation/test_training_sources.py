import subprocess
import sys

import numpy as np
import pytest

from musicgen.config import NetworkConfig, Paths, TrainingConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CorpusError
from musicgen.evaluation.novelty import index_files
from musicgen.evaluation.novelty.comparison import compare
from musicgen.evaluation.novelty.index_files import find_index, load_index
from musicgen.evaluation.novelty.training_sources import (
    TrainingSource,
    load_learned,
    require_here,
    training_sources_of,
)
from musicgen.models.checkpoint import CheckpointMetadata

LAB = (TrainingSource("lab"),)


def metadata(corpus, **training):
    return CheckpointMetadata(
        "some", 1, NetworkConfig(), TrainingConfig(**training), ("a", "b"), corpus=corpus
    )


@pytest.fixture
def lab(paths, tunebook):
    """The tiny tunebook in the place of the lab's."""
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    return paths


def test_a_checkpoint_learned_from_its_corpus_and_from_those_before_it():
    corpus = {
        "source": "lab",
        "started_from": {
            "source": "lab+ryan", "preset": "house",
            "started_from": {"source": "own:mine", "preset": "mine", "plain": True},
        },
    }  # fmt: skip
    assert training_sources_of(metadata(corpus)) == (
        TrainingSource("lab"), TrainingSource("lab+ryan", True), TrainingSource("own:mine", True),
    )  # fmt: skip
    assert training_sources_of(metadata({"source": "lab"}, plain=True)) == (
        TrainingSource("lab", True),
    )


def test_a_checkpoint_that_does_not_say_its_corpus_is_told_in_a_sentence():
    for corpus in ({}, {"source": 3}, {"source": "lab", "started_from": {"name": "x"}}):
        with pytest.raises(CorpusError, match="does not say"):
            training_sources_of(metadata(corpus))


def test_what_is_not_here_is_told_with_what_to_do(paths):
    with pytest.raises(CorpusError, match="corpus fetch lab"):
        require_here(LAB, paths)
    with pytest.raises(CorpusError, match="nobody"):
        require_here((TrainingSource("own:nobody"),), paths)


def test_only_training_tunes_were_learned_and_each_once(lab):
    split = load_dataset("lab", lab).split
    learned = load_learned((TrainingSource("lab"), TrainingSource("lab", True)), lab)
    assert [tune.text for tune in learned] == [tune.text for tune in split.train]


def test_an_index_is_made_once_and_comes_back_the_same(lab, monkeypatch):
    assert find_index(LAB, lab) is None
    made = load_index(LAB, lab)
    monkeypatch.setattr(index_files, "build_index", lambda *_: pytest.fail("made again"))
    kept = load_index(LAB, lab)
    assert kept.tunes == made.tunes
    for one, other in ((kept.characters, made.characters), (kept.melody, made.melody)):
        assert one.text == other.text
        assert np.array_equal(one.order, other.order) and np.array_equal(one.starts, other.starts)
    assert np.array_equal(kept.real_melody.share, made.real_melody.share, equal_nan=True)
    for tune in made.tunes[:3]:
        assert compare(kept, tune.text) == compare(made, tune.text)


def test_another_tunebook_has_another_index(lab, tunebook):
    load_index(LAB, lab)
    (lab.data / "irish.abc").write_text(tunebook.replace("Tune 1\n", "Tune X\n"), encoding="utf-8")
    assert find_index(LAB, lab) is None


def test_a_damaged_index_is_made_anew(lab):
    tunes = load_index(LAB, lab).tunes
    (file,) = (lab.cache / "novelty").iterdir()
    data = file.read_bytes()
    for rubble in (b"", b"rubble", data[: len(data) // 2], data[:200] + b"\xff" * 50 + data[250:]):
        file.write_bytes(rubble)
        assert load_index(LAB, lab).tunes == tunes


def test_progress_counts_the_tunes(lab):
    counts = []
    load_index(LAB, lab, counts.append)
    assert counts and counts == sorted(counts)


def test_the_index_of_the_disk_needs_no_pickle(lab):
    load_index(LAB, lab)
    (file,) = (lab.cache / "novelty").iterdir()
    script = "import sys, numpy; print(len(numpy.load(sys.argv[1], allow_pickle=False).files))"
    done = subprocess.run([sys.executable, "-c", script, file], capture_output=True, check=True)
    assert int(done.stdout) == 9


def test_paths_name_a_folder_for_what_can_be_made_again():
    assert Paths.default().cache.parent == Paths.default().home
