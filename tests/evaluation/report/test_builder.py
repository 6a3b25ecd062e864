import dataclasses
import json
import math

import pytest

from musicgen.config import to_json
from musicgen.errors import ConfigError, CorpusError, ReportError
from musicgen.evaluation.report.builder import Hooks, ReportStopped, make_report
from musicgen.evaluation.report.plan import MAX_CELLS, ReportPlan
from musicgen.evaluation.report.reference import find_reference, hold_out, read_book
from musicgen.evaluation.report.result import Report
from musicgen.models.checkpoint import load_checkpoint
from musicgen.sampling.engine import MAX_ENGINES, get_engine
from tests.examples import make_tune, write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, dataset):
    """An untrained network, which the grammar keeps right."""
    return load_checkpoint(
        write_checkpoint(tmp_path_factory.mktemp("small") / "best", dataset.vocabulary)
    )


@pytest.fixture(scope="module")
def reference(dataset):
    return hold_out("tiny", "val", dataset)


PLAN = ReportPlan(("small",), 3, (0.8, 1.2), (False,))


def test_a_report_leaves_the_engines_of_those_who_play(tmp_path, dataset, checkpoint):
    engine = get_engine(checkpoint)
    names = tuple(f"model-{number}" for number in range(MAX_ENGINES))
    others = [load_checkpoint(write_checkpoint(tmp_path / name, dataset.vocabulary))
              for name in names]  # fmt: skip
    make_report(ReportPlan(names, 1), others, None)
    assert get_engine(checkpoint) is engine


@pytest.fixture(scope="module")
def report(checkpoint, reference):
    return make_report(PLAN, [checkpoint], reference)


@pytest.mark.parametrize(
    "settings",
    [
        {"count": -1},
        {"count": 1001},
        {"count": True},
        {"temperatures": (9.0,)},
        {"side": "train"},
        {"checkpoints": tuple("abcdefg")},
        {"temperatures": tuple(0.1 * n for n in range(1, MAX_CELLS + 2))},
    ],
)
def test_a_plan_out_of_its_bounds_is_refused(settings):
    with pytest.raises(ConfigError):
        ReportPlan(**{"checkpoints": ("a",)} | settings)


def test_a_plan_has_a_cell_for_each_combination():
    plan = ReportPlan(("a", "b", "a"), 5, (0.5, 1.0), (False, True))
    assert len(plan.cells()) == 8
    assert len({cell.key for cell in plan.cells()}) == 8
    assert ReportPlan.from_dict(json.loads(to_json(plan.to_dict()))) == plan
    assert ReportPlan(("a",), 0).cells() == ()


def test_a_report_has_real_tunes_sets_and_losses(report, dataset):
    assert report.real.tunes == len(dataset.split.val)
    assert [item.key for item in report.sets] == ["small@0.8", "small@1.2"]
    assert all(item.tunes == 3 for item in report.sets)
    assert [row.temperature for row in report.losses] == [0.8, 1.0, 1.2]
    assert all(row.is_own for row in report.losses)
    assert report.draw_size == min(len(dataset.split.val), 3) // 2
    assert report.sets[0].estimates["in_time"].value == 1.0
    assert 0 < report.sets[0].estimates["transitions"].value <= 1
    assert report.sets[0].estimates["grammar"].value > 0
    assert "grammar" not in report.real.estimates
    assert report.sets[0].best.abc.startswith("X:")


def test_the_same_plan_gives_the_same_report(report, checkpoint, reference):
    again = make_report(PLAN, [checkpoint], reference)

    def plain(one):
        values = one.to_dict() | {"created": ""}
        return json.dumps([values | {"sets": [s | {"composed_s": 0} for s in values["sets"]]}])

    assert plain(again) == plain(report)


def test_a_report_goes_to_json_and_back(report):
    values = json.loads(to_json(report.to_dict()))
    assert Report.from_dict(values).to_dict() == report.to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format_version": 99},
        {"sets": [1]},
        {"plan": {"checkpoints": []}},
        {"real": {"key": "real"}},
        {"losses": None},
    ],
)
def test_what_is_no_report_is_refused(report, change):
    with pytest.raises(ReportError):
        Report.from_dict(report.to_dict() | change)


def test_progress_rises_to_the_end_and_names_the_cell(checkpoint, reference):
    seen = []
    make_report(PLAN, [checkpoint], reference, Hooks(lambda *now: seen.append(now)))
    shares = [share for share, _cell in seen]
    assert all(0 < share <= 1 for share in shares)
    assert shares[-1] == 1.0
    assert {cell.key for _share, cell in seen if cell} == {"small@0.8", "small@1.2"}


def test_a_report_that_was_stopped_goes_on_with_the_tunes_it_has(report, checkpoint, reference):
    kept, steps = {}, []

    def write(cell, fingerprint, tunes):
        kept[cell, fingerprint] = list(tunes)

    def stop_after_the_first_cell():
        return bool(kept)

    with pytest.raises(ReportStopped):
        make_report(
            PLAN, [checkpoint], reference,
            Hooks(should_stop=stop_after_the_first_cell, write_drawn=write),
        )  # fmt: skip
    assert len(kept) == 1
    written = dict(kept)
    again = make_report(
        PLAN, [checkpoint], reference,
        Hooks(
            read_drawn=lambda cell, print_: written.get((cell, print_), []),
            write_drawn=lambda cell, _print, _tunes: steps.append(cell.key),
        ),
    )  # fmt: skip
    assert steps == ["small@1.2"]
    assert [item.estimates for item in again.sets] == [item.estimates for item in report.sets]


def test_without_a_corpus_there_are_figures_but_nothing_real(checkpoint):
    report = make_report(dataclasses.replace(PLAN, temperatures=(1.0,)), [checkpoint], None)
    assert report.real is None
    assert report.losses == ()
    assert "transitions" not in report.sets[0].estimates
    assert report.sets[0].estimates["readable"].value == 1.0


def test_numbers_from_elsewhere_stand_beside_the_others(checkpoint, reference):
    report = make_report(
        ReportPlan(("small",), 2), [checkpoint], reference,
        Hooks(find_scorer=lambda _one: lambda text: {"longest_run": float(len(text))}),
    )  # fmt: skip
    assert report.real.estimates["longest_run"].value == report.real.estimates["size"].value


def test_held_out_tunes_are_of_the_first_corpus_that_is_here(checkpoint, dataset, paths):
    assert find_reference([checkpoint.metadata], "val", paths) is None


TUNE = make_tune(3)


@pytest.mark.parametrize(
    "data",
    [
        TUNE.encode(),
        TUNE.encode("utf-16"),
        ("\ufeff" + TUNE.replace("\n", "\r\n")).encode(),
        TUNE.replace("Tune 3", "Caf\u00e9").encode("latin-1"),
        f"Some prose about tunes, before them.\n\n{TUNE}\n\nwith kind regards\n".encode(),
        f"<!DOCTYPE html><body><p>a | b</p><pre class='x'>{TUNE}</pre><p>bye</p></body>".encode(),
        f"<html><style>p{{}}</style>{TUNE.replace(chr(10), '<br>' + chr(10))}</html>".encode(),
    ],
)
def test_a_tunebook_in_any_dress_gives_the_same_figures(data):
    plain = make_report(ReportPlan((), 0), [], read_book("book.abc", TUNE.encode(), "", []))
    dressed = make_report(ReportPlan((), 0), [], read_book("book.html", data, "", []))
    for name in ("in_time", "complete", "bars", "notes", "repetition", "range"):
        one, other = plain.real.estimates[name], dressed.real.estimates[name]
        assert one == other or (math.isnan(one.value) and math.isnan(other.value))


def test_a_sign_that_a_page_escapes_is_read():
    text = "X:1\nM:C\nL:1/8\nK:D\nD&gt;E F&lt;G A4|]"
    (found,) = read_book("b", f"<pre>{text}</pre>".encode(), "", []).texts
    assert found.endswith("D>E F<G A4|]")


@pytest.mark.parametrize(
    "data", [b"", b"\0\1\2" * 99, b"words\n", b"<html>|</html>", b"X:1\nK:D\n"]
)
def test_a_file_without_tunes_is_a_sentence(data):
    with pytest.raises(CorpusError, match="no tune"):
        read_book("book.abc", data, "", [])


def test_a_tune_longer_than_any_is_left_out_and_told():
    data = f"{TUNE}\n\nX:9\nK:D\n{'DEFG ABcd|' * 3000}\n".encode()
    found = read_book("book.abc", data, "", [])
    assert (len(found.texts), found.left_out) == (1, 1)


def test_repetitions_are_measured_but_not_scored():
    found = read_book("book.abc", f"{TUNE}\n\n{TUNE}\n\nX:7\nK:D\nz4|]\n".encode(), "", [])
    assert (len(found.texts), len(found.clean)) == (3, 1)
