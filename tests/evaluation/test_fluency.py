from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.vocabulary import Vocabulary
from musicgen.evaluation.measures.fluency import GROUP, measure_fluency
from musicgen.models.checkpoint import Checkpoint, CheckpointMetadata
from tests.examples import ScriptedNetwork

GOOD = "\n\nX:1\nM:C\nL:1/8\nK:D Major\nDEFG ABcd|dcBA GFED:|\n\n"
SHORT = GOOD.replace("ABcd|", "ABc|")


def checkpoint(script: str) -> Checkpoint:
    vocabulary = Vocabulary.from_text(script)
    network = ScriptedNetwork(vocabulary, script.removesuffix("\n\n"))
    metadata = CheckpointMetadata(
        "scripted", 1, NetworkConfig(vocab_size=len(vocabulary)), TrainingConfig(),
        vocabulary.characters,
    )  # fmt: skip
    return Checkpoint(network.eval(), metadata, "abc")


def test_a_network_that_keeps_time_is_fluent():
    seen = []
    report = measure_fluency(checkpoint(GOOD), GROUP + 2, seen.append)
    assert report.syntax.in_time == report.syntax.complete == report.syntax.readable == 1.0
    assert (report.tunes, report.fingerprint) == (GROUP + 2, "abc")
    assert seen == [GROUP, GROUP + 2]


def test_the_grammar_does_not_help():
    report = measure_fluency(checkpoint(SHORT), 3)
    assert (report.tunes, report.in_time_tunes, report.readable_tunes) == (3, 0, 3)


def test_no_tunes_are_no_share():
    report = measure_fluency(checkpoint(GOOD), 0)
    assert report.tunes == 0
