"""Anatomy: the parts of a network with all that can be counted, and how far its gradients reach."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.interpretation.anatomy import Anatomy, count_rows_read, describe_parts
from musicgen.interpretation.gradient_reach import GradientReach, build_untrained, measure_reach
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.errors import sentence, translate
from musicgen.ui.base.language import _
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.inside import figures, measured
from musicgen.ui.inside.anatomy_drawing import draw_anatomy

DISTANCE = 64
"""Characters that a gradient is followed back."""

_TEXTS = 6
_LEAST, _SMALL = 1e-9, 0.005


def anatomy(checkpoint: Checkpoint) -> None:
    """The drawing and the table of parts, and the chart of gradients."""
    found = describe_parts(checkpoint.network)
    _totals(found)
    draw_anatomy(found, len(checkpoint.vocabulary))
    _parts(found, count_rows_read(checkpoint.network))
    st.subheader(_("How far back it can learn"), anchor=False)
    try:
        with st.spinner(_("Following gradients …"), show_time=True):
            own, others = _reach(checkpoint.fingerprint, checkpoint)
    except MusicgenError as error:
        st.info(sentence(error), icon=":material/info:")
        return
    live_chart(
        reach_figure(own, others), "inside_reach", _("Norm of the gradient over the distance"), 380
    )
    st.caption(
        _("Of an error at one character, {own} reaches what the last layer did {distance} "
          "characters before, and in a plain recurrent network of the same size {plain}. The "
          "networks of the dashed lines are as they are before their first training step: an LSTM "
          "is then hardly better than a plain network, until it has learned to keep its gates "
          "open; Hawk begins with memories of up to 700 characters.")
        .format(own=show_share(own), plain=show_share(others["rnn"]), distance=DISTANCE)
    )  # fmt: skip


def show_share(reach: GradientReach) -> str:
    """What is left at the greatest distance, in the last layer."""
    share = float(reach.relative[-1][-1])
    if math.isnan(share):  # there was no error at all
        return "–"
    if share >= _SMALL:
        return f"{share:.1%}"
    known = _("1 in {count:,}") if share >= _LEAST else _("less than 1 in {count:,}")
    return known.format(count=_round(1 / max(share, _LEAST)))


def _round(count: float) -> int:
    """A number with two digits that say something."""
    return int(float(f"{count:.1e}"))


def _totals(found: Anatomy) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Parameters"), f"{found.parameters:,}", width="content")
        st.metric(_("Memory"), _mebibytes(found.size_bytes), width="content")
        st.metric(_("Multiply-adds a character"), f"{found.multiply_adds:,}", width="content")
        st.metric(_("Numbers carried on"), f"{found.state_numbers:,}", width="content")


def _parts(found: Anatomy, rows: int) -> None:
    shapes = [" · ".join("×".join(map(str, shape)) for shape in one.shapes) for one in found.parts]
    st.dataframe(
        {
            "part": [one.name for one in found.parts],
            "kind": [one.kind for one in found.parts],
            "shapes": shapes,
            "parameters": [one.parameters for one in found.parts],
            "share": [100 * one.parameters / max(1, found.parameters) for one in found.parts],
            "memory": [_mebibytes(one.size_bytes) for one in found.parts],
            "products": [one.multiply_adds for one in found.parts],
        },
        key="inside_parts", hide_index=True,
        column_config={
            "part": _("Part"), "kind": _("Kind"), "shapes": _("Shapes of the weights"),
            "parameters": st.column_config.NumberColumn(_("Parameters"), format="localized"),
            "share": st.column_config.ProgressColumn(_("Share"), min_value=0, max_value=100,
                                                     format="%.1f %%"),
            "memory": _("Memory"),
            "products": st.column_config.NumberColumn(_("Multiply-adds"), format="localized"),
        },
    )  # fmt: skip
    st.caption(
        _("Nearly all numbers are where a state is read by the next one. Of tables no product is "
          "made: {rows} rows are looked up and added for each character.").format(rows=rows)
    )  # fmt: skip


def _mebibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.2f} MiB"


@st.cache_resource(max_entries=8, show_spinner=False)
def _reach(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    _checkpoint: Checkpoint,
) -> tuple[GradientReach, dict[str, GradientReach]]:
    """Of the network, and of others of its size that have learned nothing yet, by their kind."""
    known, vocabulary = measured.held_out_texts(_checkpoint), _checkpoint.vocabulary
    texts = [text for text in known if len(text) > DISTANCE + 2][:_TEXTS]
    own = measure_reach(_checkpoint.network, vocabulary, texts, DISTANCE)
    fresh = build_untrained(_checkpoint.network.config)
    return own, {kind: measure_reach(one, vocabulary, texts, DISTANCE)
                 for kind, one in fresh.items()}  # fmt: skip


def reach_figure(own: GradientReach, others: Mapping[str, GradientReach]) -> dict[str, Any]:
    """Norms as shares of that at distance 0, on a logarithmic axis; of others the last layer."""
    lines = [
        (translate(label.template, label.values), row, f"--st-chart-categorical-colors[{number}]",
         "solid")
        for number, (label, row) in enumerate(zip(own.labels, own.relative, strict=True))
    ]  # fmt: skip
    names = {"rnn": _("a plain RNN, untrained"), "lstm": _("an LSTM, untrained"),
             "hawk": _("Hawk, untrained")}  # fmt: skip
    lines += [
        (names[kind], one.relative[-1], figures.GREY if kind == "rnn" else
         f"--st-chart-categorical-colors[{len(lines) + number}]", "dash")
        for number, (kind, one) in enumerate(others.items())
    ]  # fmt: skip
    traces = [
        {"type": "scatter", "mode": "lines", "name": name, "x": list(range(len(row))),
         "y": np.maximum(row, _LEAST).tolist(), "line": {"color": colour, "dash": dash, "width": 2},
         "hovertemplate": "%{x}: %{y:.2g}<extra>%{fullData.name}</extra>"}
        for name, row, colour, dash in lines
    ]  # fmt: skip
    axis = {"type": "log", "exponentformat": "power", "nticks": 8}
    return {
        "data": traces,
        "layout": figures.layout("reach", _("distance back in characters"),
                                 _("share of the gradient"), yaxis=axis, showlegend=True),
    }  # fmt: skip
