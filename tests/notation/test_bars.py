"""Bar arithmetic on small tunes whose answer is plain to see."""

from fractions import Fraction

import pytest

from musicgen.notation.analysis.bars import Verdict, check_bars, is_in_time
from musicgen.notation.parsing.barlines import (
    canonical,
    count_repeats,
    is_closing,
    is_double,
    opens_repeat,
)
from musicgen.notation.parsing.reader import read_tune

HEADER = "X:1\nM:4/4\nL:1/4\nK:C\n"


def verdicts(body: str) -> list[str]:
    return [bar.verdict.value for bar in check_bars(read_tune(HEADER + body)[0]).bars]


@pytest.mark.parametrize(
    "body",
    [
        "ABcd|ABcd|]",
        "G|ABcd|ABc:|",
        "G|ABcd|ABc:|G/F/|ABcd|ABc:|",
        "G|ABcd|1ABc:|2ABc|]",
        "ABcd|ABc[1d:|[2e|]",
        "G|ABcd|ABc|\n[1 G|ABcd|ABc:|\n[2 G|ABcd|ABc|]",
        "AB|cdef|AB||AB|cdef|AB|]",
        "ABcd|[M:3/4]ABc|ABc|]",
        "Z2|ABcd|]",
        "(3ABc de|f>gab|]",
        # The upbeat and the last bar of the tune make one bar.
        "A|Bcde|fgab|cdef|gab|]",
        "A|Bcde|fgab||Bcde|fga|]",
        "A|:Bcde|fgaA:|Bcde|fga|]",
        "A|:Bcde|fgaA:||:Bcde|fgaA|1Bcde|fgaA:|2Bcde|fga|]",
        "A|:Bcde|1fgaA:|2fga|]",
        "A|:Bcde|fg[1aA:|[2a|]",
        "A|:Bcde|1fgaA:|2fga||A|Bcde|fga|]",
        "A|Bcde|1fga:|2fgaA|:Bcde|1fgaA:|2fga|]",
        "A/|Bcde|fga||A|Bcde|fgab/|]",
        "[M:3/4]A|BcB||[M:4/4]Bcde|[M:3/4]AB|]",
        "A|Bcde|fg||aA|Bcde|fga|]",
        # An ending, a bar by itself, between the last bar and the next pickup.
        "A|:Bcde|f2[1gA:|[2g||A|Bcde|fga|]",
        "A3|:A4|B4:|A4|B|]",
        # A pickup before a repeat that goes back behind it, the last bars with their upbeats.
        "A|:Bcde|fgaA:|:Bcde|fgaA:|",
        "A|:Bcde|fgaA::Bcde|fgaA:|",
        "A||:Bcde|fgaA:||:Bcde|fgaA:||",
        "A|:Bcde|[1fgaA:|[2fgab|]",
        "A|:Bcde|fgaA:|Bcde|fgab|]",
        "A|:Bcde|fgaz:|:A|Bcde|fga:|",
        "A|Bcde|fgaA|:Bcde|fgaA:|",
        "A|Bcde|fgaA||Bcde|fgaA:|",
        # Da capo: from the last bar back to the pickup.
        "A|Bcde|fga!fine!|A|Bcde|fga!D.C.!|]",
        "A|:Bcde|fgaA!fine!:|Bcde|fga!D.C.!|]",
        "A|:Bcde|fga A:|Bcde|fga|]!D.C.!",
        "A|!segno!Bcde|fgaA|Bcde|fga!fine!|A|Bcde|fgab!D.S.!|]",
    ],
)
def test_tunes_in_time(body: str) -> None:
    assert is_in_time(read_tune(HEADER + body)[0])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ABcd|ABc|ABcd|]", ["full", "short", "full"]),
        ("ABcd|ABcde|]", ["full", "long"]),
        ("G|ABcd|AB:|", ["short", "full", "short"]),
        ("G|ABcd|ABc:|", ["edge", "full", "edge"]),
        ("ABcd|AB|cd|ABcd|]", ["full", "short", "short", "full"]),
        # The second repeat goes from a full bar to a pickup, though a neighbour makes up for it.
        ("A|Bcde|fga:|A|Bcde|fgab:|", ["edge", "full", "edge", "short", "full", "full"]),
        ("|:ABcd|efg:|a|ABcd|efg:|", ["full", "short", "edge", "full", "edge"]),
        # An upbeat before the repeat sign is one, though the repeat goes back behind it.
        ("A|:Bcde|fga:|", ["edge", "full", "short"]),
        ("A|:Bcde|fgaA:|Bcde|fg|]", ["edge", "full", "full", "full", "short"]),
        ("A|:Bcd|fgaA:|Bcde|fga|]", ["edge", "short", "full", "full", "edge"]),
        ("A|:Bcde|fgaA:|Bcdef|fga|]", ["edge", "full", "full", "long", "edge"]),
        ("A|:Bcde|fgaA:|Bcde|fga:|", ["edge", "full", "full", "full", "short"]),
        ("A|:Bcde|fgab|]", ["short", "full", "full"]),
        ("A|Bcde|fgab|]", ["short", "full", "full"]),
        ("A|Bcde|fgab:|", ["short", "full", "full"]),
        ("A|Bcde|fgab:|Bcde|fgab:|", ["short", "full", "full", "full", "full"]),
        ("Bcde|fgaA:|Bcde|fga|]", ["full", "full", "full", "short"]),
        ("Bcde|fga:|Bcde|fga:|", ["full", "short", "full", "short"]),
        ("Bcde|fgab||A|:Bcde|fgaA:|", ["full", "full", "short", "full", "full"]),
        ("A|Bcde|fga|Bcde|fga|]", ["edge", "full", "short", "full", "edge"]),
        ("A|Bcde|fgab!D.C.!|]", ["short", "full", "full"]),
    ],
)
def test_verdicts(body: str, expected: list[str]) -> None:
    assert verdicts(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("AB[M:3/4]cd|efg|]", ["full", "full"]),
        ("ABcd[M:3/4]|efg|]", ["full", "full"]),
        ("ABcd|e[M:3/4]fg|abc|]", ["full", "full", "full"]),
        ("ABcd|e[M:3/4]f|abc|]", ["full", "short", "full"]),
        ("AB[K:G]cd|efga|]", ["full", "full"]),
        ("AB[L:1/8]cdef|efgaefga|]", ["full", "full"]),
        ("Z2[M:3/4]|abc|]", ["full", "full"]),
    ],
)
def test_a_meter_in_a_bar_is_that_of_the_next(body: str, expected: list[str]) -> None:
    assert verdicts(body) == expected


def test_free_meter_is_always_in_time() -> None:
    tune, _ = read_tune("X:1\nM:none\nL:1/4\nK:C\nA|BcdefgA|]")
    assert {bar.verdict for bar in check_bars(tune).bars} == {Verdict.FREE}


def test_a_report_tells_lengths_and_range() -> None:
    report = check_bars(read_tune(HEADER + "C,Bcd|ABc|]")[0])
    (wrong,) = report.wrong
    assert (wrong.index, wrong.expected, wrong.actual) == (1, 4, 3)
    assert (report.lowest, report.highest) == (48, 74)
    assert isinstance(wrong.actual, Fraction)


def test_a_tune_without_bars_is_not_in_time() -> None:
    report = check_bars(read_tune("")[0])
    assert not report.is_in_time
    assert not report.ends_properly
    assert report.lowest is None


@pytest.mark.parametrize(
    ("body", "is_proper"), [("ABcd|]", True), ("ABcd:|", True), ("ABcd||", True), ("ABcd|", False),
    ("ABcd", False)],
)  # fmt: skip
def test_a_tune_ends_with_a_closing_line(body: str, is_proper: bool) -> None:
    assert check_bars(read_tune(HEADER + body)[0]).ends_properly is is_proper


@pytest.mark.parametrize(
    ("line", "repeats", "opens", "double", "plain"),
    [
        ("|", 0, False, False, "|"), ("||", 0, False, True, "||"), ("|]", 0, False, True, "|]"),
        ("[|", 0, False, True, "[|"), ("[|]", 0, False, False, "[|]"),
        (":|", 1, False, False, ":|"),
        ("|:", 0, True, False, "|:"), ("::", 1, True, False, "::"), (":|:", 1, True, False, "::"),
        (":||:", 1, True, True, "::"), ("::|", 2, False, False, "::|"),
        (":]", 1, False, False, ":|"),
        (":|]", 1, False, True, ":|"), ("[|:", 0, True, True, "|:"), ("", 0, False, False, ""),
    ],
)  # fmt: skip
def test_what_a_bar_line_means(
    line: str, repeats: int, opens: bool, double: bool, plain: str
) -> None:
    assert (count_repeats(line), opens_repeat(line), is_double(line)) == (repeats, opens, double)
    assert is_closing(line) is bool(repeats or double)
    assert canonical(line) == plain


def test_without_meter_or_notes_nothing_is_in_time() -> None:
    for text in ("X:1\nM:none\nL:1/8\nK:D\nDEF G|A|]", "X:1\nM:C\nL:1/8\nK:D\n"):
        tune, _ = read_tune(text)
        assert not check_bars(tune).is_in_time
    tune, _ = read_tune("X:1\nM:none\nL:1/8\nK:D\nDEF G|A|]")
    assert not check_bars(tune).is_metered
