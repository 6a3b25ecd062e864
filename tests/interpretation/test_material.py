from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.interpretation.material import find_held_out, find_known, record_tunes
from tests.examples import make_tune
from tests.interpretation.conftest import make_checkpoint, make_network


def test_held_out_tunes_are_those_of_the_side_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, dataset: Dataset, tmp_path: Path
) -> None:
    checkpoint, asked = make_checkpoint(make_network("lstm")), []
    checkpoint.metadata.corpus["source"] = "tiny+other"

    def load(source, paths):
        asked.append(source)
        return dataset

    monkeypatch.setattr("musicgen.interpretation.material.load_dataset", load)
    paths = Paths(tmp_path, tmp_path)
    assert find_held_out(checkpoint, paths, 2) == dataset.texts("val")[:2]
    assert find_held_out(checkpoint, paths, 99, "test") == dataset.texts("test")
    assert asked == ["tiny", "tiny"]


def test_known_tunes_end_with_a_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(make_network("lstm"))
    texts = ["%%", make_tune(1) + "%", make_tune(2)]
    monkeypatch.setattr("musicgen.interpretation.material.find_held_out", lambda *_: texts)
    paths = Paths(tmp_path, tmp_path)
    assert find_known(checkpoint, paths) == (make_tune(1) + "\n", make_tune(2) + "\n")
    assert find_known(checkpoint, paths, 1) == (make_tune(1) + "\n",)


def test_what_a_network_does_not_know_is_left_out_of_a_recording() -> None:
    checkpoint, done = make_checkpoint(make_network("lstm")), []
    tunes = [make_tune(1).replace("|", "|%"), "%%", make_tune(2)]
    found = record_tunes(checkpoint, tunes, done.append)
    assert found.texts == (make_tune(1), make_tune(2))
    assert done == [1, 2]
    for text, seen, facts in zip(found.texts, found.recordings, found.facts, strict=True):
        assert seen.text == facts.text == text
        assert len(seen.layers[0].hidden) == len(facts.values["place"]) == len(text)
