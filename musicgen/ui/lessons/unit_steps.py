"""The steps of the lesson on units that count the bar."""

import numpy as np
import streamlit as st

from musicgen.config import SampleConfig
from musicgen.interpretation.interventions import Intervention, silence, silence_place
from musicgen.interpretation.recording import record
from musicgen.interpretation.sites import find_sites, has_place
from musicgen.lessons.bar_counting import UNITS
from musicgen.lessons.measures import CountingUnits, draw_other_units, find_counting_units
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.language import _
from musicgen.ui.components.coloured_text import Colours, coloured_text
from musicgen.ui.lessons import choices, measured
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import Scene, is_pressed
from musicgen.ui.lessons.lesson_charts import bars, exactly, unit_curve
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.lessons.models_of import chosen_checkpoint
from musicgen.ui.lessons.tune_columns import count, hear

TUNES = 16
"""Held-out tunes by which units are found."""

FIRST_SEED, COUNT, OTHERS_SEED = 3, 12, 1
_LEAST = 1e-6


def find(scene: Scene) -> bool:
    """The units that follow the bar most, as bars."""
    checkpoint = chosen_checkpoint(scene)
    if not is_pressed(scene):
        return False
    with st.spinner(_("Reading held-out tunes …"), show_time=True):
        counting = _counting(checkpoint)
    if not counting.units:
        st.info(_("The held-out tunes are too few to say anything of units."))
        return False
    names = [_("unit {unit}").format(unit=unit) for unit in counting.units]
    groups = [(_("share"), [exactly(share) for share in counting.shares])]
    titles = _("unit"), _("share of what there is to know (percent)")
    draw_chart(scene, bars(names, groups, "units", titles), _("Units that follow the bar most"))
    return True


def _counting(checkpoint: Checkpoint) -> CountingUnits:
    return _found(checkpoint.fingerprint, checkpoint)


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    _checkpoint: Checkpoint,
) -> CountingUnits:
    read = measured.texts(_checkpoint, count=TUNES)
    return find_counting_units(_checkpoint, read, UNITS)


def _has_found(scene: Scene) -> bool:
    """Whether the first step was done; a sentence where it was not."""
    first = scene.lesson.steps[0].name
    if choices.PRESSED.get().get((scene.lesson.name, first)):
        return True
    st.caption(_("This step needs the units that step 1 finds."))
    return False


def colour(scene: Scene) -> bool:
    """A slider over the units, and the colours and the curve of the chosen one."""
    if not _has_found(scene):
        return False
    checkpoint = chosen_checkpoint(scene)
    units = _counting(checkpoint).units
    if not units:
        return False
    choices.UNIT.set(min(max(1, choices.UNIT.get()), len(units)))
    if len(units) > 1:
        st.slider(
            _("Which of them, the strongest first"),
            1,
            len(units),
            step=1,
            key=choices.UNIT.name,
            persist_state="session",
        )
    unit = units[choices.UNIT.get() - 1]
    text, hidden = _recorded(checkpoint.fingerprint, checkpoint)
    values = hidden[:, unit]
    scale = max(float(np.abs(values).max(initial=0)), _LEAST)
    shades = tuple(np.round(100 * values / scale).astype(int).tolist())
    coloured_text(
        text, Colours(shades, round(scale, 4), _("below zero"), _("above zero")),
        key=scene.key("text"), label=_("The text of the tune, coloured by the unit"),
    )  # fmt: skip
    titles = _("character of the text"), _("unit {unit}").format(unit=unit)
    draw_chart(scene, unit_curve(text, values.tolist(), titles), _("The unit along the text"))
    return True


@st.cache_resource(max_entries=8, show_spinner=False)
def _recorded(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    _checkpoint: Checkpoint,
) -> tuple[str, np.ndarray]:
    """A tune of the network itself, and what all units of its first layer did."""
    cell = Cell("", _checkpoint, SampleConfig(seed=FIRST_SEED, candidates=1))
    text = measured.tunes(cell)[0].abc
    seen = record(_checkpoint.network, _checkpoint.vocabulary, text)
    return text, seen.layers[0].hidden


def switch_off(scene: Scene) -> bool:
    """One seed as it is, without the units that count, without others, and without its place."""
    if not _has_found(scene):
        return False
    presses = is_pressed(scene)
    if presses:
        config = SampleConfig(seed=FIRST_SEED + presses - 1, candidates=1, free=True)
        hear(scene, _cells(scene, config))
    return bool(presses)


def many_tunes(scene: Scene) -> bool:
    """What is counted in each of these ways."""
    if not _has_found(scene) or not is_pressed(scene):
        return False
    count(scene, _cells(scene, SampleConfig(seed=1, count=COUNT, candidates=1, free=True)))
    return True


def _cells(scene: Scene, config: SampleConfig) -> list[Cell]:
    checkpoint = chosen_checkpoint(scene)
    counting = _counting(checkpoint)
    size = find_sites(checkpoint.network)[counting.layer].size
    others = draw_other_units(counting, size, OTHERS_SEED)
    changes = {
        _("as it is"): Intervention(),
        _("without those that count"): _silence(counting.layer, counting.units),
        _("without others"): _silence(counting.layer, others),
    }
    if has_place(checkpoint.network):
        changes[_("without its place in the bar")] = silence_place()
    return [Cell(label, checkpoint, config, change) for label, change in changes.items()]


def _silence(layer: int, units: tuple[int, ...]) -> Intervention:
    """Some units switched off; nothing where none are named, which would be the whole layer."""
    return silence(layer, units) if units else Intervention()
