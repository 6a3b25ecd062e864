"""What all units of a layer say together: linear probes, layer by layer."""

import streamlit as st

from musicgen.errors import ConfigError
from musicgen.interpretation.facts import FACTS
from musicgen.interpretation.probes import Probe
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import sentence, translate
from musicgen.ui.base.language import _
from musicgen.ui.inside import measured

_FIT = "inside_probes"


@st.fragment
def probes(checkpoint: Checkpoint) -> None:
    """The table of all facts and layers; before it was made, the button that makes it."""
    st.subheader(_("What can be read off each layer"), anchor=False)
    st.caption(
        _("A fact may be spread over many units: a linear probe weighs all units of a layer to "
          "guess it. It learns from every second held-out tune and is tried on the others.")
    )  # fmt: skip
    place = st.empty()
    if not measured.has_probes(checkpoint):
        if not ask_button(_("Fit the probes"), _FIT, place, icon=":material/stacked_line_chart:"):
            return
        place.empty()
    try:
        with answered(_FIT), st.spinner(_("Fitting probes …"), show_time=True):
            found = measured.probes(checkpoint)
    except ConfigError as error:
        st.info(sentence(error), icon=":material/info:")
        return
    st.table(_rows(checkpoint, found), border="horizontal", hide_index=True)
    st.caption(
        _("Percent of the characters at which the guess is right; *always the commonest* says what "
          "one gets without looking. What a probe finds the layer holds; whether the network uses "
          "it, only *Silence it* can say.")
    )  # fmt: skip


def _rows(checkpoint: Checkpoint, found: list[Probe]) -> dict[str, list[str]]:
    """One row a fact, one column a layer."""
    by_place = {(one.fact, one.layer): one for one in found}
    names = [name for name in FACTS if any(one.fact == name for one in found)]
    rows = {_("Fact"): [_(FACTS[name].label) for name in names]}
    labels = [one.label for one in measured.material(checkpoint, "hidden").recordings[0].layers]
    for layer, label in enumerate(labels):
        rows[translate(label.template, label.values)] = [
            f"{by_place[name, layer].accuracy:.0%}" for name in names
        ]
    rows[_("always the commonest")] = [f"{by_place[name, 0].baseline:.0%}" for name in names]
    return rows
