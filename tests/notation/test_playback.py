"""Play order against what the standard and the custom of tunebooks say, one letter a bar."""

from fractions import Fraction

import pytest

from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.playback import expand_parts, follow

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
        ("|:A|1B::2C||", "ABAC"),
        ("|:A|1B:|:2C||", "ABAC"),
        ("|:A|[1B::[2C||D|]", "ABACD"),
        ("|:A|1B::2C:|D|]", "ABACD"),
        ("|:A|1B::2C|:D:|", "ABACDD"),
        ("|:A|1B|:2C||", "ABAC"),
        ("A|1B:|2C|[1D|", "ABACD"),
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
        # A Trio, or whatever else stands behind a D.C., is played when the fine has come.
        ("A|B!fine!||C|D!D.C.!||E|F|]", "ABCDABEF"),
        ("A|B!fine!||C|D!D.C.!||E|F:|", "ABCDABEFEF"),
        ("A|B!fine!||C|D!D.C.!||E|F!D.C.!|]", "ABCDABEFAB"),
        ("A|B!D.C.!||E|F:|", "ABABEFEF"),
        ("A:|B!D.C.!||E|F:|", "AABABEFEF"),
        ("A|B!D.C.!|C!fine!|D!D.C.!|]", "ABABCDABC"),
        ("A|!segno!B|C!fine!|D|!D.S.!E||F|G|]", "ABCDEBCFG"),
        ("A|B!coda!|C|D!D.C.!|!coda!E|F|]", "ABCDABEF"),
        # Words behind a bar line, before anything else, belong to the bar before it.
        ('A|"^Fine"B||C|D|]"^D.C. al Fine"', "ABCDAB"),
        ('A|B"^Fine"||C|D|]"D.C."', "ABCDAB"),
        ('A|B||"Fine"\nC|D|]\n"D.C."', "ABCDAB"),
        ('A|B|]"Fine"C|D|]"D.C."\n', "ABCDAB"),
        ('A|B"Fine"|C|D|"Da Capo"|]', "ABCDAB"),
        ('A|B"Fine"||C|D:|"D.C."', "ABCDCDAB"),
        ("A|B!fine!||C|D|]!D.C.!", "ABCDAB"),
        ('A|B"Fine"||C|D||"D.C. al Fine" E|F|]', "ABCDABEF"),
        ('A|B"Fine"||C|D||"D.C."\nP:Trio\nE|F|]', "ABCDABEF"),
        ('A|!segno!B|C"Fine"|D|]"Dal Segno"', "ABCDBC"),
        ('A|"Segno"B"To Coda"|C|]"Dal Segno al Coda"\n"Coda"D|]', "ABCBD"),
        ('"D.C."A|B|]', "AAB"),
        ('A|"D.C."|B|]', "AAB"),
        ('A|B|"D.C."y|]', "ABAB"),
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
    ("body", "order"),
    [
        ("P:A\n|:A|B\nP:B\n::C|D:|", "ABABCDCD"),
        ("P:A\n|:A|B|\nP:B\n::C|D:|", "ABABCDCD"),
        ("P:A\nA|B\nP:B\n:|C|D|]", "ABABCD"),
        ("P:A\nA|B|\nP:B\n:|:C|D:|", "ABABCDCD"),
        ("P:A\nA|B\nP:B\n:||:C|D:|", "ABABCDCD"),
        ("[P:A]|:A|B[P:B]::C|D:|", "ABABCDCD"),
        ("[P:A]|:A|B:|[P:B]|:C|D:|", "ABABCDCD"),
        ("P:A\nA|1B\n:|2C||\nP:B\nD|]", "ABACD"),
        ("P:A\nA|B\nP:B\n|]C|D:|", "ABCDCD"),
        ("P:A\nA|B||\nP:B\n|:C|D:|", "ABCDCD"),
        ("P:A\n|:A|B\n%\nP:B % second\n::C|D:|", "ABABCDCD"),
    ],
)
def test_a_repeat_behind_the_name_of_the_next_part_is_that_of_the_part_before(
    body: str, order: str
) -> None:
    assert played(body) == order


@pytest.mark.parametrize("words", ["segno", "dc", "fine", "Trio", "Chorus", "1", "Da Capo", "2nd"])
@pytest.mark.parametrize("order", ["AAB", "A2B", "ABA"])
def test_words_are_no_part_and_take_no_music_out_of_the_order(words: str, order: str) -> None:
    header = HEADER.replace("K:C", f"P:{order}\nK:C")
    sounds = order.replace("A2", "AA").replace("A", "x").replace("B", "EF").replace("x", "CD")
    assert played(f"P:A\nC|\nP:{words}\nD|\nP:B\nE|[P:{words}]F|]\n", header) == sounds


@pytest.mark.parametrize("name", ["A", "A.", "A (slow)", "A 1", " A "])
def test_a_letter_names_a_part(name: str) -> None:
    header = HEADER.replace("K:C", "P:BA\nK:C")
    assert played(f"P:{name}\nC|\nP:B\nD|]\n", header) == "DC"


def test_a_heading_is_where_a_repeat_without_a_sign_goes_back_to() -> None:
    assert played("A|B|\nP:Trio\nC|D:|") == "ABCDCD"
    assert played("|:A|B|\nP:Trio\nC|D:|") == "ABCDABCD"
    assert played("A|B|\nP:segno\nC|D:|") == "ABCDABCD"
    assert played("P:Verse\nA|B:|\nP:Chorus\nC|D:|") == "ABABCDCD"


def test_words_in_the_header_give_no_order() -> None:
    header = HEADER.replace("K:C", "P:Modern Bass\nK:C")
    assert played("P:M\nA|\nP:B\nB|]", header) == "AB"


@pytest.mark.parametrize(
    ("order", "body", "expected"),
    [
        ("AB", "P:A\nA|\nP:B\nB|\nP:C\nC|D|]", 1),
        ("ABD", "P:A\nA|\nP:B\nB|]", 1),
        ("AB", "P:A\nA|\nP:B\nB|]", 0),
        ("", "A|[2B|C|]", 1),
        ("", "A|1B:|2C|]", 0),
        ("", "A|B!coda!|C|D!D.C.!|E|!coda!F|]", 1),
    ],
)
def test_music_that_is_never_played_is_a_problem(order: str, body: str, expected: int) -> None:
    header = HEADER.replace("K:C", f"P:{order}\nK:C") if order else HEADER
    _, problems = read_tune(header + body)
    assert len(problems) == expected


def test_an_order_that_is_cut_off_is_a_problem() -> None:
    header = HEADER.replace("K:C", "P:" + "A" * 300 + "\nK:C")
    tune, problems = read_tune(header + "P:A\n" + "C|" * 60)
    assert len(tune.play_order) == 8192
    assert [str(problem.message) for problem in problems] == [
        "Only the first 8,192 bars are played."
    ]


def test_the_notes_of_a_play_order_are_bounded() -> None:
    header = HEADER.replace("K:C", "P:" + "A" * 300 + "\nK:C")
    tune, problems = read_tune(header + "P:A\n" + "C" * 4000)
    assert len(tune.performance) == 64_000
    assert [str(problem.message) for problem in problems] == ["Only the first 16 bars are played."]


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
