"""When it learned that: figures, sound, weights and embedding at moments of a training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicgen.errors import RunError
from musicgen.interpretation.development import (
    PROBED,
    Moment,
    find_histograms,
    find_learned,
    find_paths,
)
from musicgen.interpretation.embeddings import find_pitch
from musicgen.interpretation.facts import FACTS
from musicgen.models.checkpoint import Checkpoint
from musicgen.training.runs.run import Run
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import sentence, show_errors, translate
from musicgen.ui.base.language import _
from musicgen.ui.base.links import train_link
from musicgen.ui.base.state import Slot
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.components.score import score
from musicgen.ui.components.text_block import text_block
from musicgen.ui.inside import figures, measured
from musicgen.ui.inside.subject import of_composition, sound_or_none
from musicgen.ui.tune import rendering
from musicgen.ui.tune.models import Models

STEP = Slot("inside_moment", -1)
"""The step whose tune is heard; -1 until one is chosen."""

_PART = Slot("inside_spread", "")
_LOOK = "inside_look_at_moments"
_WEIGHTS, _ACTIVATIONS = "weights", "activations"


def when_it_learned(checkpoint: Checkpoint) -> None:
    """The moments of the chosen model's training, measured once it is asked for."""
    run = _run_of_model()
    kept = run.list_moments() if run else {}
    if not run or len(kept) < 2:
        st.info(
            _("This model kept no weights along the way. Train one with the preset *quick*, or "
              "with *Weights along the way* switched on under *Steps and looks*: then one sees "
              "here what it learned when, from the first noise on."),
            icon=":material/info:",
        )  # fmt: skip
        train_link()
        return
    todo = [folder for folder in kept.values() if not measured.knows_moment(run.id, folder)]
    offer = st.empty()
    if todo and not _is_asked_for(offer, len(kept)):
        return
    with answered(_LOOK):
        moments = _measure(run.id, list(kept.values()))
    offer.empty()  # what was offered is done
    _curves(moments)
    _hear(moments)
    _spread(moments)
    _movement(moments, checkpoint.vocabulary.characters)


def _is_asked_for(place: DeltaGenerator, count: int) -> bool:
    with place.container():
        st.caption(
            _("The weights of {count} moments were kept. At each one, held-out tunes are read and "
              "free tunes composed, which takes some seconds.").format(count=count)
        )  # fmt: skip
        return ask_button(_("Look at all of them"), _LOOK, type="primary", icon=":material/search:")


def _run_of_model() -> Run | None:
    ref = Models().find(state.MODEL.get())
    if ref.origin != "run":
        return None
    try:
        return resources.store().get(ref.name)
    except RunError:  # it was deleted meanwhile
        return None


def _measure(run: str, folders: Sequence[Path]) -> list[Moment]:
    bar = st.progress(0.0)
    found = []
    for number, folder in enumerate(folders, 1):
        found.append(measured.moment(run, folder))
        bar.progress(number / len(folders), _("Moment {number} of {count}").format(
            number=number, count=len(folders)))  # fmt: skip
    bar.empty()
    return found


def _curves(moments: Sequence[Moment]) -> None:
    steps = [one.step for one in moments]
    names = {name: _(FACTS[name].label) for name in PROBED}
    lines = [
        (_("bar lines expected"), [one.bar_lines for one in moments]),
        (_("free tunes in time"), [one.in_time for one in moments]),
    ] + [
        (_("{fact}, by a probe").format(fact=names[name]),
         [one.probes.get(name, float("nan")) for one in moments])
        for name in PROBED
    ]  # fmt: skip
    live_chart(share_figure(steps, lines), "inside_learned", _("What it knew at each moment"), 380)
    known = [
        _("{fact} at step {step:,}").format(fact=names[name], step=step)
        for name in PROBED
        if (step := find_learned(moments, name)) is not None
    ]
    st.caption(
        " ".join((
            _("Steps are drawn evenly: they lie close together at first, where most is learned. "
              "What a line of text needs comes first, what a whole tune needs later."),
            _("Half of what it knows in the end it knew: {known}.").format(known=", ".join(known))
            if known else "",
        ))
    )  # fmt: skip
    live_chart(
        loss_figure(steps, [one.loss for one in moments]), "inside_learned_loss",
        _("Loss at each moment"), 240,
    )  # fmt: skip
    st.caption(
        _("The loss falls smoothly, while what stands above comes in steps: one number does not "
          "say what was learned.")
    )  # fmt: skip


def share_figure(
    steps: Sequence[int], lines: Sequence[tuple[str, Sequence[float]]]
) -> dict[str, Any]:
    """Shares over the steps, one line for each name."""
    traces = [
        _line(steps, [100 * value for value in values], name,
              f"--st-chart-categorical-colors[{number}]", "%{y:.0f} %")
        for number, (name, values) in enumerate(lines)
    ]  # fmt: skip
    axis = {"ticksuffix": " %", "range": [-3, 103]}
    return {
        "data": traces,
        "layout": figures.layout("learned", _("step"), "", xaxis={"type": "category"},
                                 yaxis=axis, showlegend=True),
    }  # fmt: skip


def loss_figure(steps: Sequence[int], losses: Sequence[float]) -> dict[str, Any]:
    """Nats a character over the steps."""
    trace = _line(steps, losses, _("held-out loss"), figures.FIRST, "%{y:.3f}")
    return {
        "data": [trace],
        "layout": figures.layout("learned loss", _("step"), _("nats a character"),
                                 xaxis={"type": "category"}, yaxis={"rangemode": "tozero"}),
    }  # fmt: skip


def _line(
    steps: Sequence[int], values: Sequence[float], name: str, colour: str, shown: str
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name,
        "x": [f"{step:,}" for step in steps],
        "y": [None if np.isnan(value) else round(float(value), 4) for value in values],
        "line": {"color": colour, "width": 2},
        "hovertemplate": f"%{{x}}: {shown}<extra>%{{fullData.name}}</extra>",
    }  # fmt: skip


@st.fragment
def _hear(moments: Sequence[Moment]) -> None:
    """The first free tune of a moment, and its score."""
    with show_errors():
        st.subheader(_("Hear it learn"), anchor=False)
        steps = [one.step for one in moments]
        if STEP.get() not in steps:
            STEP.set(steps[-1])
        st.segmented_control(
            _("Step"), steps, key=STEP.name, format_func="{:,}".format, required=True
        )
        moment = next(one for one in moments if one.step == STEP.get())
        subject = of_composition(moment.tune)
        sound, silence = sound_or_none(subject)
        if not sound:
            st.info(sentence(silence) if silence else "", icon=":material/music_off:")
            text_block(subject.text)
            return
        with st.container(key="inside_moment_sound"):
            st.audio(sound.wav, "audio/wav")
        score(
            rendering.layouts(subject.shown, sound),
            [onset for _start, onset, _length in sound.moments],
            [length for _start, _onset, length in sound.moments],
            key="inside_moment_score",
            audio=".st-key-inside_moment_sound audio",
            library=resources.paths().abcjs,
        )
        st.caption(
            _("The same seed at every moment, without the rules of notation: only what was "
              "learned is different.")
        )  # fmt: skip


@st.fragment
def _spread(moments: Sequence[Moment]) -> None:
    """How weights and activations are spread, moment by moment."""
    with show_errors():
        st.subheader(_("Weights and activations"), anchor=False)
        first = moments[0]
        known = {f"{_WEIGHTS} {name}": _("weights of {part}").format(part=name)
                 for name in first.weights}  # fmt: skip
        for label in first.activations:
            shown = translate(getattr(label, "template", label), getattr(label, "values", {}))
            known[f"{_ACTIVATIONS} {label}"] = _("activations of {part}").format(part=shown)
        if _PART.get() not in known:
            _PART.set(next(iter(known)))
        st.selectbox(
            _("Part of the network"), list(known), key=_PART.name, format_func=known.__getitem__,
            width=330,
        )  # fmt: skip
        kind, _space, name = _PART.get().partition(" ")
        values = [getattr(one, kind)[name] for one in moments]
        found = find_histograms(values)
        live_chart(
            spread_figure([one.step for one in moments], found.edges, found.shares),
            "inside_spread_chart", _("How the numbers are spread at each moment"), 360,
        )  # fmt: skip
        st.caption(
            _("One column is one moment; the more a colour stands out, the more numbers are there. "
              "Weights begin as a narrow band and spread as they take on work; activations that "
              "gather at −1 and 1 belong to units that decide.")
        )  # fmt: skip


def spread_figure(
    steps: Sequence[int], edges: np.ndarray[Any, Any], shares: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Histograms side by side, one a column; shares are drawn as their square roots."""
    middles = (edges[1:] + edges[:-1]) / 2
    trace = {
        "type": "heatmap", "z": np.round(np.sqrt(shares.T), 3).tolist(),
        "x": [f"{step:,}" for step in steps], "y": np.round(middles, 4).tolist(),
        "customdata": np.round(100 * shares.T, 2).tolist(),
        "colorscale": "--st-chart-sequential-colors", "showscale": False,
        "hovertemplate": "%{x}: %{y:.2f}, %{customdata} %<extra></extra>",
    }  # fmt: skip
    return {"data": [trace], "layout": figures.layout("spread", _("step"), _("value"),
                                                      xaxis={"type": "category"})}  # fmt: skip


def _movement(moments: Sequence[Moment], characters: Sequence[str]) -> None:
    st.subheader(_("How the embedding moves"), anchor=False)
    paths = find_paths([one.vectors for one in moments])
    notes = [number for number, one in enumerate(characters) if find_pitch(one) is not None]
    others = [number for number, one in enumerate(characters) if one in "|:23/ \n"]
    live_chart(
        paths_figure([one.step for one in moments], paths, characters, notes, others),
        "inside_paths", _("The way of each character over the training"), 560,
    )  # fmt: skip
    st.caption(
        _("Each line is the way of a character from step {first:,} to step {last:,}, on the map "
          "of the last moment; its sign stands at the end. Notes that are used alike come to "
          "stand together.").format(first=moments[0].step, last=moments[-1].step)
    )  # fmt: skip


def paths_figure(
    steps: Sequence[int],
    paths: np.ndarray[Any, Any],
    characters: Sequence[str],
    notes: Sequence[int],
    others: Sequence[int],
) -> dict[str, Any]:
    """Lines over the map; notes in one colour, signs around them in another."""
    traces: list[dict[str, Any]] = []
    groups = ((notes, _("notes"), figures.FIRST), (others, _("other signs"), figures.SECOND))
    for chosen, name, colour in groups:
        for place, number in enumerate(chosen):
            way = paths[:, number]
            sign = figures.sign(characters[number])
            traces.append({
                "type": "scatter", "mode": "lines+markers+text", "name": name,
                "legendgroup": name, "showlegend": not place,
                "x": np.round(way[:, 0], 3).tolist(), "y": np.round(way[:, 1], 3).tolist(),
                "text": [*[""] * (len(way) - 1), sign], "textposition": "top center",
                "customdata": [f"{step:,}" for step in steps],
                "line": {"color": colour, "width": 1},
                "marker": {"color": colour, "size": [*[3] * (len(way) - 1), 8]},
                "hovertemplate": f"{sign}, %{{customdata}}<extra></extra>",
            })  # fmt: skip
    plain = {"showticklabels": False, "zeroline": False}
    return {
        "data": traces,
        "layout": figures.layout("paths", _("first direction"), _("second direction"),
                                 xaxis=plain, yaxis=plain, showlegend=True),
    }  # fmt: skip
