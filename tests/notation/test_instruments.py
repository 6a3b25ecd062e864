"""Instruments of players, and where tunes fit them."""

from musicgen.notation.analysis.fingering import FINGERINGS
from musicgen.notation.analysis.instruments import INSTRUMENTS, find_missing, fit
from musicgen.notation.analysis.ranges import INSTRUMENT_RANGES
from musicgen.notation.grammar.rules import parse_range
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.transposition import transpose


def tune(body: str, key: str = "D") -> str:
    return f"X:1\nM:none\nL:1/8\nK:{key}\n{body}|\n"


def test_every_instrument_has_its_range_and_fingering() -> None:
    for name, one in INSTRUMENTS.items():
        assert one.name == name and one.range in INSTRUMENT_RANGES and one.sharps
        assert not one.fingering or one.fingering in FINGERINGS
        span = INSTRUMENT_RANGES[one.range]
        assert parse_range(one.range) == (span.low, span.high)


def test_a_tune_that_is_there_stays_in_whatever_key() -> None:
    assert fit(read_tune(tune("DFAd", "Em"))[0], INSTRUMENTS["whistle D"]).semitones == 0


def test_a_tune_in_f_is_moved_to_the_best_key_of_a_harmonica() -> None:
    read = read_tune(tune("FGABcdef", "F"))[0]
    found = fit(read, INSTRUMENTS["harmonica C"])
    assert (found.semitones, found.missing) == (7, 0) and found.missing_before
    moved = read_tune(transpose(read.text, found.semitones))[0]
    assert moved.key.tonic == "C" and not find_missing(moved, INSTRUMENTS["harmonica C"])


def test_a_tune_below_a_whistle_is_moved_up_into_its_key() -> None:
    found = fit(read_tune(tune("G,A,B,CDEFG", "G"))[0], INSTRUMENTS["whistle D"])
    assert (found.semitones, found.missing) == (7, 0)


def test_a_tune_that_fits_nowhere_stays_or_loses_least() -> None:
    found = fit(read_tune(tune("C,,DA^A^gd''", "D"))[0], INSTRUMENTS["harmonica G"])
    assert found.missing > 0 and found.missing <= found.missing_before
