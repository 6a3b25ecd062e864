"""What a report found, as plain data that goes to JSON and back."""

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any, Self

from musicgen.errors import MusicgenError, ReportError
from musicgen.evaluation.judge.result import Judgement
from musicgen.evaluation.measure_labels import LOSSES
from musicgen.evaluation.measures.harmony import NUMERALS
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.evaluation.statistics.estimate import NOTHING, Estimate
from musicgen.json_reading import is_count, is_number
from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.writing.attribution import without_attribution

FORMAT = "musicgen-report"
FORMAT_VERSION = 1
REAL = "real"

_LONGEST_NAME = 4_096
_LONGEST_TUNE = 50_000
_MOST_SETS, _MOST_NAMES = 100, 10_000
_COUNTED = {
    "pitches": re.compile(r"\d{1,2}"),
    "intervals": re.compile(r"[+-]?\d{1,3}"),
    "lengths": re.compile(r"\d{1,6}(/[1-9]\d{0,5})?"),
    "degrees": re.compile("|".join(map(re.escape, NUMERALS))),
}
"""What names of distributions look like that are put in order; others may be any short text."""


@dataclass(frozen=True, slots=True)
class DrawnTune:
    """A composed tune, and what does not follow from its text.

    `surprise` is the mean of -ln p over the characters drawn, in nats, at the temperature and under
    the grammar they were drawn with; `grammar_share` the share at which the grammar stepped in.
    """

    abc: str
    seed: int
    surprise: float
    grammar_share: float


@dataclass(frozen=True, slots=True)
class Example:
    """A tune worth hearing; `seed` is None of a real one, `distance` that of `ranking`."""

    abc: str
    title: str
    seed: int | None
    distance: float


def make_example(abc: str, seed: int | None, distance: float) -> Example:
    """A tune to be shown; one that was composed without the credits that its network invented."""
    shown = abc if seed is None else without_attribution(abc)
    return Example(shown, read_tune(shown)[0].title, seed, distance)


@dataclass(frozen=True, slots=True)
class TuneSet:
    """The figures of one set of tunes.

    `cell` is None for the real tunes; `estimates` are by the names of
    `tune_figures.summarise_tunes`, `counts` the distributions that are drawn, by name;
    `composed_s` the seconds it took to compose them. `judgement` is what detectors make of them
    beside the real tunes, and of the real tunes the control: beside other real ones. It is None
    where that was not asked for.
    """

    key: str
    cell: Cell | None
    tunes: int
    estimates: dict[str, Estimate]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    best: Example | None = None
    worst: Example | None = None
    composed_s: float = 0.0
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True)
class LossRow:
    """How well a checkpoint predicts the real tunes, with its logits divided by a temperature.

    `is_own` says that the real tunes were held out of what it learned from; others it may know.
    `not_rewritten` counts real tunes that cannot be written as its network reads, and are not in
    the figures.
    """

    checkpoint: str
    fingerprint: str
    temperature: float
    estimates: dict[str, Estimate]
    unknown_characters: int
    is_own: bool
    not_rewritten: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All of a report. `real` is None where no real tunes are at hand.

    `tunes_of` says which the real ones are: ``val``, ``test`` or the name of a file; `source` the
    corpus whose training tunes the distributions are compared with, empty for none. `draw_size` is
    the number of tunes that divergences are taken of. `created` is an ISO 8601 time in UTC.
    `left_out` counts tunes that were too long, `learned` those that a checkpoint had learned.
    """

    plan: ReportPlan
    created: str
    tunes_of: str
    source: str
    draw_size: int
    real: TuneSet | None
    sets: tuple[TuneSet, ...]
    losses: tuple[LossRow, ...]
    left_out: int = 0
    learned: int = 0

    def all_sets(self) -> tuple[TuneSet, ...]:
        """The real tunes, if there are any, then those composed."""
        return (self.real, *self.sets) if self.real else self.sets

    def judged(self) -> list[tuple[TuneSet, Judgement]]:
        """The composed sets that were brought before the judge, and what came of it."""
        return [(item, item.judgement) for item in self.sets if item.judgement]

    def control(self) -> Judgement | None:
        """What detectors make of real tunes beside other real ones."""
        return self.real.judgement if self.real else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; NaN becomes None."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "created": self.created,
            "plan": self.plan.to_dict(),
            "tunes_of": self.tunes_of,
            "source": self.source,
            "draw_size": self.draw_size,
            "left_out": self.left_out,
            "learned": self.learned,
            "real": _set_to_dict(self.real) if self.real else None,
            "sets": [_set_to_dict(item) for item in self.sets],
            "losses": [
                dataclasses.asdict(row) | {"estimates": _estimates_to_dict(row.estimates)}
                for row in self.losses
            ],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The report of JSON values.

        Raises:
            ReportError: it is none, or of a newer version.
        """
        try:
            if (values["format"], values["format_version"]) != (FORMAT, FORMAT_VERSION):
                raise ReportError("This is no report that this program can read.")
            return cls(
                ReportPlan.from_dict(values["plan"]),
                _text(values["created"]),
                _text(values["tunes_of"]),
                _text(values["source"]),
                _count(values["draw_size"]),
                _set_from_dict(values["real"]) if values["real"] else None,
                tuple(_set_from_dict(item) for item in _list(values["sets"])),
                tuple(_loss_from_dict(row) for row in _list(values["losses"])),
                _count(values["left_out"]),
                _count(values.get("learned", 0)),
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ReportError("This is no report that this program can read.") from error
        except MusicgenError as error:
            raise ReportError("This is no report that this program can read.") from error


def _estimates_to_dict(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}


def _estimates_from_dict(values: dict[str, Any]) -> dict[str, Estimate]:
    return {str(name): Estimate.from_dict(value) for name, value in values.items()}


def _set_to_dict(item: TuneSet) -> dict[str, Any]:
    values = dataclasses.asdict(item)
    judgement = item.judgement.to_dict() if item.judgement else None
    return values | {"estimates": _estimates_to_dict(item.estimates), "judgement": judgement}


def _set_from_dict(values: dict[str, Any]) -> TuneSet:
    cell, best, worst = values["cell"], values["best"], values["worst"]
    judgement = values.get("judgement")
    return TuneSet(
        _text(values["key"]),
        Cell(_text(cell["checkpoint"]), _number(cell["temperature"]), _flag(cell["is_free"]))
        if cell
        else None,
        _count(values["tunes"]),
        _estimates_from_dict(values["estimates"]),
        {_text(name): _counts(name, counts) for name, counts in values["counts"].items()},
        _example(best) if best else None,
        _example(worst) if worst else None,
        _number(values["composed_s"]),
        None if judgement is None else Judgement.from_dict(judgement),
    )


def _counts(distribution: str, values: dict[str, Any]) -> dict[str, int]:
    form = _COUNTED.get(distribution)
    if len(values) > _MOST_NAMES or any(form and not form.fullmatch(name) for name in values):
        raise ValueError("no distribution")
    return {_text(name): _count(count) for name, count in values.items()}


def _example(values: dict[str, Any]) -> Example:
    seed = values["seed"]
    return make_example(
        _text(values["abc"], _LONGEST_TUNE),
        None if seed is None else _count(seed),
        _number(values["distance"]),
    )


def _loss_from_dict(values: dict[str, Any]) -> LossRow:
    return LossRow(
        _text(values["checkpoint"]),
        _text(values["fingerprint"]),
        _number(values["temperature"]),
        dict.fromkeys(LOSSES, NOTHING) | _estimates_from_dict(values["estimates"]),
        _count(values["unknown_characters"]),
        _flag(values["is_own"]),
        _count(values.get("not_rewritten", 0)),
    )


def _text(value: object, longest: int = _LONGEST_NAME) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError("no short text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST_SETS:
        raise ValueError("no short list")
    return value


def _count(value: Any) -> int:
    if not is_count(value):
        raise ValueError("no number of things")
    return int(value)


def _number(value: Any) -> float:
    if not is_number(value, 0.0):
        raise ValueError("no number, 0 or more")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value
