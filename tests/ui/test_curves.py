import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import TrainingConfig
from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.components.curves import (
    compute_passes,
    compute_perplexity,
    envelope,
    metrics_csv,
    smoothed,
    thinned,
)

VALUES = st.lists(st.floats(0, 10), max_size=700)
LIMIT = 100


@given(VALUES)
def test_a_thinned_curve_is_short_keeps_its_end_and_never_leaves_the_range(values):
    steps = list(range(1, len(values) + 1))
    thin_steps, thin_values = thinned(steps, values, LIMIT)
    assert len(thin_steps) == len(thin_values) <= LIMIT
    assert thin_steps == sorted(thin_steps)
    if values:
        assert (thin_steps[-1], thin_values[-1]) == (steps[-1], values[-1])
        assert min(values) - 1e-9 <= min(thin_values) <= max(thin_values) <= max(values) + 1e-9


@given(VALUES)
def test_an_envelope_is_short_and_has_the_points_of_the_curve_its_peaks_among_them(values):
    steps = list(range(1, len(values) + 1))
    found_steps, found_values = envelope(steps, values, LIMIT)
    assert len(found_steps) == len(found_values) <= LIMIT
    assert found_steps == sorted(set(found_steps))
    assert found_values == [values[step - 1] for step in found_steps]
    if values:
        assert (min(found_values), max(found_values)) == (min(values), max(values))


def test_a_curve_of_few_points_is_left_alone():
    assert thinned([1, 2], [3.0, 4.0]) == envelope([1, 2], [3.0, 4.0]) == ([1, 2], [3.0, 4.0])


def test_a_running_mean_begins_at_the_first_value_and_forgets_slowly():
    assert smoothed([], 0.9) == []
    assert smoothed([3.0], 0.9) == pytest.approx([3.0])
    assert smoothed([3.0, 1.0], 0.9)[1] == pytest.approx((3 * 0.9 + 1) / 1.9)


@given(VALUES)
def test_without_smoothing_the_values_stay_as_they_are(values):
    assert smoothed(values, 0.0) == values


def test_passes_count_every_character_read():
    config = TrainingConfig(batch_size=8, seq_len=100, accumulate=2)
    assert compute_passes(config, 50, 40_000) == 2.0


def test_perplexity_of_a_guess_among_eighty_is_eighty():
    assert compute_perplexity(math.log(80)) == pytest.approx(80)
    assert math.isfinite(compute_perplexity(1e6))


def test_the_table_has_every_step_and_reads_back_exactly():
    metrics = [
        StepMetrics(1, 4.4, 0.1, 2.0, 1e-3, 1e4, 0.5),
        StepMetrics(2, 1 / 3, 0.2, 1.5, 1e-3, 1e4, 1.0, 0.7, 0.25),
    ]
    rows = list(csv.DictReader(io.StringIO(metrics_csv(metrics))))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert float(rows[1]["train_loss"]) == 1 / 3
    assert (rows[0]["val_loss"], rows[0]["val_perplexity"]) == ("", "")
    assert float(rows[1]["val_perplexity"]) == math.exp(0.7)
    assert metrics_csv([]).startswith("step,train_loss,")
