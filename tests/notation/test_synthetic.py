"""Tunes that use every construct of ABC, beside abc2midi and written back."""

import pytest

from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.abc_writer import write_abc
from tests.notation.comparing import differences
from tests.notation.synthetic import make_tunes
from tests.notation.test_agreement import agrees, needs_abc2midi

TUNES = make_tunes(200)


@needs_abc2midi
@pytest.mark.parametrize("first", range(0, 200, 50))
def test_synthetic_tunes_agree_with_abc2midi(first: int) -> None:
    assert [text for text in TUNES[first : first + 50] if not agrees(text)] == []


def test_synthetic_tunes_read_the_same_again() -> None:
    for text in TUNES:
        tune, problems = read_tune(text)
        again, problems_again = read_tune(write_abc(tune))
        assert (text, problems, problems_again) == (text, (), ())
        assert (text, differences(tune, again)) == (text, [])
