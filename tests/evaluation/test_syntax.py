import math

from musicgen.evaluation.measures.syntax import check_tunes

HEADER = "X:1\nM:4/4\nL:1/8\nK:D\n"


def test_each_share_is_counted_for_itself() -> None:
    report = check_tunes(
        [
            HEADER + "ABcd efga|A8|]",
            HEADER + "ABcd efga|A8|",
            HEADER + "ABcd efg|A8|]",
            HEADER + "ABcd ?efga|A8|]",
        ]
    )
    assert (report.tunes, report.readable, report.complete, report.in_time) == (4, 0.75, 0.75, 0.75)
    assert (report.readable_tunes, report.complete_tunes, report.in_time_tunes) == (3, 3, 3)


def test_rubble_counts_as_a_tune_that_is_nothing() -> None:
    report = check_tunes(["", "Dear Sir or Madam,"])
    assert (report.tunes, report.readable, report.complete, report.in_time) == (2, 0, 0, 0)


def test_no_tunes_have_no_shares() -> None:
    report = check_tunes([])
    assert report.tunes == 0
    assert all(math.isnan(v) for v in (report.readable, report.complete, report.in_time))
