"""Numbered notation drawn by abc2svg in node, held to our own reading of every note."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest

from musicgen.config import Paths
from musicgen.engraving import engraver
from musicgen.engraving.engraver import STAFF_WIDTH, engrave_many, engrave_numbers, missing_part
from musicgen.engraving.numbered import read_lines
from musicgen.engraving.shapes import Outline, Writing
from musicgen.errors import EngravingError, SetupError
from musicgen.notation.analysis.fingering import find_rows
from musicgen.notation.display.layout import break_lines, original_offsets
from musicgen.notation.parsing.reader import read_tune

PATHS = Paths.default()
pytestmark = pytest.mark.skipif(
    missing_part(PATHS, is_numbered=True) is not None,
    reason="abc2svg is not here. Fetch it with: make setup",
)

BODIES = {
    "D": "|:A,2|D3 E2F|A/B/A/F/ D4|d6|{g}f3/e/ (3ded c2|d3 d'2z:|",
    "G": "D2 G2 B2|^c2 =c2 _B2|d2- d6|1 g4:|2 [Gd]2 z4|]",
    "Ador": "EAA^G ABcd|efge dBAB|C,4 A,4|a8|",
    "Bb": "B2 d2 f2 b2|E2 F2 =e2 _a2|z2 B6|",
    "F": "F2 C2 A2 c2|f2 a2 c'2 z2|",
}
DIGIT = re.compile(r'<text data-start="(\d+)" class="fj" x="([\d.]+)" y="([\d.]+)">(.)<')
DASH = re.compile(r'<text class="fj" x="([\d.]+)" y="[\d.]+">([-0])<')
DOT = re.compile(r'<text data-start="(\d+)" x="([\d.]+)" y="([\d.]+)">\ue1e7<')
LINE = re.compile(r'<path class="stroke" d="m([\d.]+) ([\d.]+)h([\d.]+)"/>')


def tune_of(key, body):
    return read_tune(f"X:1\nT:One\nM:none\nL:1/8\nK:{key}\n{body}\n")[0]


def draw(tune):
    """The lines of SVG, the notes by their places in them, and the dashes of each."""
    laid_out = break_lines(tune)
    request = engraver._write_request([(laid_out.text, 900)])
    [lines] = engraver._run(request, PATHS, is_numbered=True)
    return laid_out, lines


@pytest.mark.parametrize("key", BODIES)
def test_every_digit_octave_and_length_is_that_of_the_note(key):
    tune = tune_of(key, BODIES[key])
    laid_out, lines = draw(tune)
    places, rows = original_offsets(laid_out), dict(find_rows(tune, "numbers"))
    notes = {note.start: note for note in tune.notes}
    seen = []
    for line in lines:
        found = list(DIGIT.finditer(line))
        strokes = [tuple(map(float, one.groups())) for one in LINE.finditer(line)]
        dots = [(one[1], float(one[2]), float(one[3])) for one in DOT.finditer(line)]
        for one, following in pairwise([*found, None]):
            at, (x, y) = int(one[1]), (float(one[2]), float(one[3]))
            start = places[max(place for place in places if place <= at)]
            note = notes[start]
            if len(note.pitches) > 1:
                continue  # a chord has a digit for each pitch
            seen.append(start)
            own = [(dx - x, dy - y) for name, dx, dy in dots if name == one[1]]
            above, digit, below = rows.get(start, ("", "0", ""))
            assert one[4] == digit.strip("♯♭")
            assert sum(dy < -8 for _dx, dy in own) == len(above)
            assert sum(dy > 0 for _dx, dy in own) == len(below)
            end = following.start() if following else len(line)
            dashes = len(DASH.findall(line, one.end(), end))
            shorter = sum(left <= x + 3 <= left + width for left, _y, width in strokes)
            is_dotted = any(abs(dx) > 8 for dx, _dy in own)
            quarters = Fraction(1 + dashes) * (Fraction(3, 2) if is_dotted else 1) / 2**shorter
            value = (
                note.duration if note.duration.denominator != 3 else note.duration * Fraction(3, 2)
            )
            assert quarters == value, (key, one[0])
    single = [note.start for note in tune.notes if len(note.pitches) < 2]
    assert sorted(seen) == sorted(single)


@pytest.mark.parametrize(
    ("meter", "body", "beats"),
    [
        ("6/8", "A2c ecA|g2d gfe|", [1, 3, 1, 3]),
        ("6/8", "D|GABdBG|G3-G2|", [1, 3, 3]),
        ("6/8", "D|GAB dBG|G3-G2:|:d|edB AGE|", [1, 3, 3, 1, 3, 3]),
        ("C", "CDEF GABc|c4 z4|", [2, 2, 2, 2]),
        ("2/4", "EF|GABc|d/c/B/A/ G2|", [2, 2, 2, 4]),
        ("7/8", "ABc de fg|", [3, 2, 2]),
    ],
)
def test_a_line_below_short_notes_ends_with_the_beat(meter, body, beats):
    tune = read_tune(f"X:1\nM:{meter}\nL:1/8\nK:G\n{body}\n")[0]
    found = []
    for line in draw(tune)[1]:
        digits = [float(one[2]) for one in DIGIT.finditer(line)]
        strokes = [tuple(map(float, one.groups())) for one in LINE.finditer(line)]
        nearest = min((y for _left, y, _width in strokes), default=0.0)
        found += [
            sum(left <= x + 3 <= left + width for x in digits)
            for left, y, width in sorted(strokes)
            if y == nearest
        ]
    assert found == beats


@pytest.mark.parametrize(
    ("header", "words"),
    [("M:6/8\nK:G", "1=G 6/8"), ("M:C|\nK:Ador", "1=G 2/2"), ("M:C\nK:Bm", "1=D 4/4"),
     ("M:3/4\nK:Bb", "1=♭B 3/4"), ("M:9/8\nK:none", "1=C 9/8")],
)  # fmt: skip
def test_the_key_says_which_note_is_1_and_the_meter_beside_it(header, words):
    tune = read_tune(f"X:1\nT:One\nL:1/8\n{header} clef=bass\nG2 A2 B2|]\n")[0]
    [drawing] = engrave_numbers([tune], PATHS)
    said = [one.text for one in drawing.systems[0].shapes if isinstance(one, Writing)]
    assert words in said
    assert "One" not in said  # the page has the title


def test_lines_fit_the_paper_with_bar_lines_first_and_repeats():
    body = "|:" + "DFA dAF|GBd gdB|AFA d2A|d3 d3|" * 4 + ":|"
    tune = read_tune(f"X:1\nM:6/8\nL:1/8\nK:D\n{body}\n")[0]
    [drawing] = engrave_numbers([tune], PATHS, qpm=Fraction(180))
    assert len(drawing.systems) == 4
    assert 0.95 * STAFF_WIDTH < drawing.width <= 1.01 * STAFF_WIDTH
    for system in drawing.systems:
        bars = system.shapes[0]
        assert isinstance(bars, Outline) and bars.width
        assert system.box.top <= system.staff_top < system.box.bottom
    words = [one.text.strip() for one in drawing.systems[0].shapes if isinstance(one, Writing)]
    assert any("120" in word for word in words)  # 180 quarters are 120 dotted ones
    [quiet] = engrave_numbers([tune], PATHS)
    assert not any("120" in one.text for one in quiet.systems[0].shapes if isinstance(one, Writing))


def test_a_tempo_that_the_tune_says_itself_is_shown_as_on_a_staff():
    tune = read_tune("X:1\nM:6/8\nL:1/8\nQ:3/8=116\nK:G\nG3 GAB|A3 ABd|]\n")[0]
    for [drawing] in (engrave_many([tune], PATHS), engrave_numbers([tune], PATHS)):
        words = [one.text for one in drawing.systems[0].shapes if isinstance(one, Writing)]
        assert any("116" in word for word in words)


def test_the_fingering_is_below_the_digits():
    tune = read_tune("X:1\nM:4/4\nL:1/4\nK:D\nDEFG|\n")[0]
    [drawing] = engrave_numbers([tune], PATHS, fingering="fiddle")
    words = {
        one.text.strip(): one.y for one in drawing.systems[0].shapes if isinstance(one, Writing)
    }
    assert words["D1"] > words["2"]


def test_what_a_stranger_writes_stays_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (
        "X:1\nT:One\nM:4/4\nL:1/4\nK:D\n%%beginjs\nprocess.exit(1)\n%%endjs\n"
        '[I:jianpu 0][I:abc-include /etc/passwd]"^<script>x</script>"DEFG|\n'
    )
    [drawing] = engrave_numbers([read_tune(text)[0]], PATHS)
    said = [one.text for one in drawing.systems[0].shapes if isinstance(one, Writing)]
    assert "<script>x</script>" in said and "1" in said


def test_what_cannot_be_drawn_costs_no_other_its_drawing():
    tunes = [tune_of("D", "|DEFG|"), read_tune("X:1\nK:D\n")[0]]
    drawn, reason = engrave_numbers(tunes, PATHS)
    assert drawn.systems and isinstance(reason, EngravingError)


def test_without_abc2svg_a_sentence_says_what_to_do(tmp_path):
    with pytest.raises(SetupError, match="abc2svg, which is not here"):
        engrave_numbers([tune_of("D", "D|")], Paths(tmp_path, tmp_path))


def test_another_version_that_draws_something_else_is_a_sentence(monkeypatch):
    monkeypatch.setattr(engraver, "_run", lambda *_given, **_named: [["<svg", "no"]])
    [reason] = engrave_numbers([tune_of("D", "D|")], PATHS)
    assert isinstance(reason, EngravingError)


def test_a_drawing_with_signs_by_name_circles_and_groups_is_read():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'viewBox="0 0 100 50" class="f1"><style>.f1{font:24.0px music}.f2{font:bold 10.0px serif}'
        '</style><defs><circle id="dot" cx="0" cy="-3" r="2"/></defs>'
        '<g transform="translate(10,20) scale(2)"><path class="bW" d="M0 0v-10"/>'
        '<use x="5" y="1" xlink:href="#dot"/>'
        '<text class="f2" x="3" y="4" text-anchor="end">ab</text></g></svg>'
    )
    [(bar, dot, words)] = read_lines([svg], PATHS.abc2svg)
    assert (bar.width, bar.segments[0]) == (2.0, ("moveTo", ((10.0, 20.0),)))
    assert dot.is_filled
    assert words.size == 20.0 and words.face == "bold" and words.x < 16.0


def test_staff_notation_is_drawn_as_before_where_abc2svg_is_missing(tmp_path):
    where = Paths(PATHS.project, tmp_path)
    assert missing_part(where) is None
    [drawing] = engrave_many([tune_of("D", "DEFG|")], where)
    assert drawing.systems


def test_a_new_key_is_said_between_the_digits_and_the_bracket_of_an_ending():
    tune = tune_of("D", "d4|1 A2[K:G]B2:|2 [K:Bb]E2 F2|]")
    [drawing] = engrave_numbers([tune], PATHS)
    system = drawing.systems[0]
    words = [one for one in system.shapes if isinstance(one, Writing)]
    keys = [one for one in words if one.text.strip() in {"1=G", "1=♭B"}]
    endings = [one for one in words if one.text.strip() in {"1", "2"} and one.size < 15]
    assert len(keys) == 2
    for key in keys:
        assert key.y - key.size > system.box.top - 1 and key.y < system.staff_top
        blank = key.text.startswith("\u2003")
        assert blank == any(0 < key.x - one.x < 15 for one in endings)


def test_a_new_key_of_the_next_line_is_said_there():
    text = "X:1\nM:2/4\nL:1/4\nK:D\n|:DE|FG:|\nK:A\n|:AB|cd:|\n"
    [drawing] = engrave_numbers([read_tune(text)[0]], PATHS)
    said = [
        [one.text for one in system.shapes if isinstance(one, Writing)]
        for system in drawing.systems
    ]
    assert ["1=A" in words for words in said] == [False, True]


def test_staccato_is_no_dot_of_the_octave():
    marks = [draw(tune_of("D", body))[1] for body in ("D4|", ".D4|", "!staccato!D4|")]
    assert [len(DOT.findall("".join(lines))) for lines in marks] == [0, 0, 0]
    plain, *others = [set("".join(lines)) for lines in marks]
    [wedge] = others[0] - plain
    assert others[0] == others[1] and wedge != "\ue4a2"  # the dot of staccato
