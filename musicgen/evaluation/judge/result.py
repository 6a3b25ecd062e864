"""What the judge found, as plain data that goes to JSON and back."""

from dataclasses import dataclass
from typing import Any, Self

from musicgen.evaluation.statistics.estimate import Estimate
from musicgen.json_reading import is_count

MIN_TUNES = 20
"""Different tunes of each side; with fewer there is too little to learn from and to ask about."""

_LONGEST_NAME = 100
_MOST = 200
"""Verdicts or figures that a file may list."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a detector tells composed tunes from real ones.

    `auc` is the probability, 0..1, that it finds a random real tune more real than a random
    composed one, with its 95 % interval; 0.5 is chance.
    """

    detector: str
    auc: Estimate


@dataclass(frozen=True, slots=True)
class Giveaway:
    """One of `features.FIGURES`: its mean over the real tunes and over the composed ones.

    `gap` is their difference in standard deviations, above 0 where the composed tunes have more.
    """

    figure: str
    real: Estimate
    composed: Estimate
    gap: Estimate

    @property
    def may_be_chance(self) -> bool:
        """Whether the 95 % interval of the gap holds 0."""
        return not (self.gap.low > 0 or self.gap.high < 0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What detectors make of one set of tunes beside another.

    `tunes` is the number of different tunes on each side. Below `MIN_TUNES` nothing is judged:
    there are neither verdicts nor giveaways. These have the widest gap first.
    """

    tunes: int
    verdicts: tuple[Verdict, ...] = ()
    giveaways: tuple[Giveaway, ...] = ()

    @property
    def has_too_few(self) -> bool:
        """Whether there were too few tunes to judge."""
        return self.tunes < MIN_TUNES

    def auc(self, detector: str) -> Estimate | None:
        """The area under the curve of a detector; None if it was not asked."""
        return next((one.auc for one in self.verdicts if one.detector == detector), None)

    def giveaway(self, figure: str) -> Giveaway | None:
        """What was found of a figure; None for nothing."""
        return next((one for one in self.giveaways if one.figure == figure), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "tunes": self.tunes,
            "detectors": {one.detector: one.auc.to_dict() for one in self.verdicts},
            "figures": [
                {
                    "figure": one.figure,
                    "real": one.real.to_dict(),
                    "composed": one.composed.to_dict(),
                    "gap": one.gap.to_dict(),
                }
                for one in self.giveaways
            ],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The judgement of JSON values.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: it is none.
        """
        tunes, detectors, figures = values["tunes"], values["detectors"], values["figures"]
        if not is_count(tunes) or len(detectors) > _MOST or len(figures) > _MOST:
            raise ValueError("no judgement")
        verdicts = (
            Verdict(_name(name), Estimate.from_dict(auc)) for name, auc in detectors.items()
        )
        return cls(tunes, tuple(verdicts), tuple(map(_giveaway, figures)))


def _giveaway(values: dict[str, Any]) -> Giveaway:
    real, composed, gap = (Estimate.from_dict(values[name]) for name in ("real", "composed", "gap"))
    return Giveaway(_name(values["figure"]), real, composed, gap)


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise ValueError("no short name")
    return value
