"""A composed tune, and what is taken away of it."""

import pytest
import torch

from musicgen.config import NetworkConfig, SampleConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from musicgen.rendering.files.formats import ExportTune, from_composition
from musicgen.sampling.composer import Composition, compose
from tests.examples import ScriptedNetwork

TEXT = 'X:1\nT:Šárka & <Co>\nM:6/8\nL:1/8\nK:D\n"D"DFA dAF|"A7"GBd gdB|Ace ecA|d3 d3:|\n\n'


@pytest.fixture(scope="session")
def composition() -> Composition:
    """A tune that a network has been told to say."""
    torch.set_num_threads(1)
    vocabulary = Vocabulary.from_text(TEXT)
    metadata = CheckpointMetadata(
        "told",
        1,
        NetworkConfig(vocab_size=len(vocabulary)),
        TrainingConfig(),
        vocabulary.characters,
    )
    network = ScriptedNetwork(vocabulary, "\n\n" + TEXT[:-2])
    checkpoint = Checkpoint(network, metadata, "0123456789ab")
    config = SampleConfig(free=True, seed=4711, prompt="X:1\nT:Šárka & <Co>\n")
    return compose(checkpoint, config)[0]


@pytest.fixture
def piece(composition: Composition) -> ExportTune:
    """The tune as it is taken away."""
    return from_composition(composition)
