"""Steps that follow the trainings of a lesson: moments, places in tunes, and tunes of each."""

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.training.loop.metrics import StepMetrics
from musicgen.ui.base.language import _
from musicgen.ui.components.curves import smoothed
from musicgen.ui.lessons import measured
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import Scene, is_pressed
from musicgen.ui.lessons.lesson_charts import SMOOTHING, bars, exactly, placed_lines
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.lessons.models_of import checkpoint_of
from musicgen.ui.lessons.training_view import finished, read_metrics
from musicgen.ui.lessons.tune_columns import hear

FIRST_SEED = 1

Looks = dict[int, tuple[float, float]]
"""By step the loss on training tunes, as a running mean, and that on held-out tunes."""


def find_looks(metrics: list[StepMetrics]) -> Looks:
    """The steps at which held-out tunes were looked at, with both losses."""
    means = smoothed([one.train_loss for one in metrics], SMOOTHING)
    return {
        one.step: (mean, one.val_loss)
        for one, mean in zip(metrics, means, strict=True)
        if one.val_loss is not None
    }


def held_out_at(scene: Scene) -> bool:
    """A slider along the steps, and the held-out loss of each run there."""
    chosen = _moment(scene)
    if chosen is None:
        return False
    step, looks = chosen
    names = [_(run.label) for run in scene.lesson.runs]
    values = [exactly(looks[run.key][step][1]) for run in scene.lesson.runs]
    titles = _("learning rate"), _("held-out loss (nats per character)")
    figure = bars(names, [(_("held-out tunes"), values)], "moment", titles, ".2f")
    draw_chart(scene, figure, _("Held-out loss at the chosen step"))
    return True


def gap_at(scene: Scene) -> bool:
    """A slider along the steps, and both losses of each run there."""
    chosen = _moment(scene)
    if chosen is None:
        return False
    step, looks = chosen
    names = [_(run.label) for run in scene.lesson.runs]
    groups = [
        (label, [exactly(looks[run.key][step][side]) for run in scene.lesson.runs])
        for side, label in enumerate((_("training tunes"), _("held-out tunes")))
    ]
    titles = "", _("loss (nats per character)")
    draw_chart(scene, bars(names, groups, "gap", titles, ".2f"), _("Losses at the chosen step"))
    return True


def _moment(scene: Scene) -> tuple[int, dict[str, Looks]] | None:
    """The step that is chosen, and the looks of each run; None where there is nothing to choose."""
    found = finished(scene)
    if found is None:
        return None
    looks = {key: find_looks(read_metrics(info)) for key, info in found.items()}
    steps = sorted(set.intersection(*(set(one) for one in looks.values())))
    if not steps:
        st.caption(_("These trainings were stopped before their first look at held-out tunes."))
        return None
    if len(steps) == 1:
        return steps[0], looks
    key = scene.key(f"moment_{len(steps)}_{steps[-1]}")
    step = st.select_slider(_("Step"), steps, steps[-1], key=key, format_func="{:,}".format)
    return step, looks


def along_tunes(scene: Scene) -> bool:
    """The loss of each run along held-out tunes."""
    found = finished(scene)
    if found is None or not is_pressed(scene):
        return False
    lines = [
        (cell.label, measured.placed(cell)) for cell in _cells(scene, SampleConfig(candidates=1))
    ]
    titles = _("place in the tune (characters)"), _("loss (nats per character)")
    mark = scene.lesson.runs[0].preset.training.seq_len
    draw_chart(scene, placed_lines(lines, titles, mark), _("Loss along held-out tunes"))
    return True


def hear_runs(scene: Scene) -> bool:
    """One seed with the network of each run, without the grammar."""
    if finished(scene) is None:
        return False
    presses = is_pressed(scene)
    if presses:
        seed = FIRST_SEED + presses - 1
        hear(scene, _cells(scene, SampleConfig(seed=seed, candidates=1, free=True,
                                               max_new_tokens=600)))  # fmt: skip
    return bool(presses)


def _cells(scene: Scene, config: SampleConfig) -> list[Cell]:
    found = finished(scene) or {}
    return [
        Cell(_(run.label), checkpoint_of(found[run.key]), config)
        for run in scene.lesson.runs
        if run.key in found
    ]
