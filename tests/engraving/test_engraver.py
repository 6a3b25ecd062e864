"""Lines of music drawn by abcjs in node: what is in them, and what happens when it goes wrong."""

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from musicgen.config import Paths
from musicgen.engraving import engraver
from musicgen.engraving.engraver import STAFF_HEIGHT, STAFF_WIDTH, engrave, tempo_field
from musicgen.engraving.shapes import Writing
from musicgen.errors import EngravingError, SetupError
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:1\nT:One\nM:6/8\nL:1/8\nK:D\n"


def words(engraving):
    return [
        shape.text
        for system in engraving.systems
        for shape in system.shapes
        if isinstance(shape, Writing)
    ]


def test_four_bars_a_line_and_chord_symbols_over_the_staff(draw):
    engraving = draw(HEADER + '"D"DFA dAF|"Em"GBd gdB|"A7"Ace ecA|d3 d3|' * 2)
    assert len(engraving.systems) == 2
    assert [word for word in words(engraving) if word in ("D", "Em", "A7")] == ["D", "Em", "A7"] * 2
    for system in engraving.systems:
        assert system.box.left >= 0
        assert system.box.right <= STAFF_WIDTH * 1.01
        chords = [one for one in system.shapes if isinstance(one, Writing) and one.text == "D"]
        assert chords[0].y < system.staff_top < system.staff_bottom
        assert system.staff_bottom - system.staff_top == STAFF_HEIGHT


def test_a_tune_that_does_not_say_how_fast_it_goes_gets_the_tempo_it_is_played_at(draw):
    assert "= 80" in words(draw(HEADER + "DFA dAF|]"))  # 120 quarters are 80 dotted quarters
    assert "= 99" in words(draw(HEADER.replace("K:", "Q:3/8=99\nK:") + "DFA dAF|]"))


@pytest.mark.parametrize(
    ("meter", "field"), [("6/8", "3/8=80"), ("4/4", "1/4=120"), ("C|", "1/2=60"), ("3/8", "3/8=80")]
)
def test_a_tempo_counts_the_beats_of_the_meter(meter, field):
    tune, _ = read_tune(f"X:1\nM:{meter}\nK:C\nC|")
    assert tempo_field(tune, Fraction(120)) == field


def test_crowded_bars_get_fewer_a_line_and_stay_on_the_page(draw):
    bar = "ABcdefga " * 4 + "|"
    engraving = draw("X:1\nM:4/4\nL:1/32\nK:D\n" + bar * 8)
    assert len(engraving.systems) == 4
    assert max(system.box.right for system in engraving.systems) <= engraving.width


def test_a_tune_without_notes_is_a_sentence(draw):
    with pytest.raises(EngravingError, match="nothing to draw"):
        draw("X:1\nT:Empty\nK:D\n")


def test_what_a_stranger_writes_reaches_abcjs_as_text_alone(draw):
    text = 'X:1\nT:</script>$(touch gone)\nK:D\n"`touch gone`"A"${1+1}"B"\\u0000"c|]'
    assert "`touch gone`" in words(draw(text))
    assert not Path("gone").exists()


def test_without_abcjs_or_node_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    tune, _ = read_tune(HEADER + "DFA dAF|]")
    nowhere = Paths(tmp_path, tmp_path)
    with pytest.raises(SetupError, match="abcjs, which is not here"):
        engrave(tune, Fraction(120), nowhere)
    nowhere.abcjs.parent.mkdir(parents=True)
    nowhere.abcjs.write_text("")
    monkeypatch.setattr(engraver, "node_commands", lambda _paths: iter(()))
    with pytest.raises(SetupError, match=r"Node\.js"):
        engrave(tune, Fraction(120), nowhere)


@pytest.mark.parametrize(
    "script", ["import time; time.sleep(60)", "print('no json')", "raise OSError"]
)
def test_an_engraver_that_hangs_or_fails_is_a_sentence(tmp_path, monkeypatch, script):
    tune, _ = read_tune(HEADER + "DFA dAF|]")
    where = Paths(tmp_path, tmp_path)
    where.abcjs.parent.mkdir(parents=True)
    where.abcjs.write_text("")
    monkeypatch.setattr(
        engraver, "node_commands", lambda _paths: iter([(sys.executable, "-c", script)])
    )
    monkeypatch.setattr(engraver, "TIMEOUT_S", 1)
    with pytest.raises(EngravingError):
        engrave(tune, Fraction(120), where)


def test_an_endless_tune_is_refused_before_it_is_drawn(draw):
    tune, _ = read_tune(HEADER + "DFA dAF|" * 4)
    with pytest.raises(EngravingError, match="characters"):
        engrave(replace(tune, text=tune.text * 2_000), Fraction(120), Paths.default())


def test_the_version_that_draws_is_the_one_that_is_pinned():
    wanted = json.loads((Paths.default().project / "package.json").read_text())["dependencies"]
    drawing = {name for name in wanted if not name.startswith("@fontsource-variable/")}
    assert drawing == {"abcjs", "abc2svg"}  # nothing else draws outside a browser
