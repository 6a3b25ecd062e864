"""What may be asked of a tune beside temperature and seed: rhythm, key, meter, form and range."""

from collections.abc import Sequence

import streamlit as st

from musicgen.config import SampleConfig, describe
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.grammar.rules import METERS, RHYTHMS
from musicgen.notation.parsing.fields import parse_key
from musicgen.ui.base import state
from musicgen.ui.base.language import N_, _
from musicgen.ui.tune.permalink import MAX_TAKES

TONICS = ("C", "G", "D", "A", "E", "B", "F#", "F", "Bb", "Eb", "Ab", "Db")
MODE_NAMES = {
    "Major": N_("major"),
    "Minor": N_("minor"),
    "Dorian": N_("Dorian"),
    "Mixolydian": N_("Mixolydian"),
    "Phrygian": N_("Phrygian"),
    "Lydian": N_("Lydian"),
}
RHYTHM_NAMES = {
    "reel": N_("reel"),
    "hornpipe": N_("hornpipe"),
    "strathspey": N_("strathspey"),
    "barndance": N_("barndance"),
    "march": N_("march"),
    "jig": N_("jig"),
    "slide": N_("slide"),
    "slip jig": N_("slip jig"),
    "polka": N_("polka"),
    "waltz": N_("waltz"),
    "mazurka": N_("mazurka"),
    "air": N_("air"),
}
RANGE_NAMES = {
    "fiddle": N_("fiddle"),
    "flute": N_("flute"),
    "whistle": N_("whistle"),
    "accordion": N_("accordion"),
    "harp": N_("harp"),
    "piano": N_("piano"),
    "pipes": N_("pipes"),
    "concertina": N_("concertina"),
    "mandolin": N_("mandolin"),
    "guitar": N_("guitar"),
    "banjo": N_("banjo"),
    "harmonica": N_("harmonica"),
    "harmonica D": N_("harmonica in D"),
    "harmonica G": N_("harmonica in G"),
    "whistle C": N_("whistle in C"),
    "whistle G": N_("whistle in G"),
}
LIKENESS_NAMES = {
    "none": N_("none of it"),
    "little": N_("a little"),
    "some": N_("some of it"),
    "much": N_("much of it"),
    "most": N_("most of it"),
}
BOOK_NAMES = {
    "lab": N_("the lab's book"),
    "oneill": N_("O'Neill"),
    "ryan": N_("Ryan"),
    "aird": N_("Aird"),
    "northumbrian": N_("Northumbrian Minstrelsy"),
}
_MODE_OF = {"major": "Major", "ionian": "Major", "minor": "Minor", "aeolian": "Minor"}
_HELP = {info.name: info.help for info in describe(SampleConfig)}
_HIGH = {info.name: int(info.high or 0) for info in describe(SampleConfig) if info.kind is int}
_WIDTH = 150


def constraints() -> None:
    """Rhythm, meter, key and takes, in one line; of a tune without the grammar nothing is asked."""
    is_off = not state.IN_TIME.get()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="constraints"):
        _choice(_("Rhythm"), state.RHYTHM, tuple(RHYTHMS), RHYTHM_NAMES, is_off)
        meters = RHYTHMS.get(state.RHYTHM.get(), METERS)
        if state.METER.get() and state.RHYTHM.get() and state.METER.get() not in meters:
            state.METER.set("")
        _choice(_("Meter"), state.METER, meters, {}, is_off)
        _choice(_("Key"), state.TONIC, TONICS, {}, is_off)
        st.selectbox(
            _("Mode"),
            tuple(MODE_NAMES),
            key=state.MODE.name,
            persist_state="session",
            format_func={mode: _(name) for mode, name in MODE_NAMES.items()}.__getitem__,
            disabled=is_off or not state.TONIC.get(),
            width=_WIDTH,
        )
        st.segmented_control(
            _("Takes"),
            range(1, MAX_TAKES + 1),
            key=state.COUNT.name,
            persist_state="session",
            required=True,
            help=_("So many tunes at once, to choose from."),
        )


def form_constraints(books: Sequence[str] = ()) -> None:
    """Sections, bars, range, and whether the grammar is on.

    Args:
        books: The tunebooks that the model can write like, its own first; none of a model that did
            not learn to be told of form and book.
    """
    st.toggle(
        _("Keep to the rules of notation"),
        key=state.IN_TIME.name, persist_state="session",
        help=_("Bars come out full, repeats close, the tune ends. Off, the network writes as it "
               "likes, right or wrong."),
    )  # fmt: skip
    is_off = not state.IN_TIME.get()
    with st.container(horizontal=True, gap="small"):
        for label, slot, name in (
            (_("Sections"), state.SECTIONS, "sections"),
            (_("Bars in a section"), state.BARS, "bars"),
        ):
            st.number_input(
                label, 0, _HIGH[name], step=1, key=slot.name,
                persist_state="session", help=_(_HELP[name]),
                disabled=is_off, width=_WIDTH,
            )  # fmt: skip
    if books:
        with st.container(horizontal=True, gap="small"):
            _choice(_("Later parts take from the first"), state.LIKENESS, tuple(LIKENESS_NAMES),
                    LIKENESS_NAMES, False)  # fmt: skip
            _choice(_("In the manner of"), state.BOOK, tuple(books), BOOK_NAMES, False)
    else:
        state.LIKENESS.set("")
        state.BOOK.set("")
    _choice(_("Playable on"), state.RANGE, tuple(INSTRUMENT_RANGES), RANGE_NAMES, is_off, None)


def with_constraints(config: SampleConfig) -> SampleConfig:
    """The settings with what is asked for; without the grammar only what a header can say."""
    config = config.replace(likeness=state.LIKENESS.get(), book=state.BOOK.get())
    if not state.IN_TIME.get():
        return config.replace(free=True)
    tonic = state.TONIC.get()
    return config.replace(
        rhythm=state.RHYTHM.get(),
        meter=state.METER.get(),
        key=f"{tonic} {state.MODE.get()}" if tonic else "",
        sections=state.SECTIONS.get(),
        bars=state.BARS.get(),
        range=state.RANGE.get(),
    )


def fill_in(config: SampleConfig) -> None:
    """Shows the constraints of a tune in the controls."""
    key = parse_key(config.key) if config.key else None
    state.RHYTHM.set(config.rhythm.strip().lower())
    state.METER.set(config.meter)
    state.TONIC.set(key.tonic if key else "")
    if key and key.tonic:
        state.MODE.set(_MODE_OF.get(key.mode, key.mode.capitalize()))
    state.SECTIONS.set(config.sections)
    state.BARS.set(config.bars)
    state.RANGE.set(config.range)
    state.LIKENESS.set(config.likeness)
    state.BOOK.set(config.book)
    state.IN_TIME.set(not config.free)


def _choice(
    label: str,
    slot: state.Slot[str],
    known: tuple[str, ...],
    names: dict[str, str],
    is_off: bool,
    width: int | None = _WIDTH,
) -> None:
    """A choice that may stay open; a value that came by a link stands beside the known ones."""
    value = slot.get()
    options = ("", *known, *((value,) if value and value not in known else ()))
    labels = {option: _(names[option]) if option in names else option for option in options}
    labels[""] = _("any")
    st.selectbox(
        label,
        options,
        key=slot.name,
        persist_state="session",
        format_func=lambda option: labels.get(option, option),
        disabled=is_off,
        width=width or "stretch",
    )
