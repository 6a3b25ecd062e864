"""Making a model smaller: a method, how much is to go, and a name."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from musicgen.compression.variants import METHODS, compress
from musicgen.models.checkpoint import WEIGHTS_FILE, CheckpointRef
from musicgen.names import MAX_NAME_CHARACTERS
from musicgen.ui.base import resources, state
from musicgen.ui.base.asked import act_button
from musicgen.ui.base.failures import reading
from musicgen.ui.base.language import _
from musicgen.ui.base.links import train_link
from musicgen.ui.base.words import plain

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Made:
    """A smaller model: its name, what its weights take on the disk, what those before took."""

    name: str
    before_mb: float
    after_mb: float
    has_zeros: bool


def make_smaller(ref: CheckpointRef) -> None:
    """The form; what was made is said below it."""
    with st.container(border=True, key="ship_smaller"):
        st.subheader(_("Make it smaller"), anchor=False)
        method = st.segmented_control(
            _("How"),
            list(METHODS),
            default="int8",
            required=True,
            key="ship_method",
            format_func=lambda name: _(METHODS[name].label),
        )
        chosen = METHODS[method]
        now = _("{name} takes {size:.2f} MB on the disk.").format(
            name=plain(ref.name), size=_size_mb(ref.path)
        )
        st.caption(f"{_(chosen.meaning)} {now}")
        share = 40
        if chosen.has_share:
            share = st.slider(_("How much is to go, in percent"), 10, 90, 40, 10, key="ship_share")
        suggested = _suggest(ref.name, method, share if chosen.has_share else 0)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                _("Name of the smaller model"), suggested, max_chars=MAX_NAME_CHARACTERS,
                key=f"ship_name_{suggested}", width=320,
            )  # fmt: skip
            act_button(
                _("Make"), "ship_make", _make, ref, method, name.strip(), share / _PERCENT,
                type="primary", icon=":material/compress:",
            )  # fmt: skip
        made: Made | None = state.SHIP_MADE.get()
        if made:
            st.success(
                _("{name} is made, {before:.2f} MB → {after:.2f} MB: it can be played, compared "
                  "below, taken away, and trained on.")
                .format(name=f"**{plain(made.name)}**", before=made.before_mb, after=made.after_mb),
                icon=":material/check:",
            )  # fmt: skip
            if made.after_mb > made.before_mb:
                st.caption(
                    _("The file is larger: it is kept in 32 bits, so that it can learn on. Keep it "
                      "in 8 bits when it has learned.")
                )  # fmt: skip
            train_link(_("Train on from it"), start=made.name)
            if made.has_zeros:
                st.caption(_("Turn on “Zeros stay zero” there, or the weights come back."))


def _suggest(model: str, method: str, share: int) -> str:
    """A name that is free, as far as the runs there are say."""
    stem = f"{model}-{method}" + (f"-{share}" if share else "")
    taken = {ref.name for ref in resources.checkpoints()}
    number, name = 2, stem
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name[:MAX_NAME_CHARACTERS]


def _make(ref: CheckpointRef, method: str, name: str, share: float) -> None:
    with resources.registry().foreground_priority.foreground():
        run = compress(resources.checkpoint(ref), method, name, resources.store(), share)
    state.SHIP_MADE.set(
        Made(run.id, _size_mb(ref.path), _size_mb(run.path / "best"), method == "weights")
    )


def _size_mb(folder: Path) -> float:
    with reading(str(folder)):
        return (folder / WEIGHTS_FILE).stat().st_size / 1e6
