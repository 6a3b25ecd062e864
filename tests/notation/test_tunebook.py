"""Tunebooks as they are found: encodings, line ends, stray lines."""

import pytest

from musicgen.errors import NotationError
from musicgen.notation.tunebook import decode_text, read_tunebook, require_tunes, split_tunebook

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
