"""The tunes that are kept on this computer: to play, rename, save or delete."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import MAX_TITLE, to_file_name
from musicgen.library.favourites import Favourite
from musicgen.library.serialization import header_field, to_values
from musicgen.library.tunebook import Removed
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.words import plain
from musicgen.ui.play.tune_bar import fill_in_current
from musicgen.ui.tune.request import Request
from musicgen.ui.tune.session_state import play_session

_PER_PAGE = 20
_T = TypeVar("_T")


def favourites() -> None:
    """A list behind its name; nothing where nothing was kept yet."""
    if not resources.favourite_store().count() and state.DELETED.get() is None:
        return
    box = st.expander(
        _("Favourites"), icon=":material/favorite:", key="favourites_box", on_change="rerun"
    )
    with box:
        if box.open:
            _deleted()
            _list()


def _list() -> None:
    _damaged()
    kept = resources.favourite_store().list()
    pages = max(1, -(-len(kept) // _PER_PAGE))
    first = 0
    if pages > 1:
        page = st.segmented_control(
            _("Page"), range(1, pages + 1), default=1, required=True, key="favourites_page"
        )
        first = _PER_PAGE * ((page or 1) - 1)
    for favourite in kept[first : first + _PER_PAGE]:
        _row(favourite)


def _damaged() -> None:
    """Files that take the place of tunes and cannot be read, and the way to let them go."""
    count = resources.favourite_store().count_damaged()
    if not count:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="favourites_damaged"):
        text = ngettext(
            "{count} tune that was kept is damaged and cannot be read.",
            "{count} tunes that were kept are damaged and cannot be read.",
            count,
        )
        st.warning(text.format(count=count), icon=":material/broken_image:")
        with st.popover(_("Delete"), icon=":material/delete:", key="favourites_damaged_ask"):
            st.write(_("Delete it for good? What is left of its files goes with it."))
            st.button(
                _("Delete for good"),
                key="favourites_damaged_delete",
                type="primary",
                on_click=attempt,
                args=(resources.favourite_store().remove_damaged,),
            )


def _row(favourite: Favourite) -> None:
    key = favourite.key
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"favourite_{key}"
    ):
        facts = _facts(favourite)
        st.markdown(f"**{plain(favourite.name)}**  \n:small[:gray[{facts}]]", width="stretch")
        st.button(
            _("Play"),
            key=f"favourite_play_{key}",
            icon=":material/play_arrow:",
            on_click=_open,
            args=(favourite,),
        )
        st.download_button(
            _("ABC"),
            partial(_abc_of, favourite),
            f"{to_file_name(favourite.name)}.abc",
            "text/vnd.abc",
            key=f"favourite_abc_{key}",
            icon=":material/download:",
            on_click="ignore",
        )
        with st.popover(_("Rename"), icon=":material/edit:", key=f"favourite_rename_{key}"):
            st.text_input(
                _("Name"),
                favourite.name,
                MAX_TITLE,
                key=f"favourite_name_{key}",
                on_change=_rename,
                args=(key,),
            )
        st.button(
            _("Delete"),
            key=f"favourite_delete_{key}",
            icon=":material/delete:",
            on_click=_delete,
            args=(key,),
        )


def _facts(favourite: Favourite) -> str:
    values = favourite.values
    parts = [
        header_field(values["abc"], "R"),
        header_field(values["abc"], "M"),
        header_field(values["abc"], "K"),
        values["checkpoint"],
        _("temperature {value:g}").format(value=values["config"].get("temperature", 0)),
        _("seed {seed}").format(seed=values["seed"]),
        favourite.created[:10],
    ]
    return plain(" · ".join(filter(None, parts)))


def _abc_of(favourite: Favourite) -> str:
    return favourite.composition.to_abc()


def _open(favourite: Favourite) -> None:
    """Shows a favourite as a tune of this visit, with the settings it was composed with."""
    composition = favourite.composition
    request = Request(composition.checkpoint, composition.config, composition.edits)
    play_session().open(request, to_values(composition))
    fill_in_current()


def _rename(key: str) -> None:
    _try(lambda: resources.favourite_store().rename(key, st.session_state[f"favourite_name_{key}"]))


def _delete(key: str) -> None:
    removed = _try(lambda: resources.favourite_store().remove(key))
    state.DELETED.set(removed)


def _deleted() -> None:
    """What was just deleted, and the way to have it back."""
    removed: Removed | None = state.DELETED.get()
    if removed is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="favourite_deleted"):
        st.markdown(
            _("“{name}” is deleted.").format(name=plain(removed.tune.title)), width="content"
        )
        st.button(_("Undo"), key="favourite_undo", icon=":material/undo:", on_click=_restore)


def _restore() -> None:
    removed = state.DELETED.get()
    state.DELETED.set(None)
    if removed:
        _try(lambda: resources.favourite_store().restore(removed))


def _try(act: Callable[[], _T]) -> _T | None:
    try:
        return act()
    except MusicgenError as error:
        st.toast(sentence(error), icon=":material/error:")
        return None
