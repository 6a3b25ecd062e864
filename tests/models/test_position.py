"""Where in a tune each character stands, against the one reader of ABC and by hand."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from musicgen.config import NetworkConfig
from musicgen.models.position import (
    FEATURE_ROWS,
    FEATURES,
    MAX_CHARACTERS,
    METER_VALUES,
    RHYTHM_VALUES,
    TunePosition,
    empty_seen,
    follow_positions,
    read_positions,
)
from musicgen.models.registry import build_network
from musicgen.notation.parsing.reader import read_tune
from tests.examples import make_tune

NAMES = list(FEATURES)
STARTS = np.concatenate([[0], np.cumsum(list(FEATURES.values()))[:-1]])
HEAD = "X:1\nR:jig\nM:6/8\nL:1/8\nN:4 4\nK:G Major\n"
JIG = (
    "d|GBd gdB|cBA G2d|^cBA d=cB|(3ABc d2 e>f|!\nGBd gdB|cBA G2d|ABc def|g3 g2:|!\n"
    "d|g/f/ed cBA|GBd|1 e3 f3|g3 g2:|2 E3 F3|G3 G2|]!\n"
)


def told(text: str) -> list[dict[str, int]]:
    """Values by name after each character."""
    values = np.array(follow_positions(text)) - STARTS
    return [dict(zip(NAMES, row, strict=True)) for row in values.tolist()]


def after(text: str, body: str = JIG) -> dict[str, int]:
    """What is told behind the first place where the body has this text."""
    whole = HEAD + body
    return told(whole[: len(HEAD) + body.index(text) + len(text)])[-1]


def test_a_note_fills_its_bar_from_its_first_character() -> None:
    meter = METER_VALUES.index("6/8") * 33
    assert [after(text)["metre_and_place"] - meter for text in ("|G", "|GB", "|GBd gdB")] == [
        2, 4, 12,
    ]  # fmt: skip
    assert after("G2")["metre_and_place"] - meter == 10
    assert after("g/")["metre_and_place"] - meter == 1
    assert after("|GBd gdB")["left_in_bar"] == 2
    assert after("|GBd gd")["left_in_bar"] == 4


def test_triplets_and_dotted_pairs_keep_time() -> None:
    meter = METER_VALUES.index("6/8") * 33
    assert (after("(3A")["metre_and_place"], after("(3A")["fraction"]) == (meter + 1, 1)
    assert (after("(3ABc")["metre_and_place"], after("(3ABc")["fraction"]) == (meter + 4, 0)
    assert after("e>")["metre_and_place"] == meter + 11
    assert (after("e>f")["metre_and_place"], after("e>f")["left_in_bar"]) == (meter + 12, 2)


def test_bars_sections_and_what_is_left_of_the_plan() -> None:
    assert (after("d|")["bar_of_section"], after("d|")["bars_left_in_section"]) == (1, 6)
    assert after("d|")["rhythm_and_pickup"] == 2 * RHYTHM_VALUES.index("jig") + 1
    # Eight bars where the plan says four: there is nothing left, and no further value.
    assert after("ABc def|")["bars_left_in_section"] == 1
    second = after("2:|!\n")
    assert (second["section"], second["bar_of_section"], second["sections_left"]) == (1, 1, 2)
    last = after("|2 E3 F3|")
    assert (last["section"], last["bars_left_in_section"]) == (1, 3)
    assert after("G3 G2|]")["section"] == 2


def test_degrees_count_from_the_tonic_and_know_signature_and_accidentals() -> None:
    degrees = {text: after(text)["degree_and_mode"] // 7 for text in ("|G", "^c", "(3ABc", "e>f")}
    assert degrees == {"|G": 0, "^c": 6, "(3ABc": 5, "e>f": 11}
    assert after("d=c")["degree_and_mode"] // 7 == 5
    assert told("K:D Dorian\nF")[-1]["degree_and_mode"] == 7 * 3 + 2
    assert told("K:none\nF")[-1]["degree_and_mode"] // 7 == 13
    assert told("K:C\nz")[-1]["degree_and_mode"] // 7 == 12


def test_octave_marks_move_the_staff_position_and_the_interval() -> None:
    low, high = told("K:C\nCC,")[-1], told("K:C\nCc'")[-1]
    assert told("K:C\nCC")[-1]["interval"] == 8
    assert (low["staff_position"], low["interval"]) == (7, 1)
    assert (high["staff_position"], high["interval"]) == (28, 16)


@pytest.mark.parametrize("number", range(1, 12))
def test_bars_come_out_as_the_reader_finds_them(number: int) -> None:
    text = make_tune(number)
    tune, _ = read_tune(text)
    positions = told(text)
    for bar in tune.bars:
        if not bar.notes or bar.expected is None:
            continue
        last = positions[bar.notes[-1].end - 1]
        sixteenths = last["metre_and_place"] % 33 + Fraction(last["fraction"], 4)
        assert abs(sixteenths - bar.actual * 4) < 1, (bar, last)


def test_a_blank_line_begins_anew_and_a_copy_goes_its_own_way() -> None:
    assert told(HEAD + JIG + "\n" + HEAD)[-len(HEAD) :] == told("\n" + HEAD)[1:]
    one = TunePosition()
    for character in HEAD + "^c":
        one.feed(character)
    other = one.copy()
    for character in " =c|":
        other.feed(character)
    one.feed("c")
    assert one.rows() == follow_positions(HEAD + "^cc")[-1]


def test_beyond_its_bound_a_tune_stands_still_until_the_next() -> None:
    long = "K:C\n" + "C" * (MAX_CHARACTERS + 10)
    rows = follow_positions(long + "\n\n" + HEAD + JIG)
    assert rows[len(long) - 1] == rows[MAX_CHARACTERS - 1]
    assert rows[-len(JIG) :] == follow_positions(HEAD + JIG)[-len(JIG) :]


@given(st.text(alphabet="XMLKNRTB:0123456789/|[]()<>^_=,' zabcdefgABCDEFG\"{}!\n", max_size=80))
def test_any_text_has_rows_of_the_table(text: str) -> None:
    rows = np.array(follow_positions(text) + follow_positions(HEAD + text)[-1:])
    assert ((rows >= STARTS) & (rows < STARTS + list(FEATURES.values()))).all()
    assert rows.max() < FEATURE_ROWS


CHARACTERS = "".join(sorted(set(HEAD + JIG)))


def encode(text: str) -> np.ndarray:
    return np.array([[CHARACTERS.index(character) for character in text]])


@pytest.mark.parametrize("cut", [1, 17, len(HEAD), len(HEAD) + 40])
def test_a_text_can_be_read_in_pieces(cut: int) -> None:
    text = "\n\n" + HEAD + JIG + "\n" + HEAD
    whole, end = read_positions(encode(text), empty_seen(1), CHARACTERS)
    first, seen = read_positions(encode(text[:cut]), empty_seen(1), CHARACTERS)
    second, last = read_positions(encode(text[cut:]), seen, CHARACTERS)
    assert whole[0].tolist() == follow_positions(text)
    np.testing.assert_array_equal(np.concatenate([first, second], 1), whole)
    np.testing.assert_array_equal(last, end)


def test_a_network_begins_as_if_it_read_no_positions_and_learns_from_them() -> None:
    ids = torch.from_numpy(encode("\n\n" + HEAD + JIG))
    config = NetworkConfig(
        kind="echo", vocab_size=len(CHARACTERS), embedding_dim=6, hidden_size=8,
        bar_id=CHARACTERS.index("|"), line_id=0, colon_id=CHARACTERS.index(":"),
        characters=CHARACTERS, position=True,
    )  # fmt: skip
    network = build_network(config, 0)
    silent = build_network(config.replace(position=False, characters=""), 0)
    weights = {
        name: value for name, value in network.state_dict().items() if "position" not in name
    }
    silent.load_state_dict(weights)
    torch.testing.assert_close(network(ids)[0], silent(ids)[0])
    network(ids)[0].square().sum().backward()
    assert network.position.weight.grad.abs().sum() > 0
