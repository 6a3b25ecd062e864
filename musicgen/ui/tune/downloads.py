"""The tune on the screen to take away: the usual files at once, all others behind one button."""

from collections.abc import Callable, Sequence

import streamlit as st

from musicgen.engraving.engraver import missing_part
from musicgen.errors import MusicgenError
from musicgen.library.book_tune import to_file_name
from musicgen.rendering.files.archive import DEFAULT_FORMATS, write_zip
from musicgen.rendering.files.formats import FORMATS, ExportTune, from_composition
from musicgen.rendering.playback_settings import PlaybackSettings
from musicgen.sampling.composer import Composition
from musicgen.ui.base import resources
from musicgen.ui.base.errors import sentence, translate
from musicgen.ui.base.language import N_, _
from musicgen.ui.tune.performance import Performance

AT_ONCE = ("wav", "midi", "abc")
"""Formats that each have a button, where the file is there already."""

MEANINGS = {
    "pdf": N_("Sheet music to print"),
    "svg": N_("Sheet music as a picture"),
    "jianpu": N_("Numbered notation (jianpu) to print"),
    "musicxml": N_("For MuseScore and other notation programs"),
    "mp3": N_("Small, plays everywhere"),
    "ogg": N_("Small, free of patents"),
    "flac": N_("Nothing lost, half the size of WAV"),
    "wav": N_("Nothing lost, plays everywhere"),
    "midi": N_("For programs that play or edit notes"),
}
"""What each format is good for, in the order in which they are offered; ABC has no need of it."""

_ZIP = "zip"

MAX_PIECES = 4
"""Tunes whose files are kept for all sessions, some 10 MB each with their sound."""


@st.fragment
def downloads(shown: Performance, takes: Callable[[], Sequence[Performance]]) -> None:
    """Buttons that save a tune in every format, and all takes together.

    Args:
        shown: The tune on the screen.
        takes: Gives it and those that were composed with it; asked only when they are packed.
    """
    with st.container(horizontal=True, key="downloads"):
        for name in AT_ONCE:
            data = _ready(shown, name)
            if data is not None:
                kind = FORMATS[name]
                stem = file_stem(shown.composition)
                _button(kind.label, data, f"{stem}.{kind.suffix}", kind.mime)
        more = st.popover(
            _("More formats"), icon=":material/more_horiz:", key="more_formats", on_change="rerun"
        )
        if more.open:
            with more:
                _more(takes, shown)


def _ready(shown: Performance, name: str) -> bytes | None:
    """A file that has been made already; None where there is none, or no sound."""
    if name == "abc":
        return shown.abc.encode()
    if shown.sound is None:
        return None
    return (shown.sound.wav if name == "wav" else shown.sound.midi) or None


def _more(takes: Callable[[], Sequence[Performance]], shown: Performance) -> None:
    """The other formats: the one that is chosen is made now, or says why it cannot be.

    Not given to the button as a function: what such a function returns is thrown away at the end of
    any script run of any session, and with something that ticks on the page, often before the
    browser has fetched it.
    """
    names = [name for name in MEANINGS if name not in AT_ONCE]
    names += [name for name in AT_ONCE if _ready(shown, name) is None]
    labels = {name: FORMATS[name].label for name in names} | {_ZIP: "ZIP"}
    chosen = st.pills(
        _("Format"),
        [name for name in labels if shown.sound or name == _ZIP or not FORMATS[name].is_sounding],
        key="download_format",
        default=names[0],
        format_func=labels.__getitem__,
        required=True,
        label_visibility="collapsed",
    )
    try:
        with st.spinner(_("Making the file")):
            data = _zip_of(takes()) if chosen == _ZIP else _piece_of(shown).make(chosen)
            remark = None if chosen == _ZIP else _piece_of(shown).remark(chosen)
    except MusicgenError as error:
        st.warning(sentence(error), icon=":material/error:")
        return
    stem = file_stem(shown.composition)
    name = f"{stem}.{_ZIP if chosen == _ZIP else FORMATS[chosen].suffix}"
    mime = "application/zip" if chosen == _ZIP else FORMATS[chosen].mime
    with st.container(horizontal=True, vertical_alignment="center"):
        _button(_("Save {format}").format(format=labels[chosen]), data, name, mime)
        st.caption(_meaning(chosen, shown.request.config.count), width="content")
    if remark:
        st.caption(translate(remark.template, remark.values))


def _meaning(name: str, count: int) -> str:
    if name != _ZIP:
        return _(MEANINGS[name])
    return _("All takes at once") if count > 1 else _("Sheet music and sound together")


def _zip_of(takes: Sequence[Performance]) -> bytes:
    """All takes in the usual formats, without those for which something is missing here."""
    has_engraver = missing_part(resources.paths()) is None
    names = [name for name in DEFAULT_FORMATS if has_engraver or not FORMATS[name].is_engraved]
    return write_zip([_piece_of(take) for take in takes], names)


def _button(label: str, data: bytes, file_name: str, mime: str) -> None:
    ending = file_name.rpartition(".")[2]
    st.download_button(
        label,
        data,
        file_name,
        mime,
        key=f"download_{ending}",
        icon=":material/download:",
        on_click="ignore",
    )


def file_stem(composition: Composition) -> str:
    """A name for files: the title, or model and seed of a tune without one."""
    title = composition.public_tune.title
    return to_file_name(title) if title else f"{composition.checkpoint}-{composition.seed}"


def _piece_of(shown: Performance) -> ExportTune:
    wav = shown.sound.wav if shown.sound else b""
    return _piece(shown.abc, shown.listening, shown.composition, wav)


@st.cache_resource(max_entries=MAX_PIECES, show_spinner=False)
def _piece(
    text: str,  # noqa: ARG001 - the cache's key
    playback: PlaybackSettings,
    _composition: Composition,
    _wav: bytes,
) -> ExportTune:
    """A tune as files, drawn and compressed once for all sessions."""
    return from_composition(
        _composition, stem=file_stem(_composition), playback=playback, wav=_wav,
        paths=resources.paths(),
    )  # fmt: skip
