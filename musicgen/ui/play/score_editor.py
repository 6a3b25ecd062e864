"""The score one can touch: how it is shown, which bars are chosen, and what is done with them."""

from collections.abc import Callable, Sequence

import streamlit as st

from musicgen.audio.bar_timing import bar_passes
from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.models.checkpoint import Checkpoint
from musicgen.notation.analysis.bar_numbers import number_bars
from musicgen.notation.model import Tune
from musicgen.sampling.edit_list import Edit, Rewrite, parse_edits
from musicgen.sampling.infilling import Candidate, rewrite_bars
from musicgen.sampling.note_surprise import NoteSurprise
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _
from musicgen.ui.base.libraries import ABCJS, need_library
from musicgen.ui.components.piano_roll import piano_roll
from musicgen.ui.components.score import ScoreOverlay, score, touched
from musicgen.ui.play.note_surprise import look_into
from musicgen.ui.tune import rendering, viewing
from musicgen.ui.tune.bar_choice import BarChoice
from musicgen.ui.tune.fingering_choice import fingering_choice
from musicgen.ui.tune.models import Models
from musicgen.ui.tune.performance import Performance, Sound
from musicgen.ui.tune.rewrite_dialog import offer_rewrites, open_rewrites
from musicgen.ui.tune.session_state import play_session
from musicgen.ui.tune.viewing import ROLL, SCORE

MAX_DRAWN = 16
"""Sets of ways through bars that are kept for all sessions."""


def score_editor(
    shown: Performance,
    sound: Sound,
    audio: str,
    models: Models,
    marks: Sequence[tuple[int, int]] = (),
    tools: Callable[[], None] | None = None,
) -> None:
    """Toolbar and score of the tune on the screen.

    Args:
        shown: The tune.
        sound: How it sounds.
        audio: CSS selector of the audio element that plays it.
        models: Where the model of the tune is found.
        marks: Stretches of the text that was composed that are to stand out.
        tools: Draws what else belongs into the toolbar, at its beginning.
    """
    viewing.hold_viewing()
    tune = shown.tune
    _keep_selection(len(tune.bars))
    numbers = number_bars(tune.bars) or (1,)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="workbench"):
        if tools:
            tools()
        _view()
        _bars().draw(numbers, state.SELECTED.get())
        _actions(shown)
    viewing.warn_of_range(tune)
    _music(shown, sound, audio, models, marks)
    selected = state.SELECTED.get()
    if not selected:
        state.REWRITING.set(False)
    elif state.REWRITING.get():
        _offer_rewrites(shown, *selected, models)


def _offer_rewrites(shown: Performance, first: int, last: int, models: Models) -> None:
    """The dialog of other ways through bars of the tune that was composed."""

    def find(seed: int) -> list[Candidate]:
        checkpoint = resources.checkpoint(models.find(shown.request.model))
        composition = shown.composition
        return _drawn(
            checkpoint.fingerprint, composition.config, composition.abc, first + 1, last + 1,
            seed, checkpoint,
        )  # fmt: skip

    def keep(seed: int, chosen: Candidate) -> None:
        change(Rewrite(first + 1, last + 1, seed, chosen.choice))

    offer_rewrites(shown.composition.tune, first, last, find, keep)


@st.cache_resource(max_entries=MAX_DRAWN, show_spinner=False)
def _drawn(
    fingerprint: str,  # noqa: ARG001 - in the cache's key
    config: SampleConfig,
    abc: str,
    first_bar: int,
    last_bar: int,
    seed: int,
    _checkpoint: Checkpoint,
) -> list[Candidate]:
    return rewrite_bars(_checkpoint, config, abc, first_bar, last_bar, seed)


def change(edit: Edit) -> None:
    """Asks for the tune on the screen with one more edit, played from the bar it begins in."""
    play = play_session()
    if play.shown is None or not play.can_change:
        st.toast(_("So many changes are no longer kept. Undo some first."))
        return
    play.change(edit, _first_bar(play.shown.composition.tune, edit))


def _first_bar(tune: Tune, edit: Edit) -> int:
    """The bar, counted from 0, in which a change begins."""
    if isinstance(edit, Rewrite):
        return edit.first_bar - 1
    return next((bar.index for bar in tune.bars if bar.end > edit.offset), len(tune.bars) - 1)


def _view() -> None:
    with st.popover(_("View"), icon=":material/visibility:"):
        viewing.choose_drawing()
        st.toggle(
            _("What surprised the network"),
            key=state.TINT.name, persist_state="session",
            help=_("Tints each note by how unlikely it was to the network. Rest the pointer on a "
                   "note, or hold a finger on it, to see what else it had thought of."),
        )  # fmt: skip
        viewing.choose_marks()
        fingering_choice("play_fingering")


def _actions(shown: Performance) -> None:
    """What can be done with the chosen bars."""
    if state.SELECTED.get():
        st.toggle(_("Loop"), key=state.LOOP.name, persist_state="session")
        st.button(
            _("Rewrite"),
            key="rewrite",
            icon=":material/edit_note:",
            help=_("The network fills these bars anew; all others stay as they are."),
            on_click=open_rewrites,
        )
        st.button(
            _("Let go"), key="let_go", icon=":material/close:", on_click=lambda: _select(None)
        )
    if shown.request.edits:
        st.button(
            _("Undo the change"), key="undo_change", icon=":material/undo:", on_click=_undo_change
        )


def _undo_change() -> None:
    play_session().undo_change()


def _select(selection: tuple[int, int] | None) -> None:
    state.SELECTED.set(selection)
    if selection is None:
        state.LOOP.set(False)
    else:
        shown = play_session().shown
        _bars().show(number_bars(shown.tune.bars) if shown else (), selection)


def _bars() -> BarChoice:
    return BarChoice(state.FIRST_BAR, state.LAST_BAR, _select, "bars")


def _keep_selection(count: int) -> None:
    """Bars stay chosen while the tune has them."""
    selected = state.SELECTED.get()
    if selected and not 0 <= selected[0] <= selected[1] < count:
        _select(None)


def _on_touch() -> None:
    """What hands did on the score. A browser may send anything: what makes no sense is dropped."""
    selection, take = touched(SCORE)
    if take:
        try:
            (edit,) = parse_edits([{"take": list(take)}])
        except MusicgenError:
            return
        change(edit)
    elif selection and 0 <= selection[0] <= selection[1]:
        _select(selection)


def _music(
    shown: Performance,
    sound: Sound,
    audio: str,
    models: Models,
    marks: Sequence[tuple[int, int]],
) -> None:
    tune = shown.tune
    marks = shown.sheet.stretches(marks) if shown.sheet else marks
    touch = _touch(shown, sound, models)
    need_library(ABCJS)  # the dialog of other ways, in which no page can begin anew, draws with it
    if state.VIEW.get() == ROLL:
        piano_roll(tune, sound.moments, touch.bits, key="piano_roll", audio=audio)
        return
    fingering = viewing.fingering_of(tune)
    has_names = state.NOTE_NAMES.get()
    score(
        rendering.layouts(tune, sound, has_names=has_names, fingering=fingering, marks=marks),
        [onset for _start, onset, _duration in sound.moments],
        [duration for _start, _onset, duration in sound.moments],
        key=SCORE,
        audio=audio,
        library=resources.paths().abcjs,
        touch=touch,
        is_numbered=viewing.is_numbered(),
    )


def _touch(shown: Performance, sound: Sound, models: Models) -> ScoreOverlay:
    tune = shown.tune
    insight = _insight(shown, models) if state.TINT.get() else None
    selected = state.SELECTED.get()
    passes = bar_passes(tune, sound.moments, *selected) if selected and state.LOOP.get() else []
    numbers = number_bars(tune.bars)
    return ScoreOverlay(
        tuple(note.bar for note in tune.notes),
        tuple(numbers[note.bar] for note in tune.notes),
        viewing.note_names(tune),
        insight.bits if insight else None,
        insight.alternatives if insight else None,
        viewing.outside(tune),
        selected,
        tuple(passes),
        _cue(tune, sound),
        _on_touch,
    )


def _insight(shown: Performance, models: Models) -> NoteSurprise | None:
    try:
        return look_into(shown.composition, shown.request.model, models)
    except MusicgenError as error:  # the model went away: its tune is still here
        st.caption(sentence(error))
        return None


def _cue(tune: Tune, sound: Sound) -> tuple[str, float] | None:
    """The last change made by hand, and when the bar it begins in is first played."""
    cue = play_session().cue
    passes = bar_passes(tune, sound.moments, cue[1], len(tune.bars)) if cue else []
    return (cue[0], passes[0][0]) if cue and passes else None
