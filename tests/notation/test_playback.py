"""Play order against what the standard and the custom of tunebooks say, one letter a bar."""

from fractions import Fraction

import pytest

from musicgen.notation.playback import expand_parts, follow
from musicgen.notation.reader import read_tune

HEADER = "X:1\nM:1/4\nL:1/4\nK:C\n"
LETTERS = {60: "C", 62: "D", 64: "E", 65: "F", 67: "G", 69: "A", 71: "B"}


def played(body: str, header: str = HEADER) -> str:
    tune, _ = read_tune(header + body)
    return "".join(LETTERS[note.pitch] for note in tune.performance)


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("A|B|C|]", "ABC"),
        ("|:A|B:|C|]", "ABABC"),
        ("A|B:|C|D:|", "ABABCDCD"),
        ("A|B||C|D:|", "ABCDCD"),
        ("A|B|]C|D:|", "ABCDCD"),
        ("A|B[|C|D:|", "ABCDCD"),
        ("A|B[|]C|D:|", "ABCDABCD"),
        ("|:A|B||C:|D|]", "ABCABCD"),
        ("A::B:|", "AABB"),
        ("A:|:B:|", "AABB"),
        ("A:||:B:|", "AABB"),
        ("C|A: |B|]", "CACAB"),
        ("|::A::|B|]", "AAAB"),
        ("|:A|B:|\n|:C:|", "ABABCC"),
        ("||:A:||B|]", "AAB"),
        ("A:|:|B|]", "AAB"),
        ("A| |B:|", "ABAB"),
    ],
)
def test_repeats(body: str, order: str) -> None:
    assert played(body) == order


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("A|1B:|2C|]", "ABAC"),
        ("A|[1B:|[2C|]", "ABAC"),
        ("A|\n[1B:|\n[2C|]", "ABAC"),
        ("A[1B:|[2C|]", "ABAC"),
        ("|:A|1B:|2C||D|]", "ABACD"),
        ("A|1B:|2C|]D:|", "ABACDD"),
        ("A|1B:|2C:|D:|", "ABACDD"),
        ("A|1B:|2C|D|E:|F", "ABACDEDEF"),
        ("A|1B|C:|2D|E|F:|", "ABCADEFF"),
        ("A|[1,3B:|[2C:|D|]", "ABACABD"),
        ("A|[1-2B:|[3C|]", "ABABAC"),
        ("A|[1B:|[2C:|[3D|]", "ABACAD"),
        ("A|1B|2C|]D|]", "ABACD"),
        ("A|1B:|C|]", "ABAC"),
        ('A|["1st"B:|["2nd"C|]', "ABAC"),
        ("A|1B:|\n|2C|]", "ABAC"),
        ("A:|B|1C:|2D|]", "AABCBD"),
    ],
)
def test_endings(body: str, order: str) -> None:
    assert played(body) == order


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("A|!fine!B|C|!D.C.!D|]", "ABCDAB"),
        ("A|B!fine!|C|D!D.C.!|]", "ABCDAB"),
        ("A|B:|C|D!D.C.!|]", "ABABCDABCD"),
        ("A|!segno!B|C!fine!|D|!D.S.!E|]", "ABCDEBC"),
        ('A|"Fine"B|C|"D.C."D|]', "ABCDAB"),
        ("A|SB|C|!D.S.alfine!D|E|]", "ABCDBCDE"),
        ("A|B!coda!|C|D!D.C.!|!coda!E|]", "ABCDABE"),
        ("A|B!tocoda!|C|D!D.C.!|!coda!E|]", "ABCDABE"),
        ("A|1B:|2C|D!D.C.!|]", "ABACDACD"),
        ("!D.C.!A|]", "AA"),
    ],
)
def test_da_capo_and_dal_segno(body: str, order: str) -> None:
    assert played(body) == order


def test_parts_are_played_in_the_order_of_the_header() -> None:
    header = HEADER.replace("K:C", "P:A2BA\nK:C")
    assert played("P:A\nA|\nP:B\nB|C:|\n", header) == "AABCBCA"


def test_parts_without_an_order_are_played_as_written() -> None:
    assert played("P:A\nA|\nP:B\nB|]") == "AB"


@pytest.mark.parametrize(
    ("text", "order"),
    [("ABA", "ABA"), ("A2B3", "AABBB"), ("A(BC)2", "ABCBC"), ("((AB)2C)2", "ABABCABABC"),
     ("A.B.A", "ABA"), ("", "")],
)  # fmt: skip
def test_part_orders_are_written_out(text: str, order: str) -> None:
    assert expand_parts(text) == order


def test_part_orders_are_bounded() -> None:
    assert len(expand_parts("(" * 9 + "A99" + ")99" * 9)) == 512


def test_times_run_on_through_repeats() -> None:
    tune, _ = read_tune("X:1\nM:2/4\nL:1/8\nK:C\nA|Bc d2:|")
    onsets = [note.onset for note in tune.performance]
    half = Fraction(1, 2)
    assert onsets == [0, half, 1, 3 * half, 5 * half, 3, 7 * half, 4]
    assert tune.duration_quarters == 5


def test_a_cursor_visits_tied_notes_and_rests() -> None:
    tune, _ = read_tune(HEADER + "A-|A|z|B:|")
    spans = follow(tune)
    assert [tune.text[span.start : span.end] for span in spans] == ["A", "A", "z", "B"] * 2
    assert [span.onset for span in spans] == list(range(8))
    assert [span.is_rest for span in spans] == [False, False, True, False] * 2
