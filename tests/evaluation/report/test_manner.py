"""Tunes of other books are measured in the notation that a network learned."""

import pytest

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.errors import CorpusError
from musicgen.evaluation.report.builder import make_report
from musicgen.evaluation.report.manner import write_for
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.reference import read_book
from musicgen.models.checkpoint import CheckpointMetadata, load_checkpoint
from tests.corpus.test_described import BODY, TUNE
from tests.examples import make_tune, write_checkpoint

DRESSED = (
    'X:9\nT:Another\nR:reel\nM:4/4\nL:1/4\nK:D\n|:"D"d/e/{g}f/d/ ~A/d/f/d/|(e/f/)g/e/ c/A/c/e/:|\n'
)
IN_FIVE = "X:10\nT:Five\nM:5/4\nL:1/4\nK:D\nDEFGA|DEFGA|]\n"


def _metadata(source: str, **settings: object) -> CheckpointMetadata:
    training = TrainingConfig().replace(**settings)
    return CheckpointMetadata("m", 1, NetworkConfig(), training, ("a",), corpus={"source": source})


def test_foreign_tunes_are_rewritten_for_who_learned_the_labs_notation() -> None:
    (text,) = write_for(_metadata("lab"), [DRESSED], are_foreign=True).kept
    assert text.split("K:D Major\n")[1] == "defd Adfd|efge cAce:|!"
    for other in (_metadata("own:mine"), _metadata("")):
        assert write_for(other, [DRESSED], are_foreign=True).kept == [DRESSED]
    assert write_for(_metadata("lab"), [DRESSED]).kept == [DRESSED]
    plain = _metadata("own:mine+lab", plain=True)
    assert write_for(plain, [DRESSED], are_foreign=True).kept == [text]


def test_what_cannot_be_rewritten_keeps_its_place_and_is_counted() -> None:
    found = write_for(_metadata("lab"), [IN_FIVE, DRESSED], are_foreign=True)
    assert (found.texts[0], len(found.kept), found.left_out) == (None, 1, 1)


def test_described_headers_tell_the_rhythm_that_rewriting_leaves_out() -> None:
    told = _metadata("lab", described=True)
    (text,) = write_for(told, [DRESSED], are_foreign=True).kept
    assert text.startswith("X:1\nB:lab\nR:reel\nM:C\nL:1/8\nK:D Major\ndefd")
    (own,) = write_for(told, [TUNE]).kept
    assert own.endswith(BODY)


def test_a_layout_does_not_change_the_loss_of_a_tunebook(tmp_path, dataset) -> None:
    path = write_checkpoint(tmp_path / "best", dataset.vocabulary, source="lab")
    checkpoint = load_checkpoint(path)
    bare = make_tune(3).replace("K:D Major\n", "K:D\n").replace("!\n", "\n")
    rows = []
    for book in (bare, bare.replace("|", "|\n"), f"{bare}\n\n{IN_FIVE}"):
        reference = read_book("book.abc", book.encode(), "", [])
        report = make_report(ReportPlan(("best",), 0), [checkpoint], reference)
        (row,) = report.losses
        rows.append((row.estimates["body_loss"].value, row.not_rewritten))
    assert rows[0][0] == rows[1][0] == rows[2][0] > 0
    assert [count for _, count in rows] == [0, 0, 1]


def test_what_was_learned_is_left_out_where_that_is_asked_for(dataset) -> None:
    known, new = dataset.split.train, "X:5\nT:New\nM:C\nL:1/8\nK:D\nDFAd fdAF|GBdg bgdB|AcEA cAEC|]"
    data = "\n\n".join([new, *(tune.text for tune in known)]).encode()
    found = read_book("book.abc", data, "", [], known=known)
    assert [text.split("\n")[1] for text in found.texts] == ["T:New"]
    assert found.learned == len(known)
    moved = known[0].text.replace(known[0].title, "Under Another Name").encode()
    with pytest.raises(CorpusError, match="every tune"):
        read_book("book.abc", moved, "", [], known=known)
