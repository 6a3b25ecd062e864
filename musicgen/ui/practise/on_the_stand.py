"""What lies on the music stand: a tune, or a set whose tunes are practised one after the other."""

import streamlit as st

from musicgen.library.book_tune import BookSet
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune
from musicgen.rendering.files.book_files import tunes_of_set
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.language import _
from musicgen.ui.base.links import play_page_link
from musicgen.ui.base.uninterrupted import uninterrupted
from musicgen.ui.base.words import plain
from musicgen.ui.tune.practise_link import SET, TUNE

PAGES = ("play", "corpus")
"""Pages whose tune a link may name; after a reload it is no longer known."""

_SET_SIGN = "="


def pick_tune() -> Tune | None:
    """The tune that another page gave, that the address names, or that is chosen here.

    Raises:
        TunebookError: the tunebook cannot be read, or has no such tune or set.
        NotationError: a tune of the set cannot be written down in its key.
    """
    with uninterrupted():
        _follow_link()
    if state.PRACTISE_ABC.get():
        return read_tune(state.PRACTISE_ABC.get())[0]
    tunes = resources.tunebook().tunes()
    if tunes:
        return tunes[0].tune
    with st.container(border=True, key="empty"):
        st.subheader(_("No tune lies on the stand yet"), anchor=False)
        st.write(_("Compose one on Play, or open one on Tunebook or Corpus, and press Practise."))
        play_page_link(_("Compose a tune"))
    return None


def _follow_link() -> None:
    book = resources.tunebook()
    name = st.query_params.get(SET, "")[:200]
    asked = f"{_SET_SIGN}{name}" if name else st.query_params.get(TUNE, "")[:40]
    if not asked or asked == state.PRACTISE_LINK.get():
        return
    state.PRACTISE_LINK.set(asked)
    if name:
        _put_set(book.get_set(name))
        return
    offered = state.PRACTISE_OFFERS.get().get(asked, "")
    put_tune(offered if asked in PAGES else book.find(asked).text)


def put_tune(text: str) -> None:
    """Puts a tune on the stand, alone."""
    state.PRACTISE_SET.set(())
    state.PRACTISE_ABC.set(text)


def replace_tune(before: str, after: str) -> None:
    """Puts a changed tune in the place of one that is on the stand, of a set too."""
    parts = state.PRACTISE_SET.get()
    state.PRACTISE_SET.set(
        tuple((title, after if text == before else text) for title, text in parts)
    )
    state.PRACTISE_ABC.set(after)


def _put_set(wanted: BookSet) -> None:
    """Puts a set on the stand, its first tune before the others, each in its key."""
    tunes = tunes_of_set(resources.tunebook(), wanted)
    parts = tuple(
        (f"{tune.title} ×{part.repeats}" if part.repeats > 1 else tune.title, tune.text)
        for tune, part in zip(tunes, wanted.tunes, strict=True)
    )
    state.PRACTISE_SET.set(parts)
    state.PRACTISE_ABC.set(parts[0][1] if parts else "")


def tunes_of_the_set() -> None:
    """A choice among the tunes of the set that is on the stand; nothing where there is none."""
    parts = state.PRACTISE_SET.get()
    if len(parts) < 2:
        return
    texts = [text for _title, text in parts]
    now = state.PRACTISE_ABC.get()
    if now in texts and texts[state.PRACTISE_PART.get() % len(parts)] != now:
        state.PRACTISE_PART.set(texts.index(now))
    st.segmented_control(
        _("Tune of the set"), list(range(len(parts))), key=state.PRACTISE_PART.name,
        format_func=lambda number: f"{number + 1}. {plain(parts[number][0])}", required=True,
        label_visibility="collapsed", on_change=_turn_to_part, persist_state="session",
    )  # fmt: skip


def _turn_to_part() -> None:
    parts = state.PRACTISE_SET.get()
    number = state.PRACTISE_PART.get()
    if 0 <= number < len(parts):
        state.PRACTISE_ABC.set(parts[number][1])


def other_tune() -> None:
    """A choice of another tune, or of a set, of the tunebook."""
    book = resources.tunebook()
    tunes = book.tunes()
    if not tunes:
        st.caption(_("The tunebook is empty: keep a tune, or bring your own."))
        return
    names = {tune.key: plain(tune.title) for tune in tunes}
    for one in book.sets():
        names[f"{_SET_SIGN}{one.name}"] = _("the set {name}").format(name=plain(one.name))
    chosen = st.selectbox(
        _("Of the tunebook"), list(names), index=None, key="practise_of_book",
        format_func=lambda key: names.get(str(key), "–"),
    )  # fmt: skip
    act_button(
        _("Put it on the stand"), "practise_take", _put, chosen or "", disabled=not chosen
    )  # fmt: skip


def _put(name: str) -> None:
    book = resources.tunebook()
    if name.startswith(_SET_SIGN):
        _put_set(book.get_set(name.removeprefix(_SET_SIGN)))
    else:
        put_tune(book.get(name).text)
