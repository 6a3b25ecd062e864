"""The steps of the lesson on learning by heart that follow its training."""

import streamlit as st

from musicgen.config import SampleConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.errors import CorpusError
from musicgen.evaluation.novelty.comparison import compare
from musicgen.evaluation.novelty.memorization import recital_rate
from musicgen.lessons.measures import longest_runs
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.parsing.reader import read_tune
from musicgen.training.runs.run import RunInfo
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.lessons import measured
from musicgen.ui.lessons.chart_view import draw_chart
from musicgen.ui.lessons.choices import Scene, is_pressed
from musicgen.ui.lessons.lesson_charts import bars, dots
from musicgen.ui.lessons.measured import Cell
from musicgen.ui.lessons.models_of import checkpoint_of
from musicgen.ui.lessons.training_view import finished
from musicgen.ui.lessons.tune_columns import compose_all, play

COUNT, TEMPERATURE = 8, 0.5
"""Tunes that are compared, and how they are composed."""


def recite(scene: Scene) -> bool:
    """How many tunes the network of the best step and that of the last one recite."""
    found = finished(scene)
    if found is None or not is_pressed(scene):
        return False
    groups = []
    for label, checkpoint in _both(_only(found)):
        dataset = load_dataset(_source(checkpoint), resources.paths())
        shares = [
            recital_rate(checkpoint.network, checkpoint.vocabulary, dataset.texts(side))
            for side in ("train", "val")
        ]
        groups.append((label, shares))
    names = _("tunes that were learned"), _("held-out tunes")
    figure = bars(names, groups, "recite", ("", _("tunes recited (percent)")))
    draw_chart(scene, figure, _("Tunes that are recited"))
    return True


def catch(scene: Scene) -> bool:
    """The longest runs that tunes of either network share with the tunes that were learned."""
    found = finished(scene)
    if found is None or not is_pressed(scene):
        return False
    try:
        cells = _cells(_only(found))
        index = measured.index(cells[-1].checkpoint)
    except CorpusError as error:
        st.info(sentence(error), icon=":material/info:")
        return False
    groups = [
        (cell.label, longest_runs(index, texts))
        for cell, texts in zip(cells, compose_all(cells), strict=True)
    ]
    real = index.real_characters
    groups.append((_("real tunes, among themselves"), real.longest.tolist()))
    titles = "", _("longest shared run (characters)")
    draw_chart(scene, dots(groups, titles, real.median), _("Longest runs that tunes share"))
    return True


def hear_both(scene: Scene) -> bool:
    """The composed tune with the longest run, and the tune that it shares it with."""
    found = finished(scene)
    if found is None or not is_pressed(scene):
        return False
    cell = _cells(_only(found))[-1]
    try:
        index = measured.index(cell.checkpoint)
    except CorpusError as error:
        st.info(sentence(error), icon=":material/info:")
        return False
    compared = [(compare(index, one.abc), one) for one in measured.tunes(cell)]
    novelty, composition = max(compared, key=lambda pair: pair[0].characters.longest)
    left, right = st.columns(2)
    with left:
        st.markdown(f"**{_('Composed')}**")
        play(composition.public_tune, composition.provenance(), scene.key("composed"))
    with right:
        if novelty.characters.tune < 0:
            st.info(_("It shares nothing with any tune that was learned."))
            return True
        tune = index.tunes[novelty.characters.tune]
        st.markdown(f"**{plain(tune.title)}**")
        play(read_tune(tune.text)[0], "", scene.key("learned"))
    st.caption(
        _("They share {count} characters in a row, of {all} that the composed tune has in its "
          "body.").format(count=novelty.characters.longest,
                          all=len(composition.abc) - composition.tune.body_start)
    )  # fmt: skip
    return True


def _only(found: dict[str, RunInfo]) -> RunInfo:
    return next(iter(found.values()))


def _both(info: RunInfo) -> list[tuple[str, Checkpoint]]:
    best, last = checkpoint_of(info), checkpoint_of(info, "last")
    return [
        (_("best step ({step:,})").format(step=best.metadata.step), best),
        (_("last step ({step:,})").format(step=last.metadata.step), last),
    ]


def _cells(info: RunInfo) -> list[Cell]:
    config = SampleConfig(
        seed=1, count=COUNT, temperature=TEMPERATURE, candidates=1, free=True, max_new_tokens=600
    )
    return [Cell(label, checkpoint, config) for label, checkpoint in _both(info)]


def _source(checkpoint: Checkpoint) -> str:
    return checkpoint.metadata.training.source
