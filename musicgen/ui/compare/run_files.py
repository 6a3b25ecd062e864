"""Keeping order among the runs: rename, delete, take one away as a file, take one in."""

import io

import streamlit as st

from musicgen.errors import MusicgenError
from musicgen.training.runs.archive import SUFFIX, export_run, import_run
from musicgen.training.runs.run import RunInfo
from musicgen.ui.base import resources
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.damaged import damaged_files
from musicgen.ui.base.errors import show_error
from musicgen.ui.base.failures import attempt
from musicgen.ui.base.language import _
from musicgen.ui.base.told import tell, told
from musicgen.ui.base.uploads import upload_limit_mb
from musicgen.ui.base.words import plain
from musicgen.ui.compare import run_data

MAX_UPLOAD_MB = 200

_TAKEN_IN = "compare_taken_in"
_UPLOADS = "compare_uploads"


def manage_runs(infos: list[RunInfo]) -> None:
    """One run to rename, delete or export, and the way in for runs of other machines."""
    with st.expander(_("Rename, delete, export, import"), icon=":material/folder_open:"):
        if infos:
            _one_run({info.id: info for info in infos})
        damaged_files(
            resources.store().list_damaged(), "manage_damaged", resources.registry().delete
        )
        _import()


def _one_run(infos: dict[str, RunInfo]) -> None:
    chosen = st.selectbox(_("Run"), list(infos), key="manage_run")
    info = infos[chosen] if chosen in infos else next(iter(infos.values()))
    if run_data.is_training(info):
        st.info(
            _("This run is being trained: stop it first, or wait for its end."),
            icon=":material/model_training:",
        )
        return
    with st.container(horizontal=True, key="manage_buttons"):
        with st.popover(_("Rename"), icon=":material/edit:"):
            name = st.text_input(_("New name"), info.id, max_chars=64, key=f"manage_name_{info.id}")
            act_button(
                _("Rename the run"), "manage_rename",
                resources.registry().rename, info.id, name.strip(),
            )  # fmt: skip
        with st.popover(_("Delete"), icon=":material/delete:"):
            st.write(_("Delete {name} with its networks and curves? There is no way back.").format(
                name=f"**{plain(info.id)}**"
            ))  # fmt: skip
            st.button(
                _("Delete for good"),
                key="manage_delete",
                type="primary",
                on_click=attempt,
                args=(resources.registry().delete, info.id),
            )
        with st.popover(_("Export"), icon=":material/download:"):
            _export(info)


def _export(info: RunInfo) -> None:
    with_last = st.checkbox(
        _("With what going on needs"),
        value=info.can_resume,
        disabled=not info.can_resume,
        key=f"manage_last_{info.id}",
        help=_("Without it the file is a quarter as large: the network plays, but cannot go on."),
    )
    st.download_button(
        _("Export as a file"),
        lambda: _exported(info.id, with_last),
        f"{info.id}{SUFFIX}",
        "application/zip",
        key="manage_export",
        on_click="ignore",
    )


def _exported(run_id: str, can_resume: bool) -> bytes:
    file = io.BytesIO()
    export_run(resources.store().get(run_id), file, can_resume=can_resume)
    return file.getvalue()


def _import() -> None:
    place = st.container()  # always there: what follows must not change its place
    if name := told(_TAKEN_IN):
        place.success(_("Taken in as {name}.").format(name=plain(name)), icon=":material/check:")
    count = st.session_state.setdefault(_UPLOADS, 0)
    most = upload_limit_mb(MAX_UPLOAD_MB)
    upload = st.file_uploader(
        _("Import a run that was exported here or on another machine"),
        type=SUFFIX.removeprefix("."),
        key=f"manage_upload_{count}",
        max_upload_size=most,
    )
    st.caption(
        _(
            "A file of at most {size} MB. A larger one is taken in by the terminal: {command}"
        ).format(size=most, command="`python -m musicgen runs import FILE`")
    )
    if upload is None:
        return
    try:
        resources.require_disk(upload.size)
        run = import_run(resources.store(), upload)
    except MusicgenError as error:
        show_error(error, st.container())
        st.session_state[_UPLOADS] = count + 1  # refused once: the server lets go of the file
        return
    tell(_TAKEN_IN, run.id)
    st.session_state[_UPLOADS] = count + 1  # a fresh uploader: this file is dealt with
    st.rerun()
