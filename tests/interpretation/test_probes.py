import numpy as np
import pytest

from musicgen.errors import ConfigError
from musicgen.interpretation.facts import TuneFacts
from musicgen.interpretation.probes import fit_probe, fit_probes
from musicgen.interpretation.recording import LayerRecording, Recording
from musicgen.translatable import Sentence

TUNES, LENGTH = 6, 80


def make(seed: int = 0) -> tuple[list[Recording], list[TuneFacts]]:
    """Two layers of 5 units: the first holds nothing, unit 3 of the second holds the beat."""
    generator = np.random.default_rng(seed)
    recordings, facts = [], []
    for _ in range(TUNES):
        beat = generator.integers(0, 3, LENGTH)
        beat[: LENGTH // 2] = 1  # the commonest
        noise = generator.normal(size=(LENGTH, 5)).astype(np.float32)
        holding = noise.copy()
        holding[:, 3] = beat + 0.01 * noise[:, 3]
        layers = tuple(
            LayerRecording(Sentence("layer"), "lstm", values) for values in (noise, holding)
        )
        text = "?" * LENGTH
        recordings.append(Recording(text, layers, holding, holding))
        facts.append(TuneFacts(text, {"beat": beat, "body": np.ones(LENGTH, np.int64)}))
    return recordings, facts


def test_a_probe_finds_what_a_layer_holds_and_nothing_where_it_holds_nothing() -> None:
    recordings, facts = make()
    blind, seeing = fit_probes(recordings, facts, names=["beat", "body"])  # body never varies
    assert (blind.layer, seeing.layer) == (0, 1)
    assert seeing.accuracy > 0.99
    assert seeing.unit_weights.argmax() == 3
    assert blind.accuracy < blind.baseline + 0.1
    truth = np.concatenate([one.values["beat"] for one in facts[1::2]])
    assert seeing.baseline == pytest.approx((truth == 1).mean())
    assert seeing.characters == len(truth) == 3 * LENGTH
    assert seeing.weights.shape == (3, 5)


def test_a_probe_is_tried_on_tunes_that_it_was_not_fitted_on() -> None:
    """In the tunes that are held out the unit means the opposite: a probe that saw them knew."""
    recordings, facts = make()
    for number in (4, 5):
        recordings[number].layers[1].hidden[:, 3] *= -1.0
    probe = fit_probe(recordings, facts, 1, "beat", held_out=[4, 5])
    assert probe.accuracy < 0.75
    assert probe.characters == 2 * LENGTH


def test_nothing_to_learn_is_refused() -> None:
    recordings, facts = make()
    with pytest.raises(ConfigError):
        fit_probe(recordings, facts, 0, "body")
    with pytest.raises(ConfigError):
        fit_probe(recordings[:1], facts[:1], 0, "beat")


def test_a_fact_of_which_one_side_says_nothing_is_left_out_and_the_others_stay() -> None:
    recordings, facts = make()
    for number in (0, 2, 4):  # what is fitted never varies
        facts[number].values["body"][:] = 0
    found = fit_probes(recordings, facts, names=["body", "beat"])
    assert [one.fact for one in found] == ["beat", "beat"]
    with pytest.raises(ConfigError):
        fit_probes(recordings, facts, names=["body"])
