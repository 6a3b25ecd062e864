"""Taking a model away: a format, what was compared, and the file."""

import io
import tempfile
import zipfile
from pathlib import Path

import streamlit as st

from musicgen.export.formats import EXPORT_FORMATS, Agreement, get_format
from musicgen.models.checkpoint import METADATA_FILE, CheckpointRef
from musicgen.storage import modified_ns
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.errors import translate
from musicgen.ui.base.language import _

MAX_KEPT = 3
"""Exports that are kept in memory for all sessions; the largest take some tens of MB."""


def take_away(ref: CheckpointRef) -> None:
    """The choice of format, and the file once it was made and compared."""
    with st.container(border=True, key="ship_take"):
        st.subheader(_("Take it with you"), anchor=False)
        key = st.segmented_control(
            _("Format"),
            list(EXPORT_FORMATS),
            default=next(iter(EXPORT_FORMATS)),
            required=True,
            key="ship_format",
            format_func=lambda name: EXPORT_FORMATS[name].label,
        )
        form = get_format(key)
        st.caption(_(form.meaning))
        wanted = (ref.name, key)
        act_button(
            _("Make the file"), "ship_export", state.SHIP_TAKEN.set, wanted,
            icon=":material/package_2:",
        )  # fmt: skip
        if state.SHIP_TAKEN.get() != wanted:
            return
        with st.spinner(_("Writing it, and comparing it with the model …")):
            name, data, agreements = _export(
                str(ref.path), ref.name, modified_ns(ref.path / METADATA_FILE), key
            )
        st.download_button(
            _("Download {name} ({size:,.1f} MB)").format(name=name, size=len(data) / 1e6),
            data, name, icon=":material/download:", type="primary", key="ship_download",
        )  # fmt: skip
        _tell(agreements)


def _tell(agreements: list[Agreement]) -> None:
    st.caption(_("It was run beside the model, over whole tunes:"))
    st.dataframe(
        [
            {
                _("Compared"): translate(one.subject.template, one.subject.values),
                _("Characters"): one.characters,
                _("Largest difference"): f"{one.largest:.2g}",
                _("Accepted"): f"{one.tolerance:g}" if one.tolerance else _("none: the same bits"),
            }
            for one in agreements
        ],
        hide_index=True,
        key="ship_agreements",
    )


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _export(
    path: str,
    name: str,
    changed: int,  # noqa: ARG001 - in the cache's key
    key: str,
) -> tuple[str, bytes, list[Agreement]]:
    """File name, bytes and comparisons of an export; a folder becomes a ZIP."""
    form = get_format(key)
    ref = CheckpointRef(name, Path(path), "file")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"{name}-{key}{form.suffix}"
        agreements = form.write(resources.checkpoint(ref), place)
        if place.is_file():
            return place.name, place.read_bytes(), agreements
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(place.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(place.parent))
        return f"{place.name}.zip", packed.getvalue(), agreements
