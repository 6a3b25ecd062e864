import dataclasses

import pytest

from musicgen.corpus.dataset import load_dataset
from musicgen.evaluation.report.novelty_scorer import find_novelty_scorer
from musicgen.models.checkpoint import Checkpoint, load_checkpoint


@pytest.fixture
def lab(paths, tunebook):
    """The tiny tunebook in the place of the lab's."""
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    return paths


@pytest.fixture
def checkpoint(checkpoint_folder):
    made = load_checkpoint(checkpoint_folder)
    metadata = dataclasses.replace(made.metadata, corpus={"source": "lab"})
    return Checkpoint(made.network, metadata, made.fingerprint)


def test_training_tunes_are_known_and_others_are_not(checkpoint, lab):
    scorer = find_novelty_scorer(checkpoint, lab)
    text = load_dataset("lab", lab).split.train[0].text
    assert scorer(text)["known"] == 1.0
    found = scorer("X:1\nM:C\nL:1/8\nK:C\nc/d/e/f/ z2 ^g4|")
    assert found["known"] == 0.0 and found["longest_melody"] < 5


def test_without_the_index_or_the_corpus_nothing_is_said(checkpoint, lab):
    assert find_novelty_scorer(checkpoint, lab, makes_index=False)("X:1\nK:C\nC|") == {}
    (lab.data / "irish.abc").unlink()
    assert find_novelty_scorer(checkpoint, lab)("X:1\nK:C\nC|") == {}
