"""Losses found at once, for several temperatures and in threads, are those found one by one."""

import json
from pathlib import Path

import numpy as np
import pytest

from musicgen.corpus.dataset import Dataset
from musicgen.evaluation.loss.heldout import Scoring, estimate_loss
from musicgen.evaluation.loss.text_loss import compute_loss, score_characters
from musicgen.evaluation.measures import corpus_counts
from musicgen.evaluation.measures.corpus_counts import find_counts
from musicgen.evaluation.measures.tune_figures import count_corpus, measure_tune
from musicgen.evaluation.report.builder import Hooks, make_report
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import Reference
from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from tests.examples import write_checkpoint

TEMPERATURES = (0.7, 1.0, 1.3)


@pytest.fixture
def small(tmp_path: Path, dataset: Dataset) -> Checkpoint:
    return load_checkpoint(write_checkpoint(tmp_path / "small", dataset.vocabulary))


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_every_temperature_has_the_loss_it_has_alone(
    small: Checkpoint, dataset: Dataset, workers: int
) -> None:
    texts = [tune.text for tune in dataset.tunes]
    network, vocabulary = small.network, small.vocabulary
    scoring = Scoring(network, vocabulary, texts, TEMPERATURES, workers)
    counted: list[int] = []
    found = scoring.finish(lambda: counted.append(1))
    assert len(counted) == len(texts)
    assert found == [estimate_loss(network, vocabulary, texts, one) for one in TEMPERATURES]
    assert scoring.summarise(1) == compute_loss(network, vocabulary, texts)


def test_threads_that_nobody_waits_for_end(small: Checkpoint, dataset: Dataset) -> None:
    texts = [tune.text for tune in dataset.tunes]
    scoring = Scoring(small.network, small.vocabulary, texts, [1.0], workers=2)
    scoring.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        scoring._pool.submit(print)


def test_a_report_has_the_same_figures_with_threads(small: Checkpoint, dataset: Dataset) -> None:
    texts = tuple(tune.text for tune in dataset.tunes[:12])
    reference = Reference("book", "tiny", texts, texts, count_corpus(texts))
    plan = ReportPlan(("small",), 2, TEMPERATURES[:2])
    losses = {}
    reports = [
        make_report(plan, [small], reference, Hooks(workers=workers, on_loss=losses.__setitem__))
        for workers in (0, 2)
    ]
    one, other = (report.to_dict() | {"created": ""} for report in reports)
    for values in (*one["sets"], *other["sets"]):
        values.pop("composed_s")
    assert one == other
    assert losses == {"small": compute_loss(small.network, small.vocabulary, texts)}


def test_a_pass_scores_what_the_characters_have(small: Checkpoint, dataset: Dataset) -> None:
    texts = [dataset.tunes[0].text]
    ((_, losses, hits),) = score_characters(small.network, small.vocabulary, texts)
    report = compute_loss(small.network, small.vocabulary, texts)
    assert report.loss == pytest.approx(float(np.mean(losses)))
    assert report.accuracy == pytest.approx(float(np.mean(hits)))


def test_counts_of_a_corpus_are_kept(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [tune.text for tune in dataset.tunes]
    expected = count_corpus(texts)
    assert find_counts(texts, tmp_path) == expected
    (file,) = (tmp_path / "counts").iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(corpus_counts, "count_corpus", lambda _texts: pytest.fail("counted anew"))
        assert find_counts(texts, tmp_path) == expected
    for damage in (b"", b"[" * 50_000, b"{}", json.dumps({"pitches": {"C": "x"}}).encode()):
        file.write_bytes(damage)
        assert find_counts(texts, tmp_path) == expected
    assert find_counts(texts[:3], tmp_path) == count_corpus(texts[:3])
    (tmp_path / "blocked").write_text("a file where the folder should be")
    assert find_counts(texts, tmp_path / "blocked") == expected


def test_a_tune_measured_between_others_has_its_own_figures(dataset: Dataset) -> None:
    texts = [tune.text for tune in dataset.tunes[:4]]
    alone = [measure_tune(text) for text in texts]
    assert [measure_tune(text) for text in [*texts[::-1]]][::-1] == alone
