import random
from fractions import Fraction

import pytest

from musicgen.config import Paths
from musicgen.corpus.sources import get_source, is_available, read_source_text
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import split_tunebook
from musicgen.notation.transcription.key import correlate_keys, find_key, weigh_pitches

C_MAJOR = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 60]


def weights(pitches):
    return weigh_pitches((pitch, Fraction(1)) for pitch in pitches)


@pytest.mark.parametrize("shift", range(12))
def test_a_scale_has_its_key_in_every_transposition(shift):
    key = find_key(weights([pitch + shift for pitch in C_MAJOR]))
    assert (60 + shift) % 12 == read_pitch(key.tonic)
    assert key.mode == "major"
    assert sum(abs(step) for _, step in key.accidentals) <= 6


def read_pitch(tonic):
    tune, _ = read_tune(f"X:1\nM:C\nL:1/4\nK:{tonic}\n{tonic[0]}|")
    return tune.notes[0].pitches[0] % 12


def test_a_flat_seventh_is_mixolydian_and_a_high_sixth_dorian():
    mixolydian = [62, 62, 64, 66, 67, 69, 69, 71, 72, 74, 66, 62]
    dorian = [62, 62, 64, 65, 65, 67, 69, 69, 71, 72, 74, 62, 65]
    assert (find_key(weights(mixolydian)).tonic, find_key(weights(mixolydian)).mode) == (
        "D",
        "mixolydian",
    )
    assert (find_key(weights(dorian)).tonic, find_key(weights(dorian)).mode) == ("D", "dorian")


def test_nothing_has_a_key_all_the_same():
    assert find_key([0.0] * 12).tonic == "C"
    assert set(correlate_keys([1.0] * 12).values()) == {0.0}


@pytest.mark.skipif(
    not is_available(get_source("oneill"), Paths.default()), reason="music21 is not installed"
)
def test_music21_finds_the_same_keys():
    from music21 import note, stream
    from music21.analysis.discrete import KrumhanslKessler

    text = read_source_text(get_source("oneill"), Paths.default())[3].text
    for piece in random.Random(4).sample(split_tunebook(text), 12):
        tune, _ = read_tune(piece.text)
        notes = [(item.pitches[0], item.duration) for item in tune.notes if item.pitches]
        reference = stream.Stream()
        for pitch, duration in notes:
            reference.append(note.Note(pitch, quarterLength=duration))
        found = KrumhanslKessler(reference).getSolution(reference)
        ours = correlate_keys(weigh_pitches(notes))
        tonic, mode = max(ours, key=lambda key: ours[key])
        assert (tonic, mode) == (found.tonic.pitchClass, found.mode)
        assert ours[tonic, mode] == pytest.approx(found.correlationCoefficient, abs=1e-6)
