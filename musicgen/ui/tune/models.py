"""The models that can play: listed once for a run of the page, chosen in the sidebar."""

from collections.abc import Sequence

import streamlit as st

from musicgen.errors import CheckpointError
from musicgen.models.checkpoint import METADATA_FILE, CheckpointRef
from musicgen.names import normalize_name
from musicgen.storage import is_file
from musicgen.ui.base import resources, state
from musicgen.ui.base.language import N_, _

MODEL_DESCRIPTIONS = {
    "house": N_("The one to play with: five tunebooks in many keys, best on tunes it never met."),
    "student": N_("A twelfth of the size of house, which taught it: for a telephone or a chip."),
    "baseline": N_("The settings of the MIT lab to their end: it has learned its tunes by heart."),
    "improved": N_(
        "The settings of the written study to their end. It knows its tunes by heart, and is the "
        "worst of the three on new ones."
    ),
}
"""What each of the models that come with the program teaches."""


class Models:
    """The models that can play now, as the disk had them when the page was drawn.

    Parts of a page are drawn again without the rest, and are handed the same list each time. So a
    model that is not in it, or not on the disk any more, is looked for anew.
    """

    def __init__(self) -> None:
        self._refs: Sequence[CheckpointRef] = resources.checkpoints()

    def __bool__(self) -> bool:
        return bool(self._refs)

    @property
    def names(self) -> list[str]:
        """All names, the bundled ones first."""
        return [ref.name for ref in self._refs]

    def find(self, name: str) -> CheckpointRef:
        """The model of that name among those that the picker shows.

        Raises:
            CheckpointError: there is none. A path is not a name: links must not open files.
        """
        found = self._look_up(name)
        if found is None or not is_file(found.path / METADATA_FILE):
            self._refs = resources.checkpoints()
            found = self._look_up(name)
        if found is None:
            names = ", ".join(self.names)
            raise CheckpointError(
                "There is no model named {name!r}. Choose from: {known}.", name=name, known=names
            )
        return found

    def _look_up(self, name: str) -> CheckpointRef | None:
        wanted = normalize_name(name)
        return next((ref for ref in self._refs if ref.name == wanted), None)


def pick_model(models: Models) -> None:
    """The choice of model, in the sidebar. There must be at least one."""
    names = models.names
    if state.MODEL.get() not in names:
        state.MODEL.set(names[0])
    with st.sidebar:
        st.selectbox(
            _("Model"),
            names,
            key=state.MODEL.name,
            persist_state="session",
            help=_("Who composes: a model that comes with the program, or one you trained."),
        )
        if state.MODEL.get() in MODEL_DESCRIPTIONS:
            st.caption(_(MODEL_DESCRIPTIONS[state.MODEL.get()]))
