"""The tune on the screen to take away: the usual files at once, all others behind one button."""

from collections.abc import Callable, Sequence

import streamlit as st

from musicgen.engraving.engraver import missing_part
from musicgen.errors import EngravingError, SetupError
from musicgen.sampling.composer import Composition
from musicgen.takeaway.archive import USUAL, write_zip
from musicgen.takeaway.formats import ENGRAVED, FORMATS, SOUNDING, Piece, from_composition
from musicgen.ui import resources
from musicgen.ui.language import _
from musicgen.ui.page import sentence
from musicgen.ui.player import MAX_RENDERED, Performance

_AT_ONCE = ("wav", "midi", "abc")
_MORE = ("pdf", "svg", "musicxml", "mp3", "ogg", "flac")
_ICONS = {
    "pdf": ":material/print:",
    "svg": ":material/image:",
    "musicxml": ":material/music_note:",
    "zip": ":material/folder_zip:",
}


@st.fragment
def downloads(takes: Sequence[Performance], chosen: int = 0) -> None:
    """Buttons that save a tune in every format, and all takes together.

    Args:
        takes: The tunes there are; at least one.
        chosen: Which of them is on the screen.
    """
    shown = takes[chosen]
    with st.container(horizontal=True, key="downloads"):
        for name in _AT_ONCE:
            data = _ready(shown, name)
            if data is not None:
                _button(shown, name, FORMATS[name].label, data)
        more = st.popover(
            _("More formats"), icon=":material/more_horiz:", key="more_formats", on_change="rerun"
        )
        if more.open:
            with more:
                _more(takes, shown)


def _ready(shown: Performance, name: str) -> bytes | None:
    """A file that has been made already; None where there is no sound."""
    if name == "abc":
        return shown.composition.to_abc().encode()
    if shown.sound is None:
        return None
    return shown.sound.wav if name == "wav" else shown.sound.midi


def _more(takes: Sequence[Performance], shown: Performance) -> None:
    """The other formats; what cannot be made here is one sentence instead of its buttons."""
    piece = _piece_of(shown)
    obstacle = _obstacle(piece)
    labels = {
        "pdf": _("PDF, to print"),
        "svg": _("SVG, as a picture"),
        "musicxml": _("MusicXML, for notation programs"),
        "mp3": _("MP3, small"),
        "ogg": _("OGG, small"),
        "flac": _("FLAC, lossless"),
    }
    for name in _MORE:
        has_none = (obstacle and name in ENGRAVED) or (not shown.sound and name in SOUNDING)
        if not has_none:
            _button(shown, name, labels[name], _maker(piece, name))
    _zip_button(takes)
    if obstacle:
        st.caption(sentence(obstacle))


def _obstacle(piece: Piece) -> EngravingError | SetupError | None:
    """Why a tune cannot be printed; what can be is drawn now, and kept for whoever saves it."""
    try:
        with st.spinner(_("Drawing the sheet music")):
            piece.engraving  # noqa: B018 - draws
    except (EngravingError, SetupError) as error:
        return error
    return None


def _zip_button(takes: Sequence[Performance]) -> None:
    pieces = [_piece_of(take) for take in takes]
    names = [name for name in USUAL if name not in ENGRAVED or not missing_part(resources.paths())]
    stem = pieces[0].stem if len(pieces) == 1 else "musicgen"
    st.download_button(
        _("ZIP, all of these takes") if len(pieces) > 1 else _("ZIP, several at once"),
        lambda: write_zip(pieces, names),
        f"{stem}.zip",
        "application/zip",
        key="download_zip",
        icon=_ICONS["zip"],
        on_click="ignore",
        width="stretch",
    )


def _button(shown: Performance, name: str, label: str, data: bytes | Callable[[], bytes]) -> None:
    kind = FORMATS[name]
    st.download_button(
        label,
        data,
        f"{_stem(shown.composition)}.{kind.suffix}",
        kind.mime,
        key=f"download_{kind.suffix}",
        icon=_ICONS.get(name, ":material/download:"),
        on_click="ignore",
        width="stretch" if name in _MORE else "content",
    )


def _maker(piece: Piece, name: str) -> Callable[[], bytes]:
    """Makes a file when it is asked for, in a thread of the server's."""
    return lambda: piece.make(name)


def _stem(composition: Composition) -> str:
    return f"{composition.checkpoint}-{composition.seed}"


def _piece_of(shown: Performance) -> Piece:
    composition = shown.composition
    wav = shown.sound.wav if shown.sound else b""
    return _piece(composition.to_abc(), composition.provenance(), composition, wav)


@st.cache_resource(max_entries=MAX_RENDERED, show_spinner=False)
def _piece(
    text: str,  # noqa: ARG001 - the cache's key
    comment: str,  # noqa: ARG001 - the cache's key
    _composition: Composition,
    _wav: bytes,
) -> Piece:
    """What is taken away of a tune, drawn once for all sessions."""
    return from_composition(_composition, wav=_wav, paths=resources.paths())
