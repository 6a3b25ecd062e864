import dataclasses
import math
from pathlib import Path

import pytest

from musicgen.evaluation.measures.convergence import Evaluation
from musicgen.evaluation.measures.fluency import FluencyReport
from musicgen.presets import PRESETS, Preset
from musicgen.training.loop.metrics import StepMetrics
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.run_files import Progress
from musicgen.training.runs.summary import (
    characters_per_step,
    differing_settings,
    read_fluency,
    summarise_run,
    write_fluency,
)


@pytest.fixture
def run(tmp_path: Path, tiny_preset: Preset) -> Run:
    return RunStore(tmp_path / "runs").create("one", tiny_preset)


def record(run: Run, losses: list[float], looks: dict[int, float]) -> None:
    for step, loss in enumerate(losses, 1):
        run.append_metrics(
            StepMetrics(step, loss, 0.5, 1.0, 0.01, 1e4, step / 4, val_loss=looks.get(step))
        )


def test_the_figures_of_a_run(run: Run) -> None:
    record(run, [4.0] * 18 + [1.0, 2.0], {5: 3.0, 10: 1.04, 15: 1.0, 20: 1.2})
    run.write_status("finished", "", 20, Progress(1.0, 15))
    summary = summarise_run(run)
    assert (summary.final_train_loss, summary.best_train_loss) == (1.5, 1.0)
    assert summary.stability == 0.5
    assert summary.best == Evaluation(15, 3.75, 1.0)
    assert summary.converged == Evaluation(10, 2.5, 1.04)
    assert summary.perplexity == pytest.approx(math.e)
    assert summary.elapsed_s == 5.0
    assert summary.size_bytes > 0


def test_a_run_that_has_not_begun_has_no_figures(run: Run) -> None:
    summary = summarise_run(run)
    assert (summary.best_val_loss, summary.perplexity, summary.stability) == (None, None, None)
    assert (summary.best, summary.converged, summary.elapsed_s) == (None, None, 0.0)


def test_a_run_stopped_before_its_first_look_has_the_loss_of_its_end(run: Run) -> None:
    record(run, [4.0], {})
    run.write_status("stopped", "", 1, Progress(3.9, 1))
    assert summarise_run(run).best_val_loss == 3.9


def test_only_the_settings_that_differ_are_told() -> None:
    presets = [PRESETS["baseline"], PRESETS["improved"]]
    assert differing_settings(presets) == {
        "hidden_size": [1024, 512], "num_layers": [1, 2], "batch_size": [8, 64],
        "seq_len": [100, 50], "learning_rate": [5e-3, 1e-3],
    }  # fmt: skip
    assert differing_settings(presets[:1]) == {}
    assert differing_settings([]) == {}


def test_characters_count_all_batches_of_a_step(tiny_preset: Preset) -> None:
    config = tiny_preset.training.replace(batch_size=3, seq_len=7, accumulate=2)
    assert characters_per_step(config) == 42


def test_fluency_is_kept_for_the_checkpoint_it_was_measured_on(run: Run) -> None:
    report = FluencyReport("abc", 0.8, 1, 20, 19, 18, 17)
    assert read_fluency(run, "abc") is None
    write_fluency(run, report)
    assert read_fluency(run, "abc") == report
    assert read_fluency(run, "newer") is None
    write_fluency(run, dataclasses.replace(report, in_time_tunes=21))
    assert read_fluency(run, "abc") is None
    (run.path / "fluency.json").write_text("[")
    assert read_fluency(run, "abc") is None
