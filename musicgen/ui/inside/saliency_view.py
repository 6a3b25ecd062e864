"""Which earlier characters moved a prediction, found in two ways side by side."""

import math

import streamlit as st

from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.language import _
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.inside import figures, measured
from musicgen.ui.inside.place_picker import place_name

REACH = 24
"""Earlier characters that are asked about."""

_STRONG, _WEAK = 0.7, 0.3


def saliency_view(checkpoint: Checkpoint, text: str, place: int) -> None:
    """Gradient × input and deletion as bars, and how far they agree."""
    st.subheader(_("What moved this prediction"), anchor=False)
    found = measured.saliency(checkpoint, text, place, REACH)
    names = list(text[found.start : place])
    live_chart(
        figures.bars(
            names,
            [(_("gradient × input"), found.gradient.tolist(), figures.FIRST),
             (_("deletion"), found.zeroed.tolist(), figures.SECOND)],
            "saliency",
            (_("earlier characters, the last one on the right"), _("nats")),
        ),
        "inside_saliency", _("What each earlier character did to the prediction"), 300,
    )  # fmt: skip
    st.markdown(
        _("**{place}** had a probability of {prob:.1%}. Bars upwards spoke for it, bars downwards "
          "against it: by the slope at each character, and by what is lost when the network reads "
          "nothing there.").format(place=place_name(text, place), prob=math.exp(found.log_prob))
    )  # fmt: skip
    if math.isnan(found.agreement):
        st.caption(_("Of so few characters nothing can be said about whether both ways agree."))
        return
    st.caption(
        _judge(found.agreement).format(rho=found.agreement)
        + " "
        + _(
            "Where the character is left out of the text instead, so that all behind it moves up, "
            "the correlation is {rho:.2f}."
        ).format(rho=found.agreement_left_out)
    )


def _judge(agreement: float) -> str:
    if agreement >= _STRONG:
        return _("Both ways agree: Spearman's rank correlation is {rho:.2f}.")
    if agreement >= _WEAK:
        return _("Both ways agree in part, so read the largest bars only: Spearman's rank "
                 "correlation is {rho:.2f}.")  # fmt: skip
    return _("The two ways disagree here, so believe neither alone: Spearman's rank correlation is "
             "{rho:.2f}.")  # fmt: skip
