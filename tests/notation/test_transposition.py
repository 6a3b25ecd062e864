"""Transposition: every pitch moves by the interval, and the spelling stays sane."""

import pytest

from musicgen.config import Paths
from musicgen.errors import NotationError
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES, fit_octave, scientific_name
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import decode_text, split_tunebook
from musicgen.notation.writing.transposition import transpose, transpose_to
from tests.thorough import some

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
    for text in some(texts, 3):
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


@pytest.mark.parametrize(
    ("written", "semitones", "expected"),
    [
        ("K:E\nGABc|\nK:clef=bass\nGABc|", 1, "K:F\nABcd|\nK:clef=bass\nABcd|"),
        ("K:E\nGABc|[K:clef=bass]GABc|", 1, "K:F\nABcd|[K:clef=bass]ABcd|"),
        ("K:clef=bass\nCDEF|", 2, "K:D clef=bass\nDEFG|"),
        ("CDEF|", 2, "K:D\nDEFG|"),
        ("CDEF|[K:G]F4|", 2, "K:D\nDEFG|[K:A]G4|"),
        ("K:none\nC^D|", 2, "K:D\nD^E|"),
        ("K:none ^f\nFG|", 2, "K:D ^g\nGA|"),
        ("K:C exp ^f\nFC|", 2, "K:D ^g\nGD|"),
        ("K:D =c clef=treble\ndc|", 2, "K:E =d clef=treble\ned|"),
        ("K:C % not K:F\nC|", 2, "K:D % not K:F\nD|"),
        ("K:G\nG|\nM:3/4 G3|K:D FFF|", 2, "K:A\nA|\nM:3/4 A3|K:E GGG|"),
        # Other voices and overlays go along.
        ("K:C\nV:1\nCE|\nV:2\nC,G,|\nV:1\nF2|", 2, "K:D\nV:1\nDF|\nV:2\nD,A,|\nV:1\nG2|"),
        ("K:C\n[V:1]C2|[V:2][CE]2{d}E|", 2, "K:D\n[V:1]D2|[V:2][DF]2{e}F|"),
        ("K:C\nC2 & E2|G4|", 2, "K:D\nD2 & F2|A4|"),
        ("K:C\nV:1\nC|\nV:2\n[K:G]^F|", 2, "K:D\nV:1\nD|\nV:2\n[K:A]^G|"),
        # Words, comments and other tunes stay.
        ("K:C\nC|% Face\nw: Bad egg\nN: Cab\nD|", 2, "K:D\nD|% Face\nw: Bad egg\nN: Cab\nE|"),
        ("K:C\nC|\n\nX:2\nK:C\nC|", 2, "K:D\nD|\n\nX:2\nK:C\nC|"),
        # What would be read otherwise is set apart.
        ("K:C\n!e!d|", 1, "K:Db\n! f! e|"),
        ("K:C\nA!cB!d|", 2, "K:D\nB! dc! e|"),
        ("K:C\n+e+d|", 1, "K:Db\n[f]e|"),
        ("K:C\n+CE+d|", 2, "K:D\n+DF+e|"),
    ],
)
def test_everything_of_the_tune_is_moved(written: str, semitones: int, expected: str) -> None:
    header = "X:1\nT:Cabbage K:C\nL:1/4\n"
    text = transpose(header + written, semitones)
    assert text == header + expected
    assert sounding(text) == moved(header + written, semitones)


@pytest.mark.parametrize("key", ["HP", "C\nC|[K:HP]"])
def test_pipes_anywhere_stay_where_they_are(key: str) -> None:
    with pytest.raises(NotationError, match="pipes"):
        transpose(f"X:1\nK:{key}\nABc|", 2)


@pytest.mark.parametrize("semitones", [-24, -7, -1, 1, 6, 11])
@pytest.mark.parametrize(
    "key",
    ["G", "Em", "none", "Ador ^f", "D _b", "C exp _b _e", "clef=alto", "^c", "Bb mix clef=bass"],
)
def test_keys_of_all_kinds_move_with_their_notes(key: str, semitones: int) -> None:
    text = f"X:1\nL:1/4\nK:{key}\nABcd|efgc'|[K:F]BAGF|[K:none]BAGF|]\n"
    assert sounding(transpose(text, semitones)) == moved(text, semitones)
    assert transpose(transpose(text, 12), -12) == text


def test_line_ends_stay_as_they_are() -> None:
    assert transpose("X:1\r\nK:C\r\nC|\r\n", 2) == "X:1\r\nK:D\r\nD|\r\n"


def test_a_pitch_has_a_name_without_a_key() -> None:
    names = {pitch: scientific_name(pitch) for pitch in (0, 58, 60, 69, 75, 127)}
    assert names == {0: "C-1", 58: "Bb3", 60: "C4", 69: "A4", 75: "Eb5", 127: "G9"}
