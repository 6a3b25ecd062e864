"""What many tests need: a tiny tunebook, tiny settings, folders of their own, a checkpoint."""

import os
import random
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from musicgen.config import NetworkConfig, Paths, TrainingConfig
from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.split import split_tunes
from musicgen.jobs.compose_ahead import SWITCH
from musicgen.presets import Preset
from tests.examples import make_tune, write_checkpoint
from tests.thorough import IS_THOROUGH

# A busy machine is no fault of the code: properties are about results, never about time. The same
# examples are drawn each time, so that nothing fails by chance; `make survey` looks for others.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    derandomize=not IS_THOROUGH,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


# Each page of a test would compose one more tune than it looks at.
os.environ.setdefault(SWITCH, "0")

_BROWSER = Path(__file__).parent / "browser"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Does not even read the tests that ``-m browser`` or ``-m "not browser"`` leaves out."""
    if not collection_path.is_relative_to(_BROWSER.parent) or collection_path == _BROWSER.parent:
        return None
    wanted = config.getoption("markexpr")
    with_browser = collection_path.is_relative_to(_BROWSER)
    if (wanted.startswith("browser") and not with_browser) or (
        wanted.startswith("not browser") and with_browser
    ):
        return True
    return None


@pytest.fixture(autouse=True)
def same_luck() -> None:
    """The same luck for each test, whatever ran before it: none may fail by chance."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - what draws from it is seeded here
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def tunebook() -> str:
    """Forty small tunes as one text."""
    return "\n\n".join(make_tune(number) for number in range(1, 41)) + "\n"


@pytest.fixture(scope="session")
def dataset(tunebook: str) -> Dataset:
    """The tiny tunebook, cleaned and split."""
    tunes, report = clean_tunebook("tiny", [("tiny.abc", tunebook)])
    return Dataset("tiny", tuple(tunes), split_tunes(tunes), (report,))


@pytest.fixture
def tiny_preset() -> Preset:
    """Settings with which a step takes milliseconds."""
    return Preset(
        "tiny",
        "for tests",
        NetworkConfig(embedding_dim=8, hidden_size=16, num_layers=2, dropout=0.2),
        TrainingConfig(
            source="tiny", batch_size=4, seq_len=16, learning_rate=0.01, max_steps=12,
            eval_interval=4, save_interval=4, samples=0, precision="float32", threads=1, seed=3,
        ),
    )  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Folders of their own for one test."""
    return Paths(tmp_path / "project", tmp_path / "home")


@pytest.fixture
def checkpoint_folder(tmp_path: Path, dataset: Dataset) -> Path:
    """A checkpoint of an untrained small LSTM that knows the tiny tunebook's characters."""
    return write_checkpoint(tmp_path / "home" / "runs" / "small" / "best", dataset.vocabulary)
