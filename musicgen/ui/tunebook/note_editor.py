"""Changing the notes of a tune in its score: by keys, by a click, or with the buttons above it."""

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookTune
from musicgen.library.tunebook import Tunebook
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.display.note_names import name_note
from musicgen.notation.model import Tune
from musicgen.notation.writing.note_changes import CHANGES, Change, change_note
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import N_, _
from musicgen.ui.base.words import plain
from musicgen.ui.components.score import changes
from musicgen.ui.tune.viewing import SCORE
from musicgen.ui.tunebook.text_history import Desk, TextHistory, desk

_BUTTONS: tuple[tuple[Change, str, str, str], ...] = (
    ("up", "arrow_upward", N_("Step up"), N_("A step up")),
    ("down", "arrow_downward", N_("Step down"), N_("A step down")),
    ("sharper", "keyboard_arrow_up", N_("Semitone up"), N_("A semitone up")),
    ("flatter", "keyboard_arrow_down", N_("Semitone down"), N_("A semitone down")),
    ("octave up", "keyboard_double_arrow_up", N_("Octave up"), N_("An octave up")),
    ("octave down", "keyboard_double_arrow_down", N_("Octave down"), N_("An octave down")),
    ("longer", "add", N_("Longer"), N_("Longer")),
    ("shorter", "remove", N_("Shorter"), N_("Shorter")),
    ("insert", "add_circle", N_("One more"), N_("One more note behind it")),
    ("delete", "backspace", N_("Take it away"), N_("Take it away")),
)
"""Changes, with the icons of their buttons, the words on these, and those that explain them."""


def editing_bar(tune: BookTune) -> None:
    """The buttons, which note is meant, and why a change was refused."""
    own = desk()
    _keep_note(own, tune.tune)
    history = own.history_of(tune, resources.tunebook())
    with st.container(gap="small", key="note_tools"):  # stays in sight while the score moves
        _buttons(tune, history)
        st.caption(_place(tune.tune, own.note))
        if own.refused is not None:
            st.warning(sentence(own.refused), icon=":material/block:")


def _buttons(tune: BookTune, history: TextHistory) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="note_bar"):
        st.button(
            _("Undo"), key="tunebook_note_undo", icon=":material/undo:", help=_("Undo"),
            disabled=not history.can_undo, on_click=_click, args=(tune.key, "undo"),
        )  # fmt: skip
        st.button(
            _("Redo"), key="tunebook_note_redo", icon=":material/redo:", help=_("Redo"),
            disabled=not history.can_redo, on_click=_click, args=(tune.key, "redo"),
        )  # fmt: skip
        for change, icon, label, meaning in _BUTTONS:
            st.button(
                _(label), key=f"tunebook_note_{change.replace(' ', '_')}",
                icon=f":material/{icon}:", help=_(meaning), on_click=_click,
                args=(tune.key, change),
            )  # fmt: skip


def on_keys(key: str) -> None:
    """Makes the changes that the score told, each once."""
    own = desk()
    book = resources.tunebook()
    with own.lock:
        told = changes(SCORE, own.applied)
        for number, kind, note in told:  # no access to session state from here on: see `Desk`
            if kind == "choose":
                own.note, own.refused = note, None
            else:
                _do(own, book, key, kind)
            own.applied = number


def _click(key: str, kind: str) -> None:
    own, book = desk(), resources.tunebook()
    with own.lock:
        _do(own, book, key, kind)


def _do(own: Desk, book: Tunebook, key: str, kind: str) -> None:
    """One change of the chosen note, or a step through what was changed."""
    own.refused = None
    try:
        if kind in ("undo", "redo"):
            own.step(book, key, -1 if kind == "undo" else 1)
        elif kind in CHANGES:
            tune = book.get(key)
            _keep_note(own, tune.tune)
            changed = change_note(tune.text, own.note, kind)
            own.change_text(book, key, changed.text)
            own.note = changed.number
    except MusicgenError as error:
        own.refused = error


def _keep_note(own: Desk, tune: Tune) -> None:
    """A note stays chosen while the tune has it."""
    own.note = min(max(own.note, 0), len(tune.notes) - 1)


def _place(tune: Tune, number: int) -> str:
    note = tune.notes[number]
    bar = number_bars(tune.bars)[note.bar]
    place = (
        _("Note {number} of {count}, bar {bar}: {name}. Choose another in the score.")
        if bar
        else _("Note {number} of {count}, pick-up: {name}. Choose another in the score.")
    )
    return place.format(
        number=number + 1,
        count=len(tune.notes),
        bar=bar,
        name=plain(name_note(tune, note)) or _("rest"),
    )
