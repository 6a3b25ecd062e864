"""What one does with the tune on the screen: step back, switch takes, keep it, send its link."""

import contextlib
from dataclasses import replace

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import MAX_TITLE, clean_title
from musicgen.library.favourites import favourite_key
from musicgen.library.serialization import from_values, header_field, to_values
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.play import controls
from musicgen.ui.tune import rendering
from musicgen.ui.tune.copy_link import copy_link
from musicgen.ui.tune.history import Entry
from musicgen.ui.tune.keep_link import tunebook_link
from musicgen.ui.tune.performance import Performance
from musicgen.ui.tune.practise_link import practise_link
from musicgen.ui.tune.session_state import play_session
from musicgen.ui.tune.thumbs import thumbs


def tune_bar(shown: Performance) -> None:
    """One row between the player and the score."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tune_bar"):
        _steps()
        _takes(shown)
        _list()
        _keep(shown)
        _title(shown)
        thumbs(shown.composition, "play")
        copy_link("copy_link")
        practise_link(shown.abc, "play")


def _steps() -> None:
    tunes = play_session().history
    for name, label, icon, to, is_end in (
        ("undo", _("The tune before"), "undo", tunes.at - 1, tunes.at <= 0),
        ("redo", _("The tune after"), "redo", tunes.at + 1, tunes.at >= len(tunes.entries) - 1),
    ):
        st.button(
            label,
            key=f"play_{name}",
            icon=f":material/{icon}:",
            help=label,
            disabled=is_end,
            on_click=_go_to,
            args=(to,),
        )


def _go_to(at: int) -> None:
    """Brings a tune back, and with it the settings it was composed with."""
    play_session().step_to(at)
    fill_in_current()


def fill_in_current() -> None:
    """Shows the settings of the current entry of the history in the controls."""
    entry = play_session().history.current
    if entry:
        controls.fill_in(entry.request, entry.request.model)


def _takes(shown: Performance) -> None:
    count = shown.request.config.count
    if count == 1:
        return
    st.session_state["play_take"] = shown.request.take
    st.segmented_control(
        _("Take"),
        range(count),
        key="play_take",
        format_func={take: str(take + 1) for take in range(count)}.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_switch_take,
    )


def _switch_take() -> None:
    play_session().switch_take(st.session_state["play_take"])


def _list() -> None:
    tunes = play_session().history
    with st.popover(_("History"), icon=":material/history:"):
        st.caption(_("The tunes of this visit, the last one first."))
        for at, entry in reversed(list(enumerate(tunes.entries))):
            st.button(
                describe_entry(entry),
                key=f"history_{at}",
                type="tertiary",
                icon=":material/play_arrow:" if at == tunes.at else ":material/music_note:",
                on_click=_go_to,
                args=(at,),
            )


def describe_entry(entry: Entry) -> str:
    """Title, key, temperature and seed, which together identify a tune."""
    abc, config = entry.values["abc"], entry.request.config
    title = entry.values.get("name") or entry.values.get("title") or header_field(abc, "T")
    parts = [
        plain(title) or _("untitled"),
        plain(header_field(abc, "K")),
        _("temperature {value:g}").format(value=config.temperature),
        _("seed {seed}").format(seed=entry.values["seed"]),
    ]
    return " · ".join(filter(None, parts))


def _keep(shown: Performance) -> None:
    is_kept = resources.favourite_store().has(shown.composition)
    st.button(
        _("Kept") if is_kept else _("Favourite"),
        key="play_keep",
        icon=":material/favorite:" if not is_kept else ":material/check:",
        help=_("Among the favourites on this computer, at the foot of the page."),
        disabled=is_kept,
        on_click=_keep_clicked,
        args=(shown,),
    )
    if is_kept:
        tunebook_link(favourite_key(to_values(shown.composition)))


def _title(shown: Performance) -> None:
    """A field for the title, in the files as well; among the favourites it is called so too."""
    composition = shown.composition
    key = f"play_title_{favourite_key(to_values(composition))}"
    with st.popover(_("Title"), icon=":material/edit:"):
        state.put(key, composition.public_tune.title[:MAX_TITLE])
        st.text_input(
            _("Title"), max_chars=MAX_TITLE, key=key, on_change=attempt, args=(_rename, key),
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        st.caption(_("Composer, rhythm, tempo and single notes are changed in the tunebook: press "
                     "*Favourite*, then *Open in the tunebook*."))  # fmt: skip


def _rename(key: str) -> None:
    """Gives the tune on the screen the title that was typed; its own where none was.

    Raises:
        MusicgenError: the tunebook cannot be written.
    """
    shown = play_session().shown
    if shown is None:
        return
    typed = str(st.session_state[key]).strip()
    named = replace(shown.composition, name=clean_title(typed) if typed else "")
    store = resources.favourite_store()
    if store.has(named):
        store.rename(favourite_key(to_values(named)), named.public_tune.title)
    play_session().rename(rendering.perform(shown.request, named, shown.listening))


def _keep_clicked(shown: Performance) -> None:
    try:
        resources.favourite_store().add(shown.composition)
    except MusicgenError as error:
        st.toast(sentence(error), icon=":material/error:")


def render_ahead() -> None:
    """Renders the other takes while the first is listened to; at the end of the page's script."""
    entry, shown = play_session().history.current, play_session().shown
    if entry is None or shown is None or len(entry.takes) == 1 or shown.request != entry.request:
        return
    if state.RENDERED_AHEAD.get() is entry.takes:
        return
    for values in entry.takes:
        if play_session().shown is not shown:  # where a click waits, the run ends here
            return
        if values["seed"] != shown.composition.seed:
            with contextlib.suppress(MusicgenError):
                rendering.perform(entry.request, from_values(values), shown.listening)
    state.RENDERED_AHEAD.set(entry.takes)
