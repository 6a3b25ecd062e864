"""The public interface: the examples of its page run, and mistakes are sentences."""

import re
from pathlib import Path

import pytest

import musicgen
from musicgen.config import Paths
from musicgen.errors import ConfigError
from tests.examples import make_tune

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["compose", "take away", "read"])
def test_the_examples_of_the_page_run(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102 - our own documentation


def test_all_that_is_promised_is_there():
    assert all(getattr(musicgen, name) for name in musicgen.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = musicgen.nothing


def test_a_tune_that_was_read_is_moved_and_written(tmp_path):
    (tune,) = musicgen.read_tunebook(make_tune(1) + "\n")
    moved = musicgen.render(tune, tmp_path / "moved.abc", transpose=2)
    (again,) = musicgen.read_tunebook(moved)
    assert [note.pitch for note in again.performance] == [
        note.pitch + 2 for note in tune.performance
    ]


def test_mistakes_are_sentences(tmp_path):
    with pytest.raises(ConfigError, match="no setting 'speed'"):
        musicgen.compose("house", speed=2)
    with pytest.raises(ConfigError, match=r"end in '\.doc'"):
        musicgen.render(make_tune(1), tmp_path / "tune.doc")


def test_a_training_leaves_a_model_of_its_name(paths, tunebook, tiny_preset, monkeypatch):
    from musicgen import presets

    paths.data.mkdir(parents=True)
    (paths.data / "irish.abc").write_text(tunebook, encoding="utf-8")
    monkeypatch.setattr(Paths, "default", lambda: paths)
    monkeypatch.setitem(presets.PRESETS, "tiny", tiny_preset)
    steps = []
    model = musicgen.train(
        "mine", "tiny", max_steps=4, source="lab", on_step=lambda one: steps.append(one.step)
    )
    assert steps == [1, 2, 3, 4]
    assert model.name == "mine"
    assert musicgen.load_model("mine").fingerprint == model.fingerprint
    more = musicgen.train("more", "tiny", max_steps=2, source="lab", start="mine")
    assert more.metadata.corpus["started_from"]["fingerprint"] == model.fingerprint
    with pytest.raises(ConfigError, match="choose one to start from"):
        musicgen.train("none", "tiny", max_steps=2, source="lab", preferences=1.0)
