"""Melody, key, form, harmony, reach and what is counted, with values worked out by hand."""

import math
from collections import Counter
from fractions import Fraction

import pytest

from musicgen.evaluation.measures.distribution import (
    DISTRIBUTIONS,
    count_characters,
    count_intervals,
    count_lengths,
    count_patterns,
    count_pitches,
    count_rhythms,
    count_transitions,
)
from musicgen.evaluation.measures.harmony import NUMERALS, imply_degrees
from musicgen.evaluation.measures.pitch_range import compute_leap_share, compute_range, is_playable
from musicgen.evaluation.measures.repetition import (
    compute_repetition,
    find_form,
    is_aabb,
    repeats_first_section,
)
from musicgen.evaluation.measures.tonality import (
    agrees_with_profile,
    compute_scale_share,
    ends_on_tonic,
)
from musicgen.notation.analysis.fingerprint import melody
from musicgen.notation.analysis.melody import melody_notes, scale_of, tonic_of
from musicgen.notation.parsing.fields import parse_key
from musicgen.notation.parsing.reader import read_tune


def tune(body, key="C", meter="4/4"):
    return read_tune(f"X:1\nM:{meter}\nL:1/4\nK:{key}\n{body}\n")[0]


SILENT = tune("z4|]")


def test_the_melody_joins_ties_and_takes_the_top_of_chords():
    found = melody_notes(tune("C2-C z|[CEG] D E F|"))
    assert [(note.pitch, note.quarters, note.bar) for note in found] == [
        (60, Fraction(3), 0),
        (67, Fraction(1), 1),
        (62, Fraction(1), 1),
        (64, Fraction(1), 1),
        (65, Fraction(1), 1),
    ]


def test_the_melody_has_the_pitches_of_the_fingerprint():
    piece = tune("C2-C z|[CEG]- [CG] E F|{g}A B c-|c2 d2|")
    assert tuple(note.pitch for note in melody_notes(piece)) == melody(piece)


@pytest.mark.parametrize(
    ("key", "tonic", "scale"),
    [
        ("C", 0, (0, 2, 4, 5, 7, 9, 11)),
        ("D", 2, (2, 4, 6, 7, 9, 11, 1)),
        ("E dorian", 4, (4, 6, 7, 9, 11, 1, 2)),
        ("Bb", 10, (10, 0, 2, 3, 5, 7, 9)),
        ("F#m", 6, (6, 8, 9, 11, 1, 2, 4)),
        ("none", None, ()),
    ],
)
def test_a_key_has_its_tonic_and_scale(key, tonic, scale):
    assert tonic_of(parse_key(key)) == tonic
    assert scale_of(parse_key(key)) == scale


def test_the_scale_share_counts_notes():
    assert compute_scale_share(tune("C D ^F G|")) == 0.75
    assert compute_scale_share(tune("F G A B|", key="D")) == 1.0
    assert math.isnan(compute_scale_share(SILENT))
    assert math.isnan(compute_scale_share(tune("C D E F|", key="none")))


def test_a_key_that_changes_is_followed():
    assert compute_scale_share(tune("C D E F|[K:D]F F F F|")) == 1.0


def test_the_profile_tells_the_key_that_was_stated_from_others():
    body = "C E G c|F A c A|G B d G|C4|]"
    assert agrees_with_profile(tune(body)) is True
    assert agrees_with_profile(tune(body, key="G")) is False
    assert agrees_with_profile(tune(body, key="Am")) is False
    assert agrees_with_profile(SILENT) is None


def test_a_church_mode_is_held_to_its_third():
    body = "D D F A|G F E C|D2 A2|D4|]"
    assert agrees_with_profile(tune(body, key="D dorian")) is True


def test_the_end_is_on_the_tonic_or_not():
    assert ends_on_tonic(tune("G A B c|")) is True
    assert ends_on_tonic(tune("G A B d z|")) is False
    assert ends_on_tonic(SILENT) is None


def test_repeated_bars_are_counted_as_written():
    assert compute_repetition(tune("C4|D4|C4|E4:|")) == 0.25
    assert compute_repetition(tune("C4|D4|z4|E4:|")) == 0.0
    assert compute_repetition(tune("C4|C4|C4|C4|")) == 0.75
    assert compute_repetition(tune("C4|C2C2|")) == 0.0
    assert math.isnan(compute_repetition(SILENT))


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("|:C4|D4:|:E4|F4:|", "AABB"),
        ("C4|D4:|E4|F4:|", "AABB"),
        ("|:C4|D4:|E4|F4|]", "AAB"),
        ("C4|D4||E4|F4||C4|D4|]", "ABA"),
        ("C4|D4||C4|D4||E4|F4|]", "AAB"),
        ("|:C4|D4|1E4:|2F4|]", "AA"),
        ("|:C4|D4|1E4:|2F4||:c4|d4:|", "AABB"),
        ("G|:C4|D4|E4|F3:|G|c4|d4|e4|f3|]", "AAB"),
        ("C4|D4|E4|F4||C4|D4|E4|G4|]", "AA"),
        ("C4|D4|E4|F4||C4|D4|A4|G4|]", "AB"),
        ("z4|]", ""),
    ],
)
def test_the_form_has_a_letter_for_each_section(body, form):
    assert find_form(tune(body)) == form


def test_aabb_and_the_first_part_once_more():
    assert is_aabb(tune("C4:|D4:|")) is True
    assert is_aabb(tune("C4:|D4|]")) is False
    assert repeats_first_section(tune("C4:|D4|]")) is True
    assert repeats_first_section(tune("C4||D4|]")) is False
    assert is_aabb(SILENT) is repeats_first_section(SILENT) is None


def test_each_bar_implies_the_degree_that_holds_most_of_it():
    found = imply_degrees(tune("C E G c|F A c A|G B d G|A3 c|D4|C4|"))
    # A and c: IV (F A C) and VI (A C E) hold both, of which IV is preferred;
    # D alone: V (G B D), II (D F A) and VII (B D F), of which V is.
    assert [NUMERALS[degree] for degree in found] == ["I", "IV", "V", "IV", "V", "I"]
    assert imply_degrees(SILENT) == ()
    assert imply_degrees(tune("C4|", key="none")) == ()


def test_degrees_do_not_depend_on_the_key():
    one = imply_degrees(tune("C E G c|F A c A|G B d G|"))
    assert imply_degrees(tune("D F A d|G B d B|A c e A|", key="D")) == one


def test_range_and_leaps():
    piece = tune("C D G c|")  # steps of 2, 5 and 5 semitones
    assert compute_range(piece) == 12.0
    assert compute_leap_share(piece) == pytest.approx(2 / 3)
    assert math.isnan(compute_range(SILENT))
    assert math.isnan(compute_leap_share(tune("C4|")))


def test_a_fiddle_plays_from_its_lowest_string_to_first_position():
    assert is_playable(tune("G, b|")) is True
    assert is_playable(tune("^F, G|")) is False
    assert is_playable(tune("G c'|")) is False
    assert is_playable(SILENT) is None


def test_what_is_counted():
    piece = tune("D F A2|d F A2|", key="D")
    assert count_pitches(piece) == Counter({"0": 2, "4": 2, "7": 2})
    assert count_transitions(piece) == Counter({"0>4": 2, "4>7": 2, "7>0": 1})
    assert count_intervals(piece) == Counter({"+4": 1, "+3": 2, "+5": 1, "-8": 1})
    assert count_patterns(piece) == Counter({"+4,+3,+5": 1, "+3,+5,-8": 1, "+5,-8,+3": 1})
    assert count_lengths(piece) == Counter({"1": 4, "2": 2})
    assert count_rhythms(piece) == Counter({"1>1": 2, "1>2": 2, "2>1": 1})
    assert count_characters(piece) == Counter("DFA2|dFA2|")


def test_wide_steps_are_counted_with_the_octave():
    assert count_intervals(tune("C c' C C|")) == Counter({"+12": 1, "-12": 1, "0": 1})


def test_nothing_is_counted_where_nothing_sounds():
    assert not any(count(SILENT) for name, count in DISTRIBUTIONS.items() if name != "characters")
