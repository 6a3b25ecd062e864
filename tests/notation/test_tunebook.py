"""Tunebooks as they are found: encodings, line ends, stray lines."""

import pytest

from musicgen.errors import NotationError
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.tunebook import (
    decode_text,
    read_file_header,
    read_tunebook,
    require_tunes,
    split_tunebook,
)

BOOK = "X:1\nT:One\nK:C\nA|]\n\nX: 2\nT:Two\nK:G\nB|]\n"


def test_tunes_begin_at_their_reference_number() -> None:
    tunes = split_tunebook(BOOK)
    assert [tune.start_line for tune in tunes] == [1, 6]
    assert [BOOK[tune.offset :].startswith(tune.text) for tune in tunes] == [True, True]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(line_end: str) -> None:
    tunes = split_tunebook(BOOK.replace("\n", line_end))
    assert [tune.start_line for tune in tunes] == [1, 6]


def test_tunes_need_no_empty_line_between_them() -> None:
    assert len(split_tunebook(BOOK.replace("\n\n", "\n"))) == 2


def test_an_empty_line_inside_a_tune_does_not_cut_it() -> None:
    (tune, _), _ = read_tunebook(BOOK.replace("A|]", "A|\n\nB|]"))
    assert len(tune.notes) == 2


def test_text_before_the_first_tune_is_no_tune() -> None:
    tunes = split_tunebook("% A collection\nSome words.\n\n" + BOOK)
    assert [tune.start_line for tune in tunes] == [4, 9]


def test_music_without_a_reference_number_is_one_tune() -> None:
    assert len(split_tunebook("K:D\nABc|def:|")) == 1


def test_a_bar_line_after_x_is_music() -> None:
    assert len(split_tunebook(BOOK + "X:|A|\n")) == 2


@pytest.mark.parametrize("text", ["", "   \n", "Dear Sir or Madam,", "12345"])
def test_a_text_without_tunes_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(NotationError, match="No tune was found"):
        require_tunes(text)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"]
)
def test_encodings_met_in_the_wild(encoding: str) -> None:
    text = "X:1\nT:Séamus Ó Ríada\nK:D\nd|]\n"
    assert decode_text(text.encode(encoding)) == text


def test_any_bytes_are_text() -> None:
    assert len(decode_text(bytes(range(256)))) == 256


HEADER = (
    "%abc-2.1\nM:3/4\nL:1/4\nR:waltz\nU: T = !trill!\n%%propagate-accidentals not\nT:A book\n\n"
)


def test_fields_before_the_first_tune_hold_for_every_tune() -> None:
    book = HEADER + "X:1\nK:D\nT^c c c|\n\nX:2\nM:6/8\nK:D\nc6|\n"
    (first, first_problems), (second, _) = read_tunebook(book)
    assert first_problems == ()
    assert (first.meter.text, second.meter.text) == ("3/4", "6/8")
    assert first.bars[0].actual == first.bars[0].expected == 3
    assert first.rhythm == second.rhythm == "waltz"
    assert first.notes[0].decorations == ("trill",)
    assert first.titles == ()
    assert ("M", "3/4") not in second.fields


def test_offsets_count_from_the_text_of_the_tune() -> None:
    (tune, _), *_ = read_tunebook(HEADER + "X:1\nK:C\n^ccc|\n")
    assert tune.text == "X:1\nK:C\n^ccc|"
    assert [tune.text[note.start : note.end] for note in tune.notes] == ["^c", "c", "c"]
    assert [note.pitches for note in tune.notes] == [(73,), (72,), (72,)]


def test_a_tune_before_the_first_number_is_no_header() -> None:
    assert read_file_header("M:3/4\nK:D\nabc|\n\nX:1\nK:C\nc|\n") == ()
    assert read_file_header("M:3/4\n") == ()


def test_a_header_is_read_with_a_tune_as_it_is_from_its_book() -> None:
    tune, problems = read_tune("M:3/4\nL:1/4\n\nX:1\nK:C\ncde|\n")
    assert (tune.meter.text, tune.bars[0].actual, problems) == ("3/4", 3, ())


def test_codes_of_mail_in_music_are_undone() -> None:
    tune, problems = read_tune("X:1\nM:4/4\nL:1/4\nQ:1/4=120\nK:D\nc=3Dcd2|=20\nA=B4 =\ne|\n")
    assert [note.pitches[0] for note in tune.notes] == [73, 72, 74, 69, 71, 76]
    assert tune.tempo_qpm == 120
    assert problems == ()


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("iso-8859-1", "Café"), ("iso-8859-2", "Łódź"), ("iso-8859-3", "Ħal"), ("iso-8859-4", "ąģ"),
        ("iso-8859-5", "Жар"), ("iso-8859-6", "لحن"), ("iso-8859-7", "Ωδή"), ("iso-8859-8", "שיר"),
        ("iso-8859-9", "Şarkı"), ("iso-8859-10", "þjóð"), ("utf-8", "Łódź"),
        ("windows-1251", "Жар"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["%%abc-charset {}", "I:abc-charset {}", "%%abc-charset {}\r"])
def test_a_file_names_its_encoding(encoding: str, word: str, field: str) -> None:
    text = f"%abc-2.1\n{field.format(encoding)}\nX:1\nT:{word}\nK:D\nd|]\n"
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("name", ["rot13", "zlib", "unicode_escape", "nonsense", "iso-8859-99"])
def test_an_encoding_that_is_none_is_passed_over(name: str) -> None:
    text = f"%%abc-charset {name}\nX:1\nT:Caf\xe9 \\x41\nK:D\n"
    assert decode_text(text.encode("latin-1")) == text


def test_a_name_that_is_wrong_gives_way_to_utf_8() -> None:
    text = "%%abc-charset iso-8859-1\nX:1\nT:Séamus\nK:D\n"
    assert decode_text(text.encode()) == text


def test_a_book_of_several_encodings_is_read_line_by_line() -> None:
    data = "X:1\nT:Séamus\n".encode() + "T:Mëin\n".encode("cp1252") + b"T:\x93q\x94\r\nK:C\n"
    assert decode_text(data) == "X:1\nT:Séamus\nT:Mëin\nT:“q”\r\nK:C\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_characters_need_no_mark(encoding: str) -> None:
    text = "X:1\nT:Séamus Ó Ríada\nK:D\nd|]\n"
    assert decode_text(text.encode(encoding)) == text


FREE = [
    "Page 2",
    "A bad face",
    "Reels",
    "Some old reels from the north follow here.",
    "=====",
    "1.",
]


@pytest.mark.parametrize("words", FREE)
def test_free_text_between_tunes_belongs_to_none(words: str) -> None:
    tunes = read_tunebook(BOOK.replace("\n\nX: 2", f"\n\n{words}\n\nX: 2") + f"\n{words}\n")
    assert [(len(tune.notes), problems) for tune, problems in tunes] == [(1, ()), (1, ())]


def test_words_behind_an_empty_line_stay_with_their_tune() -> None:
    first, second = split_tunebook(BOOK.replace("A|]", "A|]\n\nW:one\n\nW:two\n\n%%newpage\n% x"))
    assert first.text.endswith("W:two")
    assert second.text.startswith("X: 2")


def test_a_tune_without_a_number_behind_an_empty_line_is_not_joined() -> None:
    for book in (BOOK.replace("X: 2\n", ""), BOOK.replace("X: 2\n", "").replace("X:1\n", "")):
        tunes = read_tunebook(book)
        assert [(tune.title, len(tune.notes)) for tune, _ in tunes] == [("One", 1), ("Two", 1)]
        alone, problems = read_tune(book)
        assert len(alone.notes) == 1
        assert "Another tune" in problems[0].message


def test_a_title_in_a_tune_begins_no_other() -> None:
    (tune,) = split_tunebook("X:1\nT:One\nK:C\nA|\n\nT:Second part\nB|]\n")
    assert "Second part" in tune.text


def test_a_tune_before_the_first_number_is_not_lost() -> None:
    assert [tune.title for tune, _ in read_tunebook(BOOK.replace("X:1\n", ""))] == ["One", "Two"]


@pytest.mark.parametrize(
    ("name", "title"),
    [("gb2312", "中文"), ("GBK", "中文"), ("gb18030", "小调"), ("big5", "中文"),
     ("shift_jis", "日本"), ("Shift-JIS", "日本"), ("euc-jp", "日本"), ("euc-kr", "아리랑")],
)  # fmt: skip
def test_a_book_in_an_east_asian_encoding_reads_as_its_charset_says(name, title):
    text = f"%%abc-charset {name}\nX:1\nT:{title}\nM:4/4\nL:1/4\nK:C\nCDEF|\n"
    [(tune, problems)] = read_tunebook(decode_text(text.encode(name)))
    assert (tune.title, problems) == (title, ())
