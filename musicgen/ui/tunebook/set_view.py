"""Sets: tunes in order, each so many times and in a key, played through and taken away."""

from dataclasses import replace

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.library.book_tune import (
    MAX_TITLE,
    MOST_SEMITONES,
    REPEATS,
    BookSet,
    BookTune,
    SetTune,
    key_of,
    to_file_name,
)
from musicgen.library.tunebook import MAX_SET_TUNES
from musicgen.rendering.files.book_files import PlayedSet, play_set
from musicgen.rendering.files.formats import FORMATS
from musicgen.rendering.playback_settings import DANCED
from musicgen.ui.base import resources, state
from musicgen.ui.base.errors import sentence
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.words import plain
from musicgen.ui.components.audio import start
from musicgen.ui.components.score import score
from musicgen.ui.tune import listening, rendering, viewing
from musicgen.ui.tune.practise_link import practise_set_link
from musicgen.ui.tune.tune_words import name_music_key, name_rhythm

_FORMATS = ("abc", "midi", "mp3", "flac")
_PLAYER = ".st-key-set_sound audio"


def sets() -> None:
    """The set that is put together, and those that are kept; nothing while there are no tunes.

    Raises:
        TunebookError: the tunebook cannot be read.
    """
    book = resources.tunebook()
    if not book.count():
        return
    st.subheader(_("Sets"), anchor=False)
    names = [one.name for one in book.sets()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Set"), ["", *names], key=state.TUNEBOOK_SET.name, on_change=attempt, args=(_open,),
            format_func=lambda name: plain(name) or _("a new one"), persist_state="session",
        )  # fmt: skip
        if state.TUNEBOOK_SET.get():
            st.button(
                _("Remove the set"), key="tunebook_set_remove", icon=":material/delete:",
                on_click=attempt, args=(_remove_set,),
            )  # fmt: skip
    parts = state.TUNEBOOK_PARTS.get()
    if not parts:
        st.caption(_("Choose a tune above and add it: a set begins with its first tune."))
        return
    known = {tune.key: tune for tune in book.tunes()}
    for place, (key, repeats, semitones) in enumerate(parts):
        _part(place, known.get(key), repeats, semitones, is_last=place == len(parts) - 1)
    _move_all()
    _keep()
    _play(tuple(part for part in parts if part[0] in known))


def _open() -> None:
    """Shows the parts of the set that was chosen."""
    name = state.TUNEBOOK_SET.get()
    parts = resources.tunebook().get_set(name).tunes if name else ()
    state.TUNEBOOK_PARTS.set(tuple((one.key, one.repeats, one.transpose) for one in parts))
    state.TUNEBOOK_PLAYED.set(False)


def _part(
    place: int, tune: BookTune | None, repeats: int, semitones: int, *, is_last: bool
) -> None:
    low, high = REPEATS
    kept = f"{place}_{repeats}_{semitones}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"tunebook_part_{place}"):
        title = plain(tune.title) if tune else "–"
        facts = [name_rhythm(tune.rhythm), name_music_key(key_of(tune, semitones))] if tune else []
        st.markdown(
            f"{place + 1}. **{title}**  \n:small[{plain(' · '.join(filter(None, facts)))}]",
            width="stretch",
        )
        st.number_input(
            _("Times"), low, high, repeats, key=f"tunebook_times_{kept}", width=120,
            on_change=_set_part, args=(place, 1, f"tunebook_times_{kept}"),
        )  # fmt: skip
        st.number_input(
            _("Semitones"), -MOST_SEMITONES, MOST_SEMITONES, semitones, width=120,
            key=f"tunebook_semitones_{kept}",
            on_change=_set_part, args=(place, 2, f"tunebook_semitones_{kept}"),
        )  # fmt: skip
        st.button(
            _("Up"), key=f"tunebook_up_{place}", icon=":material/arrow_upward:",
            disabled=not place, on_click=_move_up, args=(place,),
        )  # fmt: skip
        st.button(
            _("Down"), key=f"tunebook_down_{place}", icon=":material/arrow_downward:",
            disabled=is_last, on_click=_move_up, args=(place + 1,),
        )  # fmt: skip
        st.button(
            _("Take out"), key=f"tunebook_out_{place}", icon=":material/close:",
            on_click=_take_out, args=(place,),
        )  # fmt: skip


def _set_part(place: int, which: int, name: str) -> None:
    parts = list(state.TUNEBOOK_PARTS.get())
    if place < len(parts):
        key, times, steps = parts[place]
        value = int(st.session_state[name])
        parts[place] = (key, value, steps) if which == 1 else (key, times, value)
    state.TUNEBOOK_PARTS.set(tuple(parts))


def _move_all() -> None:
    """Moves the whole set, each tune from where it is; not further than one of them can go."""
    steps = [semitones for _key, _times, semitones in state.TUNEBOOK_PARTS.get()]
    with st.container(horizontal=True, vertical_alignment="center", key="tunebook_move_all"):
        st.markdown(_("The whole set"), width="content")
        st.button(
            _("A semitone lower"), key="tunebook_all_lower", icon=":material/remove:",
            on_click=_transpose_all, args=(-1,), disabled=min(steps) <= -MOST_SEMITONES,
        )  # fmt: skip
        st.button(
            _("A semitone higher"), key="tunebook_all_higher", icon=":material/add:",
            on_click=_transpose_all, args=(1,), disabled=max(steps) >= MOST_SEMITONES,
        )  # fmt: skip


def _transpose_all(step: int) -> None:
    parts = state.TUNEBOOK_PARTS.get()
    moved = tuple((key, times, semitones + step) for key, times, semitones in parts)
    if all(abs(semitones) <= MOST_SEMITONES for _key, _times, semitones in moved):
        state.TUNEBOOK_PARTS.set(moved)


def _move_up(place: int) -> None:
    parts = list(state.TUNEBOOK_PARTS.get())
    if 0 < place < len(parts):
        parts[place - 1], parts[place] = parts[place], parts[place - 1]
    state.TUNEBOOK_PARTS.set(tuple(parts))


def _take_out(place: int) -> None:
    parts = list(state.TUNEBOOK_PARTS.get())
    state.TUNEBOOK_PARTS.set(tuple(parts[:place] + parts[place + 1 :]))


def _keep() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("Name of the set"), state.TUNEBOOK_SET.get(), MAX_TITLE,
            key=f"tunebook_set_name_{state.TUNEBOOK_SET.get()}",
            placeholder=_("such as Friday night"),
        )  # fmt: skip
        st.button(
            _("Keep the set"), type="primary", icon=":material/playlist_add_check:",
            key="tunebook_set_keep", on_click=attempt, args=(_put_set,),
        )  # fmt: skip
        st.button(
            _("Play the set"), icon=":material/play_arrow:", key="tunebook_set_play",
            on_click=_ask_to_play,
        )  # fmt: skip
        if state.TUNEBOOK_SET.get():
            practise_set_link(state.TUNEBOOK_SET.get())


def _ask_to_play() -> None:
    state.TUNEBOOK_PLAYED.set(True)
    state.TUNEBOOK_PLAYS.set(state.TUNEBOOK_PLAYS.get() + 1)


def _put_set() -> None:
    before = state.TUNEBOOK_SET.get()
    name = str(st.session_state.get(f"tunebook_set_name_{before}", "")).strip()
    if not name:
        raise MusicgenError(_("Give the set a name."))
    parts = tuple(SetTune(*part) for part in state.TUNEBOOK_PARTS.get()[:MAX_SET_TUNES])
    wanted = BookSet(name, parts)
    book = resources.tunebook()
    book.put_set(wanted)
    state.TUNEBOOK_SET.set(next(one.name for one in book.sets() if one.tunes == parts))


def _remove_set() -> None:
    resources.tunebook().remove_set(state.TUNEBOOK_SET.get())
    state.TUNEBOOK_SET.set("")
    state.TUNEBOOK_PARTS.set(())


def _play(parts: tuple[tuple[str, int, int], ...]) -> None:
    if not state.TUNEBOOK_PLAYED.get() or not parts:
        return
    with st.container(key="set_stage"):  # within it the player stays in sight
        _play_through(parts)


def _play_through(parts: tuple[tuple[str, int, int], ...]) -> None:
    """The player of a set, its files and its scores."""
    name = state.TUNEBOOK_SET.get() or _("Set")
    texts = tuple(resources.tunebook().get(key).text for key, _times, _steps in parts)
    wanted = name, parts, texts, *listening.reading()
    place = st.container(key="set_sound")
    try:
        with st.spinner(_("Playing the set")):
            sound = _file("mp3", *wanted)
            place.audio(sound, "audio/mpeg")
            start(_PLAYER, f"set {state.TUNEBOOK_PLAYS.get()}", "starter_set")
            files = [_file(one, *wanted) for one in _FORMATS]
    except MusicgenError as error:
        st.warning(sentence(error), icon=":material/volume_off:")
        return
    with st.container(horizontal=True):
        for kind, data in zip(map(FORMATS.__getitem__, _FORMATS), files, strict=True):
            st.download_button(
                kind.label, data, f"{to_file_name(name)}.{kind.suffix}", kind.mime,
                key=f"tunebook_set_{kind.name}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        st.button(_("Close the player"), key="tunebook_set_close", icon=":material/close:",
                  on_click=state.TUNEBOOK_PLAYED.set, args=(False,))  # fmt: skip
    _scores(_played(*wanted))


def _scores(played: PlayedSet) -> None:
    """The tunes of a set below each other, with the cursor in the one that sounds."""
    viewing.hold_viewing()
    for place, sheet in enumerate(played.sheets):
        times = sum(piece is sheet for piece in played.pieces)
        title = plain(sheet.tune.title) or _("untitled")
        st.caption(f"{place + 1}. {title}" + (f" ×{times}" if times > 1 else ""))
        moments = played.moments(sheet)
        score(
            rendering.lay_out(sheet.tune, moments, fingering=viewing.fingering_of(sheet.tune)),
            [onset for _start, onset, _length in moments],
            [length for _start, _onset, length in moments],
            key=f"set_score_{place}",
            audio=_PLAYER,
            library=resources.paths().abcjs,
            is_numbered=viewing.is_numbered(),
        )


@st.cache_resource(max_entries=2 * len(_FORMATS), show_spinner=False)
def _file(
    kind: str,
    name: str,
    parts: tuple[tuple[str, int, int], ...],
    texts: tuple[str, ...],
    clef: str,
    octave: int,
) -> bytes:
    """A set as a file, made once for all sessions: a minute of sound takes a second to write."""
    return _played(name, parts, texts, clef, octave).make(kind)


@st.cache_resource(max_entries=2, show_spinner=False)
def _played(
    name: str,
    parts: tuple[tuple[str, int, int], ...],
    texts: tuple[str, ...],  # noqa: ARG001 - in the cache's key
    clef: str,
    octave: int,
) -> PlayedSet:
    """A set, rendered once for all sessions."""
    wanted = BookSet(name, tuple(SetTune(*part) for part in parts))
    playback = replace(DANCED, clef=clef, octave=octave)
    return play_set(resources.tunebook(), wanted, playback, resources.paths())
