"""What the score of any tune can show: how it is drawn, names of notes, the range they are in."""

import streamlit as st

from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES, notes_outside
from musicgen.notation.display.note_names import name_note
from musicgen.notation.model import Tune
from musicgen.ui.base import state
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.tune.constraints import RANGE_NAMES
from musicgen.ui.tune.my_instrument import fit_line, instrument_choice

SCORE = "score"
ROLL = "roll"


def choose_drawing() -> None:
    """Sheet music or a piano roll."""
    st.segmented_control(
        _("Shown as"),
        (SCORE, ROLL),
        key=state.VIEW.name,
        persist_state="session",
        format_func={SCORE: _("Sheet music"), ROLL: _("Piano roll")}.__getitem__,
        required=True,
    )


def choose_marks() -> None:
    """Names of the notes, and the instrument whose range is looked at."""
    st.toggle(_("Names of the notes"), key=state.NOTE_NAMES.name, persist_state="session")
    instrument_choice("play_my_instrument")
    labels = {name: _(RANGE_NAMES[name]) for name in INSTRUMENT_RANGES}
    st.selectbox(
        _("Check the range of"),
        ("", *INSTRUMENT_RANGES),
        key=state.CHECKED_RANGE.name,
        persist_state="session",
        format_func=({"": _("no instrument")} | labels).__getitem__,
    )


def outside(tune: Tune) -> tuple[int, ...]:
    """Numbers of the notes that the instrument of the check does not have."""
    return notes_outside(tune, state.CHECKED_RANGE.get())


def warn_of_range(tune: Tune) -> None:
    """Says how many notes that instrument, and one's own, lack; nothing for no instrument."""
    fit_line(tune)
    name = state.CHECKED_RANGE.get()
    if not name:
        return
    count = len(outside(tune))
    instrument = _(RANGE_NAMES[name])
    if count:
        st.caption(
            ":material/warning: "
            + ngettext(
                "{count} note lies outside of the range of the {instrument}.",
                "{count} notes lie outside of the range of the {instrument}.",
                count,
            ).format(count=count, instrument=instrument)
        )
    else:
        st.caption(_("Every note lies in the range of the {instrument}.").format(
            instrument=instrument))  # fmt: skip


def note_names(tune: Tune) -> tuple[str, ...]:
    """What the notes are called, rests by their word."""
    return tuple(name_note(tune, note) or _("rest") for note in tune.notes)
