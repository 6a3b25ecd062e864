"""The command line as a user meets it: files, words, exit status."""

import itertools
import json
import socket
from pathlib import Path

import mido
import pytest
import soundfile

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.errors import StorageError
from musicgen.models.kinds import KINDS
from musicgen.presets import PRESETS
from tests.examples import make_tune, stand_in, write_checkpoint


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """A home folder with an untrained checkpoint, and the tiny tunebook in the lab's place."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path / "home"))
    write_checkpoint(tmp_path / "home" / "runs" / "small" / "best", dataset.vocabulary)
    for module in ("train", "evaluate", "bundle", "corpus"):
        monkeypatch.setattr(f"musicgen.cli.{module}.load_dataset", stand_in(dataset))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


TINY = [
    "--set", "hidden_size=8", "--set", "embedding_dim=4", "--set", "batch_size=2",
    "--set", "seq_len=8", "--set", "eval_interval=2", "--set", "precision=float32",
]  # fmt: skip


def test_train_resume_evaluate_compose(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(
        capsys, "train", "--preset", "quick", "--run", "mine", "--steps", "4", *TINY, "--json"
    )
    assert status == 0
    assert json.loads(out)["step"] == 4
    status, out, _ = run(capsys, "train", "--run", "mine", "--resume", "--steps", "6")
    assert status == 0
    assert "finished at step 6" in out
    status, out, _ = run(capsys, "evaluate", "--checkpoint", "mine", "--split", "test", "--json")
    assert status == 0
    assert json.loads(out)["loss"] > 0
    folder = home / "out"
    status, out, _ = run(
        capsys, "compose", "--checkpoint", "mine", "--count", "2", "--seed", "9", "--out",
        str(folder), "--formats", "abc", "--max-new-tokens", "40", "--json",
    )  # fmt: skip
    assert status == 0
    assert [tune["seed"] for tune in json.loads(out)["tunes"]] == [9, 10]
    assert sorted(path.name for path in folder.iterdir()) == ["mine-10.abc", "mine-9.abc"]
    assert "N:musicgen checkpoint=mine" in (folder / "mine-9.abc").read_text()


def test_compose_keeps_what_is_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "out"
    status, out, _ = run(
        capsys, "compose", "--checkpoint", "small", "--count", "2", "--out", str(folder),
        "--formats", "abc", "--meter", "C", "--key", "D major", "--sections", "2", "--bars", "4",
        "--range", "fiddle", "--temperature", "1.3", "--json",
    )  # fmt: skip
    assert status == 0
    for tune in json.loads(out)["tunes"]:
        assert tune["complete"]
        assert tune["in_time"]
        assert tune["problems"] == 0
        assert tune["meter"] in ("C", "4/4")
        assert tune["key"].startswith("D")
        assert 0 < tune["intervention_share"] < 1
    text = (folder / "small-1.abc").read_text()
    assert '"sections":2' in text
    status, out, _ = run(
        capsys, "compose", "--checkpoint", "small", "--out", str(folder), "--formats", "abc",
        "--free", "--max-new-tokens", "30", "--overwrite", "--json",
    )  # fmt: skip
    assert status == 0
    assert not json.loads(out)["tunes"][0]["complete"]


def test_render_writes_every_tune_by_its_number(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book, folder = home / "book.abc", home / "out"
    book.write_text(make_tune(3) + "\n\n" + make_tune(8) + "\n")
    status, _, _ = run(capsys, "render", str(book), "--out", str(folder))
    assert status == 0
    names = ["3.mid", "3.wav", "8.mid", "8.wav"]
    assert sorted(path.name for path in folder.iterdir()) == names
    midi = mido.MidiFile(folder / "8.mid")
    data, rate = soundfile.read(folder / "8.wav")
    assert rate == 44_100
    assert data.shape[1] == 2
    assert abs(data).max() > 0.1
    assert midi.length < len(data) / rate < midi.length + 4


def test_render_goes_by_position_where_numbers_repeat(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book, folder = home / "book.abc", home / "out"
    book.write_text(make_tune(3) + "\n\n" + make_tune(3) + "\n")
    status, _, _ = run(capsys, "render", str(book), "--out", str(folder), "--formats", "midi")
    assert status == 0
    assert sorted(path.name for path in folder.iterdir()) == ["1.mid", "2.mid"]


def test_evaluate_takes_any_tunebook(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = home / "book.abc"
    book.write_bytes(("\ufeff" + make_tune(3).replace("\n", "\r\n")).encode("utf-8"))
    status, out, _ = run(
        capsys, "evaluate", "--checkpoint", "small", "--tunebook", str(book), "--json"
    )
    assert status == 0
    assert json.loads(out)["tunes"] == 1
    assert json.loads(out)["characters"] == len(make_tune(3)) + 2


def test_corpus_list_and_report(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "corpus", "list", "--json")
    assert status == 0
    assert "lab" in [row["name"] for row in json.loads(out)]
    status, out, _ = run(capsys, "corpus", "report", "tiny", "--json")
    assert status == 0
    assert json.loads(out)["tunes"]["train"] > 0


def test_bundle_keeps_figures_and_a_card(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "musicgen.config.Paths.checkpoints", property(lambda _: home / "checkpoints")
    )
    status, out, _ = run(capsys, "bundle", "small", "--name", "ours")
    assert status == 0
    card = (home / "checkpoints" / "ours" / "MODEL_CARD.md").read_text()
    assert card.strip() == out.strip()
    for words in ("## Data", "## Training", "| validation |", "| test |", "Licence"):
        assert words in card
    status, out, _ = run(capsys, "evaluate", "--checkpoint", "ours", "--count", "2", "--json")
    assert f"| {json.loads(out)['loss']:.4f} |" in card

    (home / "report.json").write_text(out)
    status, out, _ = run(capsys, "card", "ours", "--report", str(home / "report.json"))
    assert status == 0
    assert out.startswith(card[: card.index("## Use")])
    assert "## What it composes" in out
    assert (home / "checkpoints" / "ours" / "MODEL_CARD.md").read_text().strip() == out.strip()

    status, _, err = run(capsys, "card", "small", "--report", str(home / "report.json"))
    assert (status, "nothing of these weights of small" in err) == (2, True)
    (home / "report.json").write_bytes(b"[" * 100_000)
    status, _, err = run(capsys, "card", "ours", "--report", str(home / "report.json"))
    assert (status, "no report that this program can read" in err) == (2, True)


def test_compose_in_fast_arithmetic(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "out"
    status, out, _ = run(
        capsys, "compose", "--checkpoint", "small", "--int8", "--out", str(folder),
        "--formats", "abc", "--max-new-tokens", "200", "--json",
    )  # fmt: skip
    assert status == 0
    assert json.loads(out)["tunes"][0]["in_time"]
    assert '"precision":"int8"' in (folder / "small-0.abc").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--preset", "fast"], "no preset named 'fast'"),
        (["train", "--set", "learning_rate"], "KEY=VALUE"),
        (["train", "--set", "learning_rate=much"], "learning_rate"),
        (["train", "--set", "batch_size=0"], "between 1 and"),
        (["train", "--steps", "0"], "max_steps"),
        (["train", "--resume"], "which run"),
        (["train", "--run", "nowhere", "--resume"], "no run named"),
        (["train", "--run", "../up"], "cannot name a run"),
        (["compose", "--checkpoint", "nobody"], "no checkpoint named"),
        (["compose", "--checkpoint", "small", "--temperature", "9"], "temperature"),
        (["compose", "--checkpoint", "small", "--count", "0"], "count"),
        (["compose", "--checkpoint", "small", "--key", "H"], "no key"),
        (["compose", "--checkpoint", "small", "--free", "--bars", "8"], "freely"),
        (["compose", "--checkpoint", "small", "--formats", "doc"], "'doc' is not a format"),
        (["compose", "--checkpoint", "small", "--prompt", "漢"], "never saw"),
        (["evaluate", "--checkpoint", "small", "--split", "train"], "train"),
        (["render", "nothing.abc"], "cannot be read"),
        (["corpus", "fetch", "nothing"], "nothing"),
        (["bundle", "small", "--name", "../x"], "cannot name"),
        (["card", "small", "--report", "nowhere.json"], "cannot be read"),
        (["unheard-of"], "unheard-of"),
        (["app", "--port", "99999"], "99999"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert words in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 5000, b"no tune in here\n"])
@pytest.mark.parametrize("command", ["render", "evaluate"])
def test_a_file_that_is_no_tunebook_is_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], data: bytes, command: str
) -> None:
    path = home / "file.abc"
    path.write_bytes(data)
    arguments = {
        "render": ["render", str(path), "--out", str(home / "out")],
        "evaluate": ["evaluate", "--checkpoint", "small", "--tunebook", str(path)],
    }
    status, _, err = run(capsys, *arguments[command])
    assert status == 2
    assert "file.abc" in err
    assert not (home / "out").exists()


def test_a_file_that_is_no_checkpoint_is_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "file.txt"
    path.write_text("hello")
    status, _, err = run(capsys, "compose", "--checkpoint", str(path))
    assert status == 2
    assert "not a checkpoint" in err


def test_the_app_becomes_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops the program stops the server: there is no child to outlive it."""
    calls: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _path, command: calls.append(command))
    monkeypatch.setattr("os.chdir", lambda _path: None)
    monkeypatch.setattr("musicgen.cli.app.check_port", lambda *_: None)
    assert main(["app", "--port", "8600"]) == 0
    (command,) = calls
    assert command[1:4] == ["-m", "streamlit", "run"]
    assert command[-4:] == ["--server.port", "8600", "--server.address", "localhost"]


def test_whoever_lets_others_in_is_told_what_that_means(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _path, command: calls.append(command))
    monkeypatch.setattr("os.chdir", lambda _path: None)
    monkeypatch.setattr("musicgen.cli.app.check_port", lambda *_: None)
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"):
        assert run(capsys, "app", "--host", host)[::2] == (0, "")
    for host in ("0.0.0.0", "::", "192.168.1.2", "music.test"):  # noqa: S104 - an argument
        status, _, err = run(capsys, "app", "--host", host)
        assert status == 0
        assert "no login" in err
        assert "--browser.serverAddress" in calls[-1]  # nobody outside is asked for ours


def test_further_names_are_allowed_beside_our_own(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _path, command: calls.append(command))
    monkeypatch.setattr("os.chdir", lambda _path: None)
    monkeypatch.setattr("musicgen.cli.app.check_port", lambda *_: None)
    assert run(capsys, "app", "--allow-host", "music.test")[0] == 0
    names = [b for a, b in itertools.pairwise(calls[-1]) if a == "--server.allowedHosts"]
    assert {"music.test", "localhost", "127.0.0.1", "::1"} <= {*names}


def test_a_disk_that_is_full_at_the_end_is_status_2(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr("musicgen.training.runs.run.Run.save_last", refuse)
    status, _, err = run(capsys, "train", "--run", "full", "--steps", "2", *TINY)
    assert status == 2
    assert "The disk is full." in err


def test_a_port_in_use_is_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
        status, _, err = run(capsys, "app", "--port", str(port))
    assert status == 2
    assert f"Port {port}" in err


def test_a_folder_that_cannot_be_written_is_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book, blocked = home / "book.abc", home / "blocked"
    book.write_text(make_tune(3))
    blocked.write_text("a file where the folder should be")
    status, _, err = run(
        capsys, "render", str(book), "--out", str(blocked / "out"), "--formats", "midi"
    )
    assert status == 2
    assert "could not be saved" in err


def test_train_goes_on_from_a_checkpoint(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, _ = run(
        capsys, "train", "--from", "small", "--run", "tuned", "--steps", "2", *TINY, "--json"
    )
    assert status == 0
    tuned = json.loads((home / "runs" / "tuned" / "best" / "checkpoint.json").read_text())
    assert tuned["corpus"]["started_from"]["name"] == "small"
    assert tuned["network"]["hidden_size"] == 16  # the shape is the checkpoint's
    status, _, err = run(capsys, "train", "--from", "nobody", "--run", "other", *TINY)
    assert status != 0
    assert "no checkpoint named 'nobody'" in err
    assert not (home / "runs" / "other").exists()
    status, _, err = run(capsys, "train", "--run", "tuned", "--resume", "--from", "small")
    assert status != 0
    assert "not both" in err


def test_a_student_learns_from_a_teacher(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, _ = run(
        capsys, "train", "--preset", "student", "--teacher", "small", "--run", "pupil",
        "--steps", "2", *TINY, "--json",
    )  # fmt: skip
    assert status == 0
    best = json.loads((home / "runs" / "pupil" / "best" / "checkpoint.json").read_text())
    assert best["training"]["teacher"] == "small"
    assert (home / "runs" / "pupil" / "teacher" / "model.safetensors").is_file()
    assert run(capsys, "train", "--run", "pupil", "--resume", "--steps", "3")[0] == 0
    status, _, err = run(capsys, "train", "--teacher", "nobody", "--run", "other", *TINY)
    assert status != 0
    assert "no checkpoint named 'nobody'" in err
    assert not (home / "runs" / "other").exists()


def test_a_teacher_given_by_its_path_is_kept_by_its_name(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "runs" / "small"
    assert (
        run(capsys, "train", "--teacher", str(path), "--run", "one", "--steps", "1", *TINY)[0] == 0
    )
    settings = json.loads((home / "runs" / "one" / "config.json").read_text())
    assert settings["training"]["teacher"] == "small"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_trains_and_composes(
    home: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    preset = next(name for name, preset in PRESETS.items() if preset.network.kind == kind)
    status, _, _ = run(
        capsys, "train", "--preset", preset, "--run", "mine", "--steps", "2", *TINY, "--json"
    )
    assert status == 0
    out = str(home / "out")
    command = ("compose", "--checkpoint", "mine", "--out", out, "--formats", "abc", "--count", "2")
    assert run(capsys, *command, "--max-new-tokens", "60")[0] == 0
    assert len(list((home / "out").glob("*.abc"))) == 2
