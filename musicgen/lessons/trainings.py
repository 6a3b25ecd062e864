"""The small trainings of the lessons: their settings, their tunebooks, and their runs on the disk.

They are ordinary runs, named ``lesson-LESSON-KEY-NUMBER``: every page and command knows them.
"""

import re

from musicgen.config import NetworkConfig, Paths, TrainingConfig
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.lab import SEPARATOR
from musicgen.corpus.user_corpora import CorpusStore, Upload
from musicgen.lessons.lesson import Lesson, LessonRun
from musicgen.presets import Preset
from musicgen.training.runs.run import RunInfo, RunStore

FEW, SOME = "lesson-few", "lesson-some"
TUNEBOOKS = {FEW: (16, 8), SOME: (120, 20)}
"""Tunebooks cut from the lab's: how many tunes they have to learn from, and how many held out."""

SMALL = NetworkConfig(embedding_dim=48, hidden_size=128)
"""A plain LSTM of some 100,000 parameters."""

MEDIUM = NetworkConfig(embedding_dim=64, hidden_size=192)

SHORT = TrainingConfig(
    batch_size=16, seq_len=64, learning_rate=5e-3, max_steps=300, eval_interval=25,
    save_interval=100, samples=0, seed=1,
)  # fmt: skip
"""Half a minute or less on two cores."""


def make_run(key: str, label: str, network: NetworkConfig, training: TrainingConfig) -> LessonRun:
    """A training of a lesson with these settings."""
    return LessonRun(key, label, Preset.without_meaning("lesson", network, training))


def name_run(lesson: Lesson, run: LessonRun) -> str:
    """What the names of its runs begin with; `RunStore.new_id` adds a number."""
    return f"lesson-{lesson.name}-{run.key}"


def find_runs(store: RunStore, lesson: Lesson) -> dict[str, RunInfo]:
    """The newest run of each training of a lesson that there is, by key, in their order."""
    infos = store.list()
    found = {}
    for run in lesson.runs:
        pattern = re.compile(rf"{re.escape(name_run(lesson, run))}-\d+")
        newest = next((info for info in infos if pattern.fullmatch(info.id)), None)
        if newest:
            found[run.key] = newest
    return found


def make_tunebook(name: str, paths: Paths) -> None:
    """Makes one of `TUNEBOOKS`, unless there is a corpus of that name; others are left alone.

    A tune is on the side on which it is in the lab's tunebook, for the title decides.

    Raises:
        CorpusError: the lab's tunebook is not here.
        StorageError: it cannot be written.
    """
    store = CorpusStore(paths.corpora)
    if name not in TUNEBOOKS or store.has(name):
        return
    learned, held_out = TUNEBOOKS[name]
    split = load_dataset("lab", paths).split
    tunes = [*split.train[:learned], *split.val[:held_out]]
    text = SEPARATOR.join(tune.text for tune in tunes) + "\n"
    store.create(name, [Upload(f"{name}.abc", text.encode("utf-8"))])
