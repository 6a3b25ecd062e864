"""Charts of what a training has for goals beside the next character, and how to read them.

Pure functions from data to Plotly figures, as `training_charts`.
"""

from dataclasses import dataclass

from musicgen.ui.base.language import N_, _
from musicgen.ui.components.live_chart import Panel
from musicgen.ui.components.training_charts import Course, View, figures_panel


@dataclass(frozen=True, slots=True)
class GoalChart:
    """A figure of `training.loop.metrics.FIGURES`: its title, how to read it, how it is written."""

    title: str
    meaning: str
    tickformat: str


GOAL_CHARTS = {
    "adversary_loss": GoalChart(
        N_("Discriminator's loss"),
        N_("0.69 is chance: the closer, the less it tells composed tunes from real ones."),
        ".2f",
    ),
    "adversary_accuracy": GoalChart(
        N_("Discriminator right"),
        N_(
            "Of held-out tunes and new composed ones. It should come down towards 50 %; when it "
            "stays near 100 %, the reward teaches little."
        ),
        ".0%",
    ),
    "reward": GoalChart(
        N_("Reward"),
        N_(
            "How probably composed tunes are real, as the discriminator says. It rises where the "
            "network wins, and falls where the discriminator catches up."
        ),
        ".0%",
    ),
    "preference_loss": GoalChart(
        N_("Preference loss"),
        N_(
            "0.69 is no preference. Where it falls for training pairs and rises for held-out ones, "
            "pairs are learned by heart: stop there."
        ),
        ".2f",
    ),
    "preference_accuracy": GoalChart(
        N_("Preferred tunes ranked first"),
        N_("Pairs in which the preferred tune gained more probability than the other one."),
        ".0%",
    ),
    "preference_margin": GoalChart(
        N_("Margin of preference"),
        N_("By how much the implied reward of preferred tunes is higher. It should rise slowly."),
        ".2f",
    ),
}
"""By the name of the figure."""


def goal_panels(course: Course, view: View) -> list[Panel]:
    """A chart for each figure of further goals that a training has shown; none without goals."""
    shown = {name for item in course.metrics for name in item.figures}
    return [
        figures_panel(course, view, name, _(chart.title), chart.tickformat)
        for name, chart in GOAL_CHARTS.items()
        if name in shown
    ]


def explain_goals(course: Course) -> list[str]:
    """What to see in each of these charts, a line each in Markdown."""
    shown = {name for item in course.metrics for name in item.figures}
    return [
        f"**{_(chart.title)}**: {_(chart.meaning)}"
        for name, chart in GOAL_CHARTS.items()
        if name in shown
    ]
