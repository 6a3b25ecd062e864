"""A model learns from people in the background: pairs or new tunes, a training, the gate.

The training is a run like any other: on Train it shows its curves, can be paused and, if the
process ends, resumed. One model is adapted at a time.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicgen.config import Paths
from musicgen.corpus.cleaning import clean_tunebook
from musicgen.corpus.dataset import load_dataset
from musicgen.corpus.split import choose_side, title_key
from musicgen.corpus.user_corpora import PREFIX, CorpusStore, Upload
from musicgen.errors import MusicgenError, StudyError
from musicgen.evaluation.loss.text_loss import compute_loss
from musicgen.evaluation.report.novelty_scorer import find_novelty_scorer
from musicgen.jobs.background_task import BackgroundTask, TaskCancelled, TaskStatus
from musicgen.jobs.training_job import JobRegistry
from musicgen.listening.candidates import judge_nearer
from musicgen.listening.gate import TUNES, Evidence
from musicgen.listening.learning import CollectedPairs, collect_pairs, describe_pairs, lineage
from musicgen.listening.store import StudyStore
from musicgen.listening.taste import strengthen
from musicgen.listening.thumbs import ThumbStore
from musicgen.listening.verdict import GateVerdict
from musicgen.listening.versions import VersionStore, make_version
from musicgen.models.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from musicgen.notation.parsing.tunebook import decode_text
from musicgen.presets import Preset, get_preset
from musicgen.training.preference_pairs import MIN_PAIRS, SUFFIX, PreferencePair, write_pairs

FEWEST_NEW_TUNES = 20
LINE_ENDING = "-tuned"
"""What the line of a model is called by default, after the model's name."""

PAIR_STEPS, TUNE_STEPS = 90, 500
"""Steps of a training on pairs, which would cost more than it brings if it were longer, and on new
tunes."""

READINGS = 6
"""How often new tunes are read while the old ones are read once: there are far fewer of them."""

_TUNE_LEARNING_RATE = 3e-3

UNSEEN_ENDING = "-unseen"
"""What the corpus of tunes that are kept for the gate is called, after the run."""

_POLL_S = 0.5
_SCORE = "longest_melody"
_BOOK = "book"
"""What a version calls the digest of the tunebook that it learned."""


@dataclass(frozen=True, slots=True)
class AdaptPlan:
    """What a model is to learn.

    `line` is the line of versions it belongs to. `studies` are the ids of those whose ballots
    count, all of them and thumbs if empty; `tunes` is a tunebook in ABC to be learned instead,
    with a name, none if empty. `steps` are steps of training, 0 for `PAIR_STEPS` or `TUNE_STEPS`;
    `judged` the tunes that the gate has composed of each version.
    """

    model: str
    line: str = ""
    studies: tuple[str, ...] = ()
    tunes: tuple[str, bytes] | None = None
    steps: int = 0
    seed: int = 0
    judged: int = TUNES

    @property
    def line_name(self) -> str:
        """The line, by default that of the model."""
        is_line = self.model.endswith(LINE_ENDING)
        return self.line or (self.model if is_line else f"{self.model}{LINE_ENDING}")


@dataclass(frozen=True, slots=True)
class AdaptSnapshot:
    """An adaptation at one instant.

    `run` is its training, `is_judging` says that the training is over; `verdict` is there at the
    end; `error` is what ended it.
    """

    number: int
    plan: AdaptPlan
    run: str
    status: TaskStatus
    share: float
    is_judging: bool
    verdict: GateVerdict | None
    error: MusicgenError | None = None


@dataclass(frozen=True)
class _Material:
    """What is learned, and what is kept from the network for the gate.

    `is_plain` says that tunes of further books are rewritten in the plain manner.
    """

    source: str
    learned: Mapping[str, Any]
    pairs: Sequence[PreferencePair] = ()
    unseen: Sequence[PreferencePair] = ()
    new_tunes: Sequence[str] = ()
    is_plain: bool = False


class _AdaptTask(BackgroundTask):
    """Adapts one model."""

    def __init__(self, number: int, plan: AdaptPlan, registry: JobRegistry, paths: Paths) -> None:
        super().__init__(
            f"adapt-{number}",
            self._adapt,
            StudyError("The model could not be adapted. The server's log says where it failed."),
        )
        self._number = number
        self._plan = plan
        self._registry = registry
        self._paths = paths
        self._run_id = ""
        self._is_judging = False
        self._verdict: GateVerdict | None = None
        self._books: list[str] = []

    def snapshot(self) -> AdaptSnapshot:
        """The adaptation at this instant."""
        now = self.state
        return AdaptSnapshot(
            self._number, self._plan, self._run_id, now.status, now.progress, self._is_judging,
            self._verdict, now.error,
        )  # fmt: skip

    def _adapt(self) -> None:
        plan = self._plan
        store = VersionStore(self._paths)
        ref = find_checkpoint(plan.model, self._paths)
        start = load_checkpoint(ref.path)
        store.check_name(plan.line_name)
        run_id = self._registry.store.new_id(plan.line_name)
        try:
            material = self._find_material(start, run_id)
            self._train(self._make_preset(run_id, material), run_id, start)
        finally:
            if not self._run_id:  # there is no run that could need them
                for name in self._books:
                    CorpusStore(self._paths.corpora).delete(name)
        self._is_judging = True
        self._verdict = self._judge(start, run_id, material)
        line = store.open(plan.line_name, ref.name)  # not before there is a version to be kept
        store.add(line.name, make_version(run_id, start.name, material.learned, self._verdict))

    def _make_preset(self, run_id: str, material: _Material) -> Preset:
        has_pairs = bool(material.pairs)
        preset = make_preset(
            self._plan, material.source, has_pairs=has_pairs, is_plain=material.is_plain
        )
        if not has_pairs:
            return preset
        write_pairs(self._paths.preferences / f"{run_id}{SUFFIX}", material.pairs)
        return replace(preset, training=preset.training.replace(preference_pairs=run_id))

    def _find_material(self, start: Checkpoint, run_id: str) -> _Material:
        source = str(start.metadata.corpus.get("source", ""))
        first = source.split("+", maxsplit=1)[0]
        if self._plan.tunes:
            learned, unseen = _split_tunes(*self._plan.tunes)
            store = CorpusStore(self._paths.corpora)
            for name, texts in ((run_id, learned), (f"{run_id}{UNSEEN_ENDING}", unseen)):
                store.create(name, [Upload(f"{name}.abc", "\n\n".join(texts).encode("utf-8"))])
                self._books.append(name)
            is_plain, new_tunes = self._as_read(start, first, f"{PREFIX}{run_id}{UNSEEN_ENDING}")
            told = {
                "tunes": len(learned),
                "unseen tunes": len(unseen),
                _BOOK: _digest(self._plan.tunes[1]),
            }
            source = "+".join([first, *[f"{PREFIX}{run_id}"] * READINGS])
            return _Material(source, told, new_tunes=new_tunes, is_plain=is_plain)
        found = find_pairs_of(start, self._paths, self._plan.studies)
        if len(found.train) < MIN_PAIRS:
            raise StudyError(
                "{count} pairs can be made of the ballots and thumbs on tunes of {model}: too few "
                "to learn from.",
                count=len(found.train),
                model=start.name,
            )
        is_plain = start.metadata.training.plain
        return _Material(
            first,
            describe_pairs(found),
            strengthen(found.train, self._plan.seed),
            found.unseen,
            is_plain=is_plain,
        )

    def _as_read(self, start: Checkpoint, first: str, book: str) -> tuple[bool, list[str]]:
        """Whether a model is to read a book rewritten in the plain manner, and its tunes so.

        One that reads further books in the plain manner reads all so, any other in the manner
        that it finds likelier: most models know no other than the lab's, which is the plain one.
        """
        config = start.metadata.training
        found: dict[bool, list[str]] = {}
        for is_plain in (True,) if config.plain else (False, True):
            both = load_dataset(f"{first}+{book}", self._paths, is_plain, config.described)
            own = len(load_dataset(first, self._paths, is_plain, config.described).tunes)
            found[is_plain] = [tune.text for tune in both.tunes[own:]]
        losses = {
            is_plain: compute_loss(start.network, start.vocabulary, texts).body_loss
            for is_plain, texts in found.items()
            if texts
        }
        if not losses:
            raise StudyError("The model cannot read the tunes that are kept for the gate.")
        is_plain = min(losses, key=losses.__getitem__)
        return is_plain, found[is_plain]

    def _train(self, preset: Preset, run_id: str, start: Checkpoint) -> None:
        job = self._registry.start(preset, run_id, start)
        self._run_id = run_id
        while not job.wait(_POLL_S):
            self.show_progress(0.8 * job.state.progress)
            if self.must_end():
                job.cancel()
                job.wait()
                raise TaskCancelled
        if job.state.error:
            raise job.state.error
        if job.status is not TaskStatus.FINISHED:
            raise TaskCancelled

    def _judge(self, start: Checkpoint, run_id: str, material: _Material) -> GateVerdict:
        config = start.metadata.training
        source = str(start.metadata.corpus.get("source", ""))
        dataset = load_dataset(source, self._paths, config.plain, config.described)
        held_out = dataset.texts("val")
        scorer = find_novelty_scorer(start, self._paths, on_progress=lambda _tunes: self._check())
        has_scores = _SCORE in scorer(start_text(held_out))
        evidence = Evidence(
            held_out,
            material.unseen,
            material.new_tunes,
            (lambda text: scorer(text)[_SCORE]) if has_scores else None,
            self._plan.judged,
            self._plan.seed,
            self._check,
        )
        path = find_checkpoint(run_id, self._paths).path
        _version, verdict = judge_nearer(start, path, evidence)
        return verdict

    def _check(self) -> None:
        self.show_progress(max(0.8, self.state.progress))
        if self.must_end():
            raise TaskCancelled


def start_text(texts: Sequence[str]) -> str:
    """Some tune to try a scorer on; empty where there is none."""
    return texts[0] if texts else ""


def find_pairs_of(model: Checkpoint, paths: Paths, studies: Sequence[str] = ()) -> CollectedPairs:
    """What ballots and thumbs say of the tunes of a model and of those before it."""
    return collect_pairs(
        StudyStore(paths.listening), ThumbStore(paths.listening), lineage(model.metadata), studies
    )


def count_new(plan: AdaptPlan, paths: Paths) -> int:
    """How much there is to learn that no version of the line has met: pairs, or tunes of a book.

    Versions that the gate turned away have met it too: it would say the same again.

    Raises:
        CheckpointError: there is no such model.
    """
    if plan.tunes:
        name, data = plan.tunes
        is_met = any(learned.get(_BOOK) == _digest(data) for learned in _met(plan, paths))
        return 0 if is_met else sum(map(len, _split_tunes(name, data)))
    model = load_checkpoint(find_checkpoint(plan.model, paths).path)
    return count_new_pairs(plan, paths, find_pairs_of(model, paths, plan.studies))


def count_new_pairs(plan: AdaptPlan, paths: Paths, found: CollectedPairs) -> int:
    """How many of the pairs that were found came after the last version of the line."""
    known = [int(one.get("train", 0)) + int(one.get("unseen", 0)) for one in _met(plan, paths)]
    return max(0, len(found.train) + len(found.unseen) - max(known, default=0))


def _met(plan: AdaptPlan, paths: Paths) -> list[Mapping[str, Any]]:
    """What each version of the line learned from."""
    lines = [line for line in VersionStore(paths).lines() if line.name == plan.line_name]
    return [one.learned for line in lines for one in line.versions]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def make_preset(plan: AdaptPlan, source: str, *, has_pairs: bool, is_plain: bool = False) -> Preset:
    """The settings of the training: gentle steps, and the start as reference of pairs.

    Args:
        plan: How many steps, and the seed.
        source: The corpus whose tunes are read beside, so that nothing is forgotten.
        has_pairs: Whether it learns from pairs. Else its end is looked at alone: of what it was
            on the way, the best on old tunes would be kept, which has hardly learned the new ones.
        is_plain: Whether the model reads tunes of further books in the plain manner.
    """
    base = get_preset("fine-tune")
    steps = plan.steps or (PAIR_STEPS if has_pairs else TUNE_STEPS)
    rate = base.training.learning_rate if has_pairs else _TUNE_LEARNING_RATE
    training = base.training.replace(
        learning_rate=rate,
        source=source,
        plain=is_plain,
        max_steps=steps,
        eval_interval=max(1, steps // 8) if has_pairs else steps,
        save_interval=max(1, steps // 4),
        warmup_steps=min(base.training.warmup_steps, steps // 10),
        samples=0,
        seed=plan.seed,
        preferences=1.0 if has_pairs else 0.0,
    )
    return Preset.without_meaning("adapt", base.network, training)


def _split_tunes(name: str, data: bytes) -> tuple[list[str], list[str]]:
    """The tunes of a book to learn from, and a fifth that is kept for the gate, by their titles."""
    tunes, _report = clean_tunebook(name, [(name, decode_text(data))])
    if len(tunes) < FEWEST_NEW_TUNES:
        raise StudyError(
            "{name} has {count} tunes that can be learned; at least {least} are needed.",
            name=name,
            count=len(tunes),
            least=FEWEST_NEW_TUNES,
        )
    learned = [one for one in tunes if choose_side(title_key(one)) == "train"]
    unseen = [one for one in tunes if choose_side(title_key(one)) != "train"]
    if not learned or not unseen:
        learned, unseen = list(tunes[5:]), list(tunes[:5])
    melodies = {one.fingerprint for one in learned}
    apart = [one for one in unseen if one.fingerprint not in melodies] or unseen
    return [one.text for one in learned], [one.text for one in apart]


class AdaptService:
    """The adaptations of this process: one at a time.

    Args:
        registry: Where trainings run.
        paths: Where everything is.
    """

    def __init__(self, registry: JobRegistry, paths: Paths) -> None:
        self._registry = registry
        self._paths = paths
        self._lock = threading.Lock()
        self._task: _AdaptTask | None = None
        self._count = 0

    def start(self, plan: AdaptPlan) -> None:
        """Begins to adapt a model in the background.

        Raises:
            StudyError: another one is being adapted.
            CheckpointError: there is no such model.
        """
        find_checkpoint(plan.model, self._paths)
        with self._lock:
            if self._task and not self._task.is_over:
                raise StudyError("Another model is being adapted. Wait for it, or cancel it.")
            self._count += 1
            self._task = _AdaptTask(self._count, plan, self._registry, self._paths)
            self._task.start()

    def cancel(self) -> None:
        """Asks it to end; the run stays. Returns at once."""
        if task := self._task:
            task.cancel()

    def snapshot(self) -> AdaptSnapshot | None:
        """The adaptation under way, else the latest of this process, else None."""
        task = self._task
        return task.snapshot() if task else None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for the end; True if it came in time."""
        task = self._task
        return task is None or task.wait(timeout_s)
