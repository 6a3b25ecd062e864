"""Texts in quotes that name chords, and texts that do not (ABC 2.1 §4.18, §4.19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.notation.analysis.chord_symbols import chord_names, is_chord_symbol, move_symbol
from musicgen.notation.analysis.chords import parse_chord
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.abc_writer import write_abc
from musicgen.notation.writing.transposition import transpose

HEADER = "X:1\nM:4/4\nL:1/4\nK:C\n"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("Dm ", "Dm"), (" G", "G"), ("Am/c", "Am/C"), ("G(Em)", "G"), ("(Em)", "Em"),
        ("D(C)", "D"), ("D7 (C)", "D7"), ("D/C ", "D/C"), ("Ebdim7", "Ebdim7"), ("C°7", "Cdim7"),
        ("Caug", "Caug"), ("C+", "Caug"), ("Gsus", "Gsus4"), ("G7sus4", "Gsus4"),
        ("Dsus2", "Dsus2"),
        ("Cadd9", "C"), ("C(add9)", "C"), ("C6/9", "C6"), ("Cmaj7#11", "Cmaj7"), ("CM7", "Cmaj7"),
        ("CΔ", "Cmaj7"), ("Am7b5", "Adim"), ("Aø", "Adim"), ("A-7", "Am7"), ("D7(b9)", "D7"),
        ("B♭m7", "Bbm7"), ("F♯", "F#"), ("G;Em", "G"), ("G\\nEm", "G"), ("A min", "Am"),
        ("CmM7", "Cm"), ("G/Em", "G"), ("E7#9", "E7"), ("C5", "C5"), ("Cm(maj7)", "Cm"),
    ],
)  # fmt: skip
def test_texts_that_name_chords(symbol: str, name: str) -> None:
    assert is_chord_symbol(symbol)
    chord = parse_chord(symbol)
    assert chord is not None
    assert chord.name == name


@pytest.mark.parametrize("symbol", ["N.C.", "NC", "n.c.", "/F#"])
def test_texts_about_chords_without_a_root(symbol: str) -> None:
    assert is_chord_symbol(symbol)
    assert parse_chord(symbol) is None


@pytest.mark.parametrize(
    "words",
    ["", "Fine", "D.C.", "D. C.", "DC", "D C", "D.S. al Coda", "Segno", "slowly", "Bad", "ABC",
     "^Em", "_G", "<Am", ">D", "@1,2 C", "2nd time", "Allegro", "A" * 80],
)  # fmt: skip
def test_texts_that_name_none(words: str) -> None:
    assert not is_chord_symbol(words)
    assert parse_chord(words) is None


@given(st.text("ABCGmaj7#b/()♭♯ ;sudi", max_size=16))
def test_a_moved_symbol_still_names_as_many_chords(words: str) -> None:
    moved = move_symbol(words, lambda name: {"C": "D"}.get(name, "Bb"))
    assert len(chord_names(moved)) == len(chord_names(words))


@pytest.mark.parametrize(
    ("symbol", "semitones", "moved"),
    [
        ("Ebdim7", 6, "Adim7"), ("Am/c", 2, "Bm/d"), ("G(Em)", 2, "A(F#m)"), ("Dm ", 2, "Em "),
        ("N.C.", 2, "N.C."), ("G;Em", -2, "F;Dm"), ("C6/9", 2, "D6/9"), ("B♭7", 2, "C7"),
        ("F♯m", 1, "Gm"), ("Cadd9/E", 2, "Dadd9/F#"), ("^C major", 2, "^C major"),
        ("@1,2 C", 2, "@1,2 C"), ("/F#", 2, "/G#"), ("A♭/C", 2, "B♭/D"), ("Fb", -1, "Eb"),
    ],
)  # fmt: skip
def test_symbols_move_with_the_tune_and_stay_readable(
    symbol: str, semitones: int, moved: str
) -> None:
    assert f'"{moved}"' in transpose(f'{HEADER}"{symbol}"C|', semitones)


@pytest.mark.parametrize("semitones", range(-11, 12))
@pytest.mark.parametrize("root", ["C", "F#", "Bb", "Eb", "Cb", "D#"])
def test_a_moved_root_has_one_sharp_or_flat_at_most(root: str, semitones: int) -> None:
    symbol = read_tune(transpose(f'{HEADER}"{root}dim7"C|', semitones))[0].notes[0].chord_symbol
    before, after = parse_chord(f"{root}dim7"), parse_chord(symbol)
    assert before is not None and after is not None
    assert len(after.root) <= 2
    assert (after.root_class - before.root_class - semitones) % 12 == 0


@pytest.mark.parametrize("words", ["D(C)", "D/C ", "D7 (C)", "D(C", "^D(C)"])
def test_a_chord_is_no_da_capo(words: str) -> None:
    tune, _ = read_tune(f'{HEADER}C4|"{words}"D4|E4|]')
    assert [note.pitch for note in tune.performance] == [60, 62, 64]


@pytest.mark.parametrize("words", ["D.C.", "^D.C.", "(D.C.)", "Da Capo", "D. C.", "@1,2 D.C."])
def test_a_da_capo_is_one_wherever_it_stands(words: str) -> None:
    tune, _ = read_tune(f'{HEADER}C4|"{words}"D4|]')
    assert [note.pitch for note in tune.performance] == [60, 62, 60, 62]


@pytest.mark.parametrize("symbol", ["G(Em)", "Am/c", "N.C.", "Cmaj7#11", "B♭7"])
def test_symbols_are_kept_in_writing(symbol: str) -> None:
    tune, _ = read_tune(f'{HEADER}" {symbol} "C|')
    assert read_tune(write_abc(tune))[0].notes[0].chord_symbol == symbol
