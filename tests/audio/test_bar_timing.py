import pytest

from musicgen.audio.bar_timing import bar_passes
from musicgen.audio.midi import timeline
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:1\nM:2/4\nL:1/4\nQ:1/4=60\nK:C\n"


def passes(body: str, first: int, last: int) -> list[tuple[float, float]]:
    tune, _problems = read_tune(HEADER + body)
    return bar_passes(tune, timeline(tune), first, last)


@pytest.mark.parametrize(
    ("body", "first", "last", "expected"),
    [
        ("CD|EF|GA|]", 1, 1, [(2, 4)]),
        ("CD|EF|GA|]", 0, 2, [(0, 6)]),
        ("|:CD|EF:|GA|]", 1, 1, [(2, 4), (6, 8)]),
        ("|:CD|EF:|GA|]", 0, 1, [(0, 4), (4, 8)]),
        ("|:CD|EF:|GA|]", 1, 2, [(2, 4), (6, 10)]),
        ("|:CD|1EF:|2GA|]", 1, 2, [(2, 4), (6, 8)]),
        ("|:CD|1EF:|2GA|]", 0, 0, [(0, 2), (4, 6)]),
        ("CD|zz|GA|]", 1, 1, [(2, 4)]),
        ("CD|EF|GA|]", 5, 6, []),
    ],
)
def test_bars_sound_each_time_a_repeat_comes_by(
    body: str, first: int, last: int, expected: list[tuple[float, float]]
) -> None:
    found = passes(body, first, last)
    assert [tuple(round(time, 6) for time in span) for span in found] == expected
