"""Values of information fields, by the tables of the ABC standard 2.1."""

from fractions import Fraction

import pytest

from musicgen.notation.fields import (
    default_unit_length,
    parse_key,
    parse_meter,
    parse_shift,
    parse_tempo,
    parse_unit_length,
)

SHARPS = "FCGDAEB"


@pytest.mark.parametrize(
    ("text", "sharps"),
    [
        ("C", 0), ("G", 1), ("D", 2), ("A", 3), ("E", 4), ("B", 5), ("F#", 6), ("C#", 7),
        ("F", -1), ("Bb", -2), ("Eb", -3), ("Ab", -4), ("Db", -5), ("Gb", -6), ("Cb", -7),
        ("Am", 0), ("Em", 1), ("Amin", 0), ("A Minor", 0), ("F#m", 3), ("G#m", 5), ("Ebm", -6),
        ("Amix", 2), ("D Mixolydian", 1), ("Glyd", 2), ("D dor", 0), ("A Dorian", 1),
        ("EPhr", 0), ("B loc", 0), ("Cion", 0), ("Aaeo", 0), ("EM", 1), ("Dmaj", 2), ("DMajor", 2),
        ("D clef=bass", 2), ("G treble", 1), ("none", 0), ("", 0), ("clef=alto", 0),
    ],
)  # fmt: skip
def test_keys_have_the_signature_of_the_table(text: str, sharps: int) -> None:
    key = parse_key(text)
    assert key is not None
    letters = SHARPS[:sharps] if sharps >= 0 else SHARPS[sharps:]
    step = 1 if sharps > 0 else -1
    assert dict(key.accidentals) == dict.fromkeys(letters, step)


def test_keys_name_tonic_and_mode() -> None:
    key = parse_key("F# Mixolydian")
    assert key is not None
    assert (key.tonic, key.mode) == ("F#", "mixolydian")


def test_explicit_accidentals_change_the_signature() -> None:
    key = parse_key("D =c ^g")
    assert key is not None
    assert dict(key.accidentals) == {"F": 1, "G": 1}
    alone = parse_key("D exp _b _e ^f")
    assert alone is not None
    assert dict(alone.accidentals) == {"B": -1, "E": -1, "F": 1}


def test_the_pipes_sound_f_and_c_sharp() -> None:
    key = parse_key("HP")
    assert key is not None
    assert dict(key.accidentals) == {"F": 1, "C": 1}


@pytest.mark.parametrize(
    ("text", "quarters"),
    [("4/4", "4"), ("C", "4"), ("C|", "4"), ("6/8", "3"), ("9/8", "9/2"), ("2+3/8", "5/2"),
     ("(2+2+3)/8", "7/2"), ("3/4", "3"), ("12/8", "6")],
)  # fmt: skip
def test_meters_have_a_length(text: str, quarters: str) -> None:
    meter = parse_meter(text)
    assert meter is not None
    assert meter.bar_quarters == Fraction(quarters)


def test_free_meter_has_none() -> None:
    meter = parse_meter("none")
    assert meter is not None
    assert meter.bar_quarters is None


@pytest.mark.parametrize("text", ["99999/8", "-3/4", "0/4", "4/3", "x", "4/0", "65/4"])
def test_meters_that_make_no_sense(text: str) -> None:
    assert parse_meter(text) is None


@pytest.mark.parametrize(
    ("text", "quarters"), [("1/8", "1/2"), ("1/4", "1"), ("1/16", "1/4"), ("1", "4")]
)
def test_unit_lengths(text: str, quarters: str) -> None:
    assert parse_unit_length(text) == Fraction(quarters)


@pytest.mark.parametrize(
    ("text", "quarters"), [("2/4", "1/4"), ("3/4", "1/2"), ("6/8", "1/2"), ("5/8", "1/4")]
)
def test_unit_length_by_meter(text: str, quarters: str) -> None:
    assert default_unit_length(parse_meter(text)) == Fraction(quarters)


@pytest.mark.parametrize(
    ("text", "qpm"),
    [("1/4=120", 120), ("3/8=50", 75), ("1/2=60", 120), ("120", 60), ("C=100", 50), ("C3=40", 60),
     ('"Allegro" 1/4=90', 90), ('1/4=90 "fast"', 90), ("1/4 3/8 1/4 3/8=40", 200),
     ("1/8=200", 100)],
)  # fmt: skip
def test_tempos_in_quarters_a_minute(text: str, qpm: int) -> None:
    assert parse_tempo(text, Fraction(1, 2)) == qpm


@pytest.mark.parametrize("text", ['"Allegro"', "", "1/0=100", "1/4=0", "99999", "1/4=9999"])
def test_tempos_that_make_no_sense(text: str) -> None:
    assert parse_tempo(text, Fraction(1, 2)) is None


def test_octave_and_transpose_shift() -> None:
    assert parse_shift("D octave=-1") == -12
    assert parse_shift("D transpose=3 octave=1") == 15
    assert parse_shift("D") is None
