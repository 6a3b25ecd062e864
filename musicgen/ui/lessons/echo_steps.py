"""The steps of the lesson on echoes."""

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.interpretation.interventions import silence_echoes
from musicgen.interpretation.sites import has_echoes
from musicgen.ui.base.language import _
from musicgen.ui.lessons import measured
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import Scene, is_pressed
from musicgen.ui.lessons.lesson_charts import placed_lines
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.lessons.models_of import chosen_checkpoint
from musicgen.ui.lessons.tune_columns import count, hear

FIRST_SEED, COUNT = 3, 12


def one_seed(scene: Scene) -> bool:
    """A tune with the echoes and without them."""
    if not _has_echoes(scene):
        return False
    presses = is_pressed(scene)
    if presses:
        hear(scene, _cells(scene, SampleConfig(seed=FIRST_SEED + presses - 1, candidates=1)))
    return bool(presses)


def many_tunes(scene: Scene) -> bool:
    """What is counted in both ways, and in real tunes."""
    if not _has_echoes(scene) or not is_pressed(scene):
        return False
    config = SampleConfig(seed=1, count=COUNT, candidates=1)
    count(scene, _cells(scene, config), measured.texts(chosen_checkpoint(scene)))
    return True


def along_tunes(scene: Scene) -> bool:
    """The loss along held-out tunes in both ways."""
    if not _has_echoes(scene) or not is_pressed(scene):
        return False
    cells = _cells(scene, SampleConfig(candidates=1))
    lines = [(cell.label, measured.placed(cell)) for cell in cells]
    titles = _("place in the tune (characters)"), _("loss (nats per character)")
    draw_chart(scene, placed_lines(lines, titles), _("Loss along held-out tunes"))
    return True


def _has_echoes(scene: Scene) -> bool:
    if has_echoes(chosen_checkpoint(scene).network):
        return True
    st.caption(_("This network has no echoes. Choose one that has, such as house, on the left."))
    return False


def _cells(scene: Scene, config: SampleConfig) -> list[Cell]:
    checkpoint = chosen_checkpoint(scene)
    return [
        Cell(_("with echoes"), checkpoint, config),
        Cell(_("without echoes"), checkpoint, config, silence_echoes()),
    ]
