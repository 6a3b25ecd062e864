"""Transposition: every pitch moves by the interval, and the spelling stays sane."""

import pytest

from musicgen.config import Paths
from musicgen.errors import NotationError
from musicgen.notation.ranges import INSTRUMENT_RANGES, fit_octave
from musicgen.notation.reader import read_tune
from musicgen.notation.transposing import transpose, transpose_to
from musicgen.notation.tunebook import decode_text, split_tunebook

TUNE = (
    "X:1\nT:A Bad Cabbage\nM:4/4\nL:1/8\nK:G\n"
    '"G"G,B,^c=f {g}e2 [Gd"D7/F#"]2|[K:Am]^G-G _b2 c\'4|]\n'
)


def sounding(text: str) -> list[tuple[object, ...]]:
    return [(n.pitch, n.onset, n.duration) for n in read_tune(text)[0].performance]


def moved(text: str, semitones: int) -> list[tuple[object, ...]]:
    return [(n.pitch + semitones, n.onset, n.duration) for n in read_tune(text)[0].performance]


@pytest.mark.parametrize("semitones", range(-12, 13))
def test_every_pitch_moves_by_the_interval(semitones: int) -> None:
    assert sounding(transpose(TUNE, semitones)) == moved(TUNE, semitones)


def test_a_tone_up_is_spelled_as_a_musician_would() -> None:
    body = transpose(TUNE, 2).split("L:1/8\n")[1]
    assert body == 'K:A\n"A"A,C^d=g {a}f2 [Ae"E7/G#"]2|[K:Bm]^A-A =c\'2 d\'4|]\n'


def test_the_title_stays() -> None:
    assert "T:A Bad Cabbage\n" in transpose(TUNE, 5)


@pytest.mark.parametrize(
    ("key", "semitones", "expected"),
    [("C", 1, "Db"), ("D dor", 2, "E dor"), ("Am", 3, "Cm"), ("E", -1, "Eb"), ("F#m", 2, "G#m"),
     ("Bb", 2, "C"), ("none", 2, "D"), ("D =c ^g", 2, "E =d ^a"),
     ("A Mixolydian", -2, "G Mixolydian")],
)  # fmt: skip
def test_keys_with_few_signs_are_chosen(key: str, semitones: int, expected: str) -> None:
    assert f"K:{expected}\n" in transpose(f"X:1\nL:1/8\nK:{key}\nABc|\n", semitones)


def test_what_cannot_be_moved_is_refused_with_a_sentence() -> None:
    with pytest.raises(NotationError, match="pipes"):
        transpose("X:1\nK:HP\nABc|", 2)
    with pytest.raises(NotationError, match="semitones"):
        transpose(TUNE, 25)


@pytest.mark.parametrize("semitones", [-5, -1, 2, 6])
def test_the_corpus_moves_as_a_whole(semitones: int) -> None:
    corpus = Paths.default().data / "irish.abc"
    if not corpus.exists():
        pytest.skip("the lab's tunebook is missing: run `make setup`")
    texts = [tune.text for tune in split_tunebook(decode_text(corpus.read_bytes()))][::4]
    for text in texts:
        assert sounding(transpose(text, semitones)) == moved(text, semitones)


@pytest.mark.parametrize("semitones", [-24, -12, 12, 24])
def test_octaves_leave_keys_and_chord_symbols(semitones: int) -> None:
    text = TUNE.replace("K:G\n", "K:HP\n")
    assert sounding(transpose(text, semitones)) == moved(text, semitones)
    assert "K:HP\n" in transpose(text, semitones)


@pytest.mark.parametrize(
    ("key", "wanted", "expected", "semitones"),
    [("D", "E", "E", 2), ("Dm", "E minor", "Em", 2), ("D dorian", "A", "A dorian", -5),
     ("G Major", "Db", "Db Major", 6), ("C", "F#", "F#", 6), ("C", "Gb", "Gb", 6),
     ("A mix", "Gmix", "G mix", -2), ("none", "D", "D", 2), ("D", "D major", "D", 0)],
)  # fmt: skip
def test_a_tune_goes_to_the_key_that_is_named(
    key: str, wanted: str, expected: str, semitones: int
) -> None:
    text = f"X:1\nL:1/8\nK:{key}\n^ABc|\n"
    assert f"K:{expected}\n" in transpose_to(text, wanted)
    assert sounding(transpose_to(text, wanted)) == moved(text, semitones)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [("E minor", "E major"), ("H", "no key"), ("", "no key"), ("none", "no key"),
     ("B#", "seven signs")],
)  # fmt: skip
def test_a_key_out_of_reach_is_refused_with_a_sentence(wanted: str, sentence: str) -> None:
    with pytest.raises(NotationError, match=sentence):
        transpose_to("X:1\nL:1/8\nK:D\nABc|\n", wanted)


def test_a_tune_is_moved_by_octaves_into_a_range() -> None:
    text = "X:1\nL:1/8\nK:D\nA,DFA|\n"
    low, high = INSTRUMENT_RANGES["whistle"].low, INSTRUMENT_RANGES["whistle"].high
    assert sounding(fit_octave(text, low, high)) == moved(text, 12)
    assert fit_octave(text, 50, 70) == text
    assert fit_octave("X:1\nK:D\n", 60, 61) == "X:1\nK:D\n"
    with pytest.raises(NotationError, match="no octave"):
        fit_octave(text, 60, 70)
