"""A network that knows one tune by heart."""

import pytest

from musicgen.models.checkpoint import Checkpoint, load_checkpoint
from tests.ui.tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """The small network of the tests of the face."""
    folder = tmp_path_factory.mktemp("knowing") / "best"
    write_tiny_model(folder)
    return load_checkpoint(folder)
