"""Makes a report: composes, measures, scores. It uses no thread, screen or disk of its own.

What was composed is handed out after every few tunes, and taken back when a report goes on, so that
a report that was ended early loses little.
"""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from musicgen.config import SampleConfig
from musicgen.evaluation.judge.result import Judgement
from musicgen.evaluation.loss.heldout import Scoring, count_unknown
from musicgen.evaluation.loss.text_loss import LossReport
from musicgen.evaluation.measures.ranking import Ranking
from musicgen.evaluation.measures.tune_figures import (
    TuneFigures,
    measure_tune,
    sum_distributions,
    summarise_tunes,
)
from musicgen.evaluation.report.judging import STEPS, count_judged, judge_sets
from musicgen.evaluation.report.manner import Rewriting, first_source, write_for
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.report.reference import Reference
from musicgen.evaluation.report.result import (
    REAL,
    DrawnTune,
    Example,
    LossRow,
    Report,
    TuneSet,
    make_example,
)
from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import Composition, compose
from musicgen.sampling.engine import build_engine

GROUP = 32
"""Tunes composed side by side between two saves."""

DRAWN_COUNTS = ("pitches", "intervals", "lengths", "degrees", "characters")
"""Distributions that are kept to be drawn."""

MAX_DRAW = 100
_USUAL_SIZE = 350  # characters after which a tune has mostly ended
_LOSS_WORK = 0.2  # tunes scored are so much work, in tunes composed
_JUDGE_WORK = 3.0  # as are tunes judged, a real and a composed one

Scorer = Callable[[str], dict[str, float]]
"""From the text of a tune to further numbers, by name."""


def no_scores(_text: str) -> dict[str, float]:
    """No further numbers."""
    return {}


class ReportStopped(Exception):
    """The report was asked to end."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Callbacks of a report while it is made, all called in the thread that makes it.

    `on_progress` gets the share done, 0..1, and the current cell, None otherwise; `should_stop`
    ends the report; `read_drawn` and `write_drawn` keep the tunes of a cell, by the fingerprint of
    the checkpoint that composed them. `on_loss` gets the name of each checkpoint and its loss on
    the real tunes. `workers` is the number of threads that compute the losses while the tunes are
    measured, 0 where the machine is to stay free for others. `find_scorer` returns a function that
    adds numbers to the tunes of a checkpoint, such as how new they are compared with its training
    tunes; the real tunes are scored as those of the first checkpoint.
    """

    on_progress: Callable[[float, Cell | None], None] = lambda _share, _cell: None
    should_stop: Callable[[], bool] = lambda: False
    read_drawn: Callable[[Cell, str], Sequence[DrawnTune]] = lambda _cell, _fingerprint: []
    write_drawn: Callable[[Cell, str, list[DrawnTune]], None] = lambda _cell, _print, _tunes: None
    find_scorer: Callable[[Checkpoint], Scorer] = lambda _checkpoint: no_scores
    on_loss: Callable[[str, LossReport], None] = lambda _checkpoint, _loss: None
    workers: int = 0


def make_report(
    plan: ReportPlan,
    checkpoints: Sequence[Checkpoint],
    reference: Reference | None,
    hooks: Hooks | None = None,
) -> Report:
    """Everything a plan asks for.

    Args:
        plan: What is asked for.
        checkpoints: One for each name of the plan, in its order.
        reference: The real tunes; without them there are neither losses nor divergences.
        hooks: Callbacks and switches.

    Raises:
        ReportStopped: `hooks.should_stop` returned true.
        MusicgenError: a checkpoint cannot compose.
    """
    return _Builder(plan, checkpoints, reference, hooks or Hooks()).run()


class _Builder:
    """The state of one report while it is made."""

    def __init__(
        self,
        plan: ReportPlan,
        checkpoints: Sequence[Checkpoint],
        reference: Reference | None,
        hooks: Hooks,
    ) -> None:
        self._plan, self._reference, self._hooks = plan, reference, hooks
        self._checkpoints = dict(zip(plan.checkpoints, checkpoints, strict=True))
        self._done = 0.0
        self._cell: Cell | None = None
        self._texts: dict[str, Rewriting] = {}
        real = reference.texts if reference else ()
        clean = reference.clean if reference else ()
        scored = len(self._temperatures()) * len(self._checkpoints) * len(clean)
        tunes = len(plan.cells()) * plan.count
        judged = count_judged(reference, plan.count) if reference and plan.judge else 0
        self._judge_work = _JUDGE_WORK * judged / STEPS
        judging = _JUDGE_WORK * judged * (len(plan.cells()) + 1)  # and the control
        self._whole = max(1.0, tunes * 1.1 + 0.1 * len(real) + _LOSS_WORK * scored + judging)

    def run(self) -> Report:
        reference = self._reference
        scorers = {name: self._hooks.find_scorer(one) for name, one in self._checkpoints.items()}
        first = next(iter(scorers.values()), no_scores)
        texts = reference.texts if reference else ()
        scorings = self._begin_scoring()
        try:
            real = self._measure([(text, {}) for text in texts], first)
            losses = self._score(scorings)
        finally:
            for scoring in scorings.values():
                scoring.close()
        drawn = [(cell, *self._compose(cell)) for cell in self._plan.cells()]
        measured = [
            self._measure([(tune.abc, _extra(tune)) for tune in tunes], scorers[cell.checkpoint])
            for cell, tunes, _seconds in drawn
        ]
        control, judgements = self._judge([tunes for _cell, tunes, _seconds in drawn])
        size = _draw_size([real, *measured] if reference else measured)
        ranking = Ranking(real or [tune for tunes in measured for tune in tunes])
        sets = [
            replace(self._sum_up(cell, tunes, seconds, figures, size, ranking), judgement=judgement)
            for (cell, tunes, seconds), figures, judgement in zip(
                drawn, measured, judgements, strict=True
            )
        ]
        shown = self._sum_up_real(reference, real, size, ranking) if reference else None
        self._hooks.on_progress(1.0, None)
        return Report(
            self._plan,
            datetime.now(UTC).isoformat(timespec="seconds"),
            reference.tunes_of if reference else "",
            reference.source if reference and reference.corpus is not None else "",
            size,
            replace(shown, judgement=control) if shown else None,
            tuple(sets),
            tuple(losses),
            reference.left_out if reference else 0,
            reference.learned if reference else 0,
        )

    def _temperatures(self) -> list[float]:
        wanted = self._plan.temperatures if self._plan.count else ()
        return sorted({1.0, *wanted})

    def _measure(
        self, tunes: Sequence[tuple[str, dict[str, float]]], scorer: Scorer
    ) -> list[TuneFigures]:
        found = []
        for text, extra in tunes:
            found.append(measure_tune(text, extra | scorer(text)))
            self._step(0.1)
        return found

    def _begin_scoring(self) -> dict[str, Scoring]:
        if self._reference is None:
            return {}
        scorings = {}
        for name, one in self._checkpoints.items():
            are_foreign = not self._has_held_out(one)
            self._texts[name] = write_for(one.metadata, self._reference.clean, are_foreign)
            scorings[name] = Scoring(
                one.network,
                one.vocabulary,
                self._texts[name].kept,
                self._temperatures(),
                self._hooks.workers,
            )
        return scorings

    def _has_held_out(self, checkpoint: Checkpoint) -> bool:
        """Whether the real tunes were held out of what a checkpoint learned from."""
        reference = self._reference
        return (
            reference is not None
            and reference.is_held_out
            and first_source(checkpoint.metadata) == reference.source
        )

    def _score(self, scorings: dict[str, Scoring]) -> list[LossRow]:
        rows = []
        for name, scoring in scorings.items():
            checkpoint, texts = self._checkpoints[name], self._texts[name]
            unknown = count_unknown(checkpoint.vocabulary, texts.kept)
            work = _LOSS_WORK * len(self._temperatures())
            for found in scoring.finish(functools.partial(self._step, work)):
                estimates = {
                    name: getattr(found, name)
                    for name in ("loss", "body_loss", "perplexity", "body_perplexity", "accuracy",
                                 "body_accuracy")
                }  # fmt: skip
                rows.append(
                    LossRow(
                        name,
                        checkpoint.fingerprint,
                        found.temperature,
                        estimates,
                        unknown,
                        self._has_held_out(checkpoint),
                        texts.left_out,
                    )
                )
            self._hooks.on_loss(name, scoring.summarise(self._temperatures().index(1.0)))
        return rows

    def _compose(self, cell: Cell) -> tuple[list[DrawnTune], float]:
        self._cell = cell
        checkpoint = self._checkpoints[cell.checkpoint]
        tunes = list(self._hooks.read_drawn(cell, checkpoint.fingerprint))[: self._plan.count]
        self._step(len(tunes))
        start = time.monotonic()
        engine = build_engine(checkpoint)
        while len(tunes) < self._plan.count:
            config = draw_config(self._plan, cell, len(tunes))
            drawn = compose(checkpoint, config, self._watch, engine)
            tunes += [drawn_tune(piece) for piece in drawn]
            self._step(config.count)
            self._hooks.write_drawn(cell, checkpoint.fingerprint, tunes)
        self._cell = None
        return tunes, time.monotonic() - start

    def _judge(
        self, sets: Sequence[Sequence[DrawnTune]]
    ) -> tuple[Judgement | None, Sequence[Judgement | None]]:
        """The control and the judgement of each set; None where nothing is to be judged."""
        if not self._plan.judge or self._reference is None or not sets:
            return None, [None] * len(sets)
        texts = [[tune.abc for tune in tunes] for tunes in sets]
        return judge_sets(self._reference, texts, functools.partial(self._step, self._judge_work))

    def _watch(self, texts: list[str]) -> None:
        """Progress inside of a group, whose tunes all end at about the same time."""
        done = sum(1.0 if text.endswith("\n\n") else min(1.0, len(text) / _USUAL_SIZE)
                   for text in texts)  # fmt: skip
        self._tell(self._done + 0.99 * done)

    def _step(self, work: float) -> None:
        self._done += work
        self._tell(self._done)

    def _tell(self, done: float) -> None:
        if self._hooks.should_stop():
            raise ReportStopped
        self._hooks.on_progress(min(0.999, done / self._whole), self._cell)

    def _sum_up(
        self,
        cell: Cell,
        tunes: list[DrawnTune],
        seconds: float,
        figures: list[TuneFigures],
        size: int,
        ranking: Ranking,
    ) -> TuneSet:
        texts = [(tune.abc, tune.seed) for tune in tunes]
        best, worst = _examples(texts, figures, ranking)
        return TuneSet(
            cell.key, cell, len(tunes), self._estimates(figures, size), _kept_counts(figures), best,
            worst, round(seconds, 3),
        )  # fmt: skip

    def _sum_up_real(
        self, reference: Reference, figures: list[TuneFigures], size: int, ranking: Ranking
    ) -> TuneSet:
        best, worst = _examples([(text, None) for text in reference.texts], figures, ranking)
        return TuneSet(
            REAL, None, len(figures), self._estimates(figures, size), _kept_counts(figures), best,
            worst,
        )  # fmt: skip

    def _estimates(self, figures: list[TuneFigures], size: int) -> dict[str, Estimate]:
        return summarise_tunes(figures, self._reference.corpus if self._reference else None, size)


def draw_config(plan: ReportPlan, cell: Cell, drawn: int) -> SampleConfig:
    """The settings of the next `GROUP` tunes of a cell, after so many were drawn."""
    return SampleConfig(
        temperature=cell.temperature,
        seed=plan.seed + drawn,
        count=min(GROUP, plan.count - drawn),
        free=cell.is_free,
    )


def drawn_tune(piece: Composition) -> DrawnTune:
    """What a report keeps of a tune."""
    probs = np.maximum(np.array(piece.char_probs, dtype=float), 1e-12)
    surprise = float(-np.log(probs).mean()) if len(probs) else 0.0
    return DrawnTune(piece.abc, piece.seed, surprise, piece.intervention_share)


def _extra(tune: DrawnTune) -> dict[str, float]:
    return {"surprise": tune.surprise, "grammar": tune.grammar_share}


def _draw_size(sets: Sequence[Sequence[TuneFigures]]) -> int:
    """Half of the smallest set, so that different draws are possible, and no more than needed."""
    smallest = min((len(item) for item in sets if item), default=0)
    return min(MAX_DRAW, max(1, smallest // 2)) if smallest else 0


def _kept_counts(figures: Sequence[TuneFigures]) -> dict[str, dict[str, int]]:
    counts = sum_distributions(figures)
    return {name: dict(counts[name]) for name in DRAWN_COUNTS}


def _examples(
    texts: Sequence[tuple[str, int | None]], figures: Sequence[TuneFigures], ranking: Ranking
) -> tuple[Example | None, Example | None]:
    places = ranking.find_best_and_worst(figures)
    if places is None:
        return None, None
    best, worst = (
        make_example(*texts[at], round(ranking.distance(figures[at]), 3)) for at in places
    )
    return best, worst
