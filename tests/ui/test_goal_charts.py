import plotly.graph_objects as go

from musicgen.config import TrainingConfig
from musicgen.training.loop.metrics import FIGURES, StepMetrics
from musicgen.ui.components.curves import metrics_csv
from musicgen.ui.components.goal_charts import GOAL_CHARTS, explain_goals, goal_panels
from musicgen.ui.components.training_charts import Course, View
from tests.ui.test_training_charts import without_theme


def course(**figures: float) -> Course:
    metrics = [
        StepMetrics(step, 1.0, 0.5, 1.0, 1e-3, 1e4, step / 10, 1.0 if step % 10 == 0 else None,
                    0.5 if step % 10 == 0 else None,
                    {name: value for name, value in figures.items()
                     if step % (10 if name.startswith("val_") else 2) == 0})
        for step in range(1, 31)
    ]  # fmt: skip
    return Course("run", TrainingConfig(), metrics)


def test_a_training_without_further_goals_has_no_further_charts() -> None:
    assert goal_panels(course(), View()) == []
    assert explain_goals(course()) == []


def test_every_figure_has_a_chart_with_its_sentence_that_plotly_accepts() -> None:
    shown = {name for name in FIGURES if not name.startswith("val_")}
    assert set(GOAL_CHARTS) == shown
    all_figures = course(**dict.fromkeys(FIGURES, 0.5))
    for view in (View(), View(0.0, True, True), View(0.9, is_end=True)):
        panels = goal_panels(all_figures, view)
        assert {panel.name for panel in panels} == shown
        for panel in panels:
            go.Figure(without_theme(panel.figure))
    assert len(explain_goals(all_figures)) == len(shown)


def test_steps_that_were_not_the_goals_have_no_point_and_held_out_pairs_a_line() -> None:
    panels = goal_panels(
        course(preference_margin=-2.0, val_preference_margin=-1.0), View(smoothing=0.0)
    )
    (panel,) = panels
    own, held_out = panel.figure["data"]
    assert own["x"] == list(range(2, 31, 2))
    assert (held_out["x"], held_out["y"]) == ([10, 20, 30], [-1.0, -1.0, -1.0])
    low, high = panel.figure["layout"]["yaxis"]["range"]
    assert low < -2.0 and high > -1.0  # a margin may lie below 0


def test_the_table_of_all_steps_has_a_column_for_each_figure() -> None:
    head, first, second, *_rest = metrics_csv(course(reward=0.25).metrics).splitlines()
    assert head.endswith(",train_perplexity,val_perplexity,reward")
    assert (first.split(",")[-1], second.split(",")[-1]) == ("", "0.25")
    assert "figures" not in head
