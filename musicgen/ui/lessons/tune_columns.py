"""Tunes side by side: heard, read, and in figures."""

import math
from collections.abc import Sequence

import streamlit as st

from musicgen.errors import AudioError
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.interpretation.comparison import TuneReading, read_measures
from musicgen.lessons.measures import FIGURES, count_figures
from musicgen.notation.model import Tune
from musicgen.rendering.playback_settings import DANCED
from musicgen.sampling.composer import Composition
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.components.score import score
from musicgen.ui.components.text_block import text_block
from musicgen.ui.lessons import measured
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import Scene
from musicgen.ui.lessons.lesson_charts import bars
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.tune import rendering


def hear(scene: Scene, cells: Sequence[Cell]) -> None:
    """A tune of each cell: player, score, and below all of them what is measured of each."""
    found = []
    for number, (column, cell) in enumerate(zip(st.columns(len(cells)), cells, strict=True)):
        with column:
            st.markdown(f"**{plain(cell.label)}**")
            with st.spinner(_("Composing …")):
                composition = measured.tunes(cell)[0]
            found.append(composition)
            play(composition.public_tune, composition.provenance(), scene.key(f"tune_{number}"))
    _figures(cells, found)
    st.caption(
        _("Seed {seed}. Press the button again for the next one.").format(seed=found[0].seed)
    )


def play(tune: Tune, comment: str, key: str) -> None:
    """The player and the score of a tune; a sentence and the text where nothing sounds."""
    try:
        sound = rendering.render_text(tune.text, tune, comment, DANCED.arrangement)
    except AudioError as error:
        st.warning(sentence(error), icon=":material/volume_off:")
        text_block(tune.text)
        return
    with st.container(key=key):
        st.audio(sound.wav, "audio/wav")
    score(
        rendering.layouts(tune, sound)[-1:],
        [onset for _start, onset, _length in sound.moments],
        [length for _start, _onset, length in sound.moments],
        key=f"{key}_score",
        audio=f".st-key-{key} audio",
        library=resources.paths().abcjs,
    )


def _figures(cells: Sequence[Cell], found: Sequence[Composition]) -> None:
    readings = [read_measures(one.tune) for one in found]
    rows = {
        _("Every bar in time"): [_yes(one.is_in_time) for one in readings],
        _("Key heard is the one stated"): [_yes(one.keeps_key) for one in readings],
        _("Bars that come again"): [_repetition(one) for one in readings],
        _("Bars"): [str(one.bars) for one in readings],
        _("Ended by itself"): [_yes(one.is_complete) for one in found],
    }
    columns = {" ": list(rows)}
    for number, cell in enumerate(cells):
        columns[plain(cell.label)] = [values[number] for values in rows.values()]
    st.table(columns, border="horizontal", hide_index=True)


def _yes(value: bool | None) -> str:
    return "–" if value is None else _("yes") if value else _("no")


def _repetition(one: TuneReading) -> str:
    return "–" if math.isnan(one.repetition) else f"{one.repetition:.0%}"


def compose_all(cells: Sequence[Cell]) -> list[list[str]]:
    """The texts of all tunes of each cell, with a bar that says how far it is."""
    progress = st.progress(0.0, _("Composing …"))
    texts: list[list[str]] = []
    for number, cell in enumerate(cells):
        progress.progress(number / len(cells), f"{_('Composing …')} {plain(cell.label)}")
        texts.append([one.abc for one in measured.tunes(cell)])
    progress.empty()
    return texts


def count(scene: Scene, cells: Sequence[Cell], real: Sequence[str] = ()) -> None:
    """What is counted of many tunes of each cell, next to real tunes where there are any."""
    groups = [
        (cell.label, figures_of(texts))
        for cell, texts in zip(cells, compose_all(cells), strict=True)
    ]
    if real:
        groups.append((_("real tunes"), figures_of(real)))
    titles = "", _("share (percent)")
    names = [_(label) for label in FIGURES.values()]
    draw_chart(scene, bars(names, groups, "counted", titles), _("What was counted of the tunes"))


def figures_of(texts: Sequence[str]) -> list[Estimate]:
    """`FIGURES` of some tunes, in their order."""
    found = count_figures(texts)
    return [found[name] for name in FIGURES]
