"""Values of information fields, by the tables of the ABC standard 2.1."""

from fractions import Fraction

import pytest

from musicgen.notation.parsing.fields import (
    default_unit_length,
    parse_key,
    parse_meter,
    parse_shift,
    parse_shifts,
    parse_tempo,
    parse_unit_length,
    write_key,
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
        ("Gmaj", 1), ("G maj", 1), ("GMAJOR", 1), ("g", 1), ("gmaj", 1), ("em", 1), ("a minor", 0),
        ("Emin", 1), ("E min", 1), ("F# minor", 3), ("F♯m", 3), ("B♭", -2), ("bb", -2), ("Ddor", 0),
        ("F sharp minor", 3), ("B flat", -2), ("A-minor", 0), ("EbMIX", -4), ("Emi", 1),
        ("None", 0),
        ("bass", 0), ("bass3", 0), ("alto4", 0), ("baritone", 0), ("mezzosoprano", 0), ("perc", 0),
        ("soprano", 0), ("tenor", 0), ("treble-8", 0), ("D bass", 2), ("D treble+8", 2),
        ("D clef=alto4 octave=-1", 2), ("G clef=bass middle=d", 1), ("D name=\"^g _a\"", 2),
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


@pytest.mark.parametrize(
    ("text", "accidentals"),
    [
        ("Dm^c", {"B": -1, "C": 1}), ("EMinor^c", {"F": 1, "C": 1}), ("Dm=b", {}),
        ("DMix_B_e", {"F": 1, "B": -1, "E": -1}), ("C^f^c^a", {"F": 1, "C": 1, "A": 1}),
        ("D=c", {"F": 1}), ("D maj=c", {"F": 1}), ("Amix=g^d", {"F": 1, "C": 1, "D": 1}),
        ("Dexp_b_e", {"B": -1, "E": -1}), ("exp ^f", {"F": 1}), ("none ^f_b", {"F": 1, "B": -1}),
        ("^f _b", {"F": 1, "B": -1}), ("Gm^f clef=bass", {"B": -1, "E": -1, "F": 1}),
        ("D ^^g __a", {"F": 1, "C": 1, "G": 2, "A": -2}), ("D Phr ^f", {"B": -1, "E": -1, "F": 1}),
    ],
)  # fmt: skip
def test_accidentals_may_touch_the_key(text: str, accidentals: dict[str, int]) -> None:
    key = parse_key(text)
    assert key is not None
    assert dict(key.accidentals) == accidentals
    again = parse_key(write_key(key))
    assert again is not None
    assert again.accidentals == key.accidentals


@pytest.mark.parametrize("text", ["Cello", "bad", "add", "dance", "Fine", "Dx", "Bn", "H", "####"])
def test_words_are_no_keys(text: str) -> None:
    assert parse_key(text) is None


@pytest.mark.parametrize("text", ["HP", "Hp", "hp", "HP clef=treble"])
def test_the_pipes_sound_f_and_c_sharp(text: str) -> None:
    key = parse_key(text)
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
     ("1/8=200", 100), ("1/4=ca.80", 80), ("1/4=ca. 80", 80), ("1/4 = c. 80", 80),
     ("1/4=circa 80", 80), ("1/4=~80", 80), ("ca. 80", 40), ("C=ca.80", 40), ("1/4=80-90", 80),
     ("80-90", 40), ('3/8=50 "slow"', 75), ("1/4 1/4=60", 120), ("♩=90", 90), ("♪=90", 45),
     ("♩.=60", 90), ("1/4=120 bpm", 120), ('"Slow" 1/4=ca.60 "ish"', 60)],
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


@pytest.mark.parametrize(
    ("text", "shifts"),
    [
        ("G", {}), ("G bass", {"clef": 0}), ("treble-8", {"clef": -12}), ("treble+8", {"clef": 12}),
        ("C clef=treble_8", {"clef": -12}), ("clef=\"treble-8\"", {"clef": -12}),
        ("treble-15", {"clef": -24}), ("1 transpose=-2 octave=1", {"transpose": -2, "octave": 12}),
        ("1 name=\"octave=3\"", {}), ("1 shift=cd", {"shift": 2}), ("1 sound=_B", {"sound": -2}),
    ],
)  # fmt: skip
def test_every_property_shifts_for_itself(text: str, shifts: dict[str, int]) -> None:
    assert parse_shifts(text) == shifts
