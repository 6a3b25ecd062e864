"""The whole book on paper, for friends, and as a backup."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from musicgen.engraving.book import BookWords
from musicgen.engraving.pages import TuneNames
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import BookSet, SetTune, to_file_name
from musicgen.library.tunebook import Question
from musicgen.library.tunebook_archive import write_abc_book, write_archive
from musicgen.rendering.files.book_files import tunes_of_set
from musicgen.rendering.files.book_pdf import (
    CODES,
    LAYOUTS,
    MAX_ADDRESS,
    PAPERS,
    BookChoice,
    BookSettings,
    write_book,
)
from musicgen.rendering.files.friends_page import write_friends_page
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import answered, ask_button
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.language import LANGUAGE_TAGS, N_, _, current_language
from musicgen.ui.base.words import plain
from musicgen.ui.tune import listening
from musicgen.ui.tune.fingering_choice import fingering_choice
from musicgen.ui.tune.tune_words import name_music_key, name_rhythm
from musicgen.ui.tune.viewing import NUMBERS, remembered_notation

_PAPERS = {"a4": "A4", "a5": "A5", "letter": "Letter"}
_LAYOUTS = {
    "tunes": N_("whole tunes"),
    "incipits": N_("beginnings in two columns"),
    "both": N_("both"),
}
_CODES = {"abc": N_("the notes as ABC"), "link": N_("a link"), "none": N_("none")}
_NOTATIONS = {"staff": N_("Sheet music"), "jianpu": N_("Numbered notation (jianpu)")}
_NAMES = TuneNames(name_rhythm, name_music_key)
_ORDERS = {"title": N_("by title"), "rhythm": N_("by rhythm"), "added": N_("as they were added")}


def print_and_share() -> None:
    """The form, and the file that was made last.

    Raises:
        TunebookError: the tunebook cannot be read.
    """
    book = resources.tunebook()
    if not book.count():
        return
    with st.expander(_("Print, share, back up"), icon=":material/print:"):
        title = st.text_input(_("Title of the book"), _("Tunebook"), 80, key="tunebook_book_title")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            sets = book.sets()
            tag, wanted = _pick_tunes(book.tags(), sets)
            order = _pick(_("Order"), "order", _ORDERS)
            paper = st.selectbox(
                _("Paper"), PAPERS, key="tunebook_book_paper", format_func=_PAPERS.__getitem__
            )
            layout = _pick(_("Music"), "layout", {name: _LAYOUTS[name] for name in LAYOUTS})
            notation = st.selectbox(
                _("Notation"), list(_NOTATIONS), int(remembered_notation() == NUMBERS),
                key="tunebook_book_notation", format_func=lambda one: _(_NOTATIONS[one]),
            )  # fmt: skip
            fingering = fingering_choice("tunebook_book_fingering")
            code = _pick(_("QR code"), "code", {name: _CODES[name] for name in CODES})
        address = ""
        if code == "link":
            address = st.text_input(
                _("Address at which others reach this program"), "", MAX_ADDRESS,
                key="tunebook_book_address", placeholder="http://192.168.1.20:8501",
            )  # fmt: skip
        if wanted and title in ("", _("Tunebook")):  # nobody has named it
            title = wanted.name
        settings = BookSettings(
            title or _("Tunebook"),
            paper,
            layout,
            code,
            fingering,
            address.strip(),
            notation,
            *listening.reading(),
            is_set=wanted is not None,
        )
        if wanted:
            tunes = tunes_of_set(book, wanted)
            parts = zip(tunes, wanted.tunes, strict=True)
            sets = [replace(wanted, tunes=tuple(SetTune(tune.key, part.repeats)
                                                for tune, part in parts))]  # fmt: skip
        else:
            tunes = BookChoice(order).pick(book.tunes(Question(tag=tag)))
        stem = to_file_name(settings.title)

        def write_pdf() -> bytes:
            printed = write_book(
                tunes, () if wanted else sets, settings, resources.paths(), _words(), _NAMES
            )
            for name, reason in printed.missing:
                st.warning(f"{plain(name)}: {sentence(reason)}", icon=":material/error:")
            return printed.data

        def write_page() -> bytes:
            language = LANGUAGE_TAGS[current_language()]
            page = write_friends_page(
                settings.title, tunes, sets, resources.paths(), _friends_words(), language, _NAMES
            )
            return page.encode("utf-8", "replace")

        day = datetime.now(UTC).date().isoformat()
        with st.container(horizontal=True):
            _maker(_("Make the PDF"), "pdf", f"{stem}.pdf", "application/pdf", write_pdf)
            _maker(_("Make a page for friends"), "html", f"{stem}.html", "text/html", write_page)
            _maker(_("Make one ABC file"), "abc", f"{stem}.abc", "text/vnd.abc",
                   lambda: write_abc_book(tunes).encode("utf-8", "replace"))  # fmt: skip
            _maker(_("Make a backup"), "zip", f"tunebook-{day}.zip", "application/zip",
                   lambda: write_archive(book))  # fmt: skip
        made = state.TUNEBOOK_FILE.get()
        if made is not None:
            name, mime, data = made
            st.download_button(
                _("Save {name}").format(name=name), data, name, mime, type="primary",
                key="tunebook_book_save", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        st.caption(
            _(
                "The PDF has contents, sets, and indexes by rhythm and key. The page for friends "
                "shows and plays the tunes without this program. A backup brings everything back."
            )
        )


def _pick_tunes(tags: Sequence[str], sets: Sequence[BookSet]) -> tuple[str, BookSet | None]:
    """All tunes, those with a tag, or a set in its order: the tag and the set."""
    names = {
        "": _("all"),
        **{f"#{tag}": f"#{plain(tag)}" for tag in tags},
        **{f"={one.name}": _("the set {name}").format(name=plain(one.name)) for one in sets},
    }
    chosen = st.selectbox(
        _("Tunes"),
        list(names),
        key="tunebook_book_tag",
        format_func=lambda one: names.get(one, one),
    )
    wanted = next((one for one in sets if chosen == f"={one.name}"), None)
    return chosen[1:] if chosen.startswith("#") else "", wanted


def _pick(label: str, name: str, words: dict[str, str]) -> str:
    return st.selectbox(
        label, list(words), key=f"tunebook_book_{name}", format_func=lambda one: _(words[one])
    )


def _maker(label: str, kind: str, name: str, mime: str, make: Callable[[], bytes]) -> None:
    """A button, and the file that it asks for."""
    key = f"tunebook_make_{kind}"
    if not ask_button(label, key):
        return
    state.TUNEBOOK_FILE.set(None)
    try:
        with answered(key), st.spinner(_("Making the file")):
            state.TUNEBOOK_FILE.set((name, mime, make()))
    except MusicgenError as error:
        st.error(sentence(error), icon=":material/error:")


def _words() -> BookWords:
    return BookWords(
        _("Contents"), _("Sets"), _("Beginnings"), _("By rhythm"), _("By key"), _("others")
    )


def _friends_words() -> dict[str, str]:
    return {
        "search": _("Search"),
        "back": _("All tunes"),
        "play": _("Play"),
        "stop": _("Stop"),
        "previous": _("Tune before"),
        "next": _("Next tune"),
        "speed": _("Speed"),
        "transpose": _("Semitones"),
        "print": _("Print"),
    }
