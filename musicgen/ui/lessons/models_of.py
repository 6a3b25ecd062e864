"""Which networks a lesson works with: the chosen one, bundled ones, or those it trained."""

from collections.abc import Sequence

from musicgen.models.checkpoint import Checkpoint, CheckpointRef
from musicgen.training.runs.run import RunInfo
from musicgen.ui.base import resources, state
from musicgen.ui.lessons.choices import Scene

COMPARED = ("baseline", "improved")
"""The bundled models that the last lesson compares."""


def chosen_checkpoint(scene: Scene) -> Checkpoint:
    """The network of the model that is chosen in the sidebar.

    Raises:
        CheckpointError: it is damaged or gone.
    """
    return resources.checkpoint(scene.models.find(state.MODEL.get()))


def compared_checkpoints(scene: Scene) -> Sequence[Checkpoint]:
    """The two bundled models to compare; where they are not here, the first ones there are.

    Raises:
        CheckpointError: one is damaged or gone.
    """
    names = scene.models.names
    wanted = COMPARED if set(COMPARED) <= set(names) else names[:2]
    return [resources.checkpoint(scene.models.find(name)) for name in wanted]


def checkpoint_of(info: RunInfo, kind: str = "best") -> Checkpoint:
    """The network of a run at its ``best`` step, or its ``last``.

    Raises:
        CheckpointError: it is damaged or gone.
    """
    return resources.checkpoint(CheckpointRef(info.id, info.path / kind, "run"))
