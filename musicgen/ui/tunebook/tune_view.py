"""One tune of the book on the screen: its score and sound, what is known of it, its files."""

import streamlit as st

from musicgen.audio.accents import beat_quarters
from musicgen.audio.practice import beats_per_minute
from musicgen.library.book_tune import (
    MAX_ABC,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    BookTune,
)
from musicgen.library.tunebook import MAX_NOTE
from musicgen.notation.model import Tune
from musicgen.notation.writing.field_changes import (
    MAX_VALUE,
    TEMPI,
    field_of,
    with_field,
    with_tempo,
)
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.words import plain
from musicgen.ui.tune import rendering
from musicgen.ui.tune.any_tune import describe_tune, is_it_known, tune_files
from musicgen.ui.tune.music_view import as_chosen
from musicgen.ui.tune.practise_link import practise_link
from musicgen.ui.tune.tune_words import say_time
from musicgen.ui.tunebook.text_history import change_text, desk
from musicgen.ui.tunebook.variants_view import more_like_this
from musicgen.ui.tunebook.workbench import workbench

_LETTERS = {"composer": "C", "rhythm": "R"}
"""What is kept in fields of the text, by the names of its widgets."""


def tune_on_screen(found: list[BookTune]) -> None:
    """The first of the tunes found, to be heard, read, changed and taken away."""
    _removed()
    if not found:
        return
    tune = found[0]
    _turn_to(tune.key)
    st.subheader(plain(tune.title), anchor=False)
    place = st.container(key="sound")
    shown, sound = as_chosen(tune.tune)
    st.caption(_known(tune, shown))
    if wrong := say_time(shown):
        st.caption(f":material/warning: {wrong}")
    if sound is not None:
        place.audio(sound.wav, "audio/wav")
    with st.container(horizontal=True, vertical_alignment="center", key="tunebook_tune_bar"):
        practise_link(tune.text, tune.key)
        _add_to_set(tune)
        _facts(tune)
        _text(tune)
        tune_files(tune, "tunebook")
        st.button(
            _("Remove"), key="tunebook_remove", icon=":material/delete:",
            on_click=attempt, args=(_remove, tune.key),
        )  # fmt: skip
    if sound is not None:
        workbench(tune, shown, sound)
        if sound.is_fallback:
            st.caption(rendering.better_sound())
    more_like_this(tune)
    is_it_known(tune.abc, "tunebook")


def _turn_to(key: str) -> None:
    """Lets go of what was chosen in the tune before."""
    own = desk()
    if own.shown != key:
        own.shown, own.note, own.refused = key, 0, None
        state.TUNEBOOK_SELECTED.set(None)


def _known(tune: BookTune, shown: Tune) -> str:
    """What kind of tune it is and how fast it goes, then what its player noted."""
    return describe_tune(tune, shown) + (f"  \n{plain(tune.note)}" if tune.note else "")


def _facts(tune: BookTune) -> None:
    """Fields to change what is known of a tune; each shows what is kept."""
    with st.popover(_("Title, tempo, tags"), icon=":material/edit:"):
        key = tune.key
        _field(tune, "title", _("Title"), tune.title, MAX_TITLE)
        _field(tune, "composer", _("Composer"), field_of(tune.tune, "C"))
        _field(tune, "rhythm", _("Rhythm"), tune.rhythm)
        _tempo(tune)
        st.multiselect(
            _("Tags"), sorted({*resources.tunebook().tags(), *tune.tags}), list(tune.tags),
            key=f"tunebook_tags_{key}", accept_new_options=True, max_selections=MAX_TAGS,
            format_func=lambda tag: plain(tag[:MAX_TAG]),
            on_change=attempt, args=(_change, key, "tags"),
        )  # fmt: skip
        st.text_area(
            _("Note"), tune.note, max_chars=MAX_NOTE, key=f"tunebook_note_{key}",
            on_change=attempt, args=(_change, key, "note"),
        )  # fmt: skip


def _field(tune: BookTune, name: str, label: str, value: str, most: int = MAX_VALUE) -> None:
    place = f"tunebook_{name}_{tune.key}"
    state.put(place, value[:most])
    st.text_input(
        label, max_chars=most, key=place, on_change=attempt, args=(_change, tune.key, name),
        persist_state="session",
    )  # fmt: skip


def _tempo(tune: BookTune) -> None:
    place = f"tunebook_tempo_{tune.key}"
    low, high = map(int, TEMPI)
    state.put(place, min(max(round(beats_per_minute(tune.tune)), low), high))
    st.number_input(
        _("Beats a minute"), low, high, step=2, key=place, on_change=attempt,
        args=(_change, tune.key, "tempo"), persist_state="session",
        help=_("Written into the files, as Q: in ABC."),
    )  # fmt: skip
    if tune.tune.tempo_qpm is not None:
        st.button(
            _("As fast as its dance"), key="tunebook_usual_tempo", icon=":material/speed:",
            on_click=attempt, args=(_usual_tempo, tune.key),
        )  # fmt: skip


def _usual_tempo(key: str) -> None:
    tune = resources.tunebook().get(key)
    change_text(key, with_tempo(tune.text, None, beat_quarters(tune.tune.meter)))


def _change(key: str, name: str) -> None:
    value = st.session_state[f"tunebook_{name}_{key}"]
    tune = resources.tunebook().get(key)
    text = tune.text
    if name == "tempo":
        beat = beat_quarters(tune.tune.meter)
        change_text(key, with_tempo(text, float(value), beat))
    elif name in _LETTERS:
        change_text(key, with_field(text, _LETTERS[name], value))
    else:
        resources.tunebook().change(key, **{name: value})


def _text(tune: BookTune) -> None:
    with st.popover(_("ABC"), icon=":material/notes:"):
        state.put(f"tunebook_abc_{tune.key}", tune.text)
        st.text_area(
            _("The text of the tune"), max_chars=MAX_ABC, height=320,
            key=f"tunebook_abc_{tune.key}", on_change=attempt, args=(_rewrite, tune.key),
            persist_state="session",
        )  # fmt: skip
        if tune.is_composed:
            st.caption(_("A tune whose text you change is yours: Play cannot compose it again."))


def _rewrite(key: str) -> None:
    change_text(key, st.session_state[f"tunebook_abc_{key}"])


def _add_to_set(tune: BookTune) -> None:
    st.button(
        _("Add to the set"), key="tunebook_to_set", icon=":material/playlist_add:",
        on_click=_append, args=(tune.key,),
        help=_("To the set that is put together below."),
    )  # fmt: skip


def _append(key: str) -> None:
    parts = (*state.TUNEBOOK_PARTS.get(), (key, 3, 0))
    state.TUNEBOOK_PARTS.set(parts)
    count = ngettext("The set below has {count} tune.", "The set below has {count} tunes.",
                     len(parts)).format(count=len(parts))  # fmt: skip
    st.toast(count, icon=":material/playlist_add_check:")


def _remove(key: str) -> None:
    state.TUNEBOOK_REMOVED.set(resources.tunebook().remove(key))
    parts = state.TUNEBOOK_PARTS.get()
    state.TUNEBOOK_PARTS.set(tuple(part for part in parts if part[0] != key))


def _removed() -> None:
    """What was just removed, and the way to have it back."""
    removed = state.TUNEBOOK_REMOVED.get()
    if removed is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="tunebook_removed"):
        name = plain(removed.tune.title)
        st.markdown(_("“{name}” is removed.").format(name=name), width="content")
        st.button(
            _("Undo"), key="tunebook_undo", icon=":material/undo:",
            on_click=attempt, args=(_restore,),
        )  # fmt: skip


def _restore() -> None:
    removed = state.TUNEBOOK_REMOVED.get()
    state.TUNEBOOK_REMOVED.set(None)
    if removed is not None:
        resources.tunebook().restore(removed)
        state.TUNEBOOK_TUNE.set(removed.tune.key)
