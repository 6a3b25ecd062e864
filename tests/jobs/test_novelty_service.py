"""Indices that another process makes."""

import json
import time

import pytest

from musicgen.config import Paths
from musicgen.corpus.corpus_cache import digest_source
from musicgen.errors import CorpusError
from musicgen.evaluation.novelty.comparison import NoveltyIndex
from musicgen.evaluation.novelty.index_files import load_index
from musicgen.evaluation.novelty.training_sources import TrainingSource
from musicgen.jobs import novelty_service
from musicgen.jobs.novelty_service import IndexInProgress, NoveltyService
from musicgen.models.checkpoint import CheckpointRef, list_checkpoints
from tests.examples import write_checkpoint

LAB = (TrainingSource("lab"),)
PATIENCE_S = 240


@pytest.fixture
def home(paths, tunebook) -> Paths:
    """The tiny tunebook stands for the lab's corpus."""
    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    return paths


@pytest.fixture
def ref(home, dataset) -> CheckpointRef:
    """A model that says that it learned from the lab's corpus."""
    folder = write_checkpoint(home.checkpoints / "house", dataset.vocabulary)
    file = folder / "checkpoint.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(values | {"corpus": {"source": "lab"}}), encoding="utf-8")
    return list_checkpoints(home)[0]


def test_an_index_is_made_aside_and_handed_out(home, ref):
    service = NoveltyService(home)
    answer = service.ask(ref)
    assert isinstance(answer, IndexInProgress)
    end = time.monotonic() + PATIENCE_S
    while isinstance(answer, IndexInProgress) and time.monotonic() < end:
        time.sleep(0.2)
        answer = service.ask(ref)
    assert isinstance(answer, NoveltyIndex)
    assert answer.tunes == load_index(LAB, home).tunes
    assert service.ask(ref) is answer


def test_the_files_of_a_corpus_are_not_read_at_every_tick_but_every_so_often(
    home, ref, monkeypatch
):
    read = []

    def digest(*asked):
        read.append(asked)
        return digest_source(*asked)

    monkeypatch.setattr(novelty_service, "digest_source", digest)
    service = NoveltyService(home)
    for _tick in range(5):
        service.ask(ref)
    assert len(read) == 1
    monkeypatch.setattr(novelty_service, "KEY_S", 0.0)
    service.ask(ref)
    assert len(read) == 2
    assert service.wait(PATIENCE_S)


def test_what_cannot_be_made_is_told_and_tried_again_later(home, ref, monkeypatch):
    monkeypatch.setattr(novelty_service.sys, "executable", str(home.home / "no-python"))
    service = NoveltyService(home)
    assert isinstance(service.ask(ref), IndexInProgress)
    assert service.wait(PATIENCE_S)
    with pytest.raises(CorpusError, match="could not be read"):
        service.ask(ref)
    monkeypatch.setattr(novelty_service, "RETRY_S", 0.0)
    assert isinstance(service.ask(ref), IndexInProgress)
    assert service.wait(PATIENCE_S)
