"""What the gate (`musicgen.listening.gate`) found of a new version, and whether it passes."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from musicgen.translatable import N_

CHECKS = {
    "loss": N_("Loss on held-out tunes"),
    "judge": N_("How well detectors know its tunes"),
    "diversity": N_("Diversity"),
    "novelty": N_("Longest melody shared with a training tune"),
    "length": N_("Notes of a tune"),
    "preference": N_("Preferred as people did, unseen pairs"),
    "new tunes": N_("Loss on new tunes, unseen ones"),
}
"""The checks by name, in order."""

_LEVEL = 0.95


def lowest_share(share: float, count: int) -> float:
    """The exact one-sided lower bound of 95 % (Clopper and Pearson) for a share of `count`.

    A coin is above a half by it in at most 5 % of times, whatever the count.
    """
    from scipy import stats

    won = round(share * count)
    return float(stats.beta.ppf(1 - _LEVEL, won, count - won + 1)) if won else 0.0


@dataclass(frozen=True, slots=True)
class Check:
    """One check: the figure before and after, the bound it had to keep, and whether it did."""

    name: str
    before: float
    after: float
    bound: float
    is_passed: bool


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate found."""

    checks: tuple[Check, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the new version may take the old one's place."""
        return bool(self.checks) and all(check.is_passed for check in self.checks)

    def to_list(self) -> list[dict[str, Any]]:
        """JSON-ready values."""
        return [
            {name: None if isinstance(value, float) and not math.isfinite(value) else value
             for name, value in asdict(check).items()}
            for check in self.checks
        ]  # fmt: skip

    @classmethod
    def from_list(cls, rows: Sequence[dict[str, Any]]) -> "GateVerdict":
        """The verdict of `to_list`.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(
            tuple(
                Check(
                    str(row["name"]),
                    _number(row["before"]),
                    _number(row["after"]),
                    _number(row["bound"]),
                    bool(row["is_passed"]),
                )
                for row in rows
            )
        )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
