"""The steps of the lesson on what loss does not tell."""

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import CorpusError
from musicgen.lessons.measures import longest_runs
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.components.live_chart import Panel, live_charts
from musicgen.ui.lessons import measured
from musicgen.ui.lessons.chart_view import HEIGHT, draw_chart
from musicgen.ui.lessons.choices import Scene, is_pressed
from musicgen.ui.lessons.lesson_charts import bars, dots, over_temperature
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.lessons.models_of import chosen_checkpoint, compared_checkpoints
from musicgen.ui.lessons.tune_columns import compose_all, count, figures_of, hear

FIRST_SEED, COUNT, COUNT_OF_EACH = 5, 12, 8
TEMPERATURES = (0.6, 0.8, 1.0, 1.2, 1.4)


def both_losses(scene: Scene) -> bool:
    """The loss of both networks on tunes that they learned from and on held-out ones."""
    if not is_pressed(scene):
        return False
    sides = {"train": _("tunes that were learned"), "val": _("held-out tunes")}
    checkpoints = compared_checkpoints(scene)
    with st.spinner(_("Reading tunes …"), show_time=True):
        groups = [
            (label, [measured.losses(one, side)[0].loss for one in checkpoints])
            for side, label in sides.items()
        ]
    titles = _("network"), _("loss (nats per character)")
    names = [one.name for one in checkpoints]
    draw_chart(scene, bars(names, groups, "losses", titles, ".2f"), _("Losses of both networks"))
    return True


def one_seed(scene: Scene) -> bool:
    """A tune of each network."""
    presses = is_pressed(scene)
    if presses:
        seed = FIRST_SEED + presses - 1
        hear(scene, _cells(scene, SampleConfig(seed=seed, candidates=1, free=True)))
    return bool(presses)


def many_tunes(scene: Scene) -> bool:
    """What is counted of both, and of real tunes."""
    if not is_pressed(scene):
        return False
    cells = _cells(scene, _many())
    count(scene, cells, measured.texts(cells[0].checkpoint))
    return True


def copies(scene: Scene) -> bool:
    """The longest run that each tune shares with a tune that its network learned from."""
    if not is_pressed(scene):
        return False
    cells = _cells(scene, _many())
    try:
        with st.spinner(_("Reading what they learned from …"), show_time=True):
            indices = [measured.index(cell.checkpoint) for cell in cells]
    except CorpusError as error:
        st.info(sentence(error), icon=":material/info:")
        return False
    groups = [
        (cell.label, longest_runs(index, texts))
        for cell, index, texts in zip(cells, indices, compose_all(cells), strict=True)
    ]
    titles = _("network"), _("longest shared run (characters)")
    median = indices[0].real_characters.median
    draw_chart(scene, dots(groups, titles, median), _("Longest runs that tunes share"))
    return True


def over_temperatures(scene: Scene) -> bool:
    """Held-out loss and share of tunes in time over the temperature."""
    if not is_pressed(scene):
        return False
    checkpoint = chosen_checkpoint(scene)
    with st.spinner(_("Reading tunes …"), show_time=True):
        found = measured.losses(checkpoint, "val", TEMPERATURES)
    losses = {one.temperature: one.loss for one in found}
    config = SampleConfig(seed=1, count=COUNT_OF_EACH, candidates=1, free=True)
    cells = [
        Cell(_("temperature {value:g}").format(value=one), checkpoint,
             config.replace(temperature=one))
        for one in TEMPERATURES
    ]  # fmt: skip
    in_time = {
        temperature: figures_of(texts)[0]
        for temperature, texts in zip(TEMPERATURES, compose_all(cells), strict=True)
    }
    axis, key = _("temperature"), scene.key("panels")
    loss_title, time_title = _("loss (nats per character)"), _("tunes in time (percent)")
    panels = [
        Panel("loss", over_temperature(losses, "loss", (axis, loss_title), ".2f"),
              _("Held-out loss over the temperature"), HEIGHT, is_wide=False),
        Panel("time", over_temperature(in_time, "time", (axis, time_title), ".0%"),
              _("Tunes in time over the temperature"), HEIGHT, is_wide=False),
    ]  # fmt: skip
    live_charts(panels, key)
    st.caption(_(scene.step.chart))
    return True


def _many() -> SampleConfig:
    return SampleConfig(seed=1, count=COUNT, candidates=1, free=True)


def _cells(scene: Scene, config: SampleConfig) -> list[Cell]:
    return [Cell(one.name, one, config) for one in compared_checkpoints(scene)]
