import dataclasses
import io
import json
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicgen.corpus.dataset import Dataset
from musicgen.errors import ArchiveError, MusicgenError, RunError
from musicgen.models.checkpoint import load_checkpoint
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs import archive as module
from musicgen.training.runs.archive import export_run, import_run
from musicgen.training.runs.run import Run, RunStore
from musicgen.training.runs.summary import summarise_run

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Run:
    """A run of six steps, stopped before its end."""
    from musicgen.config import NetworkConfig, TrainingConfig

    preset = Preset(
        "tiny", "",
        NetworkConfig(embedding_dim=8, hidden_size=16, num_layers=2, dropout=0.2),
        TrainingConfig(
            source="tiny", batch_size=4, seq_len=16, learning_rate=0.01, max_steps=12,
            eval_interval=3, save_interval=3, precision="float32", threads=1, seed=3,
        ),
    )  # fmt: skip
    run = RunStore(tmp_path_factory.mktemp("here") / "runs").create("mine", preset)
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda item: seen.append(item.step))
    session.train(lambda: len(seen) >= 6)
    return run


@pytest.fixture
def there(tmp_path: Path) -> RunStore:
    """The runs of another machine."""
    return RunStore(tmp_path / "there")


@pytest.fixture(scope="module")
def exported(trained: Run) -> bytes:
    file = io.BytesIO()
    export_run(trained, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def files(exported: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(files: Files, change: Callable[[zipfile.ZipFile], None] = lambda _: None) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        change(archive)
    return io.BytesIO(file.getvalue())


def assert_refused(there: RunStore, file: io.BytesIO, match: str) -> None:
    """Refused in a sentence, and nothing left behind."""
    with pytest.raises(ArchiveError, match=match):
        import_run(there, file)
    assert not there.root.exists() or list(there.root.iterdir()) == []


def test_a_run_travels_whole(trained: Run, exported: bytes, there: RunStore) -> None:
    run = import_run(there, io.BytesIO(exported))
    assert run.id == "mine"
    assert run.preset == trained.preset
    assert run.read_metrics() == trained.read_metrics()
    assert run.info() == dataclasses.replace(trained.info(), path=run.path)
    one, other = (
        load_checkpoint(item.path / "best").network.state_dict() for item in (trained, run)
    )
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_run_that_travelled_goes_on_where_it_stopped(
    exported: bytes, there: RunStore, dataset: Dataset
) -> None:
    run = import_run(there, io.BytesIO(exported))
    TrainingSession(run, dataset, lambda _: None).train()
    assert [item.step for item in run.read_metrics()] == list(range(1, 13))


def test_without_what_resuming_needs_it_is_smaller_and_plays(
    trained: Run, exported: bytes, there: RunStore
) -> None:
    file = io.BytesIO()
    export_run(trained, file, can_resume=False)
    assert len(file.getvalue()) < len(exported) / 2
    run = import_run(there, io.BytesIO(file.getvalue()))
    assert (run.has_best, run.can_resume) == (True, False)


def test_a_name_that_is_taken_gives_way_to_a_free_one(exported: bytes, there: RunStore) -> None:
    names = [import_run(there, io.BytesIO(exported)).id for _ in range(3)]
    assert names == ["mine", "mine-2", "mine-3"]
    assert load_checkpoint(there.get("mine-3").path / "best").metadata.name == "mine-3"
    assert import_run(there, io.BytesIO(exported), "other").id == "other"


@pytest.mark.parametrize("name", ["小调", "曲" * 64, "e\u0301te\u0301"])
def test_a_run_is_called_in_any_script_on_both_machines(
    files: Files, there: RunStore, name: str
) -> None:
    manifest = json.loads(files[module.MANIFEST_FILE]) | {"name": name}
    changed = files | {module.MANIFEST_FILE: json.dumps(manifest).encode()}
    first, second = (import_run(there, pack(changed)) for _ in range(2))
    assert first.id == unicodedata.normalize("NFC", name)
    assert second.id == f"{first.id[:62]}-2"
    file = io.BytesIO()
    export_run(second, file)
    assert import_run(there, io.BytesIO(file.getvalue()), "乐队").id == "乐队"
    assert load_checkpoint(there.get("乐队").path / "best").metadata.name == "乐队"


def test_a_run_that_learned_from_a_corpus_in_any_script_travels(
    files: Files, there: RunStore
) -> None:
    config = json.loads(files["config.json"])
    for source in ("我的曲子", "lab+我的曲子", "own:我的曲子"):
        config["training"] |= {"source": source, "teacher": "老师-1"}
        changed = files | {"config.json": json.dumps(config).encode()}
        assert import_run(there, pack(changed)).preset.training.source == source


@pytest.mark.parametrize("source", ["../曲", "曲/子", "曲\u202e", "曲\n子", "曲++子", ""])
def test_a_source_that_is_no_name_is_refused(files: Files, there: RunStore, source: str) -> None:
    config = json.loads(files["config.json"])
    config["training"] |= {"source": source}
    changed = files | {"config.json": json.dumps(config).encode()}
    assert_refused(there, pack(changed), "config.json")


def test_a_name_that_cannot_be_used_is_told_or_replaced(files: Files, there: RunStore) -> None:
    with pytest.raises(RunError, match="cannot name a run"):
        import_run(there, pack(files), "../up")
    manifest = json.loads(files[module.MANIFEST_FILE]) | {"name": "../../up"}
    changed = files | {module.MANIFEST_FILE: json.dumps(manifest).encode()}
    assert import_run(there, pack(changed)).id == "imported"


def test_a_run_that_trains_is_not_exported(trained: Run) -> None:
    with trained.locked(), pytest.raises(RunError, match="being trained"):
        export_run(trained, io.BytesIO())


def test_files_that_are_not_known_stay_at_home(trained: Run, exported: bytes) -> None:
    (trained.path / "notes.txt").write_text("mine alone")
    try:
        file = io.BytesIO()
        export_run(trained, file)
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(io.BytesIO(exported)) as before:
            assert archive.namelist() == before.namelist()
    finally:
        (trained.path / "notes.txt").unlink()


@pytest.mark.parametrize(
    "name",
    [
        "../escape.json", "../../config.json", "/etc/passwd", "C:/x", "..\\x", "best/../x",
        "best//model.safetensors", "./config.json", "best/model.pkl", "best/x.py", "extra.txt",
        "samples/../x.abc", "samples/a/b.abc", "samples/.abc", "best/", "config.json\n",
        "CONFIG.JSON", "config.json/x",
    ],
)  # fmt: skip
def test_a_file_that_does_not_belong_there_is_refused(
    files: Files, there: RunStore, name: str, tmp_path: Path
) -> None:
    assert_refused(there, pack(files | {name: b"x"}), "no file of a run")
    assert {path.name for path in tmp_path.iterdir()} <= {"there"}


def test_links_and_other_kinds_are_refused(files: Files, there: RunStore) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, stat.S_IFBLK):

        def add(archive: zipfile.ZipFile, kind: int = kind) -> None:
            entry = zipfile.ZipInfo("fluency.json")
            entry.external_attr = (kind | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")

        assert_refused(there, pack(files, add), "no file of a run")


def test_two_files_of_one_name_are_refused(files: Files, there: RunStore) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        file = pack(files, lambda archive: archive.writestr("config.json", "{}"))
    assert_refused(there, file, "two files of one name")


def test_an_archive_with_a_password_is_refused(exported: bytes, there: RunStore) -> None:
    data = bytearray(exported)
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    assert_refused(there, io.BytesIO(bytes(data)), "no file of a run")


def test_a_bomb_is_refused_before_it_is_unpacked(
    files: Files, there: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(module, "_unpack", never)
    assert_refused(there, pack(files | {"metrics.jsonl": b"\n" * 20_000_000}), "100-fold")
    assert_refused(there, pack(files | {"config.json": b" " * 200_000}), "too large")
    many = files | {f"samples/{number}.abc": b"" for number in range(1100)}
    assert_refused(there, pack(many), "1,000")
    monkeypatch.setattr(module, "MAX_TOTAL_BYTES", 10_000)
    assert_refused(there, pack(files), "all files together")


def test_a_size_that_lies_does_not_write_more_than_it_says(files: Files, there: RunStore) -> None:
    data = bytearray(pack(files | {"samples.jsonl": b"x" * 100_000}).getvalue())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.rindex(
            b"samples.jsonl", 0, None if offset == 24 else data.rindex(b"PK\x01\x02")
        )
        header = data.rindex(mark, 0, start)
        struct.pack_into("<I", data, header + offset, 10)
    assert_refused(there, io.BytesIO(bytes(data)), "damaged")


@pytest.mark.parametrize("keep", [0, 10, 1000, -30, -1])
def test_an_archive_cut_short_is_refused(exported: bytes, there: RunStore, keep: int) -> None:
    assert_refused(there, io.BytesIO(exported[:keep]), "damaged")


@pytest.mark.parametrize("data", [b"", b"noise" * 100, b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_refused(there: RunStore, data: bytes) -> None:
    assert_refused(there, io.BytesIO(data), "damaged|no run")


def test_an_archive_of_something_else_is_refused(files: Files, there: RunStore) -> None:
    assert_refused(there, pack({"readme.txt": b"hello"}), "is no run")
    for manifest in (b"{", b"[]", b"[" * 3000, b'{"format": "other"}', b"\xff\xfe"):
        assert_refused(there, pack(files | {module.MANIFEST_FILE: manifest}), "is no run")
    newer = b'{"format": "musicgen-run", "format_version": 9}'
    assert_refused(there, pack(files | {module.MANIFEST_FILE: newer}), "version 9")


def test_settings_that_do_not_hold_are_refused(files: Files, there: RunStore) -> None:
    config = json.loads(files["config.json"])
    without = {name: data for name, data in files.items() if name != "config.json"}
    assert_refused(there, pack(without), "config.json")
    changes: list[object] = [
        [], "x", config | {"network": {}, "training": 3}, config | {"preset": "![x](http://x)"},
        config | {"preset": [3]}, config | {"created": "<b>"}, config | {"created": 5},
        config | {"network": config["network"] | {"hidden_size": 10**9}},
        config | {"network": config["network"] | {"kind": "tree"}},
        config | {"training": config["training"] | {"shell": "rm"}},
        config | {"training": config["training"] | {"source": "../../secret"}},
    ]  # fmt: skip
    for change in changes:
        changed = files | {"config.json": json.dumps(change).encode()}
        assert_refused(there, pack(changed), "cannot be taken in")


@pytest.mark.parametrize(
    "line",
    [
        "{}", "[]", "x", '{"step": "1"}', "[" * 1500, "1" * 1900, " " * 5000,
        '{"step": 0, "train_loss": 1, "accuracy": 1, "grad_norm": 1, "learning_rate": 1, '
        '"chars_per_second": 1, "elapsed_s": 1}',
        '{"step": 1, "train_loss": NaN, "accuracy": 1, "grad_norm": 1, "learning_rate": 1, '
        '"chars_per_second": 1, "elapsed_s": 1}',
        '{"step": 1, "train_loss": "<b>", "accuracy": 1, "grad_norm": 1, "learning_rate": 1, '
        '"chars_per_second": 1, "elapsed_s": 1, "val_loss": {}}',
    ],
)  # fmt: skip
def test_curves_that_do_not_hold_are_refused(files: Files, there: RunStore, line: str) -> None:
    changed = files | {"metrics.jsonl": line.encode() + b"\n" + files["metrics.jsonl"]}
    assert_refused(there, pack(changed), "metrics.jsonl")


def test_a_torn_last_line_is_no_damage(files: Files, there: RunStore) -> None:
    run = import_run(there, pack(files | {"metrics.jsonl": files["metrics.jsonl"] + b'{"st'}))
    assert len(run.read_metrics()) == 6


@pytest.mark.parametrize("name", ["best", "last"])
def test_checkpoints_that_do_not_load_are_refused(files: Files, there: RunStore, name: str) -> None:
    weights, metadata = f"{name}/model.safetensors", f"{name}/checkpoint.json"
    cut = files[weights][:-50]
    assert_refused(there, pack(files | {weights: cut}), "damaged")
    assert_refused(there, pack(files | {weights: b"\x80\x04pickle"}), "damaged")
    assert_refused(there, pack(files | {metadata: b"{}"}), "cannot be")
    assert_refused(there, pack({key: files[key] for key in files if key != metadata}), "cannot be")
    wider = json.loads(files[metadata])
    wider["network"]["hidden_size"] = 17
    assert_refused(there, pack(files | {metadata: json.dumps(wider).encode()}), "do not fit")


def test_a_last_save_without_its_state_is_refused(files: Files, there: RunStore) -> None:
    for name in ("last/trainer.json", "last/trainer.safetensors"):
        assert_refused(there, pack({key: files[key] for key in files if key != name}), name)
        assert_refused(there, pack(files | {name: b"noise"}), name)


def test_a_last_save_that_does_not_fit_is_told_when_it_goes_on(
    files: Files, there: RunStore, dataset: Dataset
) -> None:
    for values in ({}, {"values": 3, "progress": {}}, {"values": {"step": "x"}}):
        changed = files | {"last/trainer.json": json.dumps(values).encode()}
        run = import_run(there, pack(changed))
        with pytest.raises(MusicgenError, match="damaged"):
            TrainingSession(run, dataset, lambda _: None).train()


def test_the_status_is_written_anew(files: Files, there: RunStore) -> None:
    told = {"status": "running", "message": "![x](http://x)", "step": [], "best_val_loss": "<b>"}
    info = import_run(there, pack(files | {"status.json": json.dumps(told).encode()})).info()
    assert (info.status, info.message, info.step) == ("stopped", "", 6)
    assert info.best_val_loss == min(
        json.loads(line)["val_loss"] or 9 for line in files["metrics.jsonl"].splitlines()
    )
    bare = {name: files[name] for name in (module.MANIFEST_FILE, "config.json")}
    info = import_run(there, pack(bare)).info()
    assert (info.status, info.step, info.best_val_loss) == ("stopped", 0, None)


def test_a_cell_of_a_sweep_becomes_a_plain_run(files: Files, there: RunStore) -> None:
    config = json.loads(files["config.json"]) | {"sweep": "rates"}
    run = import_run(there, pack(files | {"config.json": json.dumps(config).encode()}))
    assert run.info().sweep == ""


def test_samples_travel_if_they_are_text(files: Files, there: RunStore) -> None:
    run = import_run(there, pack(files | {"samples/100.abc": b"X:1\nK:D\nDFA|"}))
    assert (run.path / "samples" / "100.abc").read_text().startswith("X:1")
    assert_refused(RunStore(there.root / "b"), pack(files | {"samples/1.abc": b"\xff"}), "samples")


def test_fluency_that_does_not_hold_is_refused(files: Files, there: RunStore) -> None:
    for values in ({}, {"tunes": "x"}, [3]):
        changed = files | {"fluency.json": json.dumps(values).encode()}
        assert_refused(there, pack(changed), "fluency.json")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), tail=st.booleans())
def test_a_byte_changed_anywhere_is_harmless_or_refused(
    exported: bytes, there: RunStore, place: float, value: int, tail: bool
) -> None:
    """Most lie in weights, which the checksum of the archive covers, or in its directory."""
    data = bytearray(exported)
    span = 3000 if tail else len(data)
    data[len(data) - span + int(place * span)] = value
    before = set(there.root.iterdir()) if there.root.exists() else set()
    try:
        import_run(there, io.BytesIO(bytes(data)))
    except ArchiveError:
        assert (set(there.root.iterdir()) if there.root.exists() else set()) == before


def change_lines(files: Files, **values: object) -> bytes:
    """The metrics with a value in every line changed."""
    lines = [json.loads(line) | values for line in files["metrics.jsonl"].splitlines()]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.mark.parametrize("loss", [-1e14, -1, True, "1", [], float("nan"), float("inf")])
def test_a_loss_that_cannot_be_one_is_refused(files: Files, there: RunStore, loss: object) -> None:
    assert_refused(
        there, pack(files | {"metrics.jsonl": change_lines(files, val_loss=loss)}), "metrics.jsonl"
    )


def test_a_loss_beyond_all_perplexities_is_taken_and_drawn(files: Files, there: RunStore) -> None:
    run = import_run(there, pack(files | {"metrics.jsonl": change_lines(files, val_loss=800.0)}))
    assert summarise_run(run).perplexity == float("inf")


@pytest.mark.parametrize(
    "name", ["config.json", "status.json", "best/checkpoint.json", "last/trainer.json"]
)
@pytest.mark.parametrize("depth", [100, 5_000, 40_000])
def test_deep_nesting_is_refused_in_a_sentence(
    files: Files, there: RunStore, name: str, depth: int
) -> None:
    text = files[name].decode().rstrip().removesuffix("}")
    nested = f'{text}, "x": {"[" * depth}{"]" * depth}}}'.encode()
    assert_refused(there, pack(files | {name: nested}), "cannot be taken in")


def test_a_checkpoint_whose_loss_is_no_number_is_refused(files: Files, there: RunStore) -> None:
    metadata = files["best/checkpoint.json"].decode()
    values = json.loads(metadata)
    values["metrics"]["val_loss"] = float("nan")
    assert_refused(
        there, pack(files | {"best/checkpoint.json": json.dumps(values).encode()}), "damaged"
    )


def test_files_that_share_their_bytes_cannot_grow_without_bound(
    files: Files, there: RunStore
) -> None:
    """Each alone keeps the ratio, but all of them are the same few bytes of the archive."""
    many = {f"samples/{number}.abc": b"\n" * 900_000 for number in range(300)}
    assert_refused(there, pack(files | many), "all files together would grow")


def test_a_list_of_too_many_files_is_not_even_read(
    there: RunStore, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("its list of files was read")

    file = pack(files | {f"samples/{number}-{'x' * 40}.abc": b"" for number in range(12_000)})
    monkeypatch.setattr(zipfile, "ZipFile", never)
    assert_refused(there, file, "too many files")


def test_a_run_for_which_there_is_no_room_is_refused(
    files: Files, there: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "free_disk_bytes", lambda _root: 1000)
    assert_refused(there, pack(files), "no room")
