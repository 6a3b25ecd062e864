"""Fingerprints: what they see and what they are blind to."""

import pytest

from musicgen.notation.analysis.fingerprint import incipit_fingerprint, interval_fingerprint, melody
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:1\nL:1/8\nK:C\n"


def fingerprint(body: str, header: str = HEADER) -> str:
    return interval_fingerprint(read_tune(header + body)[0])


@pytest.mark.parametrize(
    "same",
    ["c d e c|", "C2D/E>C|", "C-C DE|C:|", "C z D E|1 C|]", "{g}C !trill!D (EC)|", "GABG|",
     "[A,C]DEC|"],
)  # fmt: skip
def test_key_octave_and_rhythm_do_not_count(same: str) -> None:
    assert fingerprint(same) == fingerprint("CDEC|")


@pytest.mark.parametrize("other", ["CDED|", "CDE|", "CD_EC|", "CDECC|", "cDEC|"])
def test_another_melody_has_another_fingerprint(other: str) -> None:
    assert fingerprint(other) != fingerprint("CDEC|")


def test_a_signature_changes_the_intervals() -> None:
    assert fingerprint("CDEC|", HEADER.replace("K:C", "K:Cm")) != fingerprint("CDEC|")


def test_a_repeated_note_is_not_a_tied_one() -> None:
    assert melody(read_tune(HEADER + "CC-C|")[0]) == (60, 60)


def test_the_incipit_is_the_beginning() -> None:
    one, other = (read_tune(HEADER + body)[0] for body in ("CDEFGA|", "CDEFcc|"))
    assert incipit_fingerprint(one, 4) == incipit_fingerprint(other, 4) != ""
    assert incipit_fingerprint(one, 6) != incipit_fingerprint(other, 6)
    assert incipit_fingerprint(one, 7) == ""


def test_silence_has_no_fingerprint() -> None:
    assert interval_fingerprint(read_tune("")[0]) == ""
