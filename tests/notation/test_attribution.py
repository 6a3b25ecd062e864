"""Credits that nobody gave are taken out; all that somebody gave stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.attribution import without_attribution

HEAD = "X:1\nT:The Silver Spear\n"
BODY = "M:6/8\nL:1/8\nK:D Major\nDFA dAF|GBd gdB|\n"


@pytest.mark.parametrize(
    "field",
    [
        "Z: id:dc-reel-17", "S:Packie Russell", "B:O'Neill's 1850 number 12", "N:from memory",
        "C:Turlough O'Carolan", "A:Donegal", "O:Ireland", "F:tunes/12.abc", "D:An LP", "H:Written",
        "G:session", "r:a remark", "E:old", "Y:nothing", "  Z: indented", "Z:one\n+:and its end",
        "% of the book", "%%abc-creator somebody", "Z:", "F:http://nowhere",
    ],
)  # fmt: skip
def test_what_the_network_says_of_people_and_books_goes(field: str) -> None:
    assert without_attribution(f"{HEAD}{field}\n{BODY}") == HEAD + BODY
    assert without_attribution(f"{HEAD}{BODY}{field}\nAce ecA|\n") == f"{HEAD}{BODY}Ace ecA|\n"


def test_the_number_of_the_tune_is_no_number_of_a_book() -> None:
    assert without_attribution("X:417\nT:A\nK:D\nA|\n").startswith("X:1\nT:A\n")
    assert without_attribution("X: 417 % DC 12\nK:D\nA|\n") == "X:1\nK:D\nA|\n"


@pytest.mark.parametrize(
    "line",
    ["T:A Title", "R:jig", "M:C|", "L:1/16", "Q:1/4=90", "K:E Dorian", "P:AABB", "C:|", "B:|",
     "V:1", "U:T=!trill!", "w:la la", "%%MIDI program 73", "[K:G]GBd|", "[P:B]A3|"],
)  # fmt: skip
def test_what_is_played_and_called_stays(line: str) -> None:
    text = f"X:1\nK:D\nABc|\n{line}\ndef|\n"
    assert without_attribution(text) == text


def test_remarks_within_a_line_of_music_go() -> None:
    text = 'X:1\nK:D\nABc|"100% D"d[N:after Coleman]e[r:hm]f| % id:dc-1\n'
    assert without_attribution(text) == 'X:1\nK:D\nABc|"100% D"d[r:]e[r:]f|\n'


def test_what_somebody_gave_stays_to_the_letter() -> None:
    given_text = "X:12\nC:Me\nZ:id:mine\n% my remark\nM:6/8\nK:D\nABc|[N:mine]"
    text = given_text + "d[N:not]ef|\nZ:not\n"
    assert without_attribution(text, len(given_text)) == given_text + "d[r:]ef|\n"


@pytest.mark.parametrize(
    ("given_text", "drawn", "expected"),
    [
        ("X:", "7\nK:D\nA|\n", "X:1\nK:D\nA|\n"),
        ("X:12", "5\nK:D\nA|\n", "X:12\nK:D\nA|\n"),
        ("X:12\nC:Me", " and others\nK:D\nA|\n", "X:12\nC:Me\nK:D\nA|\n"),
        ("X:12\nC:", "Somebody\nK:D\nA|\n", "X:12\nK:D\nA|\n"),
        ("X:12\nZ:me", "\nK:D\nA|\n", "X:12\nZ:me\nK:D\nA|\n"),
        ("", "X:7\nZ: id:d", "X:1"),
    ],
)
def test_a_field_that_was_begun_keeps_what_was_given(
    given_text: str, drawn: str, expected: str
) -> None:
    assert without_attribution(given_text + drawn, len(given_text)) == expected


@given(st.text('XZSBNCTKMABCabc|:[]%+\n "12/D', max_size=120), st.integers(0, 60))
def test_any_text_can_be_cleaned_and_cleaning_is_done_at_once(text: str, start: int) -> None:
    clean = without_attribution(text, start)
    assert clean.startswith(text[:start].rstrip()) or start > len(text) or "\n" in text[:start]
    assert without_attribution(without_attribution(text)) == without_attribution(text)


PIECES = st.sampled_from(
    ["X:3", "T:a", "Z: b c", "N:d", "K:D", "K:", "C:|", "C:x", "ABc|", "d2e|", "% e", "%%begintext",
     "%%endtext", "%%MIDI program 3", "+:f", "[N:g]", "|[M:3/4]", "[r:A]A|", "\\", '"x%', "A:B|",
     "W:abc", "M:6/8 ABc|d|", "V:2", "s:abc", "Hello: abc|", "z4|", "&A|", " ", "\ufeff"]
)  # fmt: skip


@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n", "\n", " ", ""])), max_size=20))
def test_the_notes_are_the_same_whatever_a_network_wrote(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + end for piece, end in pieces)
    before, after = (read_tune(one)[0].notes for one in (text, without_attribution(text)))
    assert [(note.pitches, note.duration) for note in before] == [
        (note.pitches, note.duration) for note in after
    ]


def test_the_notes_are_the_same() -> None:
    text = f"{HEAD}Z: id:x\n{BODY}N:hm\nAce [r:x]ecA| % b\n"
    before, after = (read_tune(one)[0] for one in (text, without_attribution(text)))
    assert [note.pitches for note in before.notes] == [note.pitches for note in after.notes]
