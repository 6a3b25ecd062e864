"""The steps of the lesson on temperature."""

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.lessons.temperature import COMPARED
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.temperature_effect import (
    choose_beginning,
    compute_effect,
    count_choices,
    score_next,
    show_before,
)
from musicgen.sampling.text_scoring import TextScores
from musicgen.ui.base.language import _
from musicgen.ui.components.text_block import text_block
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import TEMPERATURE, Scene, is_pressed
from musicgen.ui.lessons.lesson_charts import bars, exactly, sign
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.lessons.models_of import chosen_checkpoint
from musicgen.ui.lessons.tune_columns import count, hear
from musicgen.ui.tune.permalink import SLIDERS

FIRST_SEED, COUNT = 3, 12


def next_character(scene: Scene) -> bool:
    """The slider, and what it makes of the probabilities."""
    checkpoint = chosen_checkpoint(scene)
    low, high = SLIDERS["temperature"]
    st.slider(_("Temperature"), low, high, step=0.05, key=TEMPERATURE.name, persist_state="session")
    temperature = round(TEMPERATURE.get(), 2)
    text, seen = _ahead(checkpoint.fingerprint, checkpoint)
    effect = compute_effect(seen, len(text), SampleConfig(temperature=temperature))
    text_block(show_before(text, len(text)), has_copy=False)
    groups = [
        (_("temperature {value:g}").format(value=1), list(map(exactly, effect.before))),
        (_("as chosen: {value:g}").format(value=temperature), list(map(exactly, effect.after))),
    ]
    titles = _("next character"), _("probability (percent)")
    names = [sign(one) for one in effect.characters]
    draw_chart(scene, bars(names, groups, "next", titles), _("Probabilities of the next character"))
    st.caption(
        _("As if among {before:.1f} equally likely characters at temperature 1, and among "
          "{after:.1f} at {temperature:g}.").format(
              before=count_choices(effect.entropy_before),
              after=count_choices(effect.entropy_after), temperature=temperature)
    )  # fmt: skip
    return True


@st.cache_resource(max_entries=8, show_spinner=False)
def _ahead(
    fingerprint: str,  # noqa: ARG001 - the cache's key
    _checkpoint: Checkpoint,
) -> tuple[str, TextScores]:
    text, rules = choose_beginning(_checkpoint, SampleConfig())
    return text, score_next(_checkpoint, rules, text)


def one_seed(scene: Scene) -> bool:
    """A tune at each temperature."""
    presses = is_pressed(scene)
    if presses:
        hear(scene, _cells(scene, SampleConfig(seed=FIRST_SEED + presses - 1, candidates=1)))
    return bool(presses)


def many_tunes(scene: Scene) -> bool:
    """What is counted at each temperature."""
    if not is_pressed(scene):
        return False
    count(scene, _cells(scene, SampleConfig(seed=1, count=COUNT, candidates=1, free=True)))
    return True


def _cells(scene: Scene, config: SampleConfig) -> list[Cell]:
    checkpoint = chosen_checkpoint(scene)
    return [
        Cell(_("temperature {value:g}").format(value=one), checkpoint,
             config.replace(temperature=one))
        for one in COMPARED
    ]  # fmt: skip
