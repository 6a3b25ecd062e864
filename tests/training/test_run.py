import dataclasses
import json
import math
import shutil
from pathlib import Path

import pytest
import torch

from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import Dataset
from musicgen.corpus.split import split_tunes
from musicgen.errors import (
    CheckpointError,
    ConfigError,
    MusicgenError,
    RunError,
    StorageError,
)
from musicgen.models.checkpoint import load_checkpoint
from musicgen.names import normalize_name
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession
from musicgen.training.runs.run import Run, RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def train(run: Run, dataset: Dataset, steps: int | None = None) -> TrainingSession:
    seen: list[int] = []
    session = TrainingSession(run, dataset, lambda metrics: seen.append(metrics.step))
    session.train(lambda: steps is not None and len(seen) >= steps)
    return session


def weights(run: Run, name: str = "last") -> dict[str, torch.Tensor]:
    return load_checkpoint(run.path / name).network.state_dict()


def test_a_run_leaves_everything_it_should(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("one", tiny_preset)
    train(run, dataset)
    metrics = run.read_metrics()
    assert [item.step for item in metrics] == list(range(1, 13))
    (info,) = store.list()
    best = min(item.val_loss for item in metrics if item.val_loss is not None)
    assert (info.id, info.status, info.step, info.best_val_loss) == ("one", "finished", 12, best)
    assert load_checkpoint(run.path / "best").metadata.metrics["val_loss"] == best
    assert load_checkpoint(run.path / "last").metadata.step == 12


@pytest.mark.parametrize("stop_after", [1, 5, 8])
def test_a_resumed_run_ends_bit_for_bit_as_an_uninterrupted_one(
    store: RunStore, tiny_preset: Preset, dataset: Dataset, stop_after: int
) -> None:
    whole, parts = store.create("whole", tiny_preset), store.create("parts", tiny_preset)
    train(whole, dataset)
    train(parts, dataset, stop_after)
    assert parts.info().status == "stopped"
    train(Run(parts.path), dataset)
    for name in ("last", "best"):
        resumed = weights(parts, name)
        assert all(torch.equal(value, resumed[key]) for key, value in weights(whole, name).items())
    losses = [[item.train_loss for item in run.read_metrics()] for run in (whole, parts)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("stop_after", [1, 6])
def test_whatever_the_settings_a_resumed_run_is_the_same(
    store: RunStore, tiny_preset: Preset, dataset: Dataset, stop_after: int
) -> None:
    settings = tiny_preset.training.replace(
        carry_state=True, transpose=4, truncate=0.3, vary_rhythm=0.3, curriculum=0.8, average=0.9,
        accumulate=2, label_smoothing=0.1, schedule="one-cycle", seq_len=24, save_interval=3,
        eval_interval=5, patience=9,
    )  # fmt: skip
    preset = dataclasses.replace(tiny_preset, training=settings)
    whole, parts = store.create("whole", preset), store.create("parts", preset)
    train(whole, dataset)
    train(parts, dataset, stop_after)
    train(Run(parts.path), dataset)
    for name in ("last", "best"):
        resumed = weights(parts, name)
        assert all(torch.equal(value, resumed[key]) for key, value in weights(whole, name).items())


def test_a_run_that_gets_no_better_ends_early_and_is_finished(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    settings = tiny_preset.training.replace(
        learning_rate=0.5, max_steps=500, eval_interval=1, patience=3, save_interval=500
    )
    run = store.create("still", dataclasses.replace(tiny_preset, training=settings))
    train(run, dataset)
    losses = [item.val_loss for item in run.read_metrics()]
    assert len(losses) < 500
    assert min(losses[-3:]) >= min(losses[:-3])
    assert run.info().status == "finished"


def test_the_best_checkpoint_holds_the_moving_average(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    settings = tiny_preset.training.replace(average=0.99, max_steps=4)
    run = store.create("average", dataclasses.replace(tiny_preset, training=settings))
    train(run, dataset)
    best, last = weights(run, "best"), weights(run, "last")
    assert not torch.equal(best["linear.weight"], last["linear.weight"])


def test_a_crash_loses_the_steps_since_the_last_save_only(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    whole, run = store.create("whole", tiny_preset), store.create("crashed", tiny_preset)
    train(whole, dataset)

    def crash(metrics: object) -> None:
        if metrics.step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TrainingSession(run, dataset, crash).train()
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 8, "train_lo')  # a line torn by the crash
    assert load_checkpoint(run.path / "last").metadata.step == 4
    assert [item.step for item in run.read_metrics()] == list(range(1, 8))
    train(Run(run.path), dataset)
    assert [item.step for item in run.read_metrics()] == list(range(1, 13))
    resumed = weights(run)
    assert all(torch.equal(value, resumed[key]) for key, value in weights(whole).items())


def test_a_run_stopped_before_the_first_look_can_be_played(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("short", tiny_preset)
    train(run, dataset, 2)
    assert load_checkpoint(run.path / "best").metadata.step == 2


def test_a_full_disk_stops_the_saving_and_not_the_training(
    store: RunStore, tiny_preset: Preset, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create("full", tiny_preset)

    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Run, "save_last", refuse)
    monkeypatch.setattr(Run, "save_best", refuse)
    session = train(run, dataset)
    assert session.warning == "The disk is full."
    assert not session.is_saved
    assert [item.step for item in run.read_metrics()] == list(range(1, 13))


def test_a_run_is_trained_by_one_at_a_time(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("busy", tiny_preset)
    with run.locked():
        assert run.is_busy()
        with pytest.raises(RunError, match="already"):
            TrainingSession(Run(run.path), dataset, lambda _: None).train()
    assert not run.is_busy()


def test_a_run_can_go_on_longer_than_planned(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("longer", tiny_preset)
    train(run, dataset)
    with pytest.raises(RunError, match="at step 12 already"):
        run.set_max_steps(12)
    run.set_max_steps(15)
    train(Run(run.path), dataset)
    assert run.info().step == 15


def test_a_damaged_save_is_a_sentence(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("damaged", tiny_preset)
    train(run, dataset)
    (run.path / "last" / "trainer.safetensors").write_bytes(b"noise")
    with pytest.raises(CheckpointError, match="damaged"):
        train(Run(run.path), dataset)


def test_names_are_checked(store: RunStore, tiny_preset: Preset) -> None:
    store.create("taken", tiny_preset)
    with pytest.raises(RunError, match="already"):
        store.create("taken", tiny_preset)
    for name in ("", "../up", "a/b", ".hidden", "x" * 65, "a b", "a\u202e", "nul"):
        with pytest.raises(RunError, match="cannot name a run"):
            store.create(name, tiny_preset)
    assert store.new_id("taken") == "taken-1"


@pytest.mark.parametrize("name", ["小调-1", "Đà_Nẵng", "सुर.2", "e\u0301te\u0301"])
def test_a_run_is_called_in_any_script(store: RunStore, tiny_preset: Preset, name: str) -> None:
    run = store.create(name, tiny_preset)
    assert run.id == normalize_name(name) == run.path.name
    assert [info.id for info in store.list()] == [run.id]
    assert store.get(name).path == run.path
    with pytest.raises(RunError, match="already"):
        store.create(name, tiny_preset)


def test_a_run_copied_from_a_mac_is_found_by_the_name_that_it_shows(
    store: RunStore, tiny_preset: Preset
) -> None:
    run = store.create("été", tiny_preset)
    run.path.rename(store.root / "e\u0301te\u0301")
    (info,) = store.list()
    assert info.id == "été"
    assert store.get(info.id).preset.network == tiny_preset.network
    with pytest.raises(RunError, match="already"):
        store.create("été", tiny_preset)


def test_runs_of_earlier_versions_keep_their_names(store: RunStore, tiny_preset: Preset) -> None:
    store.create("first", tiny_preset).path.rename(store.root / "con.")
    assert [info.id for info in store.list()] == ["con."]
    assert store.get("con.").preset.network == tiny_preset.network


def test_an_unknown_run_is_named_with_those_that_exist(
    store: RunStore, tiny_preset: Preset
) -> None:
    store.create("here", tiny_preset)
    with pytest.raises(RunError, match=r"'gone'.*here"):
        store.get("gone")


def test_a_folder_somebody_damaged_does_not_hide_the_others(
    store: RunStore, tiny_preset: Preset
) -> None:
    store.create("good", tiny_preset)
    for name, text in (("bad", "{"), ("worse", "[]"), ("odd", json.dumps({"preset": "x"}))):
        (store.root / name).mkdir()
        (store.root / name / "config.json").write_text(text)
        with pytest.raises(MusicgenError):
            _ = store.get(name).preset
    assert [info.id for info in store.list()] == ["good"]


def test_settings_are_kept_as_they_were(store: RunStore, tiny_preset: Preset) -> None:
    run = store.create("kept", tiny_preset)
    assert dataclasses.replace(run.preset, meaning="") == dataclasses.replace(
        tiny_preset, meaning=""
    )


def test_a_run_that_was_never_saved_does_not_begin_again_unasked(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("unsaved", tiny_preset)
    train(run, dataset)
    shutil.rmtree(run.path / "last")
    with pytest.raises(RunError, match="never saved"):
        train(Run(run.path), dataset)
    assert [item.step for item in run.read_metrics()] == list(range(1, 13))


def test_a_run_killed_before_its_first_save_begins_anew(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    run = store.create("early", tiny_preset)
    train(run, dataset)
    for name in ("last", "best"):
        shutil.rmtree(run.path / name)
    train(Run(run.path), dataset)
    assert [item.step for item in run.read_metrics()] == list(range(1, 13))


def test_a_network_that_does_not_exist_leaves_no_run(store: RunStore, tiny_preset: Preset) -> None:
    unknown = dataclasses.replace(tiny_preset, network=tiny_preset.network.replace(kind="tree"))
    with pytest.raises(ConfigError, match="'tree'"):
        store.create("nothing", unknown)
    assert not (store.root / "nothing").exists()


def test_a_run_goes_on_from_a_checkpoint_and_learns_new_characters(
    store: RunStore, tiny_preset: Preset, dataset: Dataset, tunebook: str
) -> None:
    first = store.create("first", tiny_preset)
    train(first, dataset)
    start = load_checkpoint(first.path / "best")
    tunes, report = clean_tunebook("own", [("own.abc", tunebook.replace("efga", "ef'g''a&"))])
    other = Dataset("own", tuple(tunes), split_tunes(tunes), (report,))
    wider = dataclasses.replace(
        tiny_preset, network=tiny_preset.network.replace(hidden_size=99, dropout=0.0)
    )
    run = store.create("second", wider, start)
    assert (run.preset.network.hidden_size, run.preset.network.dropout) == (16, 0.0)
    shutil.rmtree(first.path)  # a run needs nothing but its own folder
    train(run, other, 3)
    train(Run(run.path), other)
    learned = load_checkpoint(run.path / "last")
    known = start.metadata.vocabulary
    assert learned.metadata.vocabulary[: len(known)] == known
    assert set(learned.metadata.vocabulary) == set(known) | {"'", "&"}
    assert learned.metadata.corpus["started_from"]["name"] == "first"
    losses = [item.train_loss for item in run.read_metrics()]
    assert losses[0] < math.log(len(known)) * 0.99


def test_an_lstm_may_be_given_echoes_and_nothing_else_changes_its_kind(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    first = store.create("plain", tiny_preset)
    train(first, dataset)
    start = load_checkpoint(first.path / "last")
    assert start.network.config.kind == "lstm"

    wanted = dataclasses.replace(tiny_preset, network=tiny_preset.network.replace(kind="echo"))
    run = store.create("echoes", wanted, start)
    assert run.preset.network.kind == "echo"
    train(run, dataset)
    learned = load_checkpoint(run.path / "last")
    assert learned.network.config.kind == "echo"
    assert learned.network.config.colon_id == dataset.vocabulary.ids[":"]

    other = dataclasses.replace(tiny_preset, network=tiny_preset.network.replace(kind="hawk"))
    assert store.create("same", other, start).preset.network.kind == "lstm"
    assert store.create("kept", tiny_preset, learned).preset.network.kind == "echo"


def test_a_network_that_reads_positions_may_be_given_degrees(
    store: RunStore, tiny_preset: Preset, dataset: Dataset
) -> None:
    shape = tiny_preset.network.replace(kind="echo", position=True)
    first = store.create("places", dataclasses.replace(tiny_preset, network=shape))
    train(first, dataset)
    start = load_checkpoint(first.path / "last")
    wanted = dataclasses.replace(tiny_preset, network=shape.replace(relative=True))
    run = store.create("degrees", wanted, start)
    assert run.preset.network.relative
    train(run, dataset)
    assert load_checkpoint(run.path / "last").network.relative.weight.abs().sum() > 0
    assert not store.create("same", tiny_preset, start).preset.network.relative
