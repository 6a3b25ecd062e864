"""Fingerings and tablature, note by note against the charts that are named in the module."""

import pytest

from musicgen.notation.analysis.fingering import (
    FINGERINGS,
    NOT_THERE,
    count_missing,
    find_rows,
)
from musicgen.notation.display.layout import break_lines
from musicgen.notation.display.note_names import with_fingering
from musicgen.notation.parsing.reader import read_tune

SCALE = "X:1\nM:none\nL:1/4\nK:D\nDEFGABc=cdefga|\n"
WHISTLE = {
    "D": "●●●●●●", "E": "●●●●●○", "F": "●●●●○○", "G": "●●●○○○", "A": "●●○○○○", "B": "●○○○○○",
    "c": "○○○○○○", "=c": "○●●○○○", "d": "○●●●●●+", "e": "●●●●●○+", "f": "●●●●○○+",
    "g": "●●●○○○+", "a": "●●○○○○+",
}  # fmt: skip
CHARTS = {
    "fiddle": ("G,A,B,CDEFGABcdefgab", "K:C",
               "G0 G1 G2 G3 D0 D1 D2♭ D3 A0 A1 A2♭ A3 E0 E1♭ E2♭ E3 E4"),
    "mandolin": ("G,A,B,CDEFGABcdefgab", "K:C",
                 "G0 G2 G4 G5 D0 D2 D3 D5 A0 A2 A3 A5 E0 E1 E3 E5 E7"),
    "guitar": ("E,G,A,CDEGABcde", "K:C", "⑥0 ⑥3 ⑤0 ⑤3 ④0 ④2 ③0 ③2 ②0 ②1 ②3 ①0"),
    "guitar DADGAD": ("D,A,DGAd", "K:C", "⑥0 ⑤0 ④0 ③0 ②0 ①0"),
    "banjo gDGBD": ("DEGABdeg", "K:C", "④0 ④2 ③0 ③2 ②0 ①0 ①2 ①5"),
    "harmonica C": ("CDEGBcdefgab", "K:C", "1 −1 2 3 −3 4 −4 5 −5 6 −6 −7"),
    "harmonica D": ("DEFAcdefg", "K:D", "1 −1 2 3 −3 4 −4 5 −5"),
    "numbers": ("A,DEFGABcdfa", "K:D", "5. 1 2 3 4 5 6 7 '1 '3 '5"),
}  # fmt: skip


def below(body: str, key: str, name: str) -> list[tuple[str, ...]]:
    tune = read_tune(f"X:1\nM:none\nL:1/4\n{key}\n{body}|\n")[0]
    return [rows for _start, rows in find_rows(tune, name)]


def flat(rows: tuple[str, ...]) -> str:
    """Rows as one text: dots above a number as ``'`` before it, dots below as ``.`` behind it."""
    if len(rows) == 1:
        return rows[0]
    above, digit, beneath = rows
    return above.replace("·", "'") + digit + beneath.replace("·", ".")


def test_every_note_of_a_whistle_is_as_its_chart_has_it() -> None:
    rows = [row for _start, row in find_rows(read_tune(SCALE)[0], "whistle D")]
    assert ["".join(row) for row in rows] == list(WHISTLE.values())


@pytest.mark.parametrize("name", CHARTS)
def test_every_note_is_as_the_chart_has_it(name: str) -> None:
    body, key, expected = CHARTS[name]
    assert [flat(rows) for rows in below(body, key, name)] == expected.split()


@pytest.mark.parametrize(
    ("key", "body", "expected"),
    [("K:A", "CGdg", "G3♯ D3♯ A3 E2"), ("K:E", "CGd^a", "G3♯ D3♯ A3♯ E3♯"),
     ("K:Eb", "_DAeb", "G4♭ D4♭ A4♭ E4♭"), ("K:C", "^C^G_A^d_e[A,^G]", "G3♯ D3♯ D4♭ A3♯ A4♭ D3♯"),
     ("K:A clef=treble-8", "CGd", "G3♯ D3♯ A3"), ("K:C", "^D^F^c^f", "D1♭ D2 A2 E1")],
)  # fmt: skip
def test_a_sharp_of_the_fiddle_is_a_high_finger_and_a_flat_a_low_one(
    key: str, body: str, expected: str
) -> None:
    assert [flat(rows) for rows in below(body, key, "fiddle")] == expected.split()
    numbers = [flat(rows) for rows in below(body, key, "mandolin")]
    assert not any("♯" in one or "♭" in one for one in numbers)


def test_other_whistles_play_the_same_holes_in_their_keys() -> None:
    assert below("CDE", "K:C", "whistle C") == below("DEF", "K:D", "whistle D")
    assert below("GAB", "K:G", "whistle G") == below("DEF", "K:D", "whistle D")


@pytest.mark.parametrize(
    ("key", "body", "digits"),
    [("K:Am", "Ace", "6 '1 '3"), ("K:Edor", "EFGA", "2 3 4 5"), ("K:Gmix", "G=FB", "5 4 7"),
     ("K:D", "=c^G", "♭7 ♯4"),
     ("K:Bb", "BcdE", "1 2 3 4."), ("K:G", "DGd", "5. 1 5"), ("K:D", "D^D", "1 ♯1"),
     ("K:F", "F_A", "1 ♭3")],
)  # fmt: skip
def test_numbers_are_of_the_major_scale_with_the_same_signature(
    key: str, body: str, digits: str
) -> None:
    assert [flat(rows) for rows in below(body, key, "numbers")] == digits.split()


@pytest.mark.parametrize("name", FINGERINGS)
def test_every_pitch_has_its_rows(name: str) -> None:
    fingering = FINGERINGS[name]
    key = read_tune("X:1\nK:D\nD|\n")[0].key
    for pitch in range(128):
        for is_sharp in (False, True):
            rows = fingering.find(pitch, key, is_sharp)
            assert len(rows) == fingering.rows and any(rows)
            assert not any(sign in "".join(rows) for sign in "-_*~|\\ ")


def test_notes_that_are_not_there_are_counted() -> None:
    tune = read_tune("X:1\nM:none\nL:1/4\nK:D\nA,Dd'|\n")[0]
    assert count_missing(tune, "whistle D") == 1
    assert find_rows(tune, "whistle D")[0][1][0] == NOT_THERE


def test_they_are_written_below_the_staff_and_change_no_note() -> None:
    tune = read_tune("X:1\nM:4/4\nL:1/4\nK:D\nDFAz|d4|]\n")[0]
    laid_out = with_fingering(break_lines(tune), tune, "whistle D")
    lines = [line[2:].split() for line in laid_out.text.splitlines() if line.startswith("w:")]
    assert len(lines) == 7 and lines[0] == ["●", "●", "●", "○"]
    assert lines[6] == ["*", "*", "*", "+"]
    again = read_tune(laid_out.text)[0]
    assert [note.pitches for note in again.notes] == [note.pitches for note in tune.notes]
    starts = [laid_out.text[slice(*laid_out.spans[note.start])][0] for note in tune.notes]
    assert starts == ["D", "F", "A", "z", "d"]
