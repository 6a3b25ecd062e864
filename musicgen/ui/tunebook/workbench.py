"""The tools around the score of a tune: sound, view, loop, the editor, and whether it is known."""

from collections.abc import Sequence

import streamlit as st

from musicgen.audio.bar_timing import bar_passes
from musicgen.library.book_tune import MAX_TITLE, BookTune, make_tune, with_title
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.model import Tune
from musicgen.notation.writing.etude import make_etude
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.components.score import NoteEditing, ScoreOverlay, touched
from musicgen.ui.tune import viewing
from musicgen.ui.tune.bar_choice import BarChoice
from musicgen.ui.tune.music_view import draw_music, view_controls
from musicgen.ui.tune.my_instrument import remembered_instrument
from musicgen.ui.tune.performance import Sound
from musicgen.ui.tune.sound_controls import sound_controls
from musicgen.ui.tune.viewing import SCORE
from musicgen.ui.tunebook.note_editor import editing_bar, on_keys
from musicgen.ui.tunebook.rewriting import offer_other_bars, rewrite_button
from musicgen.ui.tunebook.text_history import desk


def workbench(tune: BookTune, shown: Tune, sound: Sound) -> None:
    """Toolbar and score of a tune.

    Args:
        tune: As it is kept.
        shown: As it is read and played.
        sound: How it sounds.
    """
    viewing.hold_viewing()
    state.TUNEBOOK_EDITING.hold()
    _keep_selection(len(shown.bars))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="workbench"):
        sound_controls(shown)
        view_controls("tunebook_fingering")
        st.toggle(
            _("Change the notes"), key=state.TUNEBOOK_EDITING.name,
            help=_("Choose a note in the score, then move it, or change its length. Bars stay "
                   "full: what one note gains, its neighbour gives."),
        )  # fmt: skip
        _bars().draw(number_bars(shown.bars) or (1,), state.TUNEBOOK_SELECTED.get())
        if state.TUNEBOOK_SELECTED.get():
            st.toggle(_("Loop"), key=state.LOOP.name, persist_state="session")
            rewrite_button()
            st.button(
                _("Make an exercise"), key="tunebook_etude", icon=":material/fitness_center:",
                on_click=attempt, args=(_make_etude, tune),
                help=_("The bars chosen, through the scale and through keys, kept as a tune of its "
                       "own for Practise."),
            )  # fmt: skip
            st.button(
                _("Let go"), key="tunebook_let_go", icon=":material/close:",
                on_click=lambda: _select(None),
            )  # fmt: skip
    with st.container(key="note_stage"):  # within it the tools of the notes stay in sight
        if state.TUNEBOOK_EDITING.get():
            editing_bar(tune)
        viewing.warn_of_range(shown)
        is_editing = state.TUNEBOOK_EDITING.get()
        touch = _touch(tune, shown, sound, is_editing=is_editing)
        draw_music(shown, sound, touch, can_be_roll=not is_editing)
    offer_other_bars(tune)


def _make_etude(tune: BookTune) -> None:
    """Keeps an exercise out of the bars that are chosen, and opens it.

    Raises:
        MusicgenError: they make none, or it cannot be kept.
    """
    selected = state.TUNEBOOK_SELECTED.get()
    if selected is None:
        return
    instrument = remembered_instrument()
    text = make_etude(tune.tune, *selected, instrument.name if instrument else "")
    title = _("{title}: exercise").format(title=tune.title[: MAX_TITLE - 20])
    made = make_tune(with_title(text, title))
    resources.tunebook().add([made])
    state.TUNEBOOK_TUNE.set(made.key)


def _touch(tune: BookTune, shown: Tune, sound: Sound, *, is_editing: bool) -> ScoreOverlay:
    selected = state.TUNEBOOK_SELECTED.get()
    is_looping = selected is not None and state.LOOP.get()
    passes = bar_passes(shown, sound.moments, *selected) if selected and is_looping else []
    numbers = number_bars(shown.bars)
    editing = NoteEditing(desk().note, desk().applied)
    return ScoreOverlay(
        tuple(note.bar for note in shown.notes),
        tuple(numbers[note.bar] for note in shown.notes),
        viewing.note_names(shown),
        outside=viewing.outside(shown),
        selection=selected,
        loop=tuple(passes),
        on_touch=lambda: _on_touch(tune.key, numbers),
        editing=editing if is_editing else None,
    )


def _on_touch(key: str, numbers: Sequence[int]) -> None:
    """What hands did on the score. A browser may send anything: what makes no sense is dropped."""
    selection, _take = touched(SCORE)
    if selection and 0 <= selection[0] <= selection[1]:
        _select(selection)
        _bars().show(numbers, selection)
    if state.TUNEBOOK_EDITING.get():
        on_keys(key)


def _bars() -> BarChoice:
    return BarChoice(state.TUNEBOOK_FIRST, state.TUNEBOOK_LAST, _select, "tunebook_bars")


def _select(selection: tuple[int, int] | None) -> None:
    state.TUNEBOOK_SELECTED.set(selection)
    if selection is None:
        state.LOOP.set(False)


def _keep_selection(count: int) -> None:
    selected = state.TUNEBOOK_SELECTED.get()
    if selected and selected[1] >= count:
        _select(None)
