"""What the score of any tune can show: how it is drawn, names of notes, the range they are in.

Which notation is read is remembered on this computer, in the tunebook.
"""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.notation.analysis.fingering import count_missing
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES, notes_outside
from musicgen.notation.display.note_names import name_note
from musicgen.notation.model import Tune
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.tune.constraints import RANGE_NAMES
from musicgen.ui.tune.fingering_choice import remembered_fingering
from musicgen.ui.tune.my_instrument import (
    count_lacking,
    fit_line,
    instrument_choice,
    is_told,
    remembered_instrument,
)

SCORE = "score"
NUMBERS = "numbers"
ROLL = "roll"
VIEW_NAMES = {
    SCORE: N_("Sheet music"),
    NUMBERS: N_("Numbered notation (jianpu)"),
    ROLL: N_("Piano roll"),
}
NOTATION = "notation"
"""What the tunebook calls the notation that is read: `SCORE` or `NUMBERS`."""


def hold_viewing() -> None:
    """Gives the widgets around a score what they show at first, before they are drawn.

    A visit begins with the notation that was read last.
    """
    if not state.VIEW_TAKEN.get():
        state.VIEW_TAKEN.set(True)
        if remembered_notation() == NUMBERS:
            state.VIEW.set(NUMBERS)
    for slot in state.VIEWING:
        slot.hold()


def remembered_notation() -> str:
    """The notation that was read last on this computer."""
    try:
        found = resources.tunebook().choice(NOTATION)
    except MusicgenError:
        return SCORE
    return NUMBERS if found == NUMBERS else SCORE


def is_numbered() -> bool:
    """Whether scores are drawn in numbered notation."""
    return state.VIEW.get() == NUMBERS


def below_the_notes(fingering: str) -> str:
    """A fingering, unless it is the numbers that are drawn already."""
    return "" if fingering == "numbers" and is_numbered() else fingering


def fingering_of(tune: Tune, fingering: str | None = None) -> str:
    """The fingering below the notes of a score; says how many notes the instrument lacks.

    Args:
        tune: The tune as it is read.
        fingering: What was chosen; without it, what is remembered.
    """
    below = below_the_notes(remembered_fingering() if fingering is None else fingering)
    missing = count_missing(tune, below) if below else 0
    if missing and not is_told(below):
        text = ngettext(
            "{count} note is not on this instrument: it is marked ×.",
            "{count} notes are not on this instrument: they are marked ×.",
            missing,
        )
        st.caption(text.format(count=missing))
    return below


def choose_drawing() -> None:
    """Sheet music, numbered notation, or a piano roll."""
    st.segmented_control(
        _("Shown as"),
        (SCORE, NUMBERS, ROLL),
        key=state.VIEW.name,
        persist_state="session",
        format_func=lambda name: _(VIEW_NAMES[name]),
        required=True,
        on_change=attempt,
        args=(_keep, state.VIEW.name),
    )


def choose_notation(key: str) -> None:
    """Sheet music or numbered notation, where there is no piano roll.

    Args:
        key: Of the widget.
    """
    state.put(key, NUMBERS if is_numbered() else SCORE)
    st.segmented_control(
        _("Shown as"), (SCORE, NUMBERS), key=key,
        format_func=lambda name: _(VIEW_NAMES[name]), required=True,
        on_change=attempt, args=(_keep, key), persist_state="session",
    )  # fmt: skip


def _keep(key: str) -> None:
    name = str(st.session_state[key])
    state.VIEW.set(name)
    if name != ROLL:
        resources.tunebook().choose(NOTATION, name)


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
    own = remembered_instrument()
    if not name or (own is not None and own.range == name and count_lacking(tune)):
        return  # what one's own instrument lacks has just been told
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
