"""The upload of tunes: the form, the progress while they are read, and the result."""

from pathlib import Path

import streamlit as st

from musicgen.corpus.user_corpora import MAX_UPLOAD_BYTES, OwnCorpus, Upload, check_total
from musicgen.errors import CorpusError
from musicgen.names import MAX_NAME_CHARACTERS, make_name
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import answered, ask_button, forget
from musicgen.ui.base.errors import show_errors
from musicgen.ui.base.language import _, ngettext
from musicgen.ui.base.uploads import upload_limit_mb
from musicgen.ui.base.words import plain

_SUGGESTED_CHARACTERS = 40
_SEND = "corpus_make"
ENDINGS = ("abc", "txt", "mid", "midi")


def upload_form() -> None:
    """Draws the form; once files were sent they are read, cleaned and kept.

    Raises:
        CorpusError: the name cannot be had, or nothing in the files can be kept.
        StorageError: the corpus cannot be written.
    """
    made = state.CORPUS_MADE.get()
    if made:
        state.CORPUS.set(made)  # before the choice of corpus is drawn, whatever the browser says
    has_own = bool(resources.corpora().list())
    with st.expander(
        _("Bring your own tunes"), icon=":material/upload_file:", expanded=not has_own
    ):
        sent = _fields()
    if made:
        _tell(made)
    if sent:
        with answered(_SEND):
            _make(*sent)
        st.rerun()


def _fields() -> tuple[str, list[Upload]] | None:
    number = state.UPLOADS.get()
    most = upload_limit_mb(MAX_UPLOAD_BYTES // 1_000_000)
    files = st.file_uploader(
        _("Tunes in ABC notation, or MIDI files"),
        ENDINGS,
        accept_multiple_files=True,
        max_upload_size=most,
        key=f"corpus_files_{number}",
    )
    st.caption(
        _(
            "Several at once, in any encoding, {size} MB in all. Of a MIDI file the melody is "
            "written down as ABC. Nothing leaves this machine."
        ).format(size=most)
    )
    try:
        check_total(sum(file.size for file in files or ()))
    except CorpusError:
        state.UPLOADS.set(number + 1)  # a fresh uploader next time: the server lets go of these
        raise
    suggested = _suggested(files[0].name) if files else ""
    name = st.text_input(
        _("Name of the corpus"),
        suggested,
        max_chars=MAX_NAME_CHARACTERS,
        placeholder=_("such as my-tunes"),
        key=f"corpus_name_{number}_{suggested}",  # what was typed stays when files are added
    ).strip()
    is_sent = ask_button(_("Read and keep"), _SEND, type="primary", icon=":material/library_add:")
    if is_sent:
        return name, [Upload(file.name, file.getvalue()) for file in files or ()]
    if name:
        with show_errors():
            resources.corpora().check_name(name)
    return None


def _suggested(file_name: str) -> str:
    """A name for the corpus out of its first file's, as far as that has letters and digits."""
    return make_name(Path(file_name).stem, _SUGGESTED_CHARACTERS).lower()


def _make(name: str, uploads: list[Upload]) -> None:
    state.CORPUS_MADE.set("")
    resources.require_disk(sum(len(upload.data) for upload in uploads))
    bar = st.progress(0.0, _("Reading and cleaning"))
    shown = 0.0

    def show(share: float) -> None:
        nonlocal shown
        if share - shown >= 0.01:
            shown = share
            bar.progress(share, _("Reading and cleaning"))

    try:
        made = resources.corpora().create(name, uploads, show)
        forget(_SEND)
    finally:
        bar.empty()
    state.CORPUS_MADE.set(made.name)
    state.CORPUS.set(made.name)
    state.UPLOADS.set(state.UPLOADS.get() + 1)


def _tell(name: str) -> None:
    """Says once what came of the files."""
    state.CORPUS_MADE.set("")
    try:
        corpus = resources.corpora().get(name)
    except CorpusError:
        return
    st.success(_summary(corpus), icon=":material/check:")


def _summary(corpus: OwnCorpus) -> str:
    kept = ngettext("{count} tune kept.", "{count} tunes kept.", corpus.tunes)
    parts = [f"**{plain(corpus.name)}**:", kept.format(count=corpus.tunes)]
    if corpus.left_out:
        left = ngettext("{count} left out.", "{count} left out.", corpus.left_out)
        parts.append(left.format(count=corpus.left_out))
    parts.append(_("The report says why. On the page Train it is among the corpora."))
    return " ".join(parts)
