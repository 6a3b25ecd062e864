"""Ten tunes for each instrument, every note compared with a published chart.

The charts are typed here note by note as their makers and authors print them, apart from the tables
of the program:

- tin whistle in D: the chart on the insert of Clarke and Generation whistles; half-covered holes as
  the tutor of L. E. McCullough ("The Complete Irish Tinwhistle Tutor", 1987) has them;
- fiddle: first position, as M. Cranitch ("The Irish Fiddle Book", 1988) numbers the fingers, and
  each letter by its finger, natural, sharp or flat, as Fisher Violins prints it ("First Position
  Fingerings", fisherviolins.com);
- mandolin and tenor banjo in GDAE: frets, as every chart of an instrument tuned in fifths has them;
- guitar in EADGBE and DADGAD, five-string banjo in gDGBD: frets from the nut;
- harmonica in C: Richter tuning, as Hohner prints it with the Marine Band;
- Anglo concertina in C/G: M. W. Stayton, "Color-Coded Button Layouts for C/G and G/D
  30-Button Anglo Concertinas using the Wheatstone / Lachenal System" (concertina.net, 2000),
  numbered as in G. Coover, "Easy Anglo 1-2-3" (2013);
- numbers: the movable do of numbered notation (jianpu): the tonic of the major key is 1.
"""

import random

import pytest

from musicgen.notation.analysis.fingering import find_rows
from musicgen.notation.parsing.reader import read_tune

KEYS = {"C": "", "G": "F", "D": "FC", "A": "FCG"}
WHISTLE_D = """D xxxxxx, E xxxxxo, F# xxxxoo, G xxxooo, A xxoooo, B xooooo, c# oooooo, c oxxooo,
d oxxxxx+, e xxxxxo+, f# xxxxoo+, g xxxooo+, a xxoooo+, b xooooo+"""
FIDDLE = """G, G0, A, G1, B, G2, C G3, C# G3♯, D D0, E D1, F D2♭, F# D2, G D3, G# D3♯, A A0, B A1,
c A2♭, c# A2, d A3, e E0, f E1♭, f# E1, g E2♭, g# E2, a E3, b E4"""
MANDOLIN = """G, G0, A, G2, B, G4, C G5, C# G6, D D0, E D2, F D3, F# D4, G D5, G# D6, A A0, B A2,
c A3, c# A4, d A5, e E0, f E1, f# E2, g E3, g# E4, a E5, b E7"""
GUITAR = """E, ⑥0, F, ⑥1, F#, ⑥2, G, ⑥3, A, ⑤0, B, ⑤2, C ⑤3, C# ⑤4, D ④0, E ④2, F ④3, F# ④4, G ③0,
G# ③1, A ③2, B ②0, c ②1, c# ②2, d ②3, e ①0, f ①1, f# ①2, g ①3, g# ①4, a ①5, b ①7"""
DADGAD = """D, ⑥0, E, ⑥2, F, ⑥3, F#, ⑥4, G, ⑥5, A, ⑤0, B, ⑤2, C ⑤3, C# ⑤4, D ④0, E ④2, F ④3, F# ④4,
G ③0, G# ③1, A ②0, B ②2, c ②3, c# ②4, d ①0, e ①2, f ①3, f# ①4, g ①5, a ①7, b ①9"""
BANJO = """D ④0, E ④2, F ④3, F# ④4, G ③0, G# ③1, A ③2, B ②0, c ②1, c# ②2, d ①0, e ①2, f ①3, f# ①4,
g ①5, g# ①6, a ①7, b ①9"""
HARMONICA_C = """C 1, D −1, E 2, G 3, B −3, c 4, d −4, e 5, f −5, g 6, a −6, b −7, c' 7, d' −8,
e' 8, f' −9, g' 9"""
CONCERTINA = """G, L2, A, −L6, B, −L2, C L3, C# L3a, D −L3, E L4, F −L4, F# −L7, G L5, G# L5a,
A −L5,
B −R1, c R1, c# R1a, d −R2, e R2, f −R3, f# −R6, g R3, g# R3a, a −R4, b −R5"""
NUMBERS_D = """A, 5., B, 6., C# 7., D 1, E 2, F# 3, G 4, A 5, B 6, c# 7, d '1, e '2, f# '3, g '4,
a '5, b '6"""
CHARTS = {
    "whistle D": (WHISTLE_D, "DG"),
    "fiddle": (FIDDLE, "GDAC"),
    "mandolin": (MANDOLIN, "GDAC"),
    "guitar": (GUITAR, "GDAC"),
    "guitar DADGAD": (DADGAD, "GD"),
    "banjo gDGBD": (BANJO, "GD"),
    "harmonica C": (HARMONICA_C, "C"),
    "concertina C/G": (CONCERTINA, "CGD"),
    "numbers": (NUMBERS_D, "D"),
}


def chart_of(text: str) -> dict[str, str]:
    """Fingerings by notes such as ``F#,``: letter, sign, octave marks."""
    pieces = text.replace("\n", " ").split()
    notes, fingerings = pieces[::2], pieces[1::2]
    return dict(zip(notes, (one.rstrip(",") for one in fingerings), strict=True))


def read_as_the_chart(rows: tuple[str, ...], name: str) -> str:
    if name.startswith("whistle"):
        return "".join(rows).translate(str.maketrans("●○", "xo"))
    if name == "numbers":
        above, digit, below = rows
        return above.replace("·", "'") + digit + below.replace("·", ".")
    return rows[0]


def compose(luck: random.Random, notes: list[str]) -> list[str]:
    """A tune of eight bars that walks through the notes of an instrument, with leaps."""
    place, found = luck.randrange(len(notes)), []
    for _note in range(48):
        place = min(max(place + luck.choice([-4, -2, -1, -1, 0, 1, 1, 2, 4]), 0), len(notes) - 1)
        found.append(notes[place])
    return found


@pytest.mark.parametrize("name", CHARTS)
def test_ten_tunes_are_fingered_as_the_chart_has_it(name: str) -> None:
    text, keys = CHARTS[name]
    chart = chart_of(text)
    luck, looked = random.Random(name), set()
    for number in range(10):
        key = keys[number % len(keys)]
        sharp = KEYS[key]
        in_key = [note for note in chart if ("#" in note) == (note[0].upper() in sharp)]
        played = compose(luck, in_key)
        body = "|".join("".join(played[at : at + 6]) for at in range(0, 48, 6)).replace("#", "")
        tune = read_tune(f"X:1\nT:{number}\nM:6/8\nL:1/8\nK:{key}\n{body}|\n")[0]
        found = [read_as_the_chart(rows, name) for _start, rows in find_rows(tune, name)]
        assert found == [chart[note] for note in played]
        looked.update(played)
    assert len(looked) >= 12
