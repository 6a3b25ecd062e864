import dataclasses
import json
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.config import NetworkConfig, TrainingConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import CorpusError
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.interpretation.changed_network import change_network
from musicgen.interpretation.interventions import hold_mean
from musicgen.interpretation.material import record_tunes
from musicgen.lessons.measures import place_losses
from musicgen.models.checkpoint import CheckpointMetadata, load_checkpoint, save_checkpoint
from musicgen.models.registry import build_network
from musicgen.presets import Preset
from musicgen.training.loop.session import TrainingSession, fit_preset
from musicgen.training.runs.run import RunStore
from tests.examples import make_tune, stand_in


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """A home with untrained networks of two kinds, and some tunes."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("musicgen.interpretation.material.load_dataset", stand_in(dataset))
    for kind in ("echo", "lstm"):
        shape = NetworkConfig(kind=kind, embedding_dim=8, hidden_size=12, num_layers=2)
        preset = fit_preset(Preset(kind, "", shape, TrainingConfig()), dataset.vocabulary)
        metadata = CheckpointMetadata(
            kind, 1, preset.network, preset.training, dataset.vocabulary.characters,
            corpus={"source": "tiny"},
        )  # fmt: skip
        network = build_network(preset.network, 1)
        save_checkpoint(tmp_path / "runs" / kind / "best", network, metadata)
    (tmp_path / "own.abc").write_text("\n\n".join(map(make_tune, range(1, 9))) + "\n")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(["inspect", *arguments])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out


def refuse(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["inspect", *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("kind", ["echo", "lstm"])
def test_parts_are_counted(home: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    found = json.loads(run(capsys, "parts", "--checkpoint", kind, "--json"))
    assert found["layers"] == ["layer 1", "layer 2"]
    assert found["parameters"] == sum(part["parameters"] for part in found["parts"])
    lines = run(capsys, "parts", "--checkpoint", kind)
    assert "layers.1" in lines
    assert f"{found['parameters']:,}" in lines


def test_units_are_ranked_and_their_places_found(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("own.abc", "--checkpoint", "lstm", "--layer", "2")
    rows = json.loads(run(capsys, "units", *asked, "--top", "5", "--json"))
    assert len(rows) == 5
    assert rows == sorted(rows, key=lambda row: -row["share"])
    assert "place in the bar" in run(capsys, "units", *asked, "--fact", "place")
    held_out = json.loads(run(capsys, "units", "--checkpoint", "lstm", "--json"))
    assert held_out[0]["layer"] == 1
    places = json.loads(run(capsys, "find", *asked, "--unit", "3", "--top", "4", "--json"))
    assert [row["value"] for row in places] == sorted(row["value"] for row in places)[::-1]
    assert "[" in run(capsys, "find", *asked, "--unit", "3", "--signal", "forget", "--lowest")


def test_probes_stand_next_to_the_commonest_value(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("probes", "own.abc", "--checkpoint", "echo", "--fact", "bar_line")
    rows = json.loads(run(capsys, *asked, "--json"))
    assert [row["layer"] for row in rows] == [1, 2]
    assert all(0 <= row["accuracy"] <= 1 and row["characters"] > 50 for row in rows)
    assert "always the commonest" in run(capsys, *asked)


def test_a_seed_is_composed_with_and_without(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("silence", "--checkpoint", "echo", "--free", "--seed", "3")
    same = json.loads(run(capsys, *asked, "--factor", "1", "--json"))
    assert same["plain"] == same["changed"]
    assert same["same_share"] == 1.0
    other = json.loads(run(capsys, *asked, "--layer", "2", "--factor", "-50", "--json"))
    assert other["plain"] == same["plain"] != other["changed"]
    assert "of the notes are the same" in run(capsys, *asked, "--echoes")


def test_units_are_held_at_their_mean_and_the_loss_is_given(
    home: Path, capsys: pytest.CaptureFixture[str], dataset: Dataset
) -> None:
    asked = ("silence", "--checkpoint", "lstm", "--layer", "2", "--free", "--seed", "3")
    held = json.loads(run(capsys, *asked, "--units", "3,7", "--mean", "--json"))
    checkpoint = load_checkpoint(home / "runs" / "lstm" / "best")
    texts = [text.strip("\n") + "\n" for text in dataset.texts("val")[:16]]
    recordings = record_tunes(checkpoint, texts).recordings
    changed = change_network(checkpoint.network, hold_mean(recordings, 1, [3, 7]))
    for name, network in (("plain", checkpoint.network), ("changed", changed)):
        known = compute_loss(network, checkpoint.vocabulary, texts).loss
        assert held["loss"][name] == pytest.approx(known, abs=1e-6)
    assert held["loss"]["tunes"] == len(texts)
    silent = json.loads(run(capsys, *asked, "--units", "3,7", "--json"))
    assert silent["loss"]["plain"] == held["loss"]["plain"]
    assert silent["loss"]["changed"] != held["loss"]["changed"]
    whole = json.loads(run(capsys, *asked, "--mean", "--tunes", "0", "--json"))
    assert whole["loss"] is None
    lines = run(capsys, *asked, "--units", "3", "--tunes", "2")
    assert "Loss on 2 held-out tunes" in lines


def test_without_the_book_nothing_is_said_of_the_loss(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_to_load(*_: object) -> Dataset:
        raise CorpusError("There is no such book.")

    monkeypatch.setattr("musicgen.interpretation.material.load_dataset", refuse_to_load)
    asked = ("silence", "--checkpoint", "echo", "--free")
    assert json.loads(run(capsys, *asked, "--json"))["loss"] is None
    assert "held-out" not in run(capsys, *asked)
    assert "no such book" in refuse(capsys, *asked, "--mean")


def test_gradients_are_followed_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("reach", "own.abc", "--checkpoint", "echo", "--distance", "12")
    rows = json.loads(run(capsys, *asked, "--json"))
    names = ("echo", "untrained rnn", "untrained lstm", "untrained hawk")
    found = [(row["network"], row["layer"]) for row in rows]
    assert found == [(name, layer) for name in names for layer in (1, 2)]
    for row in rows:
        assert len(row["shares"]) == 13
        assert row["shares"][0] == 1
        half = row["half_distance"]
        assert all(share >= 0.499 for share in row["shares"][:half])
    told = run(capsys, *asked).split("\n")
    assert told[0].split() == ["characters", "before", "1", "2", "4", "8", "12"]
    assert "smaller distance" in refuse(capsys, *asked[:-1], "500")
    assert json.loads(run(capsys, "reach", "--checkpoint", "lstm", "--distance", "8", "--json"))


def test_the_loss_is_followed_along_tunes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("along", "own.abc", "--checkpoint", "lstm", "--width", "8")
    rows = json.loads(run(capsys, *asked, "--json"))
    checkpoint = load_checkpoint(home / "runs" / "lstm" / "best")
    texts = [make_tune(number) + "\n" for number in range(1, 9)]
    known = place_losses(checkpoint.network, checkpoint.vocabulary, texts, 8)
    assert [row["place"] for row in rows] == list(known.places)
    assert [row["loss"] for row in rows] == pytest.approx(known.losses, abs=1e-3)
    assert run(capsys, *asked).startswith("characters    1 to    8")
    assert json.loads(run(capsys, "along", "--checkpoint", "echo", "--tunes", "3", "--json"))


def test_one_tune_is_looked_at(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tune = ("own.abc", "--number", "2")
    rows = json.loads(run(capsys, "look", *tune, "--checkpoint", "echo", "--json"))
    assert "".join(row["character"] for row in rows) == make_tune(2) + "\n"
    assert len(rows[-1]["places"]) == 4
    assert "trust" in run(capsys, "look", *tune, "--checkpoint", "echo")
    at = (*tune, "--checkpoint", "lstm", "--at", "50")
    found = json.loads(run(capsys, "saliency", *at, "--reach", "9", "--json"))
    assert [row["at"] for row in found["characters"]] == list(range(41, 50))
    assert -1 <= found["agreement"] <= 1
    assert "Rank correlation" in run(capsys, "saliency", *at)
    stages = json.loads(run(capsys, "expect", *at, "--top-k", "3", "--json"))
    assert [one["stage"] for one in stages] == ["network", "grammar", "temperature", "top_k"]
    assert stages[-1]["characters"] <= 3
    assert "bits" in run(capsys, "expect", *at, "--free")


def test_vectors_are_drawn_and_compared(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("embedding", "--checkpoint", "lstm")
    found = json.loads(run(capsys, *asked, "--json"))
    assert {row["character"]: row["pitch"] for row in found["characters"]}["A"] == 69
    assert len(json.loads(run(capsys, *asked, "--near", "A", "--json"))) == 5
    assert "A" not in json.loads(run(capsys, *asked, "--analogy", "aAG", "--json"))
    assert "note" in run(capsys, *asked)
    assert run(capsys, *asked, "--near", "A")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("units", "own.abc", "--layer", "3"), "no layer 3"),
     (("units", "own.abc", "--fact", "mood"), "no fact 'mood'"),
     (("find", "own.abc", "--unit", "12"), "no unit 12"),
     (("silence", "--units", "3;4"), "numbers with commas"),
     (("silence", "--attention"), "no attention"),
     (("silence", "--mean", "--layer", "3"), "no layer 3"),
     (("silence", "--mean", "--units", "12"), "no unit 12"),
     (("silence", "--place"), "not told its place"),
     (("look", "own.abc"), "looks nowhere"),
     (("look", "own.abc", "--number", "9"), "no tune 9"),
     (("embedding", "--analogy", "ab"), "three characters"),
     (("embedding", "--near", "?"), "does not know"),
     (("saliency", "own.abc", "--at", "0"), "no character 0")],
)  # fmt: skip
def test_what_is_not_there_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert said in refuse(capsys, *arguments, "--checkpoint", "lstm")


def test_what_was_learned_when(home, capsys, dataset, tiny_preset):
    training = tiny_preset.training.replace(samples=3, moments=True)
    preset = dataclasses.replace(tiny_preset, training=training)
    store = RunStore(home / "runs")
    TrainingSession(store.create("watched", preset), dataset, lambda _metrics: None).train()
    options = ("learned", "watched", "--tunes", "4", "--count", "1")
    found = json.loads(run(capsys, *options, "--json"))
    assert [one["step"] for one in found] == [0, 4, 8, 12]
    assert all(0 <= one["in_time"] <= 1 and one["loss"] > 0 for one in found)
    told = run(capsys, *options).split("\n")
    assert told[0].split()[:2] == ["step", "loss"]
    assert [line.split()[0] for line in told[1:5]] == ["0", "4", "8", "12"]


def test_a_run_without_moments_is_a_sentence(home, capsys, dataset, tiny_preset):
    RunStore(home / "runs").create("blind", tiny_preset)
    assert main(["inspect", "learned", "blind"]) == 2
    assert "--set moments=true" in capsys.readouterr().err
