"""The list of tunes: what one looks for, and the one that is chosen."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookTune
from musicgen.library.tunebook import Question, Tunebook
from musicgen.notation.analysis.incipit import MAX_QUERY, MelodyQuery, read_query
from musicgen.safe_text import remove_controls
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.links import play_page_link
from musicgen.ui.base.uninterrupted import uninterrupted
from musicgen.ui.components.keyboard import keyboard, to_abc
from musicgen.ui.components.row_table import row_table
from musicgen.ui.tune.tune_words import (
    name_music_key,
    name_rhythm,
    names_in_all_languages,
)

MAX_SEARCH = 100
TABLE_HEIGHT = 320
TUNE = "tune"
"""The parameter of the address that names a tune by the beginning of its key."""


def follow_link() -> None:
    """Opens the tune that the address names, once.

    Raises:
        TunebookError: there is no such tune here.
    """
    with uninterrupted():
        asked = st.query_params.get(TUNE, "")[:40]
        if asked and asked != state.TUNEBOOK_LINK.get():
            state.TUNEBOOK_LINK.set(asked)
            state.TUNEBOOK_TUNE.set(resources.tunebook().find(asked).key)


def tunes() -> list[BookTune]:
    """Draws search and list; the tunes found, the one that is looked at first.

    Raises:
        TunebookError: the tunebook cannot be read.
    """
    book = resources.tunebook()
    if not book.count():
        with st.container(border=True, key="empty"):
            st.subheader(_("No tune is kept yet"), anchor=False)
            st.write(_("Bring your own above, or keep a tune on Play with the button Favourite."))
            play_page_link(_("Compose a tune"))
        return []
    question = _question(book)
    found = book.tunes(question, names_in_all_languages)
    if not found:
        st.info(
            _("No tune has all of this. Leave a word or some notes out, or choose all under Only.")
        )
        return []

    def open_row(row: int) -> None:
        if row < len(found):
            state.TUNEBOOK_TUNE.set(found[row].key)

    row_table(
        [_row(tune, has_likeness=question.melody is not None) for tune in found],
        f"tunebook_tunes_{hash(question)}_{len(found)}",
        open_row,
        height=TABLE_HEIGHT if len(found) > 8 else "auto",
        column_config={_("Title"): st.column_config.TextColumn(width="medium")},
    )
    count = ngettext("{count:,} tune", "{count:,} tunes", len(found)).format(count=len(found))
    told = _("The row that you choose is shown and heard below.")
    st.caption(f"{count} · {told}")
    wanted = state.TUNEBOOK_TUNE.get()
    if book.has(wanted) and all(tune.key != wanted for tune in found) and not _is_asked(question):
        found = [book.get(wanted), *found]
    return sorted(found, key=lambda tune: tune.key != wanted)


def _is_asked(question: Question) -> bool:
    return question != Question()


def _question(book: Tunebook) -> Question:
    """What is looked for, as typed and chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="tunebook_search"):
        words = st.text_input(
            _("Words"), max_chars=MAX_SEARCH, key="tunebook_words", icon=":material/search:",
            placeholder=_("title, dance, key, tag or note"),
            help=_("All words must be there: in title, composer, note and tags, or as dance, key "
                   "and meter, such as jig, E minor, Edor or 6/8."),
        )  # fmt: skip
        typed = st.text_input(
            _("Melody"), max_chars=MAX_QUERY, key="tunebook_melody", icon=":material/music_note:",
            placeholder=_("DFA dAF, or 1 3 5 1"),
            help=_("A few notes as letters or degrees of the scale. They are found in any key."),
        )  # fmt: skip
        with st.popover(_("Play a melody"), icon=":material/piano:"):
            st.caption(_("Play the beginning of a tune, in any key: the book is searched for it."))
            keyboard("tunebook_keyboard", _play)
        with st.popover(_("Only"), icon=":material/filter_alt:"):
            every = book.tunes()
            rhythm = _choice(
                _("Rhythm"), "rhythm", sorted({tune.rhythm for tune in every}), name_rhythm
            )
            keys = sorted({tune.music_key for tune in every})
            music_key = _choice(_("Key and mode"), "key", keys, name_music_key)
            tag = _choice(_("Tag"), "tag", book.tags())
    return Question(words, rhythm, music_key, "", tag, _melody(typed))


def _play(pitches: list[int]) -> None:
    """Takes what was played as if it had been typed."""
    st.session_state["tunebook_melody"] = to_abc(pitches)


def _choice(
    label: str, name: str, values: list[str], words: Callable[[str], str] = remove_controls
) -> str:
    options = ["", *filter(None, values)]
    return st.selectbox(
        label, options, key=f"tunebook_only_{name}",
        format_func=lambda value: words(value) or _("all"),
    )  # fmt: skip


def _melody(typed: str) -> MelodyQuery | None:
    if not typed.strip():
        return None
    try:
        return read_query(typed)
    except MusicgenError as error:
        st.caption(sentence(error))
        return None


def _row(tune: BookTune, *, has_likeness: bool) -> dict[str, Any]:
    fits = {_("Fits"): f"{tune.likeness:.0%}"} if has_likeness else {}
    return {
        _("Title"): remove_controls(tune.title),
        **fits,
        _("Rhythm"): name_rhythm(tune.rhythm),
        _("Key and mode"): name_music_key(tune.music_key),
        _("Meter"): tune.meter,
        _("Tags"): remove_controls(", ".join(tune.tags)),
    }
