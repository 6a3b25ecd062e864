"""Bringing tunes: ABC files, pasted ABC, and backups of a tunebook."""

from collections.abc import Sequence

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import MAX_ABC, MAX_TAG
from musicgen.library.tunebook_archive import Imported, import_abc, import_archive
from musicgen.notation.analysis.bars import check_bars
from musicgen.notation.parsing.characters import without_invisible
from musicgen.notation.parsing.tunebook import decode_text
from musicgen.ui.base import resources, state
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.told import tell, told
from musicgen.ui.base.uploads import upload_limit_mb
from musicgen.ui.base.words import plain
from musicgen.ui.tune.tune_words import say_time

ENDINGS = ("abc", "txt", "zip")
MAX_UPLOAD_MB = 20
_BROUGHT = "tunebook_brought"
_MOST_LOOKED_AT, _MOST_NAMED = 300, 6


def bring_form() -> None:
    """The form; what was brought is said once, above the list."""
    book = resources.tunebook()
    number = state.TUNEBOOK_UPLOADS.get()
    with st.expander(_("Bring tunes"), icon=":material/upload_file:", expanded=not book.count()):
        most = upload_limit_mb(MAX_UPLOAD_MB)
        st.file_uploader(
            _("ABC files, or a backup of a tunebook"),
            ENDINGS,
            accept_multiple_files=True,
            max_upload_size=most,
            key=f"tunebook_files_{number}",
        )
        st.caption(
            _("Several at once, up to {size} MB each. Nothing leaves this machine.").format(
                size=most
            )
        )
        st.text_area(
            _("Or paste ABC here"),
            max_chars=MAX_ABC,
            key=f"tunebook_pasted_{number}",
            placeholder="X:1\nT:…\nM:6/8\nL:1/8\nK:D\nDFA dAF|…",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                _("Tag"), max_chars=MAX_TAG, key=f"tunebook_tag_{number}",
                placeholder=_("such as session"),
            )  # fmt: skip
            st.button(
                _("Add to the tunebook"), type="primary", icon=":material/library_add:",
                key="tunebook_add", on_click=attempt, args=(_add, number),
            )  # fmt: skip
    brought = told(_BROUGHT)
    place = st.container()  # always there: what follows must not change its place
    if brought is not None:
        place.success(_describe(brought), icon=":material/check:")


def _add(number: int) -> None:
    """Takes in all that was chosen and pasted; the form is empty then.

    Raises:
        MusicgenError: a file holds no tune, or nothing was given; what came before it is kept.
    """
    resources.require_disk()
    book = resources.tunebook()
    files = st.session_state.get(f"tunebook_files_{number}") or []
    tag = str(st.session_state.get(f"tunebook_tag_{number}", ""))
    pasted = str(st.session_state.get(f"tunebook_pasted_{number}", ""))
    if not files and not pasted.strip():
        raise MusicgenError(_("Choose a file, or paste a tune in ABC notation."))
    found = []
    for file in files:
        if file.name.lower().endswith(".zip"):
            found.append(import_archive(book, file.getvalue()))
        else:
            text = without_invisible(decode_text(file.getvalue()))
            found.append(import_abc(book, text, [tag]))
    if pasted.strip():
        found.append(import_abc(book, pasted, [tag]))
    tell(
        _BROUGHT,
        Imported(
            sum(one.tunes for one in found), sum(one.sets for one in found),
            sum(one.known for one in found), sum(one.empty for one in found),
            tuple(key for one in found for key in one.keys),
        ),
    )  # fmt: skip
    keys = [key for one in found for key in one.keys]
    if len(keys) == 1:
        state.TUNEBOOK_TUNE.set(keys[0])
    state.TUNEBOOK_UPLOADS.set(number + 1)


def _describe(brought: Imported) -> str:
    parts = [
        ngettext("{count} new tune.", "{count} new tunes.", brought.tunes).format(
            count=brought.tunes
        )
    ]
    if brought.sets:
        text = ngettext("{count} new set.", "{count} new sets.", brought.sets)
        parts.append(text.format(count=brought.sets))
    if brought.known:
        text = ngettext("{count} was there already.", "{count} were there already.", brought.known)
        parts.append(text.format(count=brought.known))
    if brought.empty:
        text = ngettext(
            "{count} without notes is left out.", "{count} without notes are left out.",
            brought.empty,
        )  # fmt: skip
        parts.append(text.format(count=brought.empty))
    return " ".join(filter(None, [*parts, _say_wrong(brought.keys[:_MOST_LOOKED_AT])]))


def _say_wrong(keys: Sequence[str]) -> str:
    """Which of the new tunes have bars that are too long or too short; empty where none has."""
    book = resources.tunebook()
    known = {tune.key: tune for tune in book.tunes()}
    wrong = [known[key] for key in keys if key in known and check_bars(known[key].tune).wrong]
    if not wrong:
        return ""
    if len(keys) == 1:
        return say_time(wrong[0].tune)
    titles = ", ".join(plain(tune.title) for tune in wrong[:_MOST_NAMED])
    more = " …" if len(wrong) > _MOST_NAMED else ""
    text = ngettext(
        "{count} has bars out of time: {titles}.", "{count} have bars out of time: {titles}.",
        len(wrong),
    )  # fmt: skip
    return text.format(count=len(wrong), titles=titles + more)
