import pytest
from hypothesis import given
from hypothesis import strategies as st
from music21 import harmony

from musicgen.notation.analysis.chords import QUALITIES, Chord, note_name, parse_chord, pitch_class

ROOTS = ("C", "D", "F#", "Bb", "Eb", "A", "G")


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("quality", ["", "m", "7", "m7", "maj7", "6", "dim", "dim7", "aug", "sus4"])
def test_tones_are_those_of_music21(root, quality):
    figure = root.replace("b", "-") + quality
    assert set(Chord(root, quality).classes) == set(harmony.ChordSymbol(figure).pitchClasses)


@given(st.sampled_from(ROOTS), st.sampled_from(sorted(QUALITIES)), st.sampled_from(["", *ROOTS]))
def test_a_symbol_is_read_as_it_is_written(root, quality, bass):
    chord = Chord(root, quality, bass)
    assert parse_chord(chord.name) == chord


@pytest.mark.parametrize(
    ("symbol", "tones"),
    [("Am/c", {9, 0, 4}), ("Emin", {4, 7, 11}), ("D9", {2, 6, 9}), ("B♭maj", {10, 2, 5})],
)
def test_other_spellings_are_understood(symbol, tones):
    assert set(parse_chord(symbol).classes) >= tones


@given(st.text(max_size=12))
def test_any_text_is_a_chord_or_none(text):
    chord = parse_chord(text)
    assert chord is None or chord.quality in QUALITIES


def test_words_are_no_chords():
    assert parse_chord("Fine") is None
    assert parse_chord("D.C.") is None
    assert parse_chord("Allegro") is None


@given(st.integers(-12, 12))
def test_names_stand_for_their_place_on_the_circle_of_fifths(fifths):
    assert pitch_class(note_name(fifths)) == 7 * fifths % 12
