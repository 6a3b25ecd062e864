"""``musicgen reports`` as a user meets it, on reports of the page and of the terminal."""

import json
import re
import shutil
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.config import Paths
from musicgen.corpus.dataset import Dataset
from musicgen.evaluation.report.plan import ReportPlan
from musicgen.evaluation.report.result import Report
from musicgen.evaluation.report.store import ReportStore
from musicgen.jobs.background_task import TaskStatus
from musicgen.jobs.report_service import ReportService
from musicgen.notation.parsing.tunebook import read_tunebook
from musicgen.ui.evaluate.report_view import _html, _json
from tests.examples import make_tune, stand_in, write_checkpoint

PATIENCE_S = 240
PLAN = ReportPlan(("small",), 2, (0.8, 1.2))


@pytest.fixture
def where(
    tmp_path: Path, tunebook: str, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> Paths:
    """One untrained model and the tiny tunebook, in a home that is the working folder."""
    paths = furnish(tmp_path, tunebook, dataset)
    monkeypatch.setattr(Paths, "default", lambda: paths)
    monkeypatch.chdir(tmp_path)
    return paths


def furnish(home: Path, tunebook: str, dataset: Dataset) -> Paths:
    """A home with one untrained model and the tiny tunebook."""
    paths = Paths(home / "project", home)
    paths.data.mkdir()
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    write_checkpoint(paths.runs / "small" / "best", dataset.vocabulary)
    return paths


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, tunebook: str, dataset: Dataset
) -> tuple[Path, str]:
    """The folder of a report made as the page makes it, and its id."""
    paths = furnish(tmp_path_factory.mktemp("made"), tunebook, dataset)
    service = ReportService(ReportStore(paths.reports), paths)
    report_id = service.start(PLAN)
    assert service.wait(PATIENCE_S)
    now = service.snapshot()
    assert now is not None
    assert now.status is TaskStatus.FINISHED, now.error
    return paths.reports, report_id


@pytest.fixture
def made(where: Paths, finished: tuple[Path, str]) -> str:
    """The id of a report that is there; it was made in another home that has the same."""
    folder, report_id = finished
    shutil.copytree(folder, where.reports)
    return report_id


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["reports", *arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_a_report_of_the_page_is_listed_and_read(
    where: Paths, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "list")
    assert (status, out.split()[0]) == (0, made)
    assert "small; 2 tunes each, temperature 0.8, 1.2" in out
    (row,) = json.loads(call(capsys, "list", "--json")[1])
    assert row == {"report": made, "is_whole": True, **PLAN.to_dict()}
    report = ReportStore(where.reports).read(made)
    status, out, _ = call(capsys, "show", made[:10])
    assert status == 0
    for words in ("2 tunes of each set, seeds from 1", "Perplexity", "small · 1.2: 2 tunes"):
        assert words in out
    assert Report.from_dict(json.loads(call(capsys, "show", "--json")[1])) == report


def test_files_are_those_of_the_page(
    where: Paths, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "export", "--json")
    assert status == 0
    assert json.loads(out) == {
        "report": made,
        "files": [str(Path("out") / f"report-{made}.{ending}") for ending in ("html", "json")],
    }
    report = ReportStore(where.reports).read(made)
    folder = where.home / "out"
    assert (folder / f"report-{made}.html").read_bytes() == _html(report, "en")
    assert (folder / f"report-{made}.json").read_bytes() == _json(report)


def test_no_file_is_written_over_unasked(
    where: Paths, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = where.home / "out" / f"report-{made}.json"
    place.parent.mkdir()
    place.write_text("precious")
    status, _, err = call(capsys, "export", made)
    assert (status, "there already" in err) == (2, True)
    assert place.read_text() == "precious"
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert call(capsys, "export", made, "--formats", "json", "--overwrite")[0] == 0
    assert json.loads(place.read_text())["format"] == "musicgen-report"


def test_the_best_and_the_worst_tune_are_a_tunebook(
    where: Paths, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "show", "--tunes")
    assert status == 0
    report = ReportStore(where.reports).read(made)
    examples = [one for item in report.all_sets() for one in (item.best, item.worst) if one]
    tunes = [tune for tune, _problems in read_tunebook(out)]
    assert [tune.title for tune in tunes] == [one.title for one in examples]
    assert f"% small · 0.8, best: distance {examples[2].distance:.2f}, seed" in out


def test_a_report_that_ended_early_goes_on(
    where: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    report_id = ReportStore(where.reports).create(PLAN)
    assert "not whole yet" in call(capsys, "list")[1]
    status, _, err = call(capsys, "show", report_id)
    assert (status, f"reports resume {report_id}" in err) == (2, True)
    status, out, _ = call(capsys, "resume", report_id)
    assert (status, "small · 1.2: 2 tunes" in out) == (0, True)
    assert call(capsys, "resume", report_id)[1] == out  # what is whole is shown
    assert "not whole yet" not in call(capsys, "list")[1]


def test_a_report_that_is_being_made_is_left_alone(
    where: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ReportStore(where.reports)
    report_id = store.create(PLAN)
    with store.locked(report_id):
        for arguments in (("delete", report_id, "--yes"), ("resume", report_id)):
            status, _, err = call(capsys, *arguments)
            assert (status, "is being made" in err) == (2, True)
    assert [info.id for info in store.list()] == [report_id]


def test_deleting_asks_first(
    where: Paths, made: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert call(capsys, "delete", made)[0] == 130
    out = call(capsys, "delete", made[:8], "--yes", "--json")[1]
    assert json.loads(out) == {"deleted": made}
    assert "no reports yet" in call(capsys, "list")[1]


def test_a_damaged_report_is_told_and_can_be_deleted(
    where: Paths, made: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (where.reports / made / "report.json").write_text("{")
    for command in ("show", "export"):
        status, _, err = call(capsys, command, made)
        assert (status, "no report that this program can read" in err) == (2, True)
    (where.reports / made / "plan.json").write_text("[]")
    status, out, err = call(capsys, "list")
    assert (status, made in out, f"delete {made}" in err) == (0, False, True)
    assert call(capsys, "delete", made, "--yes")[0] == 0
    assert not (where.reports / made).exists()


def test_reports_of_the_terminal_are_kept_for_the_page(
    where: Paths,
    dataset: Dataset,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("musicgen.cli.evaluate.load_dataset", stand_in(dataset))
    assert main(["evaluate", "--checkpoint", "small", "--count", "2", "--keep"]) == 0
    (report_id,) = re.findall(r"reports show (\S+)", capsys.readouterr().out)
    store = ReportStore(where.reports)
    (info,) = store.list()
    assert (info.id, info.is_done, info.plan.checkpoints) == (report_id, True, ("small",))
    assert store.read(report_id).sets[0].tunes == 2
    (where.home / "own.abc").write_text(make_tune(3) + "\n")
    assert main(["evaluate", "--tunebook", "own.abc", "--keep", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert store.read(values["report"]).tunes_of == "own.abc"
    assert "a tunebook; no tunes" in call(capsys, "list")[1]
    assert main(["evaluate", "--tunebook", "own.abc"]) == 0
    assert len(store.list()) == 2


def test_no_reports_are_no_error(where: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "list")
    assert (status, "--keep" in out) == (0, True)
    assert call(capsys, "list", "--json")[1].strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show"], "no whole reports"),
        (["show", "nothing"], "no report 'nothing'"),
        (["show", "2026"], "give more of it"),
        (["export", "../.."], "no report '../..'"),
        (["export", "--formats", "pdf"], "'pdf' is not a format"),
        (["resume", "nothing"], "no report 'nothing'"),
        (["delete", "nothing", "--yes"], "no report 'nothing'"),
        (["delete", "", "--yes"], "no report ''"),
    ],
)
def test_bad_input_is_one_sentence(
    where: Paths, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    store = ReportStore(where.reports)
    for number in (1, 2):
        old = store.create(PLAN)
        (where.reports / old).rename(where.reports / f"2026010{number}-000000-{old[-6:]}")
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1
