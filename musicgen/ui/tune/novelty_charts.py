"""How new a tune is beside real ones, as a Plotly figure: from data to a plain dictionary."""

from collections import Counter
from typing import Any

from musicgen.evaluation.novelty.comparison import RealFigures
from musicgen.ui.base.language import _
from musicgen.ui.components.training_charts import HELD_OUT, TRAINING

HEIGHT = 230

_SHOWN_PERCENTILE = 95


def runs_figure(real: RealFigures, longest: int, title: str) -> dict[str, Any]:
    """The longest runs of real tunes as bars, and that of one tune as a line.

    Runs longer than those of nearly all real tunes stand together in the last bar.

    Args:
        real: The figures of real tunes; there must be some.
        longest: The longest run of the tune.
        title: What is counted.
    """
    last = max(int(real.percentile(_SHOWN_PERCENTILE)), longest) + 1
    counts = Counter(min(int(run), last) for run in real.longest)
    lengths = list(range(min(counts), last + 1))
    names = [str(length) if length < last else f"≥ {last}" for length in lengths]
    shares = [counts[length] / len(real.longest) for length in lengths]
    bars = {
        "type": "bar",
        "x": lengths,
        "y": [round(share, 5) for share in shares],
        "customdata": names,
        "name": _("real tunes"),
        "marker": {"color": TRAINING, "opacity": 0.55},
        "hovertemplate": "%{customdata}: %{y:.1%}<extra></extra>",
    }
    layout = {
        "title": {"text": title, "x": 0, "xanchor": "left", "y": 1, "yanchor": "top",
                  "pad": {"l": 4, "t": 6}, "font": {"size": 14}},
        "margin": {"l": 44, "r": 8, "t": 58, "b": 28},
        "height": HEIGHT,
        "bargap": 0.15,
        "showlegend": False,
        "xaxis": {"zeroline": False, "range": [-0.7, last + 0.7]},
        "yaxis": {"tickformat": ".0%", "zeroline": False, "nticks": 5},
        "shapes": [_upright(longest)],
        "annotations": [_word(longest, last)],
    }  # fmt: skip
    return {"data": [bars], "layout": layout}


def _upright(longest: int) -> dict[str, Any]:
    line = {"color": HELD_OUT, "width": 2.5}
    return {"type": "line", "x0": longest, "x1": longest, "yref": "paper", "y0": 0, "y1": 1} | {
        "line": line
    }


def _word(longest: int, last: int) -> dict[str, Any]:
    is_right = longest > last / 2
    return {
        "x": longest, "y": 1, "yref": "paper", "yanchor": "bottom",
        "xanchor": "right" if is_right else "left",
        "text": _("this tune: {count}").format(count=longest), "showarrow": False,
        "font": {"color": HELD_OUT},
    }  # fmt: skip
