import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.notation.parsing.characters import is_binary, one_line_end, plain_lines, plain_music
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:1\nM:4/4\nL:1/4\nK:C\n"


def pitches(body: str) -> list[int]:
    return [pitch for note in read_tune(HEADER + body)[0].notes for pitch in note.pitches]


@given(st.text())
def test_the_text_keeps_its_length(text: str) -> None:
    assert len(plain_lines(text)) == len(text)
    assert len(plain_music(text)) == len(text)


@given(st.text("ab\r\n\v\f\u2028\u200b“”’ \x00|:", max_size=40))
def test_line_ends_are_counted_once_whatever_they_are(text: str) -> None:
    assert plain_lines(text).count("\n") == one_line_end(text).count("\n")


@pytest.mark.parametrize(
    "line_end", ["\n", "\r\n", "\r", "\r\r\n", "\v", "\f", "\u2028", "\f\n", "\r\n\f"]
)
def test_every_line_end_ends_a_line_once(line_end: str) -> None:
    text = HEADER.replace("\n", line_end) + f"C D|{line_end}E F|]"
    tune, problems = read_tune(text)
    assert [note.pitches for note in tune.notes] == [(60,), (62,), (64,), (65,)]
    assert [text[note.start : note.end] for note in tune.notes] == ["C", "D", "E", "F"]
    assert problems == ()


@pytest.mark.parametrize("mark", ["’", "‘", "′", "ʼ", "´", "'"])
def test_octave_marks_of_word_processors(mark: str) -> None:
    assert pitches(f"c{mark}2 c{mark}{mark}|") == [84, 96]


@pytest.mark.parametrize(
    ("body", "chords"),
    [
        ("“Am”C “D7”D|", ["Am", "D7"]),
        ("„Am“C ”D7”D|", ["Am", "D7"]),
        ("«Am»C “D7“D|", ["Am", "D7"]),
        ('“Am"C "D7”D|', ["Am", "D7"]),
        ('"^say “hi”"C "D7"D|', ["", "D7"]),
        ("″Am″C ＂D7＂D|", ["Am", "D7"]),
    ],
)
def test_typographic_quotes_enclose_chord_symbols(body: str, chords: list[str]) -> None:
    tune, problems = read_tune(HEADER + body)
    assert [note.pitches for note in tune.notes] == [(60,), (62,)]
    assert [note.chord_symbol for note in tune.notes] == chords
    assert problems == ()


def test_a_quote_that_never_ends_is_reported() -> None:
    tune, problems = read_tune(HEADER + "“Am C D|\nE|")
    assert [note.pitches for note in tune.notes] == [(64,)]
    assert len(problems) == 1


def test_words_keep_their_typography() -> None:
    tune, _ = read_tune("X:1\nT:“Rosie’s” — the\u00a0reel\nK:C\nC|")
    assert tune.title == "“Rosie’s” — the\u00a0reel"


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\x00", "\x07", "\u2060", "\xad", "\u200e"])
def test_signs_without_width_part_nothing(sign: str) -> None:
    body = f'C{sign}D2|^{sign}c{sign}\'2 {sign}"A{sign}m"E{sign}3|{sign}:{sign}|'
    tune, problems = read_tune(HEADER + body)
    assert [(note.pitches[0], float(note.duration)) for note in tune.notes] == [
        (60, 1), (62, 2), (85, 2), (64, 3),
    ]  # fmt: skip
    assert tune.notes[3].chord_symbol == "Am"
    assert problems == ()


@pytest.mark.parametrize("blank", ["\u00a0", "\u2009", "\u3000", "\u202f"])
def test_blanks_of_all_kinds_are_blanks(blank: str) -> None:
    text = HEADER.replace("K:C", f"K:{blank}D{blank}") + f"F{blank}C{blank}|{blank}"
    tune, problems = read_tune(text)
    assert [note.pitches for note in tune.notes] == [(66,), (61,)]
    assert problems == ()


def test_signs_of_other_keyboards_are_plain_ones() -> None:
    assert pitches("Ｃ Ｄ｜Ｅ2｜") == [60, 62, 64]
    assert pitches("♯F ♭B ♮F|") == [66, 70, 65]
    (held,) = read_tune(HEADER + "C–|C2|")[0].performance
    assert held.duration == 3
    tune, _ = read_tune(HEADER.replace("K:", "K：").replace("X:1", "\u200bX：1") + "C|")
    assert (tune.reference, len(tune.notes)) == ("1", 1)


def test_a_stray_control_character_makes_no_binary_file() -> None:
    assert not is_binary("X:1\nK:C\n\0C D E F|\0\n" * 3)
    assert is_binary("X:1\n" + "\0\1\2" * 20)
    assert not is_binary("C D E F|\n" * 1000 + "\0" * 20)
