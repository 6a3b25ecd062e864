import json
from dataclasses import replace
from pathlib import Path

import pytest

from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.errors import CheckpointError, ReportError
from musicgen.evaluation.judge.result import Giveaway, Judgement, Verdict
from musicgen.evaluation.model_card import render_model_card
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.result import LossRow, Report, TuneSet
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.models.checkpoint import CheckpointMetadata, read_metadata
from tests.damaging import damage_json

METADATA = CheckpointMetadata(
    name="fine",
    step=40,
    network=NetworkConfig(vocab_size=3),
    training=TrainingConfig(transpose=2),
    vocabulary=("a", "b", "c"),
    preset="quick",
    corpus={"source": "lab", "tunes": {"train": 5, "val": 1}},
    metrics={},
    parameters=1234,
)


def test_a_card_says_how_to_repeat_the_training() -> None:
    card = render_model_card(METADATA, 2_000_000)
    assert "Trained from fresh weights" in card
    assert "train --preset quick --run NAME\npython -m musicgen bundle NAME --name fine" in card
    assert "1,234 parameters, 3 characters, 2.0 MB" in card
    assert "| transpose | 2 |" in card
    assert "Held-out loss" not in card  # nothing was measured


def test_a_card_tells_what_a_network_had_learned_before() -> None:
    start = {
        "name": "wide", "fingerprint": "f00", "step": 7000, "source": "lab+oneill",
        "preset": "house",
    }  # fmt: skip
    card = render_model_card(
        replace(METADATA, corpus=METADATA.corpus | {"started_from": start}), 2_000_000
    )
    assert "Trained on from `wide` (fingerprint `f00`, step 7,000)" in card
    assert "`lab+oneill`" in card
    assert (
        "train --preset house --run wide\n"
        "python -m musicgen train --preset quick --run NAME --from wide\n"
    ) in card


def test_a_card_names_every_training_that_led_to_a_model() -> None:
    first = {"name": "wide", "fingerprint": "f0", "step": 9, "source": "lab", "preset": "house"}
    start = first | {"name": "echoes", "preset": "echo", "started_from": first}
    metadata = replace(METADATA, corpus=METADATA.corpus | {"started_from": start})
    assert (
        "train --preset house --run wide\n"
        "python -m musicgen train --preset echo --run echoes --from wide\n"
        "python -m musicgen train --preset quick --run NAME --from echoes\n"
    ) in render_model_card(metadata, 2_000_000)


def test_a_card_says_that_the_end_of_a_run_was_kept_and_where_it_was_best() -> None:
    metadata = replace(METADATA, metrics={"best_step": 30, "val_loss": 1.25})
    card = render_model_card(metadata, 2_000_000)
    assert "The end of the run at step 40, as it is." in card
    assert "best on validation tunes at step 30 (1.2500 nats per character)" in card
    assert "bundle NAME --name fine --last" in card


def report_of(name: str, fingerprint: str) -> Report:
    real = TuneSet("real", None, 87, {"in_time": Estimate(0.95, 0.9, 0.98, 87)})
    cells = (Cell("fine", 0.8, False), Cell("fine", 0.8, True), Cell("other", 0.8, False))
    shares = (1.0, 0.5, 0.25)
    sets = tuple(
        TuneSet(
            cell.key, cell, 500, {"in_time": Estimate(share, share - 0.01, min(1, share + 0.01), 9)}
        )
        for cell, share in zip(cells, shares, strict=True)
    )
    loss = LossRow(name, fingerprint, 1.0, {}, 0, True)
    return Report(ReportPlan(("fine", "other")), "", "val", "lab", 87, real, sets, (loss,))


def test_a_card_has_what_a_report_found_of_these_weights() -> None:
    card = render_model_card(METADATA, 2_000_000, report_of("fine", "f00"), "f00")
    assert "| | real tunes | at 0.8 | at 0.8, without the grammar |" in card
    assert "| In time | 95.0 % | 100 % ↑ | 50.0 % ↓ |" in card
    assert "25.0 %" not in card  # another model's


def test_a_card_says_how_well_its_tunes_are_told_from_real_ones() -> None:
    report = report_of("fine", "f00")
    assert "told from real tunes" not in render_model_card(METADATA, 2_000_000, report, "f00")
    chance, found = Estimate(0.5, 0.4, 0.6, 160), Estimate(0.75, 0.65, 0.85, 160)
    gap = Giveaway("leaps", Estimate(0.25, 0.2, 0.3, 80), Estimate(0.125, 0.1, 0.2, 80),
                   Estimate(-0.5, -0.7, -0.3, 160))  # fmt: skip
    judged = Judgement(80, (Verdict("ngrams", found),), (gap,))
    control = Judgement(80, (Verdict("ngrams", chance),))
    assert report.real is not None
    report = replace(
        report,
        real=replace(report.real, judgement=control),
        sets=tuple(
            replace(item, judgement=this)
            for item, this in zip(report.sets, (judged, Judgement(3), judged), strict=True)
        ),
    )
    card = render_model_card(METADATA, 2_000_000, report, "f00")
    assert "| Runs of notes | 50.0 % (40.0 – 60.0) | 75.0 % ↑ (65.0 – 85.0) | – |" in card
    assert "| Leaps | 25.0 % | 12.5 % (−0.50) | – |" in card
    assert "there are 3" in card
    assert card.count("told from real tunes") == 1


@pytest.mark.parametrize("which", [("fine", "f01"), ("other", "f00")])
def test_a_card_takes_no_report_of_other_weights(which: tuple[str, str]) -> None:
    with pytest.raises(ReportError, match="nothing of these weights of fine"):
        render_model_card(METADATA, 2_000_000, report_of(*which), "f00")


HOSTILE = "<script>alert(1)</script> ![x](http://x) [y](javascript:z) | `a` # b\n\n# Heading\n"


def test_texts_of_strangers_are_short_and_no_markup_in_the_card(checkpoint_folder: Path) -> None:
    metadata = replace(
        read_metadata(checkpoint_folder),
        name=HOSTILE, preset=HOSTILE, created=HOSTILE, license=HOSTILE * 1000,
        corpus={"source": HOSTILE, "fingerprint": HOSTILE, "tunes": {HOSTILE: 3, "val": "x"},
                "started_from": {"name": HOSTILE, "step": HOSTILE, "preset": HOSTILE,
                                 "source": HOSTILE, "started_from": [HOSTILE]}},
        metrics={"best_step": 3, "val_loss": HOSTILE, "val": {"loss": 1.0}, "test": HOSTILE},
    )  # fmt: skip
    card = render_model_card(metadata, 1000)
    plain = render_model_card(read_metadata(checkpoint_folder), 1000)
    assert "<script" not in card
    assert "![x]" not in card and "](javascript" not in card and "\n# Heading" not in card
    assert card.count("\n#") == plain.count("\n#") + 1  # the figures of the validation tunes
    assert len(card) < len(plain) + 6000


@pytest.mark.parametrize("seed", range(40))
def test_a_card_is_written_of_whatever_metadata_can_be_read(
    checkpoint_folder: Path, seed: int
) -> None:
    path = checkpoint_folder / "checkpoint.json"
    values = json.loads(path.read_text())
    values["metrics"] = {"val_loss": 2.0, "best_step": 1, "val": {"loss": 1.0, "tunes": 3}}
    values["corpus"] = {
        "source": "lab", "tunes": {"train": 3}, "started_from": {"name": "a", "step": 3},
    }  # fmt: skip
    for text in damage_json(json.dumps(values), seed, 10):
        path.write_text(text)
        try:
            metadata = read_metadata(checkpoint_folder)
        except CheckpointError:
            continue
        assert render_model_card(metadata, 1000).startswith("# Model card: ")
