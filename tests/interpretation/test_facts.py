import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from musicgen.interpretation.facts import FACTS, NOTHING, read_facts

TUNE = "X:1\nM:6/8\nL:1/8\nK:A dorian\nABc def|gfe dcB|\nA3 B3|c3 d3:|\ne6|z6|f6|g6|]\n"
BODY = TUNE.index("ABc")


def at(fact: str, place: int) -> int:
    return int(read_facts(TUNE).values[fact][place])


def test_the_header_has_no_beats_and_the_body_has() -> None:
    facts = read_facts(TUNE)
    assert (facts.values["body"] == (np.arange(len(TUNE)) >= BODY - 1)).all()
    for name in FACTS.keys() - {"body"}:
        assert (facts.values[name][: BODY - 1] == NOTHING).all()


def test_the_place_in_the_bar_is_where_the_next_note_begins() -> None:
    written = TUNE[BODY : BODY + 8]
    assert written == "ABc def|"
    assert [at("place", BODY + number) for number in range(8)] == [2, 4, 6, 6, 8, 10, 12, 0]
    assert [at("beat", BODY + number) for number in range(8)] == [0, 0, 1, 1, 1, 1, 2, 0]


def test_a_bar_line_is_seen_coming() -> None:
    line = BODY + 7
    assert [at("bar_line", line - distance) for distance in (3, 2, 1, 0)] == [0, 1, 1, 0]
    values = read_facts(TUNE, ahead=4).values["bar_line"]
    assert values[line - 4] == 1
    assert values[line - 5] == 0


def test_bars_sections_and_repeats_are_counted() -> None:
    first_of_second = TUNE.index("e6")
    assert [at("bar", BODY), at("bar", TUNE.index("A3")), at("bar", TUNE.index("c3"))] == [0, 2, 3]
    assert (at("section", BODY), at("section", first_of_second)) == (0, 1)
    assert (at("repeat", BODY), at("repeat", first_of_second)) == (1, 0)


def test_degree_and_key_are_those_of_the_scale() -> None:
    facts = read_facts(TUNE)
    assert [at("degree", BODY + number) for number in range(3)] == [0, 2, 3]
    assert at("degree", TUNE.index("z6")) == 12
    words = facts.words(BODY + 2)
    assert words["key"] == "A dorian"
    assert words["degree"] == "minor third"
    assert words["place"] == "6 sixteenths"
    assert words["repeat"] == "repeated"
    assert "beat" not in facts.words(0)
    assert facts.words(0)["body"] == "header"


def test_every_key_has_its_name() -> None:
    for name in ("C major", "F# minor", "Bb major", "Eb mixolydian", "C# locrian"):
        text = f"X:1\nK:{name}\nA"
        assert read_facts(text).words(len(text) - 1)["key"] == name


@given(st.text("XK:1\n|AB^_(3[]z/2 dM68", max_size=40))
def test_any_text_has_facts_that_have_words(text: str) -> None:
    facts = read_facts(text)
    assert facts.values.keys() == FACTS.keys()
    for place in range(len(text)):
        assert all(facts.words(place).values())
