import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from musicgen.config import Paths
from musicgen.errors import StudyError
from musicgen.listening.plan import StudyPlan
from musicgen.listening.sound import LOUDNESS_LUFS, level, measure_loudness
from musicgen.listening.trials import NOISE
from musicgen.listening.tunes import make_tunes, strip, to_common_tonic, write_noise
from musicgen.notation.parsing.reader import read_tune
from tests.examples import make_tune, stand_in
from tests.ui.tiny_model import write_tiny_model

NAMED = """X:12
T:The Composer's Own
C:Somebody
R:jig
Z:A scribe
M:6/8
Q:3/8=100
K:Em
"Em"E2B BAB|
N:a remark
w:words of it
e2d BAG|]
"""


def test_nothing_of_a_tune_stays_that_names_it():
    text = strip(read_tune(NAMED)[0])
    assert text.splitlines()[:3] == ["X:1", "M:6/8", "K:Em"]
    for word in ("Composer", "Somebody", "jig", "scribe", "words", "remark", "Q:"):
        assert word not in text
    assert [note.pitches for note in read_tune(text)[0].notes] == [
        note.pitches for note in read_tune(NAMED)[0].notes
    ]
    assert "R:reel" in strip(read_tune(NAMED)[0], "reel")


def test_all_tunes_are_moved_to_one_tonic_in_their_own_mode():
    moved = read_tune(to_common_tonic(NAMED))[0]
    assert (moved.key.tonic, moved.key.mode) == ("D", "minor")
    before = [note.pitches[0] for note in read_tune(NAMED)[0].notes]
    assert {b - a for a, b in zip(before, [n.pitches[0] for n in moved.notes], strict=True)} == {-2}


def test_noise_has_the_rhythm_of_a_tune_and_not_its_pitches():
    tune, noise = read_tune(NAMED)[0], read_tune(write_noise(NAMED, 1))[0]
    assert [n.duration for n in noise.notes] == [n.duration for n in tune.notes]
    same = sum(a.pitches == b.pitches for a, b in zip(tune.notes, noise.notes, strict=True))
    assert same < len(tune.notes) / 2


def test_loud_and_soft_are_levelled_and_a_full_scale_tone_as_the_standard_says():
    rate = 44_100
    tone = np.sin(2 * np.pi * 997 * np.arange(3 * rate) / rate).astype(np.float32)
    # ITU-R BS.1770-4: a 997 Hz sine of full scale in one channel is at -3.01 LKFS.
    assert measure_loudness(tone[None], rate) == pytest.approx(-3.01, abs=0.05)
    for gain in (1.0, 0.01):
        levelled = level(np.stack([tone, tone]) * np.float32(gain), rate)
        assert measure_loudness(levelled, rate) == pytest.approx(LOUDNESS_LUFS, abs=0.1)
    silence = np.zeros((2, 100), dtype=np.float32)
    assert level(silence, rate) is silence


def test_a_study_of_a_model_and_real_tunes_has_all_its_sounds_alike(
    tmp_path: Path, dataset, monkeypatch
):
    paths = Paths(tmp_path / "project", tmp_path / "home")
    write_tiny_model(paths.checkpoints / "tiny")
    monkeypatch.setattr("musicgen.listening.tunes.load_dataset", stand_in(dataset))
    settings = {
        "tunes": 2,
        "pairs": 2,
        "checks": 0,
        "practice": False,
        "seconds": 4,
        "meter": "6/8",
    }
    steps = []
    plan = StudyPlan.from_dict({"title": "T", "versions": ["tiny", "tiny:0.5"], **settings})
    tunes = make_tunes(plan, paths, lambda done, total: steps.append((done, total)))
    assert steps == sorted(steps) and steps[-1] == (8, 8)
    assert sorted((one.slot, one.version) for one in tunes) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for one in tunes:
        assert "Patient Machine" not in one.abc and "checkpoint=" in one.provenance
        assert b"tiny" not in one.sound and b"musicgen" not in one.sound
        sound, rate = soundfile.read(io.BytesIO(one.sound), dtype="float32", always_2d=True)
        assert len(sound) / rate == pytest.approx(4, abs=0.1)
        assert measure_loudness(sound.T, rate) == pytest.approx(LOUDNESS_LUFS, abs=0.7)
    with pytest.raises(StudyError, match="held-out"):
        make_tunes(
            StudyPlan.from_dict({"title": "T", "versions": ["tiny", "real"], **settings}), paths
        )


def test_real_tunes_are_held_out_ones_and_a_check_brings_noise(tmp_path, dataset, monkeypatch):
    paths = Paths(tmp_path / "project", tmp_path / "home")
    write_tiny_model(paths.checkpoints / "tiny")
    monkeypatch.setattr("musicgen.listening.tunes.load_dataset", stand_in(dataset))
    monkeypatch.setattr("musicgen.listening.tunes._fits", lambda *_: True)
    held_out = {read_tune(text)[0].title for text in dataset.texts("val")}
    count = min(len(held_out), 3)
    plan = StudyPlan.from_dict(
        {"title": "T", "versions": ["real"], "design": "ratings", "tunes": count - 1,
         "pairs": count - 1, "practice": False, "checks": 1, "seconds": 1}
    )  # fmt: skip
    tunes = make_tunes(plan, paths)
    real = [one for one in tunes if one.version == 0]
    assert {one.provenance.removeprefix("lab: ") for one in real} <= held_out
    assert [one.slot for one in tunes if one.version == NOISE] == [count - 1]
    assert make_tune(1) not in {one.abc for one in tunes}
