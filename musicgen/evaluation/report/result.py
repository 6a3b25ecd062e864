"""What a report found, as plain data that goes to JSON and back."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self

from musicgen.errors import MusicgenError, ReportError
from musicgen.evaluation.estimate import Estimate
from musicgen.evaluation.report.plan import Cell, ReportPlan
from musicgen.notation.attribution import without_attribution
from musicgen.notation.reader import read_tune

FORMAT = "musicgen-report"
FORMAT_VERSION = 1
REAL = "real"


@dataclass(frozen=True, slots=True)
class DrawnTune:
    """A composed tune, and what its text does not tell.

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

    `cell` is None for the real tunes; `estimates` are by the names of `measures.summarise`,
    `counts` the distributions that are drawn, by name; `composed_s` the seconds it took to compose
    them.
    """

    key: str
    cell: Cell | None
    tunes: int
    estimates: dict[str, Estimate]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    best: Example | None = None
    worst: Example | None = None
    composed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LossRow:
    """How well a checkpoint foretells the real tunes, with its logits divided by a temperature.

    `is_own` says that the real tunes were held out of what it learned from; others it may know.
    """

    checkpoint: str
    fingerprint: str
    temperature: float
    estimates: dict[str, Estimate]
    unknown_characters: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All of a report. `real` is None where no real tunes are at hand.

    `tunes_of` says which the real ones are: ``val``, ``test`` or the name of a file; `source` the
    corpus whose training tunes the distributions are compared with, empty for none. `draw_size` is
    the number of tunes that divergences are taken of. `created` is an ISO 8601 time in UTC.
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

    def all_sets(self) -> tuple[TuneSet, ...]:
        """The real tunes, if there are any, then those composed."""
        return (self.real, *self.sets) if self.real else self.sets

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
                str(values["created"]),
                str(values["tunes_of"]),
                str(values["source"]),
                int(values["draw_size"]),
                _set_from_dict(values["real"]) if values["real"] else None,
                tuple(_set_from_dict(item) for item in values["sets"]),
                tuple(_loss_from_dict(row) for row in values["losses"]),
                int(values["left_out"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReportError("This is no report that this program can read.") from error
        except MusicgenError as error:
            raise ReportError("This is no report that this program can read.") from error


def _estimates_to_dict(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}


def _estimates_from_dict(values: dict[str, Any]) -> dict[str, Estimate]:
    return {str(name): Estimate.from_dict(value) for name, value in values.items()}


def _set_to_dict(item: TuneSet) -> dict[str, Any]:
    values = dataclasses.asdict(item)
    return values | {"estimates": _estimates_to_dict(item.estimates)}


def _set_from_dict(values: dict[str, Any]) -> TuneSet:
    cell, best, worst = values["cell"], values["best"], values["worst"]
    return TuneSet(
        str(values["key"]),
        Cell(str(cell["checkpoint"]), float(cell["temperature"]), bool(cell["is_free"]))
        if cell
        else None,
        int(values["tunes"]),
        _estimates_from_dict(values["estimates"]),
        {
            str(name): {str(key): int(count) for key, count in counts.items()}
            for name, counts in values["counts"].items()
        },
        _example(best) if best else None,
        _example(worst) if worst else None,
        float(values["composed_s"]),
    )


def _example(values: dict[str, Any]) -> Example:
    seed = values["seed"]
    return make_example(
        str(values["abc"]), None if seed is None else int(seed), float(values["distance"])
    )


def _loss_from_dict(values: dict[str, Any]) -> LossRow:
    return LossRow(
        str(values["checkpoint"]),
        str(values["fingerprint"]),
        float(values["temperature"]),
        _estimates_from_dict(values["estimates"]),
        int(values["unknown_characters"]),
        bool(values["is_own"]),
    )
