"""One tune of the book on the screen: its score and sound, what is known of it, its files."""

import streamlit as st

from musicgen.errors import AudioError, MusicgenError
from musicgen.library.book_tune import MAX_ABC, MAX_TAG, MAX_TAGS, MAX_TITLE, BookTune
from musicgen.library.tunebook import MAX_NOTE
from musicgen.rendering.files.book_files import export_tune
from musicgen.rendering.files.formats import FORMATS
from musicgen.rendering.playback_settings import DANCED
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.tune import rendering
from musicgen.ui.tune.performance import Sound
from musicgen.ui.tune.practise_link import practise_link
from musicgen.ui.tune.rendering import show_score

_FORMATS = ("abc", "midi", "mp3", "wav", "pdf", "svg", "musicxml")


def tune_on_screen(found: list[BookTune]) -> None:
    """The first of the tunes found, to be heard, read, changed and taken away."""
    _removed()
    if not found:
        return
    tune = found[0]
    st.subheader(plain(tune.title), anchor=False)
    facts = " · ".join(filter(None, (tune.rhythm, tune.meter, tune.music_key, *tune.tags)))
    st.caption(plain(facts) + (f"  \n{plain(tune.note)}" if tune.note else ""))
    sound = st.container(key="sound")
    rendered: Sound | None = None
    try:
        rendered = rendering.render_text(tune.text, tune.tune, "", DANCED.arrangement)
    except AudioError as error:
        st.warning(sentence(error), icon=":material/volume_off:")
    else:
        sound.audio(rendered.wav, "audio/wav")
    with st.container(horizontal=True, key="tunebook_tune_bar"):
        practise_link(tune.text, tune.key)
        _add_to_set(tune)
        _facts(tune)
        _text(tune)
        _files(tune)
        st.button(
            _("Remove"), key="tunebook_remove", icon=":material/delete:",
            on_click=attempt, args=(_remove, tune.key),
        )  # fmt: skip
    if rendered is not None:
        show_score(tune.tune, rendered)


def _facts(tune: BookTune) -> None:
    with st.popover(_("Title, tags, note"), icon=":material/edit:"):
        key = tune.key
        st.text_input(
            _("Title"), tune.title, MAX_TITLE, key=f"tunebook_title_{key}",
            on_change=attempt, args=(_change, key, "title"),
        )  # fmt: skip
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


def _change(key: str, name: str) -> None:
    value = st.session_state[f"tunebook_{name}_{key}"]
    resources.tunebook().change(key, **{name: value})


def _text(tune: BookTune) -> None:
    with st.popover(_("ABC"), icon=":material/notes:"):
        st.text_area(
            _("The text of the tune"), tune.text, max_chars=MAX_ABC, height=320,
            key=f"tunebook_abc_{tune.key}", on_change=attempt, args=(_rewrite, tune.key),
        )  # fmt: skip
        if tune.is_composed:
            st.caption(_("A tune whose text you change is yours: Play cannot compose it again."))


def _rewrite(key: str) -> None:
    resources.tunebook().rewrite(key, st.session_state[f"tunebook_abc_{key}"])
    st.session_state.pop(f"tunebook_title_{key}", None)


def _files(tune: BookTune) -> None:
    popover = st.popover(_("Save"), icon=":material/download:", on_change="rerun",
                         key="tunebook_save")  # fmt: skip
    if not popover.open:
        return
    with popover:
        name = st.pills(
            _("Format"), _FORMATS, key="tunebook_format", default="abc", required=True,
            format_func=lambda name: FORMATS[name].label, label_visibility="collapsed",
        )  # fmt: skip
        kind = FORMATS[name or "abc"]
        try:
            with st.spinner(_("Making the file")):
                data = export_tune(tune, DANCED, resources.paths()).make(kind.name)
        except MusicgenError as error:
            st.warning(sentence(error), icon=":material/error:")
            return
        st.download_button(
            _("Save {format}").format(format=kind.label), data, f"{tune.stem}.{kind.suffix}",
            kind.mime, key="tunebook_download", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _add_to_set(tune: BookTune) -> None:
    st.button(
        _("Add to the set"), key="tunebook_to_set", icon=":material/playlist_add:",
        on_click=_append, args=(tune.key,),
        help=_("To the set that is put together below."),
    )  # fmt: skip


def _append(key: str) -> None:
    state.TUNEBOOK_PARTS.set((*state.TUNEBOOK_PARTS.get(), (key, 3, 0)))


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
