import json
from pathlib import Path

import pytest

from musicgen.__main__ import main
from musicgen.corpus.dataset import Dataset
from musicgen.models.checkpoint import CRITIC_FILE, load_checkpoint
from musicgen.sampling.critic import Critic
from tests.examples import stand_in, write_checkpoint


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> Path:
    """An untrained model with further files; its critic is fitted in no time."""
    monkeypatch.setenv("MUSICGEN_HOME", str(tmp_path))
    monkeypatch.setattr("musicgen.cli.critic.load_dataset", stand_in(dataset))
    module = "musicgen.evaluation.critic_fitting"
    monkeypatch.setattr(f"{module}.compose_for_critic", lambda *_: ["X:1\nK:C\nC|\n"] * 200)
    monkeypatch.setattr(f"{module}.fit_critic", lambda *_: Critic(0.5, {}, {}))
    folder = write_checkpoint(tmp_path / "kept" / "small", dataset.vocabulary)
    (folder / "MODEL_CARD.md").write_text("# a card\n")
    (folder / "training").mkdir()
    (folder / "training" / "metrics.jsonl").write_text("{}\n")
    return folder


def test_a_model_gets_a_critic_and_loses_nothing_else(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_checkpoint(model).fingerprint
    others = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    assert main(["critic", "--checkpoint", str(model), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["composed"] == 200 and told["fingerprint"] != before
    assert load_checkpoint(model).critic == (model / CRITIC_FILE).read_bytes() != b""
    assert {path: path.read_bytes() for path in others} == others
    assert main(["critic", "--checkpoint", str(model), "--remove"]) == 0
    assert load_checkpoint(model).fingerprint == before
    assert main(["critic", "--checkpoint", str(model), "--remove"]) == 0  # there is none
    assert {path for path in model.rglob("*") if path.is_file()} == set(others)
