"""What units follow on held-out tunes, as a table to choose from, and where one is excited most."""

import html
from collections.abc import Sequence

import streamlit as st

from musicgen.interpretation.associations import Association
from musicgen.interpretation.excitation import ExcitingPlace, find_exciting
from musicgen.interpretation.facts import FACTS
from musicgen.models.checkpoint import Checkpoint
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.language import _
from musicgen.ui.components.row_table import row_table
from musicgen.ui.inside import choices, measured
from musicgen.ui.inside.colours import strongest_facts

PLACES = 8
"""Places of held-out tunes that are shown."""

_ALL = ""
_FIND = "inside_find"


def unit_table(checkpoint: Checkpoint, layer: int, signal: str) -> None:
    """The table of a layer; before it was made, the button that makes it."""
    if not measured.has_associations(checkpoint, layer, signal):
        st.caption(
            _("Held-out tunes are read, and each unit is held against beat, bar line, phrase, "
              "section, scale degree, key and repeats. It takes a few seconds, once.")
        )  # fmt: skip
        if not ask_button(_("Find what units follow"), _FIND, icon=":material/search:"):
            return
        with answered(_FIND):
            _measure(checkpoint, layer, signal)
        st.rerun()  # the heat map takes the new order
    found = measured.associations(checkpoint, layer, signal)
    if not found:
        st.info(_("The held-out tunes are too few to say anything of units."))
        return
    names = [_ALL, *FACTS]
    st.selectbox(
        _("Fact"), names, key="inside_fact", width=260,
        format_func=lambda name: _(FACTS[name].label) if name else _("the strongest of each unit"),
    )  # fmt: skip
    _table(_choose(found, st.session_state["inside_fact"]))
    st.caption(
        _("The share of all there is to know of a fact that the unit says, by mutual information "
          "in bits; the sign of a relation is that of the correlation. Choose a row to see its "
          "unit below.")
    )  # fmt: skip


def _measure(checkpoint: Checkpoint, layer: int, signal: str) -> None:
    bar = st.progress(0.0, _("Reading held-out tunes …"))
    count = min(measured.TUNES, len(measured.held_out_texts(checkpoint)))

    def show(done: int) -> None:
        bar.progress(min(1.0, done / count))

    measured.material(checkpoint, signal, show)
    bar.progress(1.0, _("Comparing …"))
    measured.associations(checkpoint, layer, signal)


def _choose(found: Sequence[Association], fact: str) -> list[Association]:
    """One row for each unit, the strongest first."""
    kept = [one for one in found if one.fact == fact] if fact else strongest_facts(found).values()
    return sorted(kept, key=lambda one: -one.share)


def _table(rows: list[Association]) -> None:
    def choose(row: int) -> None:
        if row < len(rows):
            choices.UNIT.set(rows[row].unit)

    row_table(
        {
            "unit": [one.unit for one in rows],
            "fact": [_(FACTS[one.fact].label) for one in rows],
            "share": [round(100 * float(one.share), 1) for one in rows],
            "bits": [round(one.bits, 3) for one in rows],
            "sign": [round(one.correlation, 2) for one in rows],
        },
        "inside_rows",
        choose,
        height=250,
        column_config={
            "unit": st.column_config.NumberColumn(_("Unit"), width="small"),
            "fact": _("Follows"),
            "share": st.column_config.ProgressColumn(
                _("Share"), min_value=0, max_value=100, format="%.1f %%"
            ),
            "bits": st.column_config.NumberColumn(_("Bits"), format="%.3f"),
            "sign": st.column_config.NumberColumn(_("Correlation"), format="%+.2f"),
        },
    )


def exciting_places(checkpoint: Checkpoint, layer: int, signal: str, unit: int) -> None:
    """Where in held-out tunes the unit is highest, each with a way to that tune."""
    if not measured.has_material(checkpoint, signal):
        return
    st.subheader(_("Where it is excited most"), anchor=False)
    seen = measured.material(checkpoint, signal).recordings
    found = find_exciting(seen, layer, unit, PLACES)
    st.caption(
        _("The marked character is the one after which unit {unit} was highest, of {count} "
          "held-out tunes.").format(unit=unit, count=len(seen))
    )  # fmt: skip
    for number, one in enumerate(found):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(_excerpt(one), width="stretch")
            if st.button(
                _("Tune {number}").format(number=one.tune + 1), key=f"inside_open_{number}",
                icon=":material/arrow_upward:", on_click=_open, args=(one.tune + 1,),
                type="tertiary",
            ):  # fmt: skip
                st.rerun()  # the tune is chosen above, outside of what is drawn again here


def _excerpt(one: ExcitingPlace) -> str:
    before, character, after = (
        html.escape(part.replace("\n", "⏎")) for part in (one.before, one.character, one.after)
    )
    return (
        f'<div class="musicgen-excerpt"><b>{one.value:+.2f}</b><code>{before}'
        f"<mark>{character}</mark>{after}</code></div>"
    )


def _open(number: int) -> None:
    """Looks at that tune."""
    choices.SOURCE.set(choices.HELD_OUT)
    choices.NUMBER.set(number)
