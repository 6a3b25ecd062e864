"""Embeddings: the vectors of characters as a map, their neighbours, and arithmetic with them."""

from typing import Any

import streamlit as st

from musicgen.interpretation.embeddings import (
    KINDS,
    EmbeddingMap,
    compute_analogy,
    find_neighbours,
    map_embedding,
)
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.language import _
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.inside import figures

BY_KIND, BY_PITCH = "kind", "pitch"
NOTES, ALL = "notes", "all"
"""Which characters are on the map: rare ones have long vectors, among which notes are one spot."""

_SEQUENTIAL = "--st-chart-sequential-colors"
_NAMES = {" ": "␣", "\n": "⏎"}


@st.fragment
def embeddings(checkpoint: Checkpoint) -> None:
    """The map, and what can be asked of it."""
    st.caption(
        _("Each character is a point in a space of {size} dimensions, learned from text alone. "
          "This is its shadow along the two directions in which the points differ most.").format(
              size=checkpoint.network.config.embedding_dim)
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Coloured by"), (BY_KIND, BY_PITCH), default=BY_KIND, key="inside_map", required=True,
            format_func={BY_KIND: _("kind of character"), BY_PITCH: _("pitch")}.__getitem__,
        )  # fmt: skip
        st.segmented_control(
            _("On the map"), (NOTES, ALL), default=NOTES, key="inside_mapped", required=True,
            format_func={NOTES: _("notes"), ALL: _("all")}.__getitem__,
            help=_("Characters that are rare lie so far apart that all notes are one spot among "
                   "them: alone they can be told apart."),
        )  # fmt: skip
    kinds = ("note",) if st.session_state["inside_mapped"] == NOTES else tuple(KINDS)
    drawn = map_embedding(checkpoint.network, checkpoint.vocabulary, kinds=kinds)
    live_chart(
        map_figure(drawn, st.session_state["inside_map"] == BY_PITCH),
        "inside_embedding", _("Map of the characters"), 560,
    )  # fmt: skip
    st.caption(
        _("The axes hold {first:.0%} and {second:.0%} of all differences. Look whether notes stand "
          "together, whether they are in the order of their pitch, and what their octave marks and "
          "lengths are near to.").format(first=drawn.shares[0], second=drawn.shares[-1])
    )  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        _neighbours(checkpoint)
    with right:
        _arithmetic(checkpoint)


def map_figure(drawn: EmbeddingMap, by_pitch: bool) -> dict[str, Any]:
    """The characters on their map, with a legend of kinds or a scale of pitches."""
    traces: list[dict[str, Any]] = []
    numbers = range(len(drawn.characters))
    if by_pitch:
        pitched = [n for n in numbers if drawn.pitches[n] is not None]
        others = [n for n in numbers if drawn.pitches[n] is None]
        marker = {
            "size": 12, "color": [drawn.pitches[n] for n in pitched], "colorscale": _SEQUENTIAL,
            "colorbar": {"title": {"text": _("MIDI pitch")}, "thickness": 12},
        }  # fmt: skip
        faint = {"size": 5, "color": figures.GREY, "opacity": 0.5}
        traces.append(_points(drawn, others, _("no note"), faint))
        traces.append(_points(drawn, pitched, _("notes"), marker))
    else:
        for place, kind in enumerate(KINDS):
            chosen = [n for n in numbers if drawn.kinds[n] == kind]
            colour = f"--st-chart-categorical-colors[{place}]"
            traces.append(_points(drawn, chosen, _(KINDS[kind]), {"size": 9, "color": colour}))
    plain = {"showticklabels": False, "zeroline": False}
    return {
        "data": [trace for trace in traces if trace["x"]],
        "layout": figures.layout(
            f"map {by_pitch}", _("first direction"), _("second direction"),
            showlegend=not by_pitch, xaxis=plain, yaxis=plain, margin={"l": 40, "r": 12, "t": 56,
                                                                       "b": 40},
        ),
    }  # fmt: skip


def _points(
    drawn: EmbeddingMap, chosen: list[int], name: str, marker: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers+text", "name": name,
        "x": [round(float(drawn.places[n, 0]), 3) for n in chosen],
        "y": [round(float(drawn.places[n, -1]), 3) for n in chosen],
        "text": [figures.sign(drawn.characters[n]) for n in chosen],
        "textposition": "top center", "marker": marker,
        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
    }  # fmt: skip


def _neighbours(checkpoint: Checkpoint) -> None:
    st.subheader(_("Nearest neighbours"), anchor=False)
    known = checkpoint.vocabulary.characters
    character = _character(_("Character"), "inside_near", known, "c")
    found = find_neighbours(checkpoint.network, checkpoint.vocabulary, character)
    _table(found)
    st.caption(_("The cosine of the angle between the vectors: 1 is the same direction, 0 none."))


def _arithmetic(checkpoint: Checkpoint) -> None:
    st.subheader(_("Arithmetic"), anchor=False)
    known = checkpoint.vocabulary.characters
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        a = _character("a", "inside_a", known, "a")
        b = _character("− b", "inside_b", known, "A")
        c = _character("+ c", "inside_c", known, "C")
    _table(compute_analogy(checkpoint.network, checkpoint.vocabulary, a, b, c))
    st.caption(
        _("As an octave is added to C by a − A + C: is the answer c? A small network often says "
          "no, and that is worth knowing too.")
    )  # fmt: skip


def _character(label: str, key: str, known: tuple[str, ...], wanted: str) -> str:
    if st.session_state.get(key) not in known:
        st.session_state[key] = wanted if wanted in known else known[0]
    chosen = st.selectbox(
        label, known, key=key, width=110, format_func=lambda one: _NAMES.get(one, one)
    )
    return str(chosen)


def _table(found: list[tuple[str, float]]) -> None:
    columns = {
        _("Character"): [f"`{figures.sign(name)}`" for name, _cosine in found],
        _("Cosine"): [f"{cosine:+.3f}" for _name, cosine in found],
    }
    st.table(columns, border="horizontal", hide_index=True)
