"""The instrument of the reader, chosen once: its range, its fingering, and where tunes fit."""

from collections.abc import Callable

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.notation.analysis.instruments import FURTHEST, INSTRUMENTS, Instrument, fit
from musicgen.notation.model import Tune
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import N_, _, ngettext
from musicgen.ui.tune import listening
from musicgen.ui.tune.fingering_choice import CHOICE as FINGERING

NAMES = {
    "": N_("none in particular"),
    "whistle D": N_("whistle in D"),
    "whistle C": N_("whistle in C"),
    "whistle G": N_("whistle in G"),
    "flute": N_("flute"),
    "pipes": N_("pipes"),
    "fiddle": N_("fiddle"),
    "mandolin": N_("mandolin"),
    "banjo GDAE": N_("tenor banjo (GDAE)"),
    "banjo gDGBD": N_("five-string banjo"),
    "guitar": N_("guitar"),
    "guitar DADGAD": N_("guitar in DADGAD"),
    "harmonica C": N_("harmonica in C"),
    "harmonica D": N_("harmonica in D"),
    "harmonica G": N_("harmonica in G"),
    "concertina C/G": N_("Anglo concertina in C/G"),
    "accordion": N_("accordion"),
    "harp": N_("harp"),
    "piano": N_("piano"),
}
CLEF_NAMES = {
    "": N_("as the tune says"),
    "treble": N_("treble"),
    "treble-8": N_("treble, sounds an octave lower"),
    "treble+8": N_("treble, sounds an octave higher"),
    "alto": N_("alto"),
    "tenor": N_("tenor"),
    "bass": N_("bass"),
    "bass-8": N_("bass, sounds an octave lower"),
}
OCTAVE_NAMES = {
    2: N_("two octaves higher"),
    1: N_("an octave higher"),
    0: N_("as written"),
    -1: N_("an octave lower"),
    -2: N_("two octaves lower"),
}
CHOICE = "instrument"
"""What the tunebook calls the choice."""


def remembered_instrument() -> Instrument | None:
    """The instrument that was chosen on this computer; None for none."""
    try:
        return INSTRUMENTS.get(resources.tunebook().choice(CHOICE))
    except MusicgenError:
        return None


def begin_with_instrument() -> None:
    """Lets a visit begin with the instrument: what is composed keeps to its range."""
    if state.INSTRUMENT_TAKEN.get():
        return
    state.INSTRUMENT_TAKEN.set(True)
    instrument = remembered_instrument()
    if instrument:
        _take(instrument)


def instrument_choice(key: str) -> None:
    """The choice, remembered for all pages and visits.

    Args:
        key: Of the widget.
    """
    instrument = remembered_instrument()
    name = instrument.name if instrument else ""
    state.put(key, name)
    st.selectbox(
        _("My instrument"), list(NAMES), key=key, format_func=lambda name: _(NAMES[name]),
        on_change=attempt, args=(_keep, key), persist_state="session",
        help=_("It is remembered. It plays the melody, new tunes keep to its range, others can be "
               "moved to fit, and its fingering is written below the notes."),
    )  # fmt: skip
    _reading_choice(key)


def _reading_choice(key: str) -> None:
    """Clef and octave, next to each other."""
    clef, octave = listening.reading()
    state.put(f"{key}_clef", clef)
    state.put(f"{key}_octave", octave)
    with st.container(horizontal=True):
        st.selectbox(
            _("Clef"), list(CLEF_NAMES), key=f"{key}_clef",
            format_func=lambda name: _(CLEF_NAMES[name]), on_change=attempt,
            args=(_keep_reading, key), persist_state="session",
            help=_("Of scores, printed music and files. In those with an octave, as guitar and "
                   "tenor banjo read them, notes stay where they are on the staff."),
        )  # fmt: skip
        st.selectbox(
            _("Octave"), list(OCTAVE_NAMES), key=f"{key}_octave",
            format_func=lambda number: _(OCTAVE_NAMES[number]), on_change=attempt,
            args=(_keep_reading, key), persist_state="session",
            help=_("Where your instrument reads and plays what is written for fiddle or whistle."),
        )  # fmt: skip


def _keep_reading(key: str) -> None:
    clef, octave = st.session_state[f"{key}_clef"], st.session_state[f"{key}_octave"]
    listening.remember_reading(str(clef), int(octave))


def fit_line(tune: Tune, now: int | None = None, move: Callable[[int], None] | None = None) -> None:
    """Says what of the tune on the screen the instrument lacks, and offers to move it.

    Args:
        tune: As it is read now.
        now: By how many semitones it is moved already; the page's own transposition if None.
        move: Called with by how many it is to be moved in all; sets the page's own if None.
    """
    instrument = remembered_instrument()
    if instrument is None:
        return
    found = fit(tune, instrument)
    if not found.missing_before:
        return
    text = ngettext(
        "{count} note is not on your instrument ({name}).",
        "{count} notes are not on your instrument ({name}).",
        found.missing_before,
    ).format(count=found.missing_before, name=_(NAMES[instrument.name]))
    wanted = found.semitones + (state.SOUND["transpose"].get() if now is None else now)
    with st.container(horizontal=True, vertical_alignment="center", key="fit_line"):
        st.caption(f":material/warning: {text}", width="content")
        if found.semitones and abs(wanted) <= FURTHEST:
            st.button(
                _("Move it by {semitones:+d} semitones").format(semitones=found.semitones),
                key="fit_instrument", icon=":material/swap_vert:", on_click=move or _transpose,
                args=(wanted,), help=_remaining(found.missing),
            )  # fmt: skip
        elif not found.semitones:
            st.caption(_("No key within an octave has more of them."), width="content")


def count_lacking(tune: Tune) -> int:
    """How many notes of a tune one's instrument lacks; 0 without one."""
    instrument = remembered_instrument()
    return fit(tune, instrument).missing_before if instrument else 0


def is_told(fingering: str) -> bool:
    """Whether what a fingering lacks has been told of one's own instrument (`fit_line`)."""
    instrument = remembered_instrument()
    return instrument is not None and instrument.fingering == fingering


def _remaining(missing: int) -> str:
    if not missing:
        return _("Every note is there then.")
    return ngettext(
        "{count} note is lacking then.", "{count} notes are lacking then.", missing
    ).format(count=missing)


def _transpose(semitones: int) -> None:
    state.SOUND["transpose"].set(semitones)


def _keep(key: str) -> None:
    name = str(st.session_state[key])
    book = resources.tunebook()
    book.choose(CHOICE, name)
    instrument = INSTRUMENTS.get(name)
    book.choose(FINGERING, instrument.fingering if instrument else "")
    if instrument:
        _take(instrument)
    else:
        state.RANGE.set("")
        state.CHECKED_RANGE.set("")


def _take(instrument: Instrument) -> None:
    state.RANGE.set(instrument.range)
    state.CHECKED_RANGE.set(instrument.range)
    state.SOUND["instrument"].set(instrument.sound)
