import math

import pytest

from musicgen.interpretation.comparison import align_notes, compare_tunes, hear_key, read_measures
from musicgen.notation.model import Tune
from musicgen.notation.parsing.reader import read_tune

HEAD = "X:1\nM:4/4\nL:1/4\nK:C\n"


def tune(body: str, head: str = HEAD) -> Tune:
    return read_tune(head + body + "\n")[0]


def test_notes_are_aligned_by_pitch_and_length() -> None:
    first, second = tune("CDEF|GABc|"), tune("CDEF|GA_Bc|")
    kinds = [one.kind for one in align_notes(first, second)]
    assert kinds == ["same"] * 6 + ["changed", "same"]
    longer = align_notes(tune("CDEF|"), tune("CDEE|FGAB|"))
    assert [(one.kind, one.first, one.second) for one in longer] == [
        ("same", 0, 0), ("same", 1, 1), ("same", 2, 2), ("added", None, 3), ("same", 3, 4),
        ("added", None, 5), ("added", None, 6), ("added", None, 7),
    ]  # fmt: skip
    shorter = align_notes(tune("CDEF|GA|"), tune("C2|"))
    assert [one.kind for one in shorter] == ["changed"] + ["left out"] * 5
    assert align_notes(tune(""), tune("")) == ()


def test_the_same_tune_differs_in_nothing() -> None:
    found = compare_tunes(tune("CDEF|GABc|"), tune("CDEF|GABc|"))
    assert found.first == found.second
    assert found.same_share == 1.0
    assert compare_tunes(tune("CDEF|"), tune("CDEG|")).same_share == 0.75


def test_the_key_is_heard_from_the_notes_alone() -> None:
    heard = hear_key(tune("c4|G2E2|C2E2|G2F2|D2B,2|C4|", HEAD.replace("K:C", "K:Am")))
    assert heard is not None
    assert (heard.tonic, heard.mode) == (0, "major")
    assert heard.fit > 0.8
    minor = hear_key(tune("A4|c2e2|A2c2|e2d2|B2^G2|A4|"))
    assert minor is not None
    assert (minor.tonic, minor.mode) == (9, "minor")
    assert hear_key(tune("z4|")) is None


def test_time_key_and_repetition_are_measured() -> None:
    right = read_measures(tune("C2E2|G2E2|C2E2|C4|]"))
    assert right.is_in_time
    assert right.keeps_key
    assert right.repetition == pytest.approx(0.25)
    wrong = read_measures(tune("C2E2|G2E2|C2E|^F4|^C4|^F4|]"))
    assert wrong.is_in_time is False
    silent = read_measures(tune("z4|]"))
    assert (silent.heard, silent.keeps_key) == (None, None)
    assert math.isnan(silent.tonal_fit)
